// The spine's laws, on a wire that has no quirks of its own.
import { describe, expect, it, vi } from 'vitest'
import {
  AuthenticationError,
  ConfigError,
  InvalidRequestError,
  NetworkError,
  ProviderError,
  RateLimitError,
  RelayError,
  StreamTruncatedError,
  TimeoutError,
} from '../../src/errors.ts'
import type { Hub } from '../../src/hub.ts'
import type { Layer, Outcome, Stage } from '../../src/types/call.ts'
import type { StreamEvent } from '../../src/types/event.ts'
import type { Provider } from '../../src/types/provider.ts'
import { makeClock, START } from './clock.ts'
import { answers, ask, config, done, failure, frames, hello, json, makeHub, stream, text, toy, usage } from './toy.ts'

async function collect(events: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const list: StreamEvent[] = []
  for await (const event of events) list.push(event)
  return list
}

async function caught(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  )
}

/** A ring that notes how each reply ends. */
function witness(stage: Stage = 'audit'): Layer & { readonly outcomes: Outcome[] } {
  const outcomes: Outcome[] = []
  return {
    stage,
    outcomes,
    wrap: (next) => async (call) => {
      const reply = await next(call)
      reply.settle.push((outcome) => outcomes.push(outcome))
      return reply
    },
  }
}

const comparable = (response: object): object => ({ ...response, createdAt: 0, latencyMs: 0, attempts: [] })

describe('a chat is a stream that arrives all at once', () => {
  it('folds both to the same response, at every cut of the bytes', async () => {
    const whole = await makeHub(answers(() => json(hello))).chat('one', ask)
    expect(whole).toMatchObject({
      id: 'r1',
      model: 'one',
      provider: 'toy',
      providerModel: 'one-2026',
      text: 'Hello, "world"\n',
      thinking: 'hm',
      toolCalls: [{ id: 't1', name: 'look', arguments: { a: 1 } }],
      finishReason: 'tool_calls',
      rawFinishReason: 'end',
      usage: { inputTokens: 100, outputTokens: 10, totalTokens: 110 },
    })
    expect(whole.message).toEqual({ role: 'assistant', content: whole.content })
    const bytes = new TextEncoder().encode(frames(hello).join(''))
    for (let cut = 0; cut <= bytes.length; cut++) {
      const streamed = await makeHub(answers(() => stream([bytes.slice(0, cut), bytes.slice(cut)]))).stream('one', ask).response()
      expect(comparable(streamed)).toEqual(comparable(whole))
    }
  })

  it('keeps the id that the caller has seen, where each frame has another', async () => {
    const [meta, ...rest] = hello
    const again = { ...meta, id: 'another', model: 'one-2027' } as (typeof hello)[number]
    const events = await collect(makeHub(answers(() => stream(frames([...hello.slice(0, -1), again, ...rest.slice(-1)])))).stream('one', ask))
    expect(events[0]).toMatchObject({ type: 'start', id: 'r1' })
    expect(events.at(-1)).toMatchObject({ type: 'end', response: { id: 'r1', providerModel: 'one-2027' } })
  })

  it('gives events in order, `start` first and one `end` last', async () => {
    const events = await collect(makeHub(answers(() => stream(frames(hello)))).stream('one', ask))
    expect(events.map(({ type }) => type)).toEqual([
      'start',
      'thinking_delta',
      'text_delta',
      'text_delta',
      'tool_call_delta',
      'tool_call_delta',
      'usage',
      'end',
    ])
    expect(events[0]).toEqual({ type: 'start', id: 'r1', model: 'one', providerModel: 'one-2026', provider: 'toy' })
    expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'tool_calls', response: { text: 'Hello, "world"\n' } })
  })

  it('takes a stream for a chat, and a whole body for a stream', async () => {
    expect((await makeHub(answers(() => stream(frames(hello)))).chat('one', ask)).text).toBe('Hello, "world"\n')
    expect((await makeHub(answers(() => json(hello))).stream('one', ask).response()).text).toBe('Hello, "world"\n')
  })

  it('keeps a call whose arguments are not JSON in its place, and passes none on', async () => {
    const broken = [{ type: 'tool_call_delta' as const, block: 0, id: 't', name: 'n', argumentsDelta: '{"a":' }, done]
    const { toolCalls, content } = await makeHub(answers(() => json(broken))).chat('one', ask)
    expect(toolCalls).toEqual([{ id: 't', name: 'n', invalid: { raw: '{"a":', error: expect.any(String) } }])
    expect(content[0]).toMatchObject({ type: 'tool_use', invalid: { raw: '{"a":' } })
  })
})

