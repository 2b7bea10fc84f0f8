// Measures every wire, and the hub around it, against the recordings.
import { readdirSync } from 'node:fs'
import { askOf, isWhole } from './ask.ts'
import { checkEmbedding, embedderOf } from './embedding.ts'
import { checkStream, isStream, type Ways } from './exchange.ts'
import type { Finding } from './judge.ts'
import { checkLoop } from './loop.ts'
import type { Protocol } from './protocol.ts'
import type { Recorded, RecordedLoop } from './record.ts'
import { compare, type Difference } from './sent.ts'
import { count, excuses, tally, type Excuses, type Tally } from './tally.ts'
import { through } from './through.ts'
import type { Provider } from '../../src/types/provider.ts'

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

async function protocols(): Promise<readonly Protocol[]> {
  const files = readdirSync(new URL('./protocols/', import.meta.url)).sort()
  const modules = await Promise.all(files.map((file) => import(`./protocols/${file}`) as Promise<{ readonly protocol: Protocol }>))
  return modules.map(({ protocol }) => protocol)
}

/** `every`: only each n-th record of a protocol. */
export async function measure({ exchanges, loops }: Recordings, { names = [], every = 1 }: { names?: readonly string[]; every?: number } = {}): Promise<Measurement> {
  const wanted = (name: string): boolean => !names.length || names.includes(name)
  const unspoken = new Map<string, number>()
  const skip = (what: string): void => void unspoken.set(what, (unspoken.get(what) ?? 0) + 1)
  const known = excuses()
  const spoken = await protocols()
  const measured: Measured[] = []
  const byId = new Map(exchanges.map((record) => [record.id, record]))
  for (const protocol of spoken.filter(({ name }) => wanted(name))) {
    const into = begin(protocol.name, protocol.slack)
    const own = exchanges.filter((record) => record.protocol === protocol.name && CHAT.test(record.expect.kind))
    for (const record of own.filter((_, index) => index % every === 0)) {
      const provider = protocol.providerFor(record)
      if (!provider) skip(`${record.api}, other than Claude's messages`)
      else add(into, record, { ways: await checkExchange(record, { protocol, provider, requests: into.requests }), known })
    }
    for (const loop of loops.filter((one) => one.protocol === protocol.name).filter((_, index) => index % every === 0)) {
      const first = byId.get(loop.first)
      const provider = first && protocol.providerFor(first)
      if (loop.stateful) skip('tool loops whose first turn the provider keeps')
      else if (first && provider) count([into.loops], { id: loop.id, ways: new Map([['loop', await checkLoop(loop, first, { protocol, provider })]]) }, known)
    }
    measured.push(into)
  }
  if (wanted('embeddings')) measured.push(await embeddings(exchanges.filter(({ protocol }) => protocol === 'embeddings').filter((_, index) => index % every === 0), { known, skip }))
  if (!names.length) for (const { protocol } of exchanges) if (protocol !== 'embeddings' && !spoken.some(({ name }) => name === protocol)) skip(protocol)
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
  const whole = neutral && isWhole(neutral) && protocol.readBody(record.request.body).tools.length === neutral.tools.length
  const asking = { record, provider, request: whole ? askOf(neutral) : plain }
  const ways = new Map<string, readonly Finding[]>()
  if (isStream(record, provider) && record.response.status < 400) for (const [way, findings] of checkStream(record, provider)) ways.set(way, findings)
  else for (const [way, size] of [['whole', Infinity], ['64', 64], ['7', 7], ['1', 1]] as const) ways.set(way, (await through({ ...asking, mode: 'chat', size })).findings)
  const modes = record.streaming ? (['chat', 'stream'] as const) : (['stream', 'chat'] as const)
  for (const mode of modes) {
    const { findings, sent } = await through({ ...asking, mode, size: 64 })
    ways.set(mode, findings)
    const recordedMode = (mode === 'stream') === record.streaming
    if (recordedMode && whole && sent) note(requests, record.id, compare(record, sent, protocol))
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
