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
  // Until one is opened, or one that nothing opened was closed.
  let late: ReturnType<typeof waiting> | undefined = waiting()
  return (piece) => {
    const last = piece === undefined
    held += piece ?? ''
    const found: ['text' | 'thinking' | 'unsaid', string][] = []
    if (place === 'before') {
      const text = held.trimStart()
      if (text.startsWith(OPEN)) {
        place = 'inside'
        late = undefined
        held = text.slice(OPEN.length)
      } else if ((OPEN.startsWith(text) || (CLOSE.startsWith(text) && text !== CLOSE)) && !last) return []
      else place = 'after'
    }
    if (place === 'inside') {
      if (!thought) held = held.trimStart()
      const end = held.indexOf(CLOSE)
      const begun = held.lastIndexOf('<')
      const upTo = end >= 0 ? end : begun >= 0 && !last && CLOSE.startsWith(held.slice(begun)) ? begun : held.length
      found.push(['thinking', held.slice(0, upTo)])
      thought ||= upTo > 0
      held = held.slice(upTo)
      if (end >= 0) {
        place = 'behind'
        held = held.slice(CLOSE.length)
      }
    }
    const taken = place === 'after' ? late?.(held) : undefined
    if (taken) {
      late = undefined
      place = 'behind'
      found.push(['unsaid', taken[0]])
      held = taken[1]
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

/** Waits for a closing tag that nothing opened. Where it comes: what was said before it, and what is behind it. */
function waiting(): (text: string) => readonly [thought: string, rest: string] | undefined {
  let said = ''
  // Its end, apart: looking at it must not join what is said, again and again. One letter more than a tag that is not whole has.
  let tail = ' '
  return (text) => {
    // One in quotes is only spoken of.
    const at = (tail + text).search(/[^"'`]<\/think>/) + 1
    const end = said.length - tail.length + at
    const all = said + text
    said = all
    tail = (tail + text).slice(-CLOSE.length)
    // One that was opened in between belongs to what is said.
    return at && !all.slice(0, end).includes(OPEN) ? [all.slice(0, end).trim(), all.slice(end + CLOSE.length)] : undefined
  }
}
