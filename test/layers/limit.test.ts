// Limits as callers meet them: through a hub, its retries, its groups and its failures.
import { describe, expect, it } from 'vitest'
import { ProviderError, type RelayError } from '../../src/errors.ts'
import type { Hub, HubOptions } from '../../src/hub.ts'
import { breaker } from '../../src/layers/breaker.ts'
import { hedge } from '../../src/layers/groups/hedge.ts'
import { limit, rulesOf, type LimitOptions } from '../../src/layers/limit.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { RelayConfig } from '../../src/types/config.ts'
import type { LimitConfig, LimitStore } from '../../src/types/limits.ts'
import type { FetchLike } from '../../src/types/runtime.ts'
import { answers, ask, done, failure, frames, json, makeHub, stream, text, usage } from '../core/toy.ts'
import { calm, makeClock, type Clock } from '../core/clock.ts'
import { inside, makeCall, responseOf } from './kit.ts'

/** 100 tokens in, 10 out, as the toy's usage says. */
const answer = (): Response => json([text('hi'), usage, { type: 'finish', reason: 'stop', raw: 'end' }, done])
const asked = { ...ask, maxTokens: 20 }

const catalogue: RelayConfig = {
  models: {
    one: { target: 'toy/one', cost: { input_per_1m: 1, output_per_1m: 10 }, max_retries: 2 },
    two: { target: 'toy/two', cost: { input_per_1m: 0, output_per_1m: 0 } },
    three: { target: 'toy/three', max_retries: 0 },
    free: { target: 'toy/free' },
    slow: { target: 'toy/slow', connect_timeout: 1 },
    'ann/one': { target: 'toy/one' },
  },
  groups: { both: { members: ['one', 'two'] }, outer: { members: ['both', 'three'] }, pricey: { members: ['free', 'one'] } },
}

interface Stage {
  readonly hub: Hub
  readonly clock: Clock
  readonly store: LimitStore
}

function staged(rules: readonly LimitConfig[], fetch: FetchLike, options: Partial<LimitOptions> & Pick<Partial<HubOptions>, 'runtime'> = {}): Stage {
  const { runtime, ...rest } = options
  const clock = makeClock()
  const store = rest.store ?? memoryStore()
  const hub = makeHub(fetch, { runtime: { ...clock, ...runtime }, layers: [limit({ rules, store, ...rest })] }, catalogue)
  return { hub, clock, store }
}

async function caught(work: Promise<unknown>): Promise<RelayError> {
  return work.then(
    () => expect.fail('should have failed'),
    (error: RelayError) => error,
  )
}

/** How many calls go through before one is refused. */
async function room(hub: Hub, alias = 'one', most = 30): Promise<number> {
  for (let n = 0; n < most; n++) {
    const error = await hub.chat(alias, asked).then(() => undefined, (error: RelayError) => error)
    if (error) {
      expect(error).toMatchObject({ name: 'LimitError' })
      return n
    }
  }
  return Infinity
}

