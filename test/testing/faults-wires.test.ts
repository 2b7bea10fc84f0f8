// Everything that can go wrong, on every wire: lines or binary frames, the laws are the same.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventStream } from '../../src/http/eventstream.ts'
import { simulator } from '@relay/core/testing'
import type { Answer, Fault } from '@relay/core/testing'
import { ask, wires } from './ask.ts'

const TEXT = 'Grüezi 🌦 zäme'
const binary = (wire: string): boolean => wire === 'converse' || wire === 'bedrock-invoke'

/** The bytes that came, and how it ended. */
async function drain(response: Response): Promise<{ bytes: Buffer; error: unknown }> {
  const chunks: Uint8Array[] = []
  const reader = response.body!.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { bytes: Buffer.concat(chunks), error: undefined }
      chunks.push(value)
    }
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error }
  }
}

async function told(wire: string, fault: Fault | Fault[] = [], more: Answer = {}): Promise<{ bytes: Buffer; error: unknown }> {
  return drain(await ask(simulator({ answers: { text: TEXT, ...more, fault } }), wire, { stream: true }))
}

/** What each event says, whole ones only, and whether bytes are left over. */
function eventsOf(wire: string, bytes: Buffer): { events: string[]; rest: boolean } {
  if (!binary(wire)) {
    const parts = bytes.toString().replaceAll('\r\n', '\n').split('\n\n')
    const rest = parts.pop() !== ''
    return { events: parts, rest }
  }
  const events: string[] = []
  const framer = eventStream.framer((data, event) => {
    // What InvokeModel carries is inside.
    const { bytes: inside, p: _, ...plain } = JSON.parse(data.startsWith('{') && data.endsWith('}') ? data : JSON.stringify({ broken: data })) as { bytes?: string; p?: string }
    events.push(`${event} ${inside === undefined ? JSON.stringify(plain) : Buffer.from(inside, 'base64').toString()}`)
  })
  framer.push(bytes)
  return { events, rest: framer.end() }
}