describe('a stream that ends early', () => {
  it('is StreamTruncatedError at every byte before the terminal event, with everything that arrived', async () => {
    const bytes = new TextEncoder().encode(frames(hello).join(''))
    const last = bytes.length - 2
    for (let cut = 0; cut < last; cut++) {
      const seen: StreamEvent[] = []
      const hub = makeHub(answers(() => stream([bytes.slice(0, cut)])), { runtime: makeClock() }, { ...config, defaults: { max_retries: 0 } })
      const error = await caught(
        (async () => {
          for await (const event of hub.stream('one', ask)) seen.push(event)
        })(),
      )
      expect(error, `cut at ${cut}`).toBeInstanceOf(StreamTruncatedError)
      const { partial } = error as RelayError
      const said = seen.flatMap((event) => (event.type === 'text_delta' ? [event.text] : [])).join('')
      expect(partial?.text ?? '').toBe(said)
      expect(seen.some(({ type }) => type === 'end')).toBe(false)
      if (partial) expect(partial.usage.totalTokens).toBeGreaterThan(0)
    }
  })

  it('is the same where the connection breaks, with what broke as its cause, and nothing that came before is lost', async () => {
    const witnessed = witness()
    const hub = makeHub(answers(() => stream(frames([text('a'), text('b')]), 'break')), { layers: [witnessed] })
    const events: StreamEvent[] = []
    const error = await caught((async () => {
      for await (const event of hub.stream('one', ask)) events.push(event)
    })())
    expect(error).toBeInstanceOf(StreamTruncatedError)
    expect((error as RelayError).cause).toBeInstanceOf(NetworkError)
    expect((error as RelayError).attempts).toMatchObject([{ ok: false, cause: 'stream_truncated', status: 200 }])
    expect((error as RelayError).partial).toMatchObject({ text: 'ab', finishReason: 'error', usage: { estimated: true } })
    expect((error as RelayError).partial?.cost).toMatchObject({ source: 'estimated', confidence: 'estimated' })
    expect(events.map(({ type }) => type)).toEqual(['start', 'text_delta', 'text_delta'])
    expect(witnessed.outcomes).toMatchObject([{ status: 'error', response: { text: 'ab' } }])
  })

  it('hands over what came in the same packet before the error that follows it', async () => {
    const packet = frames([text('a'), text('b'), { fault: 'overloaded' }]).join('')
    const events: StreamEvent[] = []
    const error = await caught((async () => {
      for await (const event of makeHub(answers(() => stream([packet]))).stream('both', ask)) events.push(event)
    })())
    expect(error).toBeInstanceOf(ProviderError)
    expect(events.map(({ type }) => type)).toEqual(['start', 'text_delta', 'text_delta'])
  })
})

