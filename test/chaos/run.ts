// A run: thousands of calls at once against servers that do everything wrong, and the books that must balance afterwards.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Hub } from '../../src/hub.ts'
import { breaker } from '../../src/layers/breaker.ts'
import { groupFeatures } from '../../src/layers/groups/index.ts'
import { limit } from '../../src/layers/limit.ts'
import type { Layer } from '../../src/types/call.ts'
import type { FetchLike } from '../../src/types/runtime.ts'
import { books } from './books.ts'
import { CLIENTS } from './clients.ts'
import { dice } from './dice.ts'
import { planOf, TOOL } from './faults.ts'
import { broken } from './laws.ts'
import { ledger, USED, type Ledger } from './ledger.ts'
import { cast, catalogue, clocksOf, type Catalogue } from './models.ts'
import { told, type Exchange, type Story } from './story.ts'
import { BLOW_NAMES, CALL, upstream, type Upstream } from './upstream.ts'
import { eventually, heap, listeners, watchedRuntime, watchedStore, type Watched, type WatchedStore } from './watches.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly calls: number
  readonly concurrency: number
  /** Memory is looked at after each: an even number. */
  readonly rounds: number
  /** How long clocks are: 1 is for busy machines. */
  readonly patience: number
  /** Only models that speak this wire. */
  readonly wire?: string | undefined
  /** Only this call, of all that the seed stands for. */
  readonly only?: number | undefined
  /** To prove that the laws can be broken. */
  readonly sabotage?: { readonly layers?: readonly Layer[]; readonly fetch?: FetchLike }
  readonly progress?: (done: number) => void
}

export interface Violation {
  readonly call: number
  readonly laws: readonly string[]
  readonly story: string
}

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly found: string
}

export interface Report {
  readonly ledger: Ledger
  readonly violations: readonly Violation[]
  readonly checks: readonly Check[]
  /** Wires that no simulated server speaks. */
  readonly silent: readonly string[]
  /** How long this process did not get to run: what the clocks did must be read with it. */
  readonly longestPauseMs: number
}

/** How much more memory may be in use at the end than in the middle: one byte a call would be in the noise, a response a call would not. */
const LEAK_BYTES = 4 * 1024 * 1024

interface World {
  readonly options: ChaosOptions
  readonly hub: Hub
  readonly known: Catalogue
  readonly stories: Map<number, Story>
  readonly ledger: Ledger
  readonly violations: Violation[]
  readonly shared: AbortSignal
  readonly late: Late
}

/** Requests that a server sees when their client has long gone: on a busy machine they wait for the server's turn. */
interface Late {
  /** How many attempts of a call no server had seen when its books were closed, by call and model. */
  readonly expected: Map<string, number>
  /** Those that are not over. */
  met: readonly Exchange[]
  count: number
  readonly strangers: string[]
}

function arrived(late: Late, call: number, exchange: Exchange): void {
  const key = `${call} ${exchange.alias}`
  const left = late.expected.get(key) ?? 0
  if (!left) late.strangers.push(key)
  if (left > 1) late.expected.set(key, left - 1)
  else late.expected.delete(key)
  late.met = [...late.met.filter(({ state }) => state === 'open'), exchange]
  late.count++
}

export async function chaos(options: ChaosOptions): Promise<Report> {
  const { seed, wire, rounds, patience } = options
  const clocks = clocksOf(patience)
  const stories = new Map<number, Story>()
  const late: Late = { expected: new Map(), met: [], count: 0, strangers: [] }
  const servers = await upstream((call, alias) => {
    const story = stories.get(call)
    const n = story?.exchanges.filter((exchange) => exchange.alias === alias).length ?? 0
    const asking = { seed, call, alias, n, streams: story?.mode === 'stream', tools: story?.tools === true, clocks }
    const exchange = { alias, n, plan: alias === 'rough' ? rough(planOf(asking), asking) : planOf(asking), state: 'open' as const }
    if (story) story.exchanges.push(exchange)
    else arrived(late, call, exchange)
    return exchange
  })
  const { speakers, silent } = await cast(servers.url, wire)
  const known = catalogue({ seed, speakers, rough: servers.rough, dead: servers.dead, clocks })
  const [watched, counts] = [watchedRuntime(seed), watchedStore(seed)]
  const control = new AbortController()
  const hub = hubOf(known, { options, stories, watched, counts })
  const world: World = { options, hub, known, stories, ledger: ledger(), violations: [], shared: control.signal, late }
  const heaps: number[] = [await heap()]
  const pauses = monitorEventLoopDelay()
  pauses.enable()
  try {
    for (let round = 0; round < rounds; round++) {
      await all(world, round)
      // Idle connections are kept for a few seconds, to be used again, and take memory: in the middle only who has time waits for that.
      if (round + 1 === rounds || (patience >= 1 && round + 1 >= rounds / 2)) await eventually(() => !servers.connections(), 20_000 * patience)
      heaps.push(await heap())
    }
    const checks = await afterwards(world, { servers, watched, counts, heaps })
    return { ledger: world.ledger, violations: world.violations, checks, silent, longestPauseMs: pauses.max / 1e6 }
  } finally {
    pauses.disable()
    await servers.close()
  }
}

