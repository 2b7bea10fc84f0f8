// What is asked once a router has decided: the pick, then the alternates, whole and as a stream.
import { REMEDY, RelayError, type ChatRequest, type ErrorCode, type FetchLike, type Hub, type RelayConfig, type StreamEvent } from '@relay/core'
import { NoCandidatesError, routed, RoutingError, SemanticRouter, type RouteDecision, type Router, type RouteRequest } from '@relay/core/routing'
import { beforeEach, describe, expect, it } from 'vitest'
import { makeClock, START } from '../core/clock.ts'
import { answers, ask, config, failure, frames, hello, json, makeHub, stream as body, text } from '../core/toy.ts'

const once: RelayConfig = { ...config, defaults: { max_retries: 0 } }
const decision: RouteDecision = { alias: 'one', confidence: 0.8, alternates: [['two', 3], ['three', 1]], source: 'rule', ts: '2026-01-01T00:00:00.000Z' }
const asked: RouteRequest[] = []
const router: Router = {
  route: async (request) => {
    asked.push(request)
    return decision
  },
}
beforeEach(() => void (asked.length = 0))

/** How many requests went out. */
function sent(fetch: ReturnType<typeof answers>): number {
  return fetch.seen.length
}

async function caught(work: Promise<unknown>): Promise<RelayError> {
  return work.then(() => expect.fail('should have failed'), (error: unknown) => error as RelayError)
}

async function collect(events: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const list: StreamEvent[] = []
  for await (const event of events) list.push(event)
  return list
}

type Ask = (hub: Hub, request?: ChatRequest, by?: Router) => Promise<Awaited<ReturnType<Hub['chat']>>>

/** Every way to an answer: they must not differ. */
const WAYS: readonly (readonly [string, Ask])[] = [
  ['chat', (hub, request = ask, by = router) => routed(hub, by).chat(request)],
  ['stream().response()', (hub, request = ask, by = router) => routed(hub, by).stream(request).response()],
  ['the end of a stream', async (hub, request = ask, by = router) => {
    const last = (await collect(routed(hub, by).stream(request))).at(-1)
    return last?.type === 'end' ? last.response : expect.fail('no end')
  }],
]