describe('a limit that is reached', () => {
  it('says which, and when to come back', async () => {
    const { hub, clock } = staged([{ requests: 2 }], answers(answer))
    expect(await room(hub)).toBe(2)
    const error = await caught(hub.chat('one', asked))
    expect(error).toMatchObject({ code: 'limit', alias: 'one', provider: 'toy', message: 'the limit of 2 requests per minute is reached', data: { key: 'limit-0/requests/minute' } })
    await clock.pass(error.retryAfterMs! - 1)
    expect(await room(hub)).toBe(0)
    await clock.pass(1)
    expect(await room(hub)).toBe(2)
  })

  it('falls to the group\'s next member, or refuses the call, as it says', async () => {
    const fallback = staged([{ models: ['one'], requests: 1 }], answers(answer))
    const responses = [await fallback.hub.chat('both', asked), await fallback.hub.chat('both', asked)]
    expect(responses.map(({ providerModel }) => providerModel)).toEqual(['one', 'two'])
    const error = staged([{ models: ['one'], requests: 1, on_limit: 'error' }], answers(answer))
    await error.hub.chat('both', asked)
    expect(await caught(error.hub.chat('both', asked))).toMatchObject({ name: 'LimitError', code: 'limit_reached', retryAfterMs: expect.any(Number) })
  })

  it('waits for room, but not for longer than it may', async () => {
    const { hub, clock } = staged([{ requests: 1, on_limit: 'wait', max_wait: 61 }], answers(answer))
    await hub.chat('one', asked)
    const second = hub.chat('one', asked)
    const third = caught(hub.chat('one', asked))
    await clock.pass(61_000)
    expect((await second).text).toBe('hi')
    // The room that there was is taken by now, and the next is too far away.
    expect(await third).toMatchObject({ code: 'limit', retryAfterMs: 61_000 })
  })

  it('stops waiting when the caller goes away, and holds nothing then', async () => {
    const { hub, clock } = staged([{ requests: 1, on_limit: 'wait', max_wait: 100 }, { concurrency: 1, on_limit: 'wait', max_wait: 100 }], answers(answer))
    await hub.chat('one', asked)
    const control = new AbortController()
    const second = hub.with({ signal: control.signal }).chat('one', asked)
    await clock.pass(10)
    control.abort(new Error('changed my mind'))
    await expect(second).rejects.toThrow('changed my mind')
    await clock.pass(61_000)
    expect(await room(hub, 'one', 1)).toBe(Infinity)
  })

  it('does not wait beyond the end of the call itself', async () => {
    const { hub } = staged([{ requests: 1, on_limit: 'wait', max_wait: 100 }], answers(answer))
    await hub.chat('one', asked)
    expect((await caught(hub.chat('one', { ...asked, timeoutMs: 61_000 }))).code).toBe('limit')
  })

  it('tells a call that is too large for it that waiting does not help', async () => {
    const { hub } = staged([{ tokens: 1000, on_limit: 'wait' }], answers(answer))
    const error = await caught(hub.chat('one', { ...ask, maxTokens: 2000 }))
    expect(error.message).toBe('this call alone may take 2003 tokens, more than the limit of 1000 tokens: lower its max_tokens, or raise the limit')
    expect(error.retryAfterMs).toBeUndefined()
  })
})