/** What the rough server does is drawn anew, evenly. */
function rough(plan: ReturnType<typeof planOf>, { seed, call, n }: { readonly seed: number; readonly call: number; readonly n: number }): ReturnType<typeof planOf> {
  const frame = dice(seed, call, n, 'rough').between(0, BLOW_NAMES.length - 1)
  return { ...plan, spoil: 'none', frame, fault: BLOW_NAMES[frame]!, detail: '', whole: frame === BLOW_NAMES.length - 1, explains: [] }
}

interface Parts {
  readonly options: ChaosOptions
  readonly stories: ReadonlyMap<number, Story>
  readonly watched: Watched
  readonly counts: WatchedStore
}

/** The ring that limits take part in is slow on purpose, the breaker quick to open and quick to forgive. */
function hubOf({ config, providers }: Catalogue, { options, stories, watched, counts }: Parts): Hub {
  const { layers = [], fetch } = options.sabotage ?? {}
  const rules = [
    { name: 'tokens', tokens: 1e12 },
    { name: 'dollars', per: 'day' as const, usd: 1e6 },
    { name: 'crowd', concurrency: Math.ceil(options.concurrency * 0.8), on_limit: 'wait' as const, max_wait: 5 },
    { name: 'narrow', models: ['spread', 'strict'], requests: Math.max(2, Math.ceil(options.calls / 500)), by: ['tenant', 'model'] as const, on_limit: 'fallback' as const },
  ]
  const { sent, held, store } = books(stories, counts.store)
  const rings = [
    audit(stories),
    sent,
    held(limit({ rules, store })),
    breaker({ configOf: () => ({ window: 5, failure_rate: 0.75, min_requests: 20, cooldown: 0.2 }) }),
  ]
  return new Hub(config, {
    providers,
    // A saboteur stands right outside of the ring in whose place it is.
    layers: [...rings.map((ring) => around(ring, layers)), ...layers.filter(({ stage }) => !rings.some((ring) => ring.stage === stage))],
    groups: groupFeatures,
    runtime: watched.runtime,
    ...(fetch && { fetch }),
  })
}

function around({ stage, wrap }: Layer, layers: readonly Layer[]): Layer {
  return { stage, wrap: (next) => layers.filter((layer) => layer.stage === stage).reduce((inner, layer) => layer.wrap(inner), wrap(next)) }
}

/** The outermost ring writes down every end that it sees. */
export function audit(stories: ReadonlyMap<number, Story>): Layer {
  return {
    stage: 'audit',
    wrap: (next) => async (call) => {
      const story = stories.get(Number(call.request.headers?.[CALL]))
      if (story) story.budget = call.budget
      try {
        const reply = await next(call)
        reply.settle.push(({ status, response, error }) => void story?.audited.push({ status, response, ...(error && { error }) }))
        return reply
      } catch (error) {
        story?.audited.push({ status: 'refused', error })
        throw error
      }
    },
  }
}