describe.each(WAYS)('by %s', (_, by) => {
  it('asks the pick, and stamps the decision on the response', async () => {
    const response = await by(makeHub(answers(() => json(hello)), {}, once), { ...ask, metadata: { trace: 7 } })
    expect(response).toMatchObject({ model: 'one', text: 'Hello, "world"\n', metadata: { trace: 7, routing: decision } })
    expect(response.metadata['routing']).toEqual(decision)
    expect(response.attempts).toMatchObject([{ alias: 'one', ok: true, kind: 'first' }])
  })

  it('asks the alternates in turn, and tells every attempt', async () => {
    const fetch = answers(() => failure(503), () => failure(429), () => json(hello))
    const response = await by(makeHub(fetch, {}, once))
    expect([response.model, response.metadata['routing']]).toEqual(['three', decision])
    expect(response.attempts).toMatchObject([
      { alias: 'one', ok: false, kind: 'first', cause: 'server_error', status: 503 },
      { alias: 'two', ok: false, kind: 'fallback', cause: 'rate_limit', status: 429 },
      { alias: 'three', ok: true, kind: 'fallback' },
    ])
  })

  it('throws the last error, with every attempt', async () => {
    const fetch = answers(() => failure(503), () => failure(429), () => failure(401))
    const error = await caught(by(makeHub(fetch, {}, once)))
    expect(error).toMatchObject({ code: 'authentication', alias: 'three' })
    expect(error.attempts.map(({ alias, cause }) => [alias, cause])).toEqual([['one', 'server_error'], ['two', 'rate_limit'], ['three', 'authentication']])
  })

  it.each(Object.entries(REMEDY) as [ErrorCode, string][])('%s (%s): the next is asked unless none would be spared', async (code, remedy) => {
    const fetch = answers(() => json([{ fault: code }]), () => json(hello))
    const ended = await by(makeHub(fetch, {}, once)).catch((error: unknown) => error)
    if (remedy === 'fail') expect(ended).toMatchObject({ code, alias: 'one' })
    else expect(ended).toMatchObject({ model: 'two', attempts: [{ cause: code }, { ok: true }] })
    expect(sent(fetch)).toBe(remedy === 'fail' ? 1 : 2)
  })

  it('asks nobody where the router fails', async () => {
    const fetch = answers(() => json(hello))
    const reason = new NoCandidatesError('invalid_request', 'none fits')
    expect(await caught(by(makeHub(fetch), ask, { route: () => Promise.reject(reason) }))).toBe(reason)
    expect(sent(fetch)).toBe(0)
  })

  it('a request without messages is not routed', async () => {
    const work = async (): Promise<unknown> => by(makeHub(answers(() => json(hello))), { messages: [] })
    expect(await caught(work())).toMatchObject({ code: 'invalid_request' })
    expect(asked).toEqual([])
  })

  it('an alias that the catalogue does not have is said', async () => {
    const odd: Router = { route: async () => ({ ...decision, alias: 'nowhere' }) }
    expect(await caught(by(makeHub(answers(() => json(hello))), ask, odd))).toMatchObject({ code: 'config', message: expect.stringContaining('`nowhere`') })
  })

  it('an abort is never a reason to ask somebody else', async () => {
    const control = new AbortController()
    const reason = new Error('enough')
    const fetch: FetchLike = async () => {
      control.abort(reason)
      throw new TypeError('fetch failed')
    }
    expect(await caught(by(makeHub(fetch, {}, once), { ...ask, signal: control.signal }))).toBe(reason)
  })

  it('aborted while the router thinks: nobody is asked', async () => {
    const control = new AbortController()
    const fetch = answers(() => json(hello))
    const slow: Router = { route: async () => (control.abort(new Error('enough')), decision) }
    expect(await caught(by(makeHub(fetch), { ...ask, signal: control.signal }, slow))).toMatchObject({ message: 'enough' })
    expect(sent(fetch)).toBe(0)
  })

  // A router that heeds no signal, and one that does.
  it.each<[string, Router]>([
    ['your own', { route: () => new Promise(() => undefined) }],
    ['a service', new SemanticRouter({ endpoint: 'https://router.example', timeoutMs: Infinity, fetch: () => new Promise(() => undefined) })],
  ])('a router that never decides is waited for as long as anybody waits: %s', async (_, never) => {
    const fetch = answers(() => json(hello))
    const hub = makeHub(fetch, {}, once)
    expect(await caught(by(hub, { ...ask, timeoutMs: 5 }, never))).toMatchObject({ name: 'TimeoutError', code: 'timeout_total' })
    for (const scoped of [false, true]) {
      const control = new AbortController()
      const { signal } = control
      const work = caught(by(scoped ? hub.with({ signal }) : hub, scoped ? ask : { ...ask, signal }, never))
      setTimeout(() => control.abort(new Error('enough')))
      expect(await work).toMatchObject({ message: 'enough' })
    }
    expect(sent(fetch)).toBe(0)
  })

  it.each<unknown>([undefined, null, 'one', {}, { alias: '' }, { alias: 1 }, { alias: 'one', alternates: ['two'] }, { alias: 'one', alternates: 'two' }, { alias: 'one', alternates: [[]] }])(
    'a decision that is none is an error of the router: %j',
    async (said) => {
      const fetch = answers(() => json(hello))
      const error = await caught(by(makeHub(fetch), ask, { route: async () => said as RouteDecision }))
      expect([error instanceof RoutingError, error.code, sent(fetch)]).toEqual([true, 'invalid_response', 0])
    },
  )

  it('an alias is decision enough', async () => {
    const short: Router = { route: () => ({ alias: 'two' }) as unknown as Promise<RouteDecision> }
    expect(await by(makeHub(answers(() => json(hello))), ask, short)).toMatchObject({ model: 'two', metadata: { routing: { alias: 'two' } } })
  })

  it('a router that throws something of its own', async () => {
    const reason = new TypeError('boom')
    for (const route of [() => Promise.reject(reason), () => { throw reason }]) expect(await caught(by(makeHub(answers()), ask, { route }))).toBe(reason)
  })
})

describe('hub.route', () => {
  const picks = (alias: string): Router => ({ route: async (request) => (asked.push(request), { ...decision, alias }) })

  it('tells the models of the catalogue, and asks a group that is picked', async () => {
    const fetch = answers(() => failure(503), () => json(hello))
    const response = await makeHub(fetch, {}, once).route(picks('both'), ask)
    expect(response).toMatchObject({ model: 'both', attempts: [{ alias: 'one' }, { alias: 'two' }] })
    expect(asked.map(({ candidates }) => candidates)).toEqual([['one', 'two', 'three']])
  })

  it('passes over what the catalogue does not have', async () => {
    expect(await makeHub(answers(() => json(hello))).route(picks('nowhere'), ask)).toMatchObject({ model: 'two' })
  })

  it('keeps to the candidates that are named', async () => {
    const response = await makeHub(answers(() => json(hello))).route(picks('both'), ask, { candidates: ['three'] })
    expect([response.model, asked[0]?.candidates]).toEqual(['three', ['three']])
  })

  it('goes by the clock of the hub', async () => {
    const { pass, pending, now, timer } = makeClock()
    const error = caught(makeHub(answers(), { runtime: { now, timer } }).route({ route: () => new Promise(() => undefined) }, { ...ask, timeoutMs: 70 }))
    await pass(70)
    expect([(await error).code, pending()]).toEqual(['timeout_total', 0])
  })
})