describe('walking away', () => {
  it.each(['break', 'cancel', 'abort'])('%s closes the connection at once and settles once, with the usage so far', async (how) => {
    const cancelled = vi.fn()
    const witnessed = witness()
    const control = new AbortController()
    const fetch = answers(() => stream(frames([text('some words of an answer')]), 'hang', cancelled))
    const answer = makeHub(fetch, { layers: [witnessed] }).stream('one', { ...ask, signal: control.signal })
    if (how === 'break') for await (const event of answer) if (event.type === 'text_delta') break
    if (how === 'cancel') {
      const reader = answer.toReadableStream().getReader()
      await reader.read()
      await reader.read()
      await reader.cancel()
    }
    if (how === 'abort') {
      const why = new Error('enough')
      const error = caught((async () => {
        for await (const event of answer) if (event.type === 'text_delta') control.abort(why)
      })())
      expect(await error).toBe(why)
    }
    expect(cancelled).toHaveBeenCalledOnce()
    expect(fetch.seen[0]?.init.signal?.aborted).toBe(true)
    expect(witnessed.outcomes).toHaveLength(1)
    expect(witnessed.outcomes[0]).toMatchObject({ status: 'cancelled', response: { text: 'some words of an answer', usage: { estimated: true } } })
    expect(witnessed.outcomes[0]?.response.costUsd).toBeGreaterThan(0)
    if (how !== 'abort') expect(await answer.response()).toMatchObject({ text: 'some words of an answer' })
  })

  it('reaches a request that has not been answered yet', async () => {
    const fetch = answers(() => new Promise<Response>(() => undefined))
    const reader = makeHub(fetch).stream('one', ask).toReadableStream().getReader()
    const reading = reader.read()
    await new Promise((resolve) => setTimeout(resolve, 5))
    await reader.cancel()
    expect(await reading).toMatchObject({ done: true })
    expect(fetch.seen[0]?.init.signal?.aborted).toBe(true)
  })

  it('rejects with the very reason, before sending, while waiting, and between attempts', async () => {
    const why = { my: 'reason' }
    const fetch = answers(() => failure(503))
    expect(await caught(makeHub(fetch).chat('one', { ...ask, signal: AbortSignal.abort(why) }))).toBe(why)
    expect(fetch.seen).toHaveLength(0)

    const waiting = new AbortController()
    const chat = caught(makeHub(answers(() => new Promise<Response>(() => undefined))).chat('one', { ...ask, signal: waiting.signal }))
    setTimeout(() => waiting.abort(why), 1)
    expect(await chat).toBe(why)

    const time = makeClock()
    const between = new AbortController()
    const retrying = caught(makeHub(fetch, { runtime: time }).with({ signal: between.signal }).chat('one', ask))
    await time.pass(1)
    between.abort(why)
    expect(await retrying).toBe(why)
    expect(fetch.seen).toHaveLength(1)
    expect(time.pending()).toBe(0)
  })
})

describe('clocks', () => {
  const hang = (): Promise<Response> => new Promise(() => undefined)
  const model = { target: 'toy/one', max_retries: 0 }
  it.each([
    ['timeout_connect', { connect_timeout: 1 }, hang],
    ['timeout_first_content', { first_content_timeout: 2 }, () => stream(frames([usage]), 'hang')],
    ['timeout_idle', { idle_timeout: 3 }, () => stream([...frames([text('a')]), ': ping\n\n'], 'hang')],
    ['timeout_attempt', { timeout: 4 }, hang],
    ['timeout_total', {}, hang],
  ] as const)('%s', async (code, limits, answer) => {
    const time = makeClock()
    const hub = makeHub(answers(answer), { runtime: time }, { models: { one: { ...model, ...limits } }, defaults: { timeout: 5 } })
    const work = caught(collect(hub.stream('one', ask)))
    await time.pass(6000)
    const error = await work
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ code, alias: 'one', provider: 'toy' })
    expect(time.pending()).toBe(0)
  })

  it('count only while something is waited for: a slow reader is not a slow server', async () => {
    const time = makeClock()
    const hub = makeHub(answers(() => stream(frames(hello))), { runtime: time }, { models: { one: { ...model, idle_timeout: 1 } } })
    const events: string[] = []
    const reading = (async () => {
      for await (const { type } of hub.stream('one', ask)) {
        events.push(type)
        const wait = new Promise<void>((resolve) => time.timer(resolve, 5000))
        await wait
      }
    })()
    await time.pass(60_000)
    await reading
    expect(events.at(-1)).toBe('end')
  })

  it('begin anew with each event: a stream that is slow but steady goes on', async () => {
    const time = makeClock()
    const steady = (): Response => {
      const left = [...frames(Array.from({ length: 20 }, (_, n) => text(`${n} `))), ...frames([done])]
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> =>
        new Promise((resolve) => {
          time.timer(() => {
            controller.enqueue(new TextEncoder().encode(left.shift()))
            if (!left.length) controller.close()
            resolve()
          }, 700)
        })
      return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers: { 'content-type': 'text/event-stream' } })
    }
    const work = makeHub(answers(steady), { runtime: time }, { models: { one: { ...model, idle_timeout: 1 } } }).stream('one', ask).response()
    await time.pass(60_000)
    expect((await work).text).toContain('19')
  })

  it('let go of their timers when the answer is whole', async () => {
    const time = makeClock()
    await makeHub(answers(() => stream(frames(hello))), { runtime: time }).chat('one', ask)
    await time.pass(0)
    expect(time.pending()).toBe(0)
  })

  it('do not wait for a body that never ends after its terminal event', async () => {
    const cancelled = vi.fn()
    const time = makeClock()
    const response = await makeHub(answers(() => stream(frames(hello), 'hang', cancelled)), { runtime: time }).chat('one', ask)
    expect(response.text).toBe('Hello, "world"\n')
    await time.pass(1000)
    expect(cancelled).toHaveBeenCalledOnce()
    expect(time.pending()).toBe(0)
  })
})