/** The calls of one round, so many at a time, and all that they leave behind. */
async function all(world: World, round: number): Promise<void> {
  const { calls, concurrency, only, progress, rounds } = world.options
  let id = Math.floor((calls * round) / rounds)
  const end = Math.floor((calls * (round + 1)) / rounds)
  const rests: Promise<void>[] = []
  const worker = async (): Promise<void> => {
    while (id < end) {
      const mine = id++
      if (only !== undefined && only !== mine) continue
      rests.push(rest(world, await one(world, mine)))
      progress?.(mine + 1)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  await Promise.all(rests)
}

/** One call, from its plan to what its client saw. */
async function one({ options, hub, known, stories, shared }: World, id: number): Promise<Story> {
  const throws = dice(options.seed, 'call', id)
  const { alias } = throws.draw(known.targets)
  const client = throws.draw(CLIENTS)
  const tools = known.callers.includes(alias) && throws.chance(0.2)
  const story: Story = { id, alias, client: client.name, mode: client.mode, tools, exchanges: [], audited: [], sent: [], held: { tokens: 0, nano: 0, open: 0 } }
  stories.set(id, story)
  const question = 'word '.repeat(throws.between(1, 60))
  const request = {
    messages: [{ role: 'user' as const, content: `${id}: ${question}` }],
    headers: { [CALL]: String(id) },
    ...(tools && { tools: [{ name: TOOL, parameters: { type: 'object', properties: { from: { type: 'string' }, words: { type: 'array', items: { type: 'string' } } } } }] }),
    ...(throws.chance(0.05) && { timeoutMs: throws.between(20, 600) }),
  }
  // Half of the calls hang on a signal that outlives them all.
  const scope = { tenant: `tenant-${id % 5}`, ...(throws.chance(0.5) && { signal: shared }) }
  story.seen = await client.ask({ hub: hub.with(scope), alias, request, dice: throws })
  return story
}

/** When both sides have let go of a call, its books must balance. */
async function rest({ options, known, stories, ledger, violations, late }: World, story: Story): Promise<void> {
  const asked = (): number => story.exchanges.length
  await eventually(() => story.exchanges.every(({ state }) => state !== 'open'), 6000 * options.patience)
  // What is on its way to a server when its client has gone is seen by the server a moment later.
  for (let before = -1; before !== asked();) {
    before = asked()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await eventually(() => !story.held.open, 5000 * options.patience)
  ledger.enter(story, known)
  const laws = broken(story, known.setting)
  if (laws.length) violations.push({ call: story.id, laws, story: told(story) })
  stories.delete(story.id)
  for (const { alias } of story.budget?.attempts ?? []) late.expected.set(`${story.id} ${alias}`, (late.expected.get(`${story.id} ${alias}`) ?? 0) + 1)
  for (const { alias } of story.exchanges) {
    const key = `${story.id} ${alias}`
    const unseen = (late.expected.get(key) ?? 0) - 1
    if (unseen > 0) late.expected.set(key, unseen)
    else late.expected.delete(key)
  }
}

interface Rest {
  readonly servers: Upstream
  readonly watched: Watched
  readonly counts: WatchedStore
  readonly heaps: readonly number[]
}

/** What must hold when all is over. */
async function afterwards({ ledger, shared, options, late }: World, { servers, watched, counts, heaps }: Rest): Promise<Check[]> {
  await eventually(() => !watched.timers() && !watched.deferred() && !counts.open(), 5000 * options.patience)
  const zero = (name: string, count: number): Check => ({ name, ok: count === 0, found: String(count) })
  const { tokens = {}, 'billionths of a dollar': dollars = {}, calls = {} } = ledger.counts
  const settled = tokens['settled, ok'] ?? 0
  const taken = tokens['served, and taken whole'] ?? 0
  const booked = [counts.used('tokens/'), counts.used('dollars/')]
  const used = [tokens[USED] ?? 0, dollars[USED] ?? 0]
  const [middle = 0, end = 0] = [heaps[Math.floor(options.rounds / 2)], heaps.at(-1)]
  const asked = options.only === undefined ? options.calls : 1
  return [
    { name: 'every call came to an end', ok: ledger.count('calls') === asked && !calls['lost'], found: `${ledger.count('calls')} of ${asked}` },
    { name: 'requests of nobody', ok: !late.strangers.length, found: `${late.strangers.length} ${late.strangers.slice(0, 8).join(', ')}` },
    zero(`late requests left open, of ${late.count}`, late.met.filter(({ state }) => state === 'open').length),
    { name: 'settled usage is what was served', ok: settled === taken, found: `${settled} of ${taken} tokens` },
    { name: 'the limits have booked what requests used', ok: String(booked) === String(used), found: `${booked.join(' tokens, ')} billionths of a dollar, of ${used.join(' and ')}` },
    zero('reservations left', counts.open()),
    zero('reservations settled twice', counts.strays()),
    zero('timers left', watched.timers()),
    zero('work put off and left', watched.deferred()),
    zero('listeners left', listeners(shared)),
    zero('sockets left', servers.connections()),
    { name: 'memory is flat', ok: end - middle < LEAK_BYTES, found: heaps.map(kib).join(', ') },
  ]
}

function kib(bytes: number): string {
  return `${Math.round(bytes / 1024)} KiB`
}
