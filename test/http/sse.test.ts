// Server-sent events: the standard's and the providers' habits, at every cut of the bytes.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sse } from '../../src/http/sse.ts'

interface Seen {
  readonly data: string
  readonly event: string
}

function frames(pieces: readonly Uint8Array[]): Seen[] {
  const seen: Seen[] = []
  const framer = sse.framer((data, event) => seen.push({ data, event }))
  for (const piece of pieces) framer.push(piece)
  framer.end()
  return seen
}

const own: [string, string, Seen[]][] = [
  ['no space after the colon', 'data:{"a":1}\n\ndata: x\n\n', [{ data: '{"a":1}', event: '' }, { data: 'x', event: '' }]],
  ['event names', 'event: ping\ndata: {}\n\ndata: y\n\n', [{ data: '{}', event: 'ping' }, { data: 'y', event: '' }]],
  ['comments', ': processing\n\ndata: 1\n\n: more\n', [{ data: '1', event: '' }]],
  ['all three line ends, mixed', 'data: 1\r\n\rdata: 2\n\r\ndata: 3\r\r', ['1', '2', '3'].map((data) => ({ data, event: '' }))],
  ['data over several lines', 'data: {\ndata: "a": 1\ndata: }\n\n', [{ data: '{\n"a": 1\n}', event: '' }]],
  ['characters of several bytes', 'data: héllo 🎉 日本\n\n', [{ data: 'héllo 🎉 日本', event: '' }]],
  ['a last event without its blank line', 'data: 1\n\ndata: [DONE]', [{ data: '1', event: '' }, { data: '[DONE]', event: '' }]],
  ['a byte order mark', '\ufeffdata: 1\n\n', [{ data: '1', event: '' }]],
  ['empty data, and an event without data', 'data\n\nevent: x\n\ndata: 2\n\n', [{ data: '', event: '' }, { data: '2', event: '' }]],
]

describe('sse', () => {
  it.each(own)('%s, at every cut', (_, text, expected) => {
    const bytes = new TextEncoder().encode(text)
    expect(frames([bytes])).toEqual(expected)
    expect(frames([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected)
    for (let cut = 0; cut <= bytes.length; cut++) expect(frames([bytes.slice(0, cut), bytes.slice(cut)])).toEqual(expected)
  })

  it('refuses a line that never ends rather than fill the memory', () => {
    const framer = sse.framer(() => undefined)
    const megabyte = new Uint8Array(1024 * 1024).fill(97)
    expect(() => {
      for (let n = 0; n < 80; n++) framer.push(megabyte)
    }).toThrow(/longer than/)
  })

  const vectors = new URL('../../../shared/data/sse.json', import.meta.url)
  it.skipIf(!existsSync(vectors))('the shared vectors, at every cut', () => {
    const cases = JSON.parse(readFileSync(vectors, 'utf8')).vectors as {
      name: string
      hex?: string
      events: { event: string; data: unknown }[]
      unterminated_tail: string | null
    }[]
    let checked = 0
    for (const { name, hex, events, unterminated_tail } of cases) {
      if (hex === undefined) continue
      const bytes = Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16))
      const expected = events.map(({ event, data }) => ({ data, event: event === 'message' ? '' : event }))
      if (unterminated_tail !== null) expected.push({ data: unterminated_tail, event: '' })
      const normal = (seen: Seen[]): Seen[] => seen.map(({ data, event }) => ({ data, event: event === 'message' ? '' : event }))
      expect(normal(frames([bytes])), name).toEqual(expected)
      if (bytes.length > 4096) continue
      for (let cut = 0; cut <= bytes.length; cut++) {
        expect(normal(frames([bytes.slice(0, cut), bytes.slice(cut)])), `${name} cut at ${cut}`).toEqual(expected)
      }
      checked++
    }
    expect(checked).toBeGreaterThan(45)
  })
})
