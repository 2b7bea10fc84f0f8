// Hedges: whoever begins first is heard, whoever is not is cancelled at once and paid for.
import { describe, expect, it } from 'vitest'
import { conclude } from '../../src/core/outcome.ts'
import type { Hub } from '../../src/hub.ts'
import { hedge, type Line } from '../../src/layers/groups/index.ts'
import type { Call, Layer, Outcome, Reply, Stage } from '../../src/types/call.ts'
import type { GroupConfig, RelayConfig } from '../../src/types/config.ts'
import type { Target } from '../../src/types/provider.ts'
import type { ChatResponse, Cost } from '../../src/types/response.ts'
import { makeClock, START, type Clock } from '../core/clock.ts'
import { ask, done, failure, frames, json, stream, text, toy, usage } from '../core/toy.ts'
import { groupHub } from './route-kit.ts'

type Answer = number | { readonly after: number; readonly status: number }

interface Seen {
  readonly model: string
  readonly at: number
  readonly signal: AbortSignal
}

interface Stand {
  readonly hub: Hub
  readonly time: Clock
  readonly seen: Seen[]
  /** How each reply ended, as rings further in than the route see it. */
  readonly inner: Outcome[]
  readonly outer: Outcome[]
}

const target: Target = { alias: 'a', provider: toy, model: 'a', baseUrl: '', config: { target: 'toy/a' } }
const cost: Cost = { totalUsd: 1, inputUsd: 1, outputUsd: 0, cachedInputUsd: 0, cacheWriteUsd: 0, source: 'user_override', confidence: 'exact' }

const MODES = ['chat', 'stream'] as const

/** Models that begin to answer after so many milliseconds, one call after the other, the last again and again. */
function stand(scripts: { readonly [model: string]: readonly Answer[] }, group: Omit<GroupConfig, 'members'>, more: RelayConfig['defaults'] = {}): Stand {
  const time = makeClock()
  const start = time.now()
  const seen: Seen[] = []
  const names = Object.keys(scripts)
  const config: RelayConfig = {
    defaults: { max_retries: 0, ...more },
    models: Object.fromEntries(names.map((name) => [name, { target: `toy/${name}`, params: { model: name }, cost: { input_per_1m: 1e6, output_per_1m: 1e6 } }])),
    groups: { all: { ...group, members: names } },
  }
  const fetch = async (_: unknown, init: RequestInit = {}): Promise<Response> => {
    const { model, mode } = JSON.parse(String(init.body)) as { model: string; mode: string }
    const script = scripts[model] ?? []
    const answer = script[Math.min(seen.filter((it) => it.model === model).length, script.length - 1)] ?? 0
    seen.push({ model, at: time.now() - start, signal: init.signal as AbortSignal })
    const { after, status } = typeof answer === 'number' ? { after: answer, status: 200 } : answer
    // A server that does not notice that it is hung up on.
    if (after > 0) await new Promise<void>((resolve) => time.timer(resolve, after))
    if (status !== 200) return failure(status)
    const said = [text(`I am ${model}`), usage, done]
    return mode === 'stream' ? stream(frames(said)) : json(said)
  }
  const [inner, outer]: [Outcome[], Outcome[]] = [[], []]
  const layers = [witness('trace', inner), witness('audit', outer)]
  return { hub: groupHub(fetch, config, { runtime: time, layers }), time, seen, inner, outer }
}

function witness(stage: Stage, outcomes: Outcome[]): Layer {
  return {
    stage,
    wrap: (next) => async (call) => {
      const reply = await next(call)
      reply.settle.push((outcome) => outcomes.push(outcome))
      return reply
    },
  }
}

function call({ hub }: Stand, mode: (typeof MODES)[number], more: object = {}): Promise<ChatResponse> {
  return mode === 'chat' ? hub.chat('all', { ...ask, ...more }) : hub.stream('all', { ...ask, ...more }).response()
}

const told = ({ attempts }: { readonly attempts: ChatResponse['attempts'] }): string[] => attempts.map(({ alias, kind, cause = 'ok' }) => `${alias} ${kind} ${cause}`)
const always = { hedge: { after: 100, max_extra: 1 } }