describe('the router is asked', () => {
  it('with the messages, the candidates and the constraints', async () => {
    const options = { candidates: ['one', 'two'], constraints: { budget: 'cheap' as const }, metadata: { id: 'r1' } }
    await routed(makeHub(answers(() => json(hello))), router, options).chat(ask)
    expect(asked).toMatchObject([{ messages: ask.messages, ...options }])
  })

  it.each([
    [{ candidates: ['two', 'three'] }, ['two', 'three']],
    [{ candidates: ['three', 'two'], constraints: { excludeModels: ['two'] } }, ['three']],
    [{ constraints: { excludeModels: ['one', 'three'] } }, ['two']],
  ])('with %j only %j are asked, whatever it says', async (options, order) => {
    const fetch = answers(() => failure(503))
    const error = await caught(routed(makeHub(fetch, {}, once), router, options).chat(ask))
    expect(error.attempts.map(({ alias }) => alias)).toEqual(order)
  })

  it('and its pick refused where none of it may be asked', async () => {
    const fetch = answers(() => json(hello))
    const error = await caught(routed(makeHub(fetch), router, { candidates: ['four', 'five'], constraints: { excludeModels: ['five'] } }).chat(ask))
    expect(error).toBeInstanceOf(NoCandidatesError)
    expect(error.message).toBe('the router picked one, two, three, which may not be asked; the candidates are four')
    expect(sent(fetch)).toBe(0)
  })

  it('and names a model twice in vain', async () => {
    const fetch = answers(() => failure(503))
    const twice: Router = { route: async () => ({ ...decision, alternates: [['one', 2], ['two', 1], ['two', 0]] }) }
    await caught(routed(makeHub(fetch, {}, once), twice).chat(ask))
    expect(sent(fetch)).toBe(2)
  })
})

describe('one budget for all of it', () => {
  it('the router and every model share the request’s time', async () => {
    const { now, timer, pass } = makeClock()
    const slow: Router = { route: () => new Promise((resolve) => void timer(() => resolve(decision), 300)) }
    const cut: number[] = []
    const fetch: FetchLike = (_, init) => new Promise((_, reject) => init?.signal?.addEventListener('abort', () => (cut.push(now() - START), reject(init.signal?.reason as Error))))
    const error = caught(routed(makeHub(fetch, { runtime: { now, timer } }, once), slow).chat({ ...ask, timeoutMs: 1000 }))
    await pass(1000)
    // Each leaves half of what is left to those behind it.
    expect(cut).toEqual([650, 825, 1000])
    expect(await error).toMatchObject({ code: 'timeout_total', alias: 'three', attempts: [{ alias: 'one' }, { alias: 'two' }, { alias: 'three' }] })
  })

  it('requests too: as many as the catalogue gives a call, with one kept for each model behind', async () => {
    const fetch = answers(() => failure(503))
    const few: RelayConfig = { ...config, defaults: { max_attempts: 4, max_retries: 5, retry_initial_backoff: 0 } }
    const error = await caught(routed(makeHub(fetch, {}, few), router).chat(ask))
    expect(error.attempts.map(({ alias, kind }) => `${alias} ${kind}`)).toEqual(['one first', 'one retry', 'two fallback', 'three fallback'])
    expect(sent(fetch)).toBe(4)
  })

  it('a model that asks to be left alone is asked again, by its own name, when none of the others could answer', async () => {
    const fetch = answers(() => failure(429, { 'retry-after-ms': '20000' }), () => failure(401), () => failure(401), () => json(hello))
    const { now, timer, pass } = makeClock()
    const work = routed(makeHub(fetch, { runtime: { now, timer } }), router).chat(ask)
    await pass(60_000)
    const { model, attempts } = await work
    expect([model, ...attempts.map(({ alias, kind }) => `${alias} ${kind}`)]).toEqual(['one', 'one first', 'two fallback', 'three fallback', 'one retry'])
  })

  it('who cannot serve the request is passed over, with the reason', async () => {
    const blind: RelayConfig = { ...config, models: { ...config.models, one: { target: 'toy/one', capabilities: { tools: false } } } }
    const response = await routed(makeHub(answers(() => json(hello)), {}, blind), router).chat({ ...ask, tools: [{ name: 'look', parameters: { type: 'object' } }] })
    expect(response).toMatchObject({ model: 'two', metadata: { routing: decision, skipped: [{ alias: 'one', reason: 'no_tools' }] } })
  })
})