describe('retries', () => {
  const waits: [string, { [name: string]: string }, number][] = [
    ['seconds', { 'retry-after': '3' }, 3000],
    ['milliseconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    ['an HTTP date', { 'retry-after': new Date(START + 5000).toUTCString() }, 5000],
    ['a duration until an exhausted limit resets', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1m0.5s' }, 30_000],
    ['the reset of a limit that is not exhausted', { 'x-ratelimit-remaining-tokens': '9', 'x-ratelimit-reset-tokens': '7s' }, 250],
    ['a date until an exhausted limit resets', { 'some-ratelimit-input-remaining': '0', 'some-ratelimit-input-reset': new Date(START + 4000).toISOString() }, 4000],
    ['a duration until a limit resets that does not say what remains', { 'x-ratelimit-reset-requests': '6s' }, 6000],
    ['a negative number, which is none', { 'retry-after': '-3' }, 250],
    ['a reset that is empty, which is none', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '' }, 250],
    ['a day, which is capped', { 'retry-after': '86400' }, 30_000],
    ['nothing: full jitter', {}, 250],
  ]
  it.each(waits)('wait as the server asks: %s', async (_, headers, ms) => {
    const time = makeClock()
    const fetch = answers(() => failure(429, headers), () => json(hello))
    const work = makeHub(fetch, { runtime: time }).chat('one', ask)
    await time.pass(ms - 1)
    expect(fetch.seen).toHaveLength(1)
    await time.pass(1)
    expect(fetch.seen).toHaveLength(2)
    expect((await work).attempts).toMatchObject([
      { ok: false, kind: 'first', cause: 'rate_limit', status: 429, alias: 'one' },
      { ok: true, kind: 'retry' },
    ])
  })

  it('stop at what was asked for, and say what was tried', async () => {
    const time = makeClock()
    const fetch = answers(() => failure(503, {}, 'out of order'))
    const work = caught(makeHub(fetch, { runtime: time }).chat('one', ask))
    await time.pass(60_000)
    const error = (await work) as RelayError
    expect(error).toBeInstanceOf(ProviderError)
    expect(error.message).toContain('out of order')
    expect(error.attempts.map(({ kind }) => kind)).toEqual(['first', 'retry', 'retry'])
    expect(fetch.seen).toHaveLength(3)
  })

  it('are not made for what will not pass', async () => {
    const fetch = answers(() => failure(401))
    expect(await caught(makeHub(fetch).chat('one', ask))).toBeInstanceOf(AuthenticationError)
    expect(fetch.seen).toHaveLength(1)
  })

  it.each([
    [503, 'false', 1],
    [400, 'true', 2],
  ])('take the server at its word: %i with x-should-retry %s', async (status, word, requests) => {
    const fetch = answers(() => failure(status, { 'x-should-retry': word }), () => json(hello))
    await makeHub(fetch, {}, { ...config, defaults: { retry_initial_backoff: 0 } }).chat('one', ask).catch(() => undefined)
    expect(fetch.seen).toHaveLength(requests)
  })

  it('share one budget with fallbacks', async () => {
    const time = makeClock()
    const fetch = answers(() => failure(503))
    const hub = makeHub(fetch, { runtime: time }, { ...config, defaults: { max_retries: 5, max_attempts: 7 } })
    const work = caught(hub.chat('nested', ask))
    await time.pass(600_000)
    expect(((await work) as RelayError).attempts).toHaveLength(7)
    expect(fetch.seen).toHaveLength(7)
  })
})

describe('groups', () => {
  const brokeDown = [usage, { type: 'finish', reason: 'error', raw: 'out_of_room' }, done] as const
  const causes = [
    ['a status', () => failure(401)],
    ['an error inside a 200, whole', () => json([{ fault: 'quota' }])],
    ['an error frame before the first content', () => stream(frames([usage, { fault: 'content_policy' }]))],
    ['a model that broke down before it said anything, whole', () => json(brokeDown)],
    ['a model that broke down before it said anything', () => stream(frames(brokeDown))],
    ['the network', () => Promise.reject(new TypeError('fetch failed'))],
    ['a long wait that the server asks for', () => failure(429, { 'retry-after': '20' })],
  ] as const
  it.each(causes)('fall back on %s, in chat and stream alike', async (_, fail) => {
    for (const mode of ['chat', 'stream'] as const) {
      const fetch = answers(fail, () => json(hello))
      const hub = makeHub(fetch, {}, { ...config, models: { ...config.models, one: { target: 'toy/one', max_retries: 0 } } })
      const response = mode === 'chat' ? await hub.chat('both', ask) : await hub.stream('both', ask).response()
      expect(response).toMatchObject({ model: 'both', text: 'Hello, "world"\n', attempts: [{ alias: 'one', ok: false }, { alias: 'two', ok: true, kind: 'fallback' }] })
    }
  })

  it('fall back on a stream that breaks before its first content, and throw after it', async () => {
    const hub = (first: () => Response) =>
      makeHub(answers(first, () => stream(frames(hello))), {}, { ...config, defaults: { max_retries: 0 } }).stream('both', ask).response()
    expect((await hub(() => stream(frames([usage]), 'break'))).text).toBe('Hello, "world"\n')
    expect((await hub(() => stream(frames([usage]), 'end'))).text).toBe('Hello, "world"\n')
    const error = (await caught(hub(() => stream(frames([text('a')]), 'break')))) as RelayError
    expect(error.partial?.text).toBe('a')
    expect(error.attempts).toHaveLength(1)
  })

  it.each([
    ['chat', (hub: Hub) => hub.chat('one', ask), () => json(brokeDown)],
    ['stream', (hub: Hub) => hub.stream('one', ask).response(), () => stream(frames(brokeDown))],
  ] as const)('an answer that is nothing but a failure is one, and is paid for: %s', async (_, call, answer) => {
    const once = makeHub(answers(answer), {}, { ...config, defaults: { max_retries: 0 } })
    expect(await caught(call(once))).toMatchObject({ code: 'server_error', message: expect.stringContaining('out_of_room') as string, partial: { usage: { inputTokens: 100 }, costUsd: 0.0002 } })
    const begun = [text('a'), ...brokeDown]
    const response = await call(makeHub(answers(() => (answer().headers.get('content-type')?.includes('json') ? json(begun) : stream(frames(begun))))))
    expect(response).toMatchObject({ text: 'a', finishReason: 'error', rawFinishReason: 'out_of_room' })
  })

  it('do not fall back on a request that is wrong everywhere', async () => {
    const fetch = answers(() => failure(400))
    expect(await caught(makeHub(fetch).chat('both', ask))).toBeInstanceOf(InvalidRequestError)
    expect(fetch.seen).toHaveLength(1)
  })

  it('with `retry_classifier: strict` stay with what is surely the provider\'s fault', async () => {
    const strict = { ...config, groups: { both: { members: ['one', 'two'], retry_classifier: 'strict' as const } } }
    expect(await caught(makeHub(answers(() => failure(401), () => json(hello)), {}, strict).chat('both', ask))).toBeInstanceOf(AuthenticationError)
    expect((await makeHub(answers(() => failure(429, { 'retry-after': '5' }), () => json(hello)), {}, strict).chat('both', ask)).text).toContain('Hello')
  })

  it('draw members by weight, and fall back on those that were not drawn', async () => {
    const weighted = { ...config, groups: { some: { strategy: 'weighted' as const, members: [{ name: 'one', weight: 1 }, { name: 'two', weight: 3 }, { name: 'three', weight: 0 }] } } }
    const first = async (random: number): Promise<string[]> => {
      const hub = makeHub(answers(() => failure(401)), { runtime: { random: () => random } }, weighted)
      return ((await caught(hub.chat('some', ask))) as RelayError).attempts.map(({ alias }) => alias)
    }
    expect(await first(0.2)).toEqual(['one', 'two'])
    expect(await first(0.3)).toEqual(['two', 'one'])
  })
})

describe('rings', () => {
  it('stand in one order, however they are listed, and each may be there once', async () => {
    const order: string[] = []
    const ring = (stage: Stage): Layer => ({ stage, wrap: (next) => async (call) => (order.push(stage), next(call)) })
    const layers = (['trace', 'redact', 'limit', 'cache', 'audit', 'guard', 'breaker'] as const).map(ring)
    for (const listed of [layers, [...layers].reverse()]) {
      order.length = 0
      await makeHub(answers(() => json(hello)), { layers: listed }).chat('one', ask)
      expect(order).toEqual(['redact', 'audit', 'guard', 'cache', 'limit', 'breaker', 'trace'])
    }
    expect(() => makeHub(answers(), { layers: [ring('cache'), ring('cache')] })).toThrow(/two layers.*`cache`/)
  })

  it('may rewrite the finished answer, inner first, and a refusal is an error with the answer as its partial', async () => {
    const say = (stage: Stage, word: string): Layer => ({
      stage,
      wrap: (next) => async (call) => {
        const reply = await next(call)
        reply.finish.push((response) => ({ ...response, text: response.text + word }))
        return reply
      },
    })
    const hub = makeHub(answers(() => json([text('a'), done])), { layers: [say('redact', 'z'), say('guard', 'y')] })
    expect((await hub.chat('one', ask)).text).toBe('ayz')
  })
})

describe('cost', () => {
  it('is the catalogue\'s, or unknown, and never 0 for want of a price', async () => {
    const hub = makeHub(answers(() => json(hello)))
    expect((await hub.chat('one', ask)).cost).toEqual({
      totalUsd: 0.0002,
      inputUsd: 0.0001,
      outputUsd: 0.0001,
      cachedInputUsd: 0,
      cacheWriteUsd: 0,
      source: 'user_override',
      confidence: 'exact',
    })
    expect(await hub.chat('two', ask)).toMatchObject({ costUsd: null, cost: { totalUsd: null, source: 'unknown', confidence: 'unknown' } })
  })
})

describe('a hub', () => {
  it('sends what the model\'s defaults and the request say, with the key, and to nobody else', async () => {
    const fetch = answers(() => json(hello))
    const hub = makeHub(fetch, {}, { models: { one: { target: 'toy/a/b', params: { max_tokens: 5, temperature: 1, odd: true }, headers: { 'X-Team': 'core' } } } })
    await hub.chat('one', { ...ask, temperature: 0, headers: { 'x-one': '1' } })
    const { url, init } = fetch.seen[0] ?? expect.fail()
    expect(url).toBe('https://toy.example/v1/ask')
    expect(init.headers).toEqual({ 'content-type': 'application/json', 'x-team': 'core', 'x-one': '1', authorization: 'Bearer toy-secret-key' })
    expect(JSON.parse(String(init.body))).toMatchObject({ maxTokens: 5, temperature: 0, odd: true })
    expect(init.redirect).toBe('manual')
  })

  it('takes them out of the facts of an error too', () => {
    const error = new RelayError('invalid_request', 'no', { data: { list: [{ said: 'toy-secret-key' }], count: 1 }, secrets: ['toy-secret-key'] })
    expect(error.data).toEqual({ list: [{ said: '[redacted]' }], count: 1 })
  })

  it('does not keep what `fetch` quotes of a key that cannot be sent', async () => {
    const hub = makeHub((_, init) => Promise.reject(new TypeError(`invalid header value: ${new Headers(init?.headers as never).get('authorization')}`)))
    const error = (await caught(hub.chat('one', ask))) as RelayError
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.cause).toBeUndefined()
    expect(`${error.message} ${error.stack}`).not.toContain('toy-secret-key')
  })

  it('a slip of a wire is told as it is: the network has no part in it, and nobody asks again', async () => {
    const slip = new TypeError('Cannot read properties of undefined')
    const fetch = answers(() => json(hello))
    const odd: Provider = { ...toy, wire: { ...toy.wire, encode: () => { throw slip } } }
    const hub = makeHub(fetch, { providers: [odd] })
    expect(await caught(hub.chat('one', ask))).toBe(slip)
    expect(await caught(hub.stream('both', ask).response())).toBe(slip)
    expect(fetch.seen).toEqual([])
  })

  it('asks the model that a router picks, and the next where it fails', async () => {
    const fetch = answers(() => failure(401), () => json(hello))
    const decision = { alias: 'two', confidence: 1, alternates: [['one', 0.5]] as const, source: 'rule' as const, ts: '2026-01-01T00:00:00Z' }
    const seen: unknown[] = []
    const response = await makeHub(fetch).route({ route: async ({ candidates }) => (seen.push(candidates), decision) }, ask)
    expect(seen).toEqual([['one', 'two', 'three']])
    expect(response).toMatchObject({ model: 'one', metadata: { routing: decision }, attempts: [{ alias: 'two', ok: false }, { alias: 'one', ok: true }] })
  })

  it('refuses a catalogue that asks for a ring that is not there', () => {
    expect(() => makeHub(answers(), {}, { ...config, limits: [{ requests: 1 }] })).toThrow(/asks for a limit.*@relay\/core\/layers\/limit/)
    expect(() => makeHub(answers(), {}, { ...config, defaults: { breaker: {} } })).toThrow(/asks for a breaker/)
    expect(() => makeHub(answers(), {}, { ...config, groups: { g: { strategy: 'fastest', members: ['one'] } } })).toThrow(/fastest.*@relay\/core\/groups/)
  })

  it('refuses a redirect, which would take the key elsewhere', async () => {
    const fetch = answers(() => new Response(null, { status: 307, headers: { location: 'https://evil.example' } }))
    expect(await caught(makeHub(fetch).chat('one', ask))).toMatchObject({ code: 'config', message: expect.stringContaining('redirect') })
    expect(fetch.seen).toHaveLength(1)
  })

  it('takes its secrets out of what a provider says', async () => {
    const error = (await caught(makeHub(answers(() => failure(401, {}, 'bad key toy-secret-key!'))).chat('one', ask))) as RelayError
    expect(`${error.message} ${error.raw} ${JSON.stringify(error)} ${error.stack}`).not.toContain('toy-secret-key')
    expect(error.rawUnsafe()).toContain('toy-secret-key')
  })

  it.each([
    ['an unknown alias', 'nobody', {}, /`nobody` is neither a model nor a group.*one, two/],
    ['no key', 'one', { env: {} }, /set TOY_KEY/],
    ['no provider', 'one', { providers: [] }, /provider `toy`.*not handed in/],
  ] as const)('says what to do about %s', async (_, alias, options, words) => {
    const error = await caught(makeHub(answers(() => json(hello)), options).chat(alias, ask))
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as Error).message).toMatch(words)
  })

  it('reads a key from a binding when it is needed', async () => {
    const fetch = answers(() => json(hello))
    await makeHub(fetch, { env: { TOY_KEY: { get: async () => 'from-the-store' } } }).chat('one', ask)
    expect(fetch.seen[0]?.init.headers).toMatchObject({ authorization: 'Bearer from-the-store' })
  })

  it.each([
    ['has nothing', { get: async () => ' ' }, ConfigError, /has no credential/],
    ['gives what is no text', { get: async () => undefined as unknown as string }, ConfigError, /has no credential/],
    ['fails', { get: () => Promise.reject(new Error('the store of sk-abcdefghijkl is down')) }, NetworkError, /gave no value: the store of \[redacted\] is down/],
  ])('says so where a binding %s, and another member answers', async (_, binding, kind, words) => {
    const fetch = answers(() => json(hello))
    const hub = makeHub(fetch, { env: { TOY_KEY: binding, OTHER: 'k' } }, {
      ...config,
      models: { one: { target: 'toy/one', max_retries: 0 }, two: { target: 'toy/two', credential: '$env.OTHER' } },
      groups: { both: { members: ['one', 'two'] } },
    })
    const error = await caught(hub.chat('one', ask))
    expect(error).toBeInstanceOf(kind)
    expect((error as Error).message).toMatch(words)
    if (kind === NetworkError) expect((await hub.chat('both', ask)).attempts).toMatchObject([{ alias: 'one', cause: 'network' }, { alias: 'two', ok: true }])
  })

  it('waits for a key no longer than for an answer', async () => {
    const time = makeClock()
    const fetch = answers(() => json(hello))
    const hub = makeHub(fetch, { runtime: time, env: { TOY_KEY: { get: () => new Promise<string>(() => undefined) } } })
    const late = caught(hub.chat('one', { ...ask, timeoutMs: 500 }))
    await time.pass(500)
    expect(await late).toMatchObject({ code: 'timeout_total', alias: 'one', attempts: [{ cause: 'timeout_total' }] })
    const control = new AbortController()
    const left = caught(hub.chat('one', { ...ask, signal: control.signal }))
    await time.pass(1)
    control.abort('gone')
    expect(await left).toBe('gone')
    expect(fetch.seen).toHaveLength(0)
    expect(time.pending()).toBe(0)
  })

  it('keeps two scopes apart', async () => {
    const hub = makeHub(answers(() => json(hello)))
    const control = new AbortController()
    const [a, b] = [hub.with({ metadata: { who: 'a' }, signal: control.signal }), hub.with({ metadata: { who: 'b' } })]
    control.abort('gone')
    expect(await caught(a.chat('one', ask))).toBe('gone')
    expect((await b.chat('one', { ...ask, metadata: { more: 1 } })).metadata).toEqual({ who: 'b', more: 1 })
  })

  it.each(['outer', 'inner'])('ends what a scope within a scope asks by either signal: the %s', async (which) => {
    let held = true
    const hub = makeHub(async () => (held ? new Promise(() => undefined) : json(hello)))
    const controls = { outer: new AbortController(), inner: new AbortController() }
    const outer = hub.with({ tenant: 'ann', metadata: { a: 1, b: 1 }, signal: controls.outer.signal })
    const inner = outer.with({ metadata: { b: 2 }, signal: controls.inner.signal })
    const work = caught(inner.chat('one', ask))
    controls[which as 'outer'].abort('gone')
    expect(await work).toBe('gone')
    held = false
    const fresh = hub.with({ metadata: { a: 1, b: 1 } }).with({ metadata: { b: 2 } })
    expect((await fresh.chat('one', { ...ask, metadata: { c: 3 } })).metadata).toEqual({ a: 1, b: 2, c: 3 })
    if (which === 'inner') expect((await outer.chat('one', ask)).text).not.toBe('')
  })

  it('can be read once as a stream, as text too', async () => {
    const hub = makeHub(answers(() => stream(frames(hello))))
    const answer = hub.stream('one', ask)
    let said = ''
    for await (const word of answer.textStream()) said += word
    expect(said).toBe('Hello, "world"\n')
    expect((await answer.response()).text).toBe(said)
    expect(() => answer[Symbol.asyncIterator]()).toThrow(/read once/)
  })

  it('answers calls for `next` that do not wait for each other in order', async () => {
    const iterator = makeHub(answers(() => stream(frames(hello)))).stream('one', ask)[Symbol.asyncIterator]()
    const steps = await Promise.all(Array.from({ length: 9 }, () => iterator.next()))
    expect(steps.map(({ value }) => value?.type)).toEqual(['start', 'thinking_delta', 'text_delta', 'text_delta', 'tool_call_delta', 'tool_call_delta', 'usage', 'end', undefined])
  })

  it('has a price for `RateLimitError` and its like: `instanceof` works', () => {
    expect(new RateLimitError('rate_limit', 'x')).toBeInstanceOf(RelayError)
    expect(toy.name).toBe('toy')
  })
})
