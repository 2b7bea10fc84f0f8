// Reading without parsing gives what parsing gives, whatever the events are.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeating } from '../../src/core/repeat.ts'
import type { Delta } from '../../src/types/event.ts'
import type { Decoder } from '../../src/types/provider.ts'

interface Event {
  readonly id: string
  readonly text?: string
  readonly thought?: string
  readonly args?: string
  readonly pad?: string
}

/** Parses everything, and says how often it was asked. */
function parsing(padding?: string): Decoder & { asked: number } {
  const self: Decoder & { asked: number } = {
    asked: 0,
    verbatim: true,
    padding,
    frame(data) {
      self.asked++
      const { text, thought, args } = JSON.parse(data) as Event
      const deltas: Delta[] = []
      if (text) deltas.push({ type: 'text_delta', block: 1, text })
      if (thought) deltas.push({ type: 'thinking_delta', block: 0, text: thought })
      if (args) deltas.push({ type: 'tool_call_delta', block: 2, argumentsDelta: args })
      return deltas
    },
    end: () => [],
  }
  return self
}

const tricky = fc.oneof(
  fc.string(),
  fc.constantFrom('id', 'text', 'a', '"', '\\', '\\"', '","text":"', '"}', '\n', '\u0000', 'é', '🎉', '', '","pad":"x'),
)
const event = fc.record({ id: fc.constantFrom('a', 'b', 'text'), text: tricky, thought: tricky, args: tricky, pad: fc.stringMatching(/^\w{0,8}$/) }, { requiredKeys: ['id'] })

describe('repeating', () => {
  it.each([undefined, 'pad'])('is the decoder, only faster (padding: %s)', (padding) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(4)), { maxLength: 12 }), fc.constantFrom(undefined, 1), (groups, space) => {
        // Runs of events that differ in one string, as streams have them, among ones that differ in more.
        const events = groups.flatMap(([first, more]) => [first, ...Array.from({ length: more }, (_, n) => ({ ...first, ...(first.text === undefined ? undefined : { text: `${first.text}${n}` }) }))])
        const frames = events.map((it) => JSON.stringify(it, undefined, space))
        const [fast, slow] = [repeating(parsing(padding)), parsing(padding)]
        for (const frame of frames) expect(fast.frame(frame, '')).toEqual(slow.frame(frame, ''))
      }),
      { numRuns: 2000 },
    )
  })

  it('parses two events of a thousand that say more of the same, random padding or not', () => {
    for (const padding of [undefined, 'pad']) {
      const decoder = parsing(padding)
      const fast = repeating(decoder)
      for (let n = 0; n < 1000; n++) fast.frame(JSON.stringify({ id: 'x', text: `word ${n}`, ...(padding && { pad: 'abc'.repeat(n % 5) }) }), '')
      expect(decoder.asked).toBeLessThanOrEqual(2)
    }
  })
})