describe.each(wires)('on the wire %s', (wire) => {
  it('a stream is cut at any byte, and says so with an error', async () => {
    const { bytes: whole } = await told(wire)
    await fc.assert(fc.asyncProperty(fc.nat(whole.length), async (at) => {
      const { bytes, error } = await told(wire, { type: 'cut', at })
      expect(bytes).toEqual(whole.subarray(0, at))
      expect(error).toBeInstanceOf(TypeError)
    }), { numRuns: 25 })
  })

  it('it ends before any event that it is told to, between two of them', async () => {
    const all = eventsOf(wire, (await told(wire)).bytes).events
    await fc.assert(fc.asyncProperty(fc.nat(all.length), async (event) => {
      const { bytes, error } = await told(wire, { type: 'end', event })
      expect(eventsOf(wire, bytes)).toEqual({ events: all.slice(0, event), rest: false })
      expect(error).toBeUndefined()
    }), { numRuns: 15 })
  })

  it('it stops short of what closes it, or before its content', async () => {
    const all = eventsOf(wire, (await told(wire)).bytes).events
    const before = eventsOf(wire, (await told(wire, { type: 'end' })).bytes).events
    expect(all.slice(0, before.length)).toEqual(before)
    expect(before.length).toBeLessThan(all.length)
    expect(before.join('')).toMatch(/zäme/)
    expect(eventsOf(wire, (await told(wire, { type: 'end', content: 0 })).bytes).events.join('')).not.toMatch(/Gr/)
    const one = eventsOf(wire, (await told(wire, { type: 'end', content: 1 })).bytes).events.join('')
    expect([/Grüezi/.test(one), /🌦/.test(one)]).toEqual([true, false])
  })

  it('it stalls, and stays open until the client has had enough', async () => {
    const sim = simulator({ answers: { text: TEXT, fault: { type: 'stall', content: 1 } } })
    const controller = new AbortController()
    const response = await ask(sim, wire, { stream: true, signal: controller.signal })
    const reader = response.body!.getReader()
    const chunks: Uint8Array[] = []
    while (!eventsOf(wire, Buffer.concat(chunks)).events.join('').includes('Grüezi')) chunks.push((await reader.read()).value!)
    const next = reader.read()
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(next).rejects.toBe(reason)
    expect(sim.requests[0]).toMatchObject({ wire, aborted: true, ended: true, status: 200 })
  })

  it('it comes in pieces of any size, and says the same', async () => {
    const { bytes: whole } = await told(wire)
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async (bytes) => {
      expect((await told(wire, { type: 'split', bytes })).bytes).toEqual(whole)
    }), { numRuns: 15 })
  })

  it('it holds half an event among the whole ones', async () => {
    const all = eventsOf(wire, (await told(wire)).bytes).events
    const { events } = eventsOf(wire, (await told(wire, { type: 'garbage', content: 1 })).bytes)
    const odd = events.filter((event) => !all.includes(event))
    expect(odd).toHaveLength(1)
    expect(events.filter((event) => event !== odd[0])).toEqual(all)
  })

  it('it tells an error inside of the 200, and no more', async () => {
    for (const content of [0, 1]) {
      const { bytes, error } = await told(wire, { type: 'error_event', cause: 'overloaded', message: 'Full up.', content })
      const { events, rest } = eventsOf(wire, bytes)
      expect([error, rest, events.join('').includes('Grüezi')]).toEqual([undefined, false, content === 1])
      expect(events.at(-1)).toContain('Full up.')
    }
  })

  it('a status of 200 has an error for a body', async () => {
    const response = await ask(simulator({ answers: { fault: { type: 'json_error_200', cause: 'overloaded', message: 'Full up.' } } }), wire, { stream: true })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^application\/json/)])
    expect(await response.text()).toContain('Full up.')
  })

  it('the connection is refused, or taken and never answered', async () => {
    await expect(ask(simulator({ answers: { fault: { type: 'refuse' } } }), wire)).rejects.toThrow(TypeError)
    const controller = new AbortController()
    const waiting = ask(simulator({ answers: { fault: { type: 'hang' } } }), wire, { signal: controller.signal })
    controller.abort('tired')
    await expect(waiting).rejects.toBe('tired')
  })

  it('a whole body breaks as a stream does', async () => {
    const whole = Buffer.from(await (await ask(simulator({ answers: TEXT }), wire)).arrayBuffer())
    const broken = async (fault: Fault) => drain(await ask(simulator({ answers: { text: TEXT, fault } }), wire))
    expect(await broken({ type: 'cut', at: 9 })).toEqual({ bytes: whole.subarray(0, 9), error: expect.any(TypeError) })
    expect((await broken({ type: 'end' })).bytes).toEqual(whole.subarray(0, whole.length >> 1))
  })

  it('a status says when to come back, in every way', async () => {
    const retry = { seconds: 7, ms: 250, reset: '6m0s', shouldRetry: false }
    const response = await ask(simulator({ answers: { fault: { type: 'status', status: 429, retry } } }), wire, { stream: true })
    expect(response.status).toBe(429)
    expect(Object.fromEntries(response.headers)).toMatchObject({ 'retry-after': '7', 'retry-after-ms': '250', 'x-ratelimit-reset-tokens': '6m0s', 'x-should-retry': 'false' })
  })

  it('a client that leaves is seen to leave', async () => {
    const sim = simulator({ answers: TEXT })
    const reader = (await ask(sim, wire, { stream: true })).body!.getReader()
    const first = await reader.read()
    await reader.cancel()
    expect(sim.requests[0]).toMatchObject({ aborted: true, ended: true, bytesSent: first.value!.length })
  })
})

describe.each(wires.filter(binary))('frames on the wire %s', (wire) => {
  it('have a wrong checksum where they are told to, and only there', async () => {
    const { bytes: whole } = await told(wire)
    const { bytes } = await told(wire, { type: 'bad_crc', content: 1 })
    const differing = [...whole.keys()].filter((i) => whole[i] !== bytes[i])
    expect([bytes.length, differing.length]).toEqual([whole.length, 1])
    const good = eventsOf(wire, (await told(wire, { type: 'end', content: 1 })).bytes).events
    const seen: string[] = []
    const framer = eventStream.framer((_, event) => void seen.push(event))
    expect(() => framer.push(bytes)).toThrow(/checksum/)
    expect(seen).toHaveLength(good.length)
  })

  it('lose their indexes, or all have the same', async () => {
    const toolCalls = [{ name: 'a', arguments: { x: 1 } }, { name: 'b', arguments: { x: 2 } }]
    const indexes = async (fault: Fault | Fault[]): Promise<Set<string | undefined>> => {
      const { events } = eventsOf(wire, (await told(wire, fault, { text: '', toolCalls })).bytes)
      return new Set(events.filter((event) => /block/i.test(event)).map((event) => /"(?:contentBlockIndex|index)":(\d)/.exec(event)?.[1]))
    }
    expect(await indexes([])).toEqual(new Set(['0', '1']))
    expect(await indexes({ type: 'no_index' })).toEqual(new Set([undefined]))
    expect(await indexes({ type: 'duplicate_index' })).toEqual(new Set(['0']))
  })

  it('take no notice of how lines would end', async () => {
    const { bytes: whole } = await told(wire)
    expect((await told(wire, [{ type: 'crlf' }, { type: 'no_space' }])).bytes).toEqual(whole)
  })
})