describe('what is counted', () => {
  it('is what was really used, once it is known', async () => {
    // 3 + 20 are reserved, 110 are used.
    expect(await room(staged([{ tokens: 460 }], answers(answer)).hub)).toBe(4)
    // 100 microdollars for the input, 100 for the output; a budget of decimals is met to the last call.
    expect(await room(staged([{ usd: 0.002003, per: 'day' }], answers(answer)).hub)).toBe(10)
  })

  it('is kept apart by tenant and by model', async () => {
    const { hub } = staged([{ requests: 2, by: ['tenant', 'model'] }], answers(answer))
    const [ann, bob] = [hub.with({ tenant: 'ann' }), hub.with({ tenant: 'bob' })]
    expect(await room(ann)).toBe(2)
    expect(await room(ann, 'two')).toBe(2)
    expect(await room(bob)).toBe(2)
    expect(await room(hub)).toBe(2)
    // No tenant can name itself into another's count.
    expect(await room(hub.with({ tenant: 'b' }), 'ann/one')).toBe(2)
    expect(await room(hub.with({ tenant: 'b/ann' }))).toBe(2)
    expect(await room(hub.with({ tenant: 'b%2Fann' }))).toBe(2)
  })

  it('is shared by rules of one name, of which the strictest speaks', async () => {
    const { hub } = staged([{ name: 'all', requests: 3, models: ['one'] }, { name: 'all', requests: 5 }, { name: 'all', requests: 4, per: 'hour' }], answers(answer))
    expect(await room(hub)).toBe(3)
    expect(await room(hub, 'two')).toBe(1)
    expect(await caught(hub.chat('two', asked))).toMatchObject({ message: 'the limit of 4 requests per hour is reached' })
  })

  it('holds for a group by its name, and for others not at all', async () => {
    const { hub } = staged([{ models: ['both'], requests: 1, on_limit: 'error' }], answers(answer))
    expect(await room(hub, 'both')).toBe(1)
    expect(await room(hub, 'two', 5)).toBe(Infinity)
  })

  it('holds for a group in another, however its members are reached', async () => {
    const rules: LimitConfig[] = [{ name: 'inner', models: ['both'], requests: 4, per: 'day', on_limit: 'error' }]
    let fails = 0
    const { hub, clock } = staged(rules, async () => (fails-- > 0 ? failure(429, { 'retry-after': '20' }) : answer()))
    expect((await hub.chat('outer', asked)).providerModel).toBe('one')
    for await (const _ of hub.stream('outer', asked));
    // Both are throttled, and one is asked again when nobody else is left.
    fails = 2
    const late = hub.chat('outer', asked)
    await clock.pass(60_000)
    expect((await late).attempts.map(({ ok }) => ok)).toEqual([false, false, true])
    expect(await caught(hub.chat('outer', asked))).toMatchObject({ code: 'limit_reached', data: { key: 'inner/requests/day' } })
    expect((await hub.chat('one', asked)).providerModel).toBe('one')
    // What is not asked through it is not counted by it.
    const through = staged([{ models: ['both'], requests: 1 }], answers(answer))
    await through.hub.chat('outer', asked)
    expect((await through.hub.chat('outer', asked)).providerModel).toBe('three')
  })

  it('is every request, those of retries too', async () => {
    const flaky = answers(() => failure(503), answer)
    const { hub, clock } = staged([{ requests: 3 }], async (...input) => (flaky.seen.length % 2 ? answer() : flaky(...input)))
    const first = hub.chat('one', asked)
    await clock.pass(10_000)
    expect((await first).attempts).toHaveLength(2)
    expect(await room(hub)).toBe(1)
  })

  it('is every request, those too that one attempt makes by itself', async () => {
    const clock = makeClock()
    const { next, attempts } = inside()
    const ring = limit({ rules: [{ requests: 3 }], store: memoryStore() }).wrap(next)
    const call = makeCall({ time: clock })
    void ring(call)
    await calm()
    call.budget.attempts.push({ alias: 'one', provider: 'toy', model: 'one', kind: 'first', ok: false, cause: 'invalid_request', status: 400, ms: 1 })
    await attempts[0]!.open()
    await attempts[0]!.end({ status: 'ok', response: responseOf() })
    void ring(makeCall({ time: clock }))
    await expect(ring(makeCall({ time: clock }))).rejects.toMatchObject({ code: 'limit' })
  })

  it('forbids a retry that there is no room for: the failure is told, not the limit', async () => {
    const broken = answers(() => failure(503))
    const { hub, clock } = staged([{ requests: 2 }], broken)
    const work = caught(hub.chat('one', asked))
    await clock.pass(10_000)
    expect(await work).toBeInstanceOf(ProviderError)
    expect(broken.seen).toHaveLength(2)
    expect((await caught(hub.chat('one', asked))).code).toBe('limit')
    expect(broken.seen).toHaveLength(2)
  })

  it.each([
    ['that is never sent', async () => Promise.reject(new TypeError('Invalid URL')), 'config'],
    ['that the provider refuses', async () => failure(400), 'invalid_request'],
  ] as const)('is not what was reserved for a call %s', async (_, fetch, code) => {
    let broken = true
    const { hub } = staged([{ tokens: 400 }, { concurrency: 1 }], async () => (broken ? fetch() : answer()))
    for (let n = 0; n < 30; n++) expect((await caught(hub.chat('one', asked))).code).toBe(code)
    broken = false
    expect(await room(hub)).toBe(4)
  })

  it('is what has come of a stream that the reader leaves, or that breaks', async () => {
    const body = frames([text('x'.repeat(400)), usage, done])
    for (const leave of [true, false]) {
      const { hub, clock } = staged([{ tokens: 1000 }, { concurrency: 1 }], answers(() => stream(body.slice(0, 1), leave ? 'hang' : 'break'), answer))
      const reading = async (): Promise<void> => {
        for await (const event of hub.stream('one', asked)) if (event.type === 'text_delta' && leave) break
      }
      if (leave) await reading()
      else await caught(reading())
      await clock.pass(0)
      // Estimated: 3 of input, 100 of output. Then 110 each.
      expect(await room(hub)).toBe(8)
    }
  })

  it('is what has come of a stream that stalls, once', async () => {
    const used: { readonly [key: string]: number }[] = []
    const memory = memoryStore()
    const store: LimitStore = { ...memory, settle: (id, spent) => (used.push(spent), memory.settle(id, spent)) }
    const { hub, clock } = staged([{ tokens: 1000 }], answers(() => stream(frames([text('x'.repeat(400))]), 'hang')), { store })
    const work = caught(hub.stream('one', asked).response())
    await clock.pass(120_000)
    const { code, attempts } = await work
    expect([code, attempts.map(({ ok, cause }) => [ok, cause])]).toEqual(['timeout_idle', [[false, 'timeout_idle']]])
    expect(used.map((spent) => Object.values(spent))).toEqual([[103]])
  })

  it('is not the other\'s part where a hedge was lost: each settles its own', async () => {
    const clock = makeClock()
    const used: { readonly [key: string]: number }[] = []
    const memory = memoryStore()
    const store: LimitStore = { ...memory, settle: (id, spent) => (used.push(spent), memory.settle(id, spent)) }
    const cost = { input_per_1m: 1, output_per_1m: 1 }
    const models = { one: { target: 'toy/one', cost, params: { model: 'slow' } }, two: { target: 'toy/two', cost } }
    const config: RelayConfig = { models, groups: { both: { members: ['one', 'two'], hedge: { after: 100, max_extra: 1 } } } }
    const fetch: FetchLike = (_, init) =>
      String(init?.body).includes('"slow"') ? new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))) : answers(answer)(_, init)
    const hub = makeHub(fetch, { runtime: clock, groups: [hedge], layers: [limit({ rules: [{ name: 'all', usd: 1 }], store })] }, config)
    const work = hub.chat('both', asked)
    await clock.pass(200)
    const { costUsd } = await work
    await clock.pass(0)
    const [lost, won] = used.map(({ 'all/usd/minute': nano }) => Number(nano))
    expect(lost).toBeGreaterThan(0)
    expect(Number(lost) + Number(won)).toBe(Math.round(Number(costUsd) * 1e9))
  })

  it('holds a stream\'s place until its end', async () => {
    const { hub } = staged([{ concurrency: 1 }], answers(() => stream(frames([text('a'), text('b'), usage, done])), answer))
    for await (const event of hub.stream('one', asked)) {
      if (event.type === 'text_delta') expect(await room(hub)).toBe(0)
    }
    expect(await room(hub, 'one', 1)).toBe(Infinity)
    expect((await caught(staged([{ concurrency: 0 }], answers(answer)).hub.chat('one', asked))).message).toContain('more than the limit of 0 calls')
  })

  it('is not kept in dollars for a model whose price nobody knows: another member may answer', async () => {
    const { hub } = staged([{ usd: 1 }], answers(answer))
    expect(await caught(hub.chat('free', asked))).toMatchObject({ name: 'LimitError', message: expect.stringContaining('give the model a `cost`') })
    expect((await hub.chat('pricey', asked)).providerModel).toBe('one')
    const told = staged([{ usd: 1 }], answers(answer), { priceOf: () => ({ rates: { input_per_1m: 0, output_per_1m: 0 }, source: 'snapshot', confidence: 'list_price' }) })
    expect((await told.hub.chat('free', asked)).providerModel).toBe('free')
  })

  it('is the estimate, where what it cost does not come out', async () => {
    const clock = makeClock()
    const { next, attempts } = inside()
    const ring = limit({ rules: [{ usd: 0.00025 }], store: memoryStore() }).wrap(next)
    // No rate for output, of which none is expected.
    const call = (): ReturnType<typeof makeCall> => makeCall({ time: clock, request: { maxTokens: 0 }, config: { cost: { input_per_1m: 10 } } })
    for (const attempt of [0, 1]) {
      void ring(call())
      await calm()
      await attempts[attempt]!.open()
      await attempts[attempt]!.end({ status: 'ok', response: responseOf({ inputTokens: 10, outputTokens: 5 }) })
    }
    await expect(ring(call())).rejects.toMatchObject({ code: 'limit' })
  })

  it('is also the input of attempts that were lost on the way', async () => {
    const seen = answers(() => new Promise(() => undefined), answer)
    const { hub, clock } = staged([{ tokens: 3 + 110 + 3 + 20 }], seen)
    const work = hub.stream('slow', asked).response()
    await clock.pass(3000)
    expect((await work).attempts.map(({ cause }) => cause)).toEqual(['timeout_connect', undefined])
    expect(await room(hub)).toBe(1)
    const none = staged([{ tokens: 2 + 110 + 3 + 20 }], answers(() => new Promise(() => undefined), answer))
    const other = none.hub.stream('slow', asked).response()
    await none.clock.pass(3000)
    await other
    expect(await room(none.hub)).toBe(0)
  })

  it.each([
    ['whose answer breaks off before its content, where the provider has said what it read', () => stream(frames([usage]), 'break'), 110],
    ['whose answer breaks off before anything', () => stream([': still here\n\n'], 'end'), 3],
    ['whose body breaks off', () => new Response(stream(['[{"ty'], 'break').body, { headers: { 'content-type': 'application/json' } }), 3],
    ['whose answer cannot be read', () => new Response('<html>', { headers: { 'content-type': 'application/json' } }), 3],
    ['that does not get through', async () => Promise.reject(new TypeError('fetch failed')), 0],
    ['that is refused', () => failure(503), 0],
  ])('is what an attempt used %s, whether it is tried again, would have been, or not', async (_, lost, tokens) => {
    const used: number[] = []
    const memory = memoryStore()
    const store: LimitStore = { ...memory, settle: (id, spent) => (used.push(...Object.values(spent)), memory.settle(id, spent)) }
    const again = staged([{ tokens: 1000 }], answers(lost, answer), { store })
    const work = again.hub.stream('one', asked).response()
    await again.clock.pass(10_000)
    expect((await work).attempts).toHaveLength(2)
    const once = staged([{ tokens: 1000 }], answers(lost), { store })
    await caught(once.hub.stream('three', asked).response())
    await once.clock.pass(0)
    const control = new AbortController()
    const left = staged([{ tokens: 1000 }], answers(lost), { store })
    const waiting = caught(left.hub.stream('one', { ...asked, signal: control.signal }).response())
    await left.clock.pass(1)
    control.abort(new Error('enough'))
    expect(await waiting).toMatchObject({ message: 'enough' })
    await left.clock.pass(0)
    expect(used).toEqual([tokens + 110, tokens, tokens])
  })

  it('is not a retry that an open circuit forbids', async () => {
    const clock = makeClock()
    const circuit = breaker({ configOf: () => ({ min_requests: 1 }) })
    const hub = makeHub(answers(() => failure(503), answer), { runtime: clock, layers: [circuit, limit({ rules: [{ requests: 2, per: 'day' }], store: memoryStore() })] }, catalogue)
    const work = caught(hub.chat('one', asked))
    await clock.pass(10_000)
    // What is told is why the circuit is open.
    expect(await work).toMatchObject({ code: 'server_error', attempts: [{ cause: 'server_error' }] })
    await clock.pass(30_000)
    expect(await room(hub)).toBe(1)
  })
})

