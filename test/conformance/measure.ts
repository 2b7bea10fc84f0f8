// Measures every wire, and the hub around it, against the recordings.
import type { Provider } from '../../src/types/provider.ts'
import { askOf, isWhole } from './ask.ts'
import { checkEmbedding, embedderOf } from './embedding.ts'
import { checkStream, isStream, type Ways } from './exchange.ts'
import type { Finding } from './judge.ts'
import { checkLoop } from './loop.ts'
import type { Protocol } from './protocol.ts'
import { protocol as anthropicMessages } from './protocols/anthropic-messages.ts'
import { protocol as bedrockConverse } from './protocols/bedrock-converse.ts'
import { protocol as bedrockInvoke } from './protocols/bedrock-invoke.ts'
import { protocol as cohere } from './protocols/cohere-v2.ts'
import { protocol as gemini } from './protocols/gemini.ts'
import { protocol as openaiChat } from './protocols/openai-chat.ts'
import { protocol as openaiResponses } from './protocols/openai-responses.ts'
import type { Recorded, RecordedLoop } from './record.ts'
import { compare, type Difference } from './sent.ts'
import { count, excuses, tally, type Excuses, type Tally } from './tally.ts'
import { through } from './through.ts'

/** Requests of one protocol, ours beside the recorded ones. */
export interface Requests {
  same: number
  different: number
  /** What the neutral shape does not hold: files, what is a provider's own, state kept at the provider. */
  apart: number
  /** By what differs. */
  readonly differences: Map<string, { count: number; readonly examples: string[] }>
}

/** What was measured of one protocol. */
export interface Measured {
  readonly name: string
  readonly slack: number
  readonly exchanges: Tally
  readonly byApi: Map<string, Tally>
  readonly loops: Tally
  readonly requests: Requests
}

export interface Measurement {
  readonly protocols: readonly Measured[]
  /** What Relay does not speak, or does not keep, and how many exchanges of each there are. */
  readonly unspoken: ReadonlyMap<string, number>
  readonly excuses: Excuses
}

export interface Recordings {
  readonly exchanges: readonly Recorded[]
  readonly loops: readonly RecordedLoop[]
}

const CHAT = /^(chat|error|stream-error)$/

const SPOKEN: readonly Protocol[] = [anthropicMessages, bedrockConverse, bedrockInvoke, cohere, gemini, openaiChat, openaiResponses]

/** Everything that can be measured, by the names that the recordings have for it. */
export const NAMES: readonly string[] = [...SPOKEN.map(({ name }) => name), 'embeddings']

/** `every`: only each n-th record of a protocol. */
export async function measure({ exchanges, loops }: Recordings, { names = [], every = 1 }: { names?: readonly string[]; every?: number } = {}): Promise<Measurement> {
  const wanted = (name: string): boolean => !names.length || names.includes(name)
  const unspoken = new Map<string, number>()
  const sampled = <T>(all: readonly T[]): readonly T[] => all.filter((_, index) => index % every === 0)
  const skip = (what: string): void => void unspoken.set(what, (unspoken.get(what) ?? 0) + 1)
  const known = excuses()
  const measured: Measured[] = []
  const byId = new Map(exchanges.map((record) => [record.id, record]))
  for (const protocol of SPOKEN.filter(({ name }) => wanted(name))) {
    const into = begin(protocol.name, protocol.slack)
    for (const record of sampled(exchanges.filter((one) => one.protocol === protocol.name && CHAT.test(one.expect.kind)))) {
      const provider = protocol.providerFor(record)
      if (!provider) skip(`${record.api}, other than Claude's messages`)
      else add(into, record, { ways: await checkExchange(record, { protocol, provider, requests: into.requests }), known })
    }
    for (const loop of sampled(loops.filter((one) => one.protocol === protocol.name))) {
      const first = byId.get(loop.first)
      const provider = first && protocol.providerFor(first)
      if (loop.stateful) skip('tool loops whose first turn the provider keeps')
      else if (first && provider) {
        const findings = await checkLoop(loop, first, { protocol, provider }).catch((error: unknown) => [{ field: 'loop', wrong: String(error) }])
        count([into.loops], { id: loop.id, ways: new Map([['loop', findings]]) }, known)
      }
    }
    measured.push(into)
  }
  if (wanted('embeddings')) measured.push(await embeddings(sampled(exchanges.filter(({ protocol }) => protocol === 'embeddings')), { known, skip }))
  if (!names.length) for (const { protocol } of exchanges) if (!NAMES.includes(protocol)) skip(protocol)
  return { protocols: measured, unspoken, excuses: known }
}

const begin = (name: string, slack = 0.01): Measured => ({
  name,
  slack,
  exchanges: tally(),
  byApi: new Map(),
  loops: tally(),
  requests: { same: 0, different: 0, apart: 0, differences: new Map() },
})

function add({ exchanges, byApi }: Measured, { id, api }: Recorded, { ways, known }: { readonly ways: Ways; readonly known: Excuses }): void {
  const row = byApi.get(api) ?? tally()
  byApi.set(api, row)
  count([exchanges, row], { id, ways }, known)
}

async function embeddings(records: readonly Recorded[], { known, skip }: { readonly known: Excuses; readonly skip: (what: string) => void }): Promise<Measured> {
  const into = begin('embeddings')
  for (const record of records) {
    const provider = embedderOf(record)
    if (!provider) skip(`embeddings by ${record.provider}'s own API`)
    else add(into, { ...record, api: `embeddings:${record.provider}` }, { ways: await checkEmbedding(record, provider), known })
  }
  return into
}

interface Checking {
  readonly protocol: Protocol
  readonly provider: Provider
  readonly requests: Requests
}

/** A record by every way: on the wire where it is a stream, and through `hub.chat` and `hub.stream`, which a whole body goes through in pieces too. */
async function checkExchange(record: Recorded, { protocol, provider, requests }: Checking): Promise<Ways> {
  const { neutral } = record
  const plain = { messages: [{ role: 'user' as const, content: 'hi' }] }
  // A neutral shape that lost the tools is none.
  const whole = neutral && isWhole(neutral, record.request.body) && protocol.readBody(record.request.body).tools.length === neutral.tools.length
  const asking = { record, provider, request: whole ? askOf(neutral, record.request.body) : plain }
  const ways = new Map<string, readonly Finding[]>()
  if (isStream(record, provider) && record.response.status < 400) for (const [way, findings] of checkStream(record, provider)) ways.set(way, findings)
  else for (const [way, size] of [['whole', Infinity], ['64', 64], ['7', 7], ['1', 1]] as const) ways.set(way, (await through({ ...asking, mode: 'chat', size })).findings)
  const modes = record.streaming ? (['chat', 'stream'] as const) : (['stream', 'chat'] as const)
  for (const mode of modes) {
    const { findings, sent } = await through({ ...asking, mode, size: 64 })
    ways.set(mode, findings)
    const recordedMode = (mode === 'stream') === record.streaming
    if (recordedMode && whole && sent) note(requests, record.id, compare(record, sent, { protocol, request: asking.request }))
  }
  if (!whole) requests.apart++
  return ways
}

function note(requests: Requests, id: string, found: readonly Difference[]): void {
  requests[found.length ? 'different' : 'same']++
  const seen = new Set<string>()
  for (const { what, how } of found) {
    const entry = requests.differences.get(what) ?? { count: 0, examples: [] }
    requests.differences.set(what, entry)
    if (!seen.has(what)) entry.count++
    seen.add(what)
    entry.examples.push(`${id}\n      ${how}`)
  }
}
