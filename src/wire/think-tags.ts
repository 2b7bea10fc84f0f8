// Thinking that comes as `<think>…</think>` at the beginning of the text, however the pieces are cut.
import type { Splitter } from './openai-dialect.ts'

const OPEN = '<think>'
const CLOSE = '</think>'

/**
 * Some templates open the tag in the prompt, so that only the closing one arrives. Text is never held back for that:
 * where it comes, what stood before it is taken back.
 */
export function thinkTags(): Splitter {
  let place: 'before' | 'inside' | 'behind' | 'after' = 'before'
  let held = ''
  let thought = false
  /** What was said while a closing tag may still come; undefined once none is waited for. */
  let said: string | undefined = ''
  // Its end, apart: looking at it must not join what is said, again and again. One letter more than a tag that is not whole has.
  let tail = ' '
  return (piece) => {
    const last = piece === undefined
    held += piece ?? ''
    const found: ['text' | 'thinking' | 'unsaid', string][] = []
    if (place === 'before') {
      const text = held.trimStart()
      if (text.startsWith(OPEN)) {
        place = 'inside'
        said = undefined
        held = text.slice(OPEN.length)
      } else if ((OPEN.startsWith(text) || (CLOSE.startsWith(text) && text !== CLOSE)) && !last) return []
      else place = 'after'
    }
    if (place === 'inside') {
      if (!thought) held = held.trimStart()
      const end = held.indexOf(CLOSE)
      const upTo = end >= 0 ? end : last ? held.length : held.length - begun(held)
      found.push(['thinking', held.slice(0, upTo)])
      thought ||= upTo > 0
      held = held.slice(upTo)
      if (end >= 0) {
        place = 'behind'
        held = held.slice(CLOSE.length)
      }
    }
    if (place === 'after' && said !== undefined) {
      // One in quotes is only spoken of.
      const at = (tail + held).search(/[^"'`]<\/think>/) + 1
      if (at) {
        const all = said + held
        const end = said.length - tail.length + at
        said = undefined
        // One that was opened in between belongs to what is said.
        if (!all.slice(0, end).includes(OPEN)) {
          place = 'behind'
          held = all.slice(end + CLOSE.length)
          found.push(['unsaid', all.slice(0, end).trim()])
        }
      } else {
        said += held
        tail = (tail + held).slice(-CLOSE.length)
      }
    }
    if (place === 'behind') {
      held = held.trimStart()
      if (held) place = 'after'
    }
    if (place === 'after') {
      found.push(['text', held])
      held = ''
    }
    return found
  }
}


/** How many characters at the end may be the beginning of the closing tag. */
function begun(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--) {
    if (CLOSE.startsWith(text.slice(-length))) return length
  }
  return 0
}
