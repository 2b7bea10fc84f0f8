// Thinking that comes as `<think>…</think>` at the beginning of the text, however the pieces are cut.
import type { Splitter } from './openai-dialect.ts'

const OPEN = '<think>'
const CLOSE = '</think>'

/** A closing tag without its opening one is text: by then what stood before it has been handed over. */
export function thinkTags(): Splitter {
  let place: 'before' | 'inside' | 'behind' | 'after' = 'before'
  let held = ''
  let thought = false
  return (piece) => {
    const last = piece === undefined
    held += piece ?? ''
    const found: ['text' | 'thinking', string][] = []
    if (place === 'before') {
      const text = held.trimStart()
      if (text.startsWith(OPEN)) {
        place = 'inside'
        held = text.slice(OPEN.length)
      } else if (OPEN.startsWith(text) && !last) return []
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