describe('an estimate', () => {
  const open = async (rule: LimitConfig, request: { maxTokens?: number }, outputTokens: number): Promise<number[]> => {
    const clock = makeClock()
    const { next, attempts } = inside()
    const ring = limit({ rules: [rule], store: memoryStore() }).wrap(next)
    const abreast: number[] = []
    for (let round = 0; round < 2; round++) {
      const before = attempts.length
      for (let n = 0; n < 40; n++) void ring(makeCall({ time: clock, request })).catch(() => undefined)
      await calm()
      abreast.push(attempts.length - before)
      for (const attempt of attempts.slice(before)) {
        await attempt.open()
        await attempt.end({ status: 'ok', response: responseOf({ inputTokens: 10, outputTokens }) })
      }
      await clock.pass(120_000)
    }
    return abreast
  }

  it('is what the request says, where it does', async () => {
    expect(await open({ tokens: 1000 }, { maxTokens: 90 }, 5)).toEqual([10, 10])
  })

  it('is a guess otherwise, which learns from what answers come to', async () => {
    expect(await open({ tokens: 10_340 }, {}, 2574)).toEqual([10, 4])
  })

  it('forbids nothing that may well fit, where it is a guess', async () => {
    expect(await open({ tokens: 500 }, {}, 5)).toEqual([1, 1])
  })

  it('has no output for vectors', async () => {
    const { next, attempts } = inside()
    const ring = limit({ rules: [{ tokens: 20 }], store: memoryStore() }).wrap(next)
    for (let n = 0; n < 3; n++) void ring({ ...makeCall({ time: makeClock() }), mode: 'embed' }).catch(() => undefined)
    await calm()
    expect(attempts).toHaveLength(2)
  })
})

