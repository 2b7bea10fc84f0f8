// Decodes a recorded answer on the wire, whole and cut into pieces.
import { isDeepStrictEqual } from 'node:util'
import { assembler } from '../../src/core/assemble.ts'
import { repeating } from '../../src/core/repeat.ts'
import type { Encoding, Provider, Target } from '../../src/types/provider.ts'
import { holds, judge, type Finding, type Outcome } from './judge.ts'
import { bodyOf, type Recorded } from './record.ts'

/** What was found by each way of reading a record. */
export type Ways = ReadonlyMap<string, readonly Finding[]>

function encodingFor(record: Recorded, provider: Provider): Encoding {
  const model = record.model ?? 'unknown'
  const target: Target = { alias: 'recorded', provider, model, baseUrl: 'https://recorded.example', config: { target: `${provider.name}/${model}` } }
  const details = { provider: provider.name, model, alias: 'recorded', status: record.response.status }
  return { mode: record.streaming ? 'stream' : 'chat', request: { messages: [] }, extra: {}, target, note: () => undefined, details }
}

export function isStream(record: Recorded, { wire }: Provider): boolean {
  const type = record.response.headers['content-type'] ?? ''
  if (type.startsWith(wire.framing.contentType)) return true
  return record.streaming && !/^\s*[[{]/.test(new TextDecoder().decode(bodyOf(record).subarray(0, 64)))
}

/** The body as a stream that arrives in pieces of `size` bytes. `fast`: with events that repeat read without parsing. */
function decodeStream(bytes: Uint8Array, encoding: Encoding, { size, fast }: { size: number; fast: boolean }): Outcome {
  const { target, request } = encoding
  const answer = assembler({ alias: 'recorded', target, request, attempts: [], startedAt: 0, now: () => 1 })
  const { wire } = target.provider
  let left = false
  try {
    const made = wire.decoder(encoding)
    const decoder = fast ? repeating(made) : made
    const framer = wire.framing.framer((data, event) => {
      if (!answer.complete()) for (const delta of decoder.frame(data, event)) answer.fold(delta)
    })
    for (let at = 0; at < bytes.length; at += size) framer.push(bytes.subarray(at, at + size))
    left = framer.end()
    if (!answer.complete()) for (const delta of decoder.end()) answer.fold(delta)
  } catch (error) {
    return { response: answer.response(), complete: false, error }
  }
  return { response: answer.response(), complete: answer.complete() && !left }
}

/** A stream at every way of cutting it; the findings of each, that they are all alike, and that half of it is not taken for all. */
export function checkStream(record: Recorded, provider: Provider): Ways {
  const encoding = encodingFor(record, provider)
  const bytes = bodyOf(record)
  const outcomes = [['whole', bytes.length || 1], ['64', 64], ['7', 7], ['1', 1]] as const
  const decoded = outcomes.map(([way, size]) => [way, decodeStream(bytes, encoding, { size, fast: way !== '7' })] as const)
  const first = told(decoded[0]?.[1])
  const ways = new Map<string, readonly Finding[]>()
  for (const [way, outcome] of decoded) {
    ways.set(way, [...judge(record, outcome), holds('parity', isDeepStrictEqual(told(outcome), first), 'depends on how the bytes are cut')])
  }
  const half = decodeStream(bytes.subarray(0, inside(bytes, bytes.length >> 1)), encoding, { size: bytes.length || 1, fast: false })
  ways.set('half', [holds('truncation', !half.complete, 'half of the stream is taken for the whole')])
  return ways
}

/** The middle of the line at `from`: where each event says that it is the last, only a cut through one shows. */
function inside(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(10, from + 2)
  return end < 0 ? from : (bytes.lastIndexOf(10, end - 1) + end) >> 1
}

function told(outcome: Outcome | undefined): unknown {
  return { ...outcome?.response, complete: outcome?.complete, error: String(outcome?.error) }
}