describe.each(MODES)('a hedge, %s', (mode) => {
  it('is not made when the first begins in time', async () => {
    const on = stand({ a: [99], b: [0] }, always)
    const work = call(on, mode)
    await on.time.pass(1000)
    expect(told(await work)).toEqual(['a first ok'])
    expect(on.time.pending()).toBe(0)
  })

  it('is heard where it begins first: the other is cancelled at once, and its cost booked', async () => {
    const on = stand({ a: [5000], b: [50] }, always)
    const work = call(on, mode)
    await on.time.pass(150)
    const response = await work
    expect(on.seen.map(({ model, at, signal }) => [model, at, signal.aborted])).toEqual([['a', 0, true], ['b', 100, false]])
    expect(told(response).sort()).toEqual(['a first cancelled', 'b hedge ok'])
    // 100 tokens in and 10 out at a dollar each, and the 3 that the other has read.
    expect(response).toMatchObject({ text: 'I am b', usage: { totalTokens: 110 }, costUsd: 113, cost: { totalUsd: 113, inputUsd: 103, source: 'estimated', confidence: 'estimated' } })
    expect(on.inner.map(({ status }) => status)).toEqual(['ok'])
    expect(on.outer).toMatchObject([{ status: 'ok', response: { costUsd: 113 } }])
    await on.time.pass(10_000)
    expect(on.inner).toHaveLength(1)
    expect(on.time.pending()).toBe(0)
  })

  it('is cancelled where the first begins after all', async () => {
    const on = stand({ a: [150], b: [500] }, always)
    const work = call(on, mode)
    await on.time.pass(150)
    expect(told(await work).sort()).toEqual(['a first ok', 'b hedge cancelled'])
    expect(on.seen[1]?.signal.aborted).toBe(true)
  })

  it('that fails leaves the first to it', async () => {
    const on = stand({ a: [500], b: [{ after: 0, status: 503 }] }, always)
    const work = call(on, mode)
    await on.time.pass(600)
    expect(told(await work)).toEqual(['b hedge server_error', 'a first ok'])
  })

  it('that fails in a way that passes is asked again where nobody else is left', async () => {
    const on = stand({ a: [{ after: 150, status: 401 }], b: [{ after: 100, status: 503 }, 0] }, always, { max_retries: 1 })
    const work = call(on, mode)
    await on.time.pass(300)
    expect(told(await work)).toEqual(['a first authentication', 'b hedge server_error', 'b fallback ok'])
  })

  it('answers for a first that fails, and then nobody else is asked', async () => {
    const on = stand({ a: [{ after: 150, status: 401 }], b: [500], c: [0] }, always)
    const work = call(on, mode)
    await on.time.pass(151)
    // The first goes on to the next member, as ever.
    const response = await work
    expect(response.text).toBe('I am c')
    expect(told(response).sort()).toEqual(['a first authentication', 'b hedge cancelled', 'c fallback ok'])
  })

  it('ends with both when the caller goes, with the caller\'s reason', async () => {
    const on = stand({ a: [5000], b: [5000] }, always)
    const control = new AbortController()
    const why = new Error('enough')
    const work = call(on, mode, { signal: control.signal }).catch((error: unknown) => error)
    await on.time.pass(200)
    control.abort(why)
    expect(await work).toBe(why)
    expect(on.seen.map(({ signal }) => signal.aborted)).toEqual([true, true])
    await on.time.pass(0)
    expect(on.time.pending()).toBe(2)
  })

  it.each([[1, 1], [2, 2], [3, 3]])('keeps within a budget of %i', async (budget, most) => {
    const broken = { after: 200, status: 503 }
    const on = stand({ a: [broken], b: [broken], c: [broken] }, always, { max_attempts: budget, max_retries: 2 })
    const work = call(on, mode).catch((error: unknown) => error)
    await on.time.pass(60_000)
    await work
    expect(on.seen).toHaveLength(most)
  })
})

describe('two that begin in the same moment', () => {
  it('are heard once: the other is cancelled and settled', async () => {
    const ends: string[] = []
    const replies = ['a', 'b'].map((name): Reply => ({
      target: { ...target, alias: name },
      queue: [],
      pull: async () => false,
      response: () => ({ text: name, cost }) as ChatResponse,
      cancel: () => ends.push(`${name} cut`),
      finish: [],
      settle: [({ status }) => ends.push(`${name} ${status}`)],
    }))
    const go: (() => void)[] = []
    const next = (): Promise<Reply | undefined> => new Promise((resolve) => go.push(() => resolve(replies.shift())))
    const time = makeClock()
    const call = { mode: 'chat', request: ask, runtime: time, budget: { left: 5, deadline: Infinity, attempts: [] } } as unknown as Call
    const line: Line = { alias: 'all', group: { members: [], ...always }, call, first: 'a', ask: next, left: () => 2, fresh: () => 2, movesOn: () => true }
    const work = hedge.start({ target: () => target, costOf: () => cost }).open?.(line, next)
    await time.pass(100)
    for (const begin of go) begin()
    const reply = await work
    expect(reply?.target.alias).toBe('a')
    expect(ends).toEqual(['b cut', 'b cancelled'])
    expect(conclude(reply ?? expect.fail(), 'ok')).toMatchObject({ text: 'a', costUsd: 2 })
    expect(ends).toEqual(['b cut', 'b cancelled', 'a ok'])
  })
})

describe('the share of calls that may be hedged', () => {
  it.each([['5%', 200, 10], ['10%', 50, 5], [0.02, 200, 4], ['0%', 50, 0], [1, 20, 20]] as const)('%s of %i calls: %i', async (max_extra, calls, most) => {
    const on = stand({ a: [300], b: [300] }, { hedge: { after: 100, max_extra } })
    for (let n = 0; n < calls; n++) {
      const work = call(on, 'chat')
      await on.time.pass(1000)
      await work
    }
    expect(on.seen.length - calls).toBe(most)
  })
})

describe('`p95`', () => {
  it('is known after a while, by what was measured of that member', async () => {
    const slow = [...Array.from({ length: 19 }, () => 100), 400, 9000]
    const on = stand({ a: slow, b: [50] }, { hedge: { after: 'p95', max_extra: 1 } })
    for (let n = 0; n < 20; n++) {
      const work = call(on, 'stream')
      await on.time.pass(10_000)
      await work
    }
    expect(on.seen.every(({ model }) => model === 'a')).toBe(true)
    const from = on.time.now()
    const work = call(on, 'stream')
    await on.time.pass(1000)
    expect((await work).text).toBe('I am b')
    expect(on.seen.at(-1)).toMatchObject({ model: 'b', at: from - START + 100 })
  })
})