describe('a store that cannot be asked', () => {
  const broken: LimitStore = { reserve: async () => Promise.reject(new Error('down')), settle: async () => Promise.reject(new Error('down')) }
  const silent: LimitStore = { reserve: () => new Promise(() => undefined), settle: async () => undefined }

  it.each([['fails', broken], ['says nothing', silent]])('keeps calls from being made, unless it is told not to: %s', async (_, store) => {
    const seen = answers(answer)
    const closed = staged([{ requests: 1 }], seen, { store })
    const error = caught(closed.hub.chat('one', asked))
    await closed.clock.pass(5000)
    expect(await error).toMatchObject({ name: 'LimitError', code: 'limit', cause: expect.any(Error) })
    expect(seen.seen).toHaveLength(0)
    const open = staged([{ requests: 1 }], seen, { store, onStoreError: 'open' })
    const work = open.hub.chat('one', asked)
    await open.clock.pass(5000)
    expect((await work).text).toBe('hi')
    await open.clock.pass(5000)
  })

  it('keeps nobody who has left already', async () => {
    const { hub } = staged([{ requests: 1 }], answers(answer), { store: silent })
    await expect(hub.chat('one', { ...asked, signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone')
  })

  it('gives back what arrives when nobody waits for it any more', async () => {
    const inner = memoryStore()
    let late = true
    const store: LimitStore = {
      ...inner,
      async reserve(...input) {
        const verdict = await inner.reserve(...input)
        if (late) await new Promise<void>((resolve) => clock.timer(resolve, 9000))
        return verdict
      },
    }
    const { hub, clock } = staged([{ requests: 1 }], answers(answer), { store })
    const slow = caught(hub.chat('one', asked))
    await clock.pass(5000)
    expect((await slow).code).toBe('limit')
    const control = new AbortController()
    const left = hub.with({ signal: control.signal }).chat('one', asked)
    await calm()
    control.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    late = false
    expect(await room(hub)).toBe(0)
    await clock.pass(9000)
    expect(await room(hub)).toBe(1)
  })

  it('keeps nothing of a call that it counted, when only its answer was lost', async () => {
    const inner = memoryStore()
    let broken = true
    const store: LimitStore = {
      ...inner,
      async reserve(...input) {
        const verdict = await inner.reserve(...input)
        if (broken) throw new Error('reset')
        return verdict
      },
    }
    const { hub } = staged([{ concurrency: 1 }], answers(answer), { store })
    expect((await caught(hub.chat('one', asked))).code).toBe('limit')
    broken = false
    expect((await hub.chat('one', asked)).text).toBe('hi')
  })

  it('settles what it counts when the call that went on without it is over', async () => {
    const inner = memoryStore()
    let late = true
    const store: LimitStore = { ...inner, reserve: async (...input) => (late && (await new Promise<void>((resolve) => clock.timer(resolve, 9000))), inner.reserve(...input)) }
    const { hub, clock } = staged([{ concurrency: 1 }, { tokens: 120 }], answers(answer), { store, onStoreError: 'open' })
    const work = hub.chat('one', asked)
    await clock.pass(5000)
    expect((await work).text).toBe('hi')
    await clock.pass(4000)
    late = false
    // 110 of 120 are used.
    expect((await caught(hub.chat('one', { ...ask, maxTokens: 8 }))).data).toEqual({ key: 'limit-1/tokens/minute' })
    expect((await hub.chat('one', { ...ask, maxTokens: 7 })).text).toBe('hi')
  })

  it('is told once more what was used, when it did not hear', async () => {
    const inner = memoryStore()
    let deaf = true
    const store: LimitStore = {
      ...inner,
      async settle(...input) {
        if (deaf) throw new Error('down')
        return inner.settle(...input)
      },
    }
    const { hub, clock } = staged([{ tokens: 120, per: 'day' }], answers(answer), { store })
    expect((await hub.chat('one', { ...ask, maxTokens: 117 })).text).toBe('hi')
    deaf = false
    expect((await caught(hub.chat('one', { ...ask, maxTokens: 7 }))).code).toBe('limit')
    await clock.pass(1000)
    expect((await hub.chat('one', { ...ask, maxTokens: 7 })).text).toBe('hi')
  })
})

describe('a catalogue\'s limits', () => {
  it('are those of its models and those at its top', () => {
    const models = { a: { target: 'toy/a', rpm_limit: 5, max_concurrency: 2 }, b: { target: 'toy/b', tpm_limit: 0 }, c: { target: 'toy/c' } }
    expect(rulesOf({ models, limits: [{ usd: 10, per: 'day' }, { name: 'shared', requests: 1 }] })).toEqual([
      { name: 'model:a', models: ['a'], requests: 5, concurrency: 2 },
      { name: 'model:b', models: ['b'], tokens: 0 },
      { name: 'limits.0', usd: 10, per: 'day' },
      { name: 'shared', requests: 1 },
    ])
    expect(rulesOf({})).toEqual([])
  })
})