describe('a stream', () => {
  const pieces = (...list: Parameters<typeof frames>[0]): string[] => frames(list)

  it('decides and sends nothing before it is read', async () => {
    const fetch = answers(() => json(hello))
    const stream = routed(makeHub(fetch), router).stream(ask)
    await Promise.resolve()
    expect([asked.length, sent(fetch)]).toEqual([0, 0])
    await stream.response()
    expect([asked.length, sent(fetch)]).toEqual([1, 1])
  })

  it('has the events of the model that answers, and of no other', async () => {
    const fetch = answers(() => body(pieces({ type: 'meta', id: 'lost' }), 'break'), () => body(pieces(...hello)))
    const plain = await collect(makeHub(answers(() => body(pieces(...hello))), {}, once).stream('two', ask))
    const events = await collect(routed(makeHub(fetch, {}, once), router).stream(ask))
    expect(events.slice(0, -1)).toEqual(plain.slice(0, -1))
    expect(events.at(-1)).toMatchObject({ type: 'end', response: { model: 'two', attempts: [{ alias: 'one', cause: 'stream_truncated' }, { alias: 'two', kind: 'fallback' }] } })
  })

  it('goes to nobody else once it has begun', async () => {
    const fetch = answers(() => failure(503), () => body(pieces(text('Hel')), 'break'), () => json(hello))
    const stream = routed(makeHub(fetch, {}, once), router).stream(ask)
    const events: StreamEvent[] = []
    const error = await caught((async () => {
      for await (const event of stream) events.push(event)
    })())
    expect(events.map(({ type }) => type)).toEqual(['start', 'text_delta'])
    expect(error).toMatchObject({ code: 'stream_truncated', alias: 'two', partial: { text: 'Hel', metadata: { routing: decision }, attempts: [{ alias: 'one' }, { alias: 'two' }] } })
    expect(error.attempts.map(({ alias, kind }) => [alias, kind])).toEqual([['one', 'first'], ['two', 'fallback']])
    expect(await caught(stream.response())).toBe(error)
    expect(sent(fetch)).toBe(2)
  })

  it('left early closes the connection, and tells what had arrived', async () => {
    let cancelled = 0
    const fetch = answers(() => failure(503), () => body(pieces(text('Hel'), text('lo')), 'hang', () => void cancelled++))
    const stream = routed(makeHub(fetch, {}, once), router).stream(ask)
    for await (const event of stream) if (event.type === 'text_delta') break
    expect(cancelled).toBe(1)
    expect(await stream.response()).toMatchObject({ text: 'Hel', metadata: { routing: decision }, attempts: [{ alias: 'one' }, { alias: 'two', kind: 'fallback' }] })
  })

  it.each([
    ['while the router thinks', 0],
    ['while the model does', 1],
  ])('left %s', async (_, reached) => {
    const signals: (AbortSignal | null | undefined)[] = []
    const never = (signal: AbortSignal | null | undefined): Promise<never> => {
      signals.push(signal)
      return new Promise(() => undefined)
    }
    const slow: Router = { route: async ({ signal }) => (reached ? decision : never(signal)) }
    const stream = routed(makeHub((_, init) => never(init?.signal), {}, once), slow).stream(ask)
    const events = stream[Symbol.asyncIterator]()
    const waiting = events.next().catch((error: unknown) => error)
    while (!signals.length) await new Promise((resolve) => setTimeout(resolve))
    await events.return?.()
    expect(signals.map((signal) => signal?.aborted)).toEqual([true])
    expect(await caught(stream.response())).toMatchObject({ name: 'AbortError' })
    expect(await events.next()).toEqual({ done: true, value: undefined })
    if (reached) expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('gives its events in order to whoever asks for several at once', async () => {
    const { stream } = routed(makeHub(answers(() => body(pieces(...hello)))), router)
    const expected = await collect(stream(ask))
    const events = stream(ask)[Symbol.asyncIterator]()
    const steps = await Promise.all(Array.from({ length: expected.length + 1 }, () => events.next()))
    expect(steps.map(({ value }) => value?.type)).toEqual([...expected.map(({ type }) => type), undefined])
  })

  it('is text, a ReadableStream, and read once', async () => {
    const { stream } = routed(makeHub(answers(() => body(pieces(...hello)))), router)
    let said = ''
    for await (const piece of stream(ask).textStream()) said += piece
    expect(said).toBe('Hello, "world"\n')
    const both = stream(ask)
    expect((await collect(both.toReadableStream() as unknown as AsyncIterable<StreamEvent>)).at(-1)?.type).toBe('end')
    await expect(both.textStream()[Symbol.asyncIterator]().next()).rejects.toThrow('read once')
  })
})
