// Vectors and rankings go through the same rings as a chat: many requests, one answer.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RelayError, relayError } from '../../src/errors.ts'
import { limit } from '../../src/layers/limit.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Layer } from '../../src/types/call.ts'
import type { GroupConfig, RelayConfig } from '../../src/types/config.ts'
import type { EmbedWire, RerankWire } from '../../src/types/embed.ts'
import type { LimitStore } from '../../src/types/limits.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { FetchLike } from '../../src/types/runtime.ts'
import { config, failure, makeHub, toy } from './toy.ts'

const embed: EmbedWire = {
  limit: () => 2,
  encode: ({ input, request, target }) => ({ path: '/embed', body: { model: target.model, input, size: request.dimensions } }),
  decode: ({ body, headers }, { input, details }) => {
    const { vectors } = body as { vectors: number[][] }
    if (vectors.length !== input.length) throw relayError('invalid_response', 'not one for each', details)
    return { embeddings: vectors, inputTokens: Number(headers.get('x-tokens')), model: 'embedder-1' }
  },
}
const rerank: RerankWire = {
  encode: ({ request }) => ({ path: '/rerank', body: { query: request.query, documents: request.documents } }),
  decode: ({ body }) => ({ results: (body as { order: number[] }).order.map((index, n) => ({ index, score: 1 - n / 10 })), searchUnits: 1 }),
}
const provider: Provider = { ...toy, embed, rerank }

interface Seen {
  readonly model?: string
  readonly input: string[]
}

/** A vector of each text's length. */
function server(fails: (n: number, seen: Seen) => Response | undefined = () => undefined): FetchLike & { readonly seen: Seen[] } {
  const seen: Seen[] = []
  const fetch: FetchLike = async (url, init) => {
    const body = JSON.parse(String(init?.body)) as Seen
    seen.push(body)
    const no = fails(seen.length, body)
    if (no) return no
    if (String(url).endsWith('/rerank')) return Response.json({ order: [2, 0, 1] })
    return Response.json({ vectors: body.input.map((text) => [text.length]) }, { headers: { 'x-tokens': String(body.input.length * 10) } })
  }
  return Object.assign(fetch, { seen })
}

const five = ['a', 'bb', 'ccc', 'dddd', 'eeeee']

describe('embed', () => {
  it('asks in as many requests as it takes, and keeps the order, the tokens and the cost', async () => {
    const fetch = server()
    const response = await makeHub(fetch, { providers: [provider] }).embed('one', { input: five, dimensions: 1, metadata: { job: 7 } })
    expect(response).toMatchObject({
      model: 'one',
      provider: 'toy',
      providerModel: 'embedder-1',
      embeddings: [[1], [2], [3], [4], [5]],
      usage: { inputTokens: 50, outputTokens: 0, totalTokens: 50 },
      costUsd: 50e-6,
      metadata: { job: 7 },
    })
    expect(Object.keys(response.metadata)).toEqual(['job'])
    expect(fetch.seen.map(({ input }) => input)).toEqual([['a', 'bb'], ['ccc', 'dddd'], ['eeeee']])
    expect(response.attempts).toHaveLength(3)
  })

  it('takes one text, and refuses none', async () => {
    const hub = makeHub(server(), { providers: [provider] })
    expect((await hub.embed('one', { input: 'abc' })).embeddings).toEqual([[3]])
    for (const input of [[], '', ['a', '']]) await expect(hub.embed('one', { input })).rejects.toMatchObject({ code: 'invalid_request' })
  })

  it('falls back, and never mixes the vectors of two models', async () => {
    const fetch = server((_, { model }) => (model === 'one' ? failure(401) : undefined))
    const response = await makeHub(fetch, { providers: [provider] }).embed('both', { input: five })
    expect(response.embeddings).toHaveLength(5)
    expect(fetch.seen.map(({ model }) => model)).toEqual(['one', 'two', 'two', 'two'])
    expect(response.costUsd).toBeNull()
  })

  it('puts no more into a request than the tokens that it may hold, in any script', async () => {
    const fetch = server()
    const few: Provider = { ...provider, embed: { ...embed, limit: () => 9, tokens: 4 } }
    const input = ['aaaaaa', 'bbbbbb', 'c', '世界', '世', '界界界界界界', 'd']
    const { embeddings } = await makeHub(fetch, { providers: [few] }).embed('one', { input })
    expect(fetch.seen.map((one) => one.input)).toEqual([['aaaaaa', 'bbbbbb'], ['c', '世界', '世'], ['界界界界界界'], ['d']])
    expect(embeddings).toEqual(input.map((text) => [text.length]))
  })

  it('asks for the rest with the settings and under the limits of the first', async () => {
    const fetch = server((_, { model }) => (model === 'one' ? failure(401) : undefined))
    const seen: (readonly [alias: string, params: unknown])[] = []
    const watch: Layer = {
      stage: 'price',
      wrap: (next) => (call) => {
        seen.push([call.alias, call.target?.config.params])
        return next(call)
      },
    }
    const member = { name: 'two', params: { size: 9 } }
    await makeHub(fetch, { providers: [provider], layers: [watch] }, { ...config, groups: { all: { members: ['one', member] } } }).embed('all', { input: five })
    expect(seen.slice(1)).toEqual(Array.from({ length: 3 }, () => ['all', { size: 9 }]))
  })

  it('ends the requests beside one that failed before it says so, and counts each by its own attempts', async () => {
    const fetch = server()
    const gone: unknown[] = []
    const used: unknown[] = []
    const memory = memoryStore()
    const store: LimitStore = { ...memory, settle: (id, spent) => (used.push(spent), memory.settle(id, spent)) }
    const held: FetchLike = async (url, init) => {
      const n = fetch.seen.length
      const answer = await fetch(url, init)
      if (n === 0) return answer
      if (n === 1) return failure(401)
      init?.signal?.addEventListener('abort', () => gone.push(init.signal?.reason))
      return new Promise<Response>(() => undefined)
    }
    const layers = [limit({ rules: [{ name: 'all', requests: 9, tokens: 1e6 }], store })]
    const error = await makeHub(held, { providers: [provider], layers }).embed('one', { input: five }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'authentication', attempts: [{ ok: true }, { cause: 'authentication' }, { cause: 'cancelled' }] })
    expect(gone).toHaveLength(1)
    expect(used).toMatchObject([{ 'all/tokens/minute': 20 }, { 'all/tokens/minute': 0 }, { 'all/tokens/minute': expect.any(Number) }])
  })

  it('retries the request that failed, not the others', async () => {
    const fetch = server((n) => (n === 2 ? failure(503) : undefined))
    const hub = makeHub(fetch, { providers: [provider] }, { ...config, defaults: { retry_initial_backoff: 0 } })
    expect((await hub.embed('one', { input: five })).embeddings).toEqual([[1], [2], [3], [4], [5]])
    expect(fetch.seen).toHaveLength(4)
  })

  describe('where one of several requests fails for good', () => {
    const models = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { target: `toy/${name}`, cost: { input_per_1m: 1e6 } }]))
    const given = (group: Omit<GroupConfig, 'members'>, defaults: RelayConfig['defaults'] = {}): RelayConfig => ({
      defaults: { max_retries: 0, ...defaults },
      models,
      groups: { inner: { ...group, members: ['a', 'b'] }, all: { ...group, members: ['inner', 'c'] } },
    })
    const last = (model: string, status: number): ReturnType<typeof server> => server((_, seen) => (seen.model === model && seen.input.includes('eeeee') ? failure(status) : undefined))

    it('all texts are asked of the next member, and both are paid', async () => {
      const fetch = last('a', 401)
      const response = await makeHub(fetch, { providers: [provider] }, given({})).embed('all', { input: five })
      expect(response).toMatchObject({ embeddings: [[1], [2], [3], [4], [5]], usage: { inputTokens: 50 }, costUsd: 90 })
      expect(fetch.seen.map(({ model }) => model).join('')).toBe('aaabbb')
      expect(response.attempts.map(({ alias, kind, cause = 'ok' }) => `${alias} ${kind} ${cause}`).sort()).toEqual([
        'a first authentication', 'a first ok', 'a first ok', 'b fallback ok', 'b first ok', 'b first ok',
      ])
    })

    it.each<[string, NonNullable<GroupConfig['strategy']>, Partial<GroupConfig>, number]>([
      ['a request that is wrong', 'loadbalance', {}, 400],
      ['a cause that is not in `on`', 'loadbalance', { on: ['rate_limit'] }, 401],
    ])('nobody else is asked for %s, whoever would be drawn', async (_, strategy, more, status) => {
      for (const drawn of [0, 0.3, 0.6, 0.9]) {
        let n = 0
        const fetch = server((_, { input }) => (input.includes('eeeee') ? failure(status) : undefined))
        const random = (): number => (n++ < 2 ? drawn : 0.99 - drawn)
        const hub = makeHub(fetch, { providers: [provider], runtime: { random } }, given({ strategy, ...more }))
        await expect(hub.embed('all', { input: five })).rejects.toMatchObject({ status })
        expect(new Set(fetch.seen.map(({ model }) => model)).size).toBe(1)
      }
    })

    it('whoever can answer them all does, with vectors of one model, and each request but the first has one besides the budget', async () => {
      const deeds = fc.array(fc.constantFrom(200, 200, 200, 401, 503), { minLength: 3, maxLength: 3 })
      const strategy = fc.constantFrom<NonNullable<GroupConfig['strategy']>>('fallback', 'loadbalance', 'weighted')
      await fc.assert(
        fc.asyncProperty(fc.record({ a: deeds, b: deeds, c: deeds }), strategy, fc.integer({ min: 1, max: 5 }), fc.nat(1), async (scripts, strategy, max_attempts, max_retries) => {
          const fetch = server((_, { model = '', input }) => {
            const status = scripts[model as 'a'][five.indexOf(input[0] ?? '') / 2] ?? 200
            return status === 200 ? undefined : failure(status)
          })
          const named: Provider = { ...provider, embed: { ...embed, decode: (answer, encoding) => ({ ...embed.decode(answer, encoding), embeddings: encoding.input.map(() => [encoding.target.model.charCodeAt(0)]) }) } }
          const hub = makeHub(fetch, { providers: [named] }, given({ strategy }, { max_attempts, max_retries, retry_initial_backoff: 0 }))
          const result = await hub.embed('all', { input: five }).catch((error: unknown) => error as RelayError)
          expect(result.attempts).toHaveLength(fetch.seen.length)
          const begun = new Set(fetch.seen.filter(({ input }) => input[0] !== 'a').map(({ model }) => model)).size
          expect(fetch.seen.length).toBeLessThanOrEqual(max_attempts + 2 * begun)
          if (!(result instanceof RelayError)) expect(new Set(result.embeddings.map(String)).size).toBe(1)
          else if (max_attempts >= 3 * (max_retries + 1)) expect(Object.values(scripts).every((script) => script.some((status) => status !== 200))).toBe(true)
        }),
        {
          numRuns: 200,
          examples: [
            // The third has failed before the first answers a part: it must not cost another request.
            [{ a: [200, 401, 200], b: [200, 200, 200], c: [401, 401, 200] }, 'loadbalance', 3, 0],
            [{ a: [200, 200, 503], b: [200, 200, 200], c: [503, 200, 401] }, 'weighted', 3, 0],
          ],
        },
      )
    })
  })

  it('says which provider has none, so that another member can', async () => {
    await expect(makeHub(server(), {}).embed('one', { input: 'a' })).rejects.toMatchObject({ code: 'unsupported', alias: 'one' })
  })
})

describe('rerank', () => {
  it('gives the documents back, best first', async () => {
    const response = await makeHub(server(), { providers: [provider] }).rerank('two', { query: 'q', documents: ['x', 'y', 'z'] })
    expect(response.results).toEqual([
      { index: 2, score: 1, document: 'z' },
      { index: 0, score: 0.9, document: 'x' },
      { index: 1, score: 0.8, document: 'y' },
    ])
    expect(response.metadata).toEqual({ searchUnits: 1 })
    await expect(makeHub(server(), { providers: [provider] }).rerank('two', { query: '', documents: [] })).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

describe('explain', () => {
  it('shows each request that could go out, with the key masked and what was filled in, and sends nothing', async () => {
    const fetch = server()
    const hub = makeHub(fetch, {}, { ...config, models: { ...config.models, one: { target: 'toy/one', params: { temperature: 0.2, max_tokens: 9 } } } })
    const [first, second] = await hub.explain('both', { messages: [{ role: 'user', content: 'hi' }], maxTokens: 5 })
    expect(first).toMatchObject({
      alias: 'one',
      provider: 'toy',
      method: 'POST',
      url: 'https://toy.example/v1/ask',
      headers: { authorization: '[redacted]', 'content-type': 'application/json' },
      body: { maxTokens: 5, temperature: 0.2 },
    })
    expect(first?.notes.map(({ field }) => field)).toEqual(['temperature'])
    expect(second?.alias).toBe('two')
    expect(JSON.stringify([first, second])).not.toContain('toy-secret-key')
    expect(fetch.seen).toHaveLength(0)
  })

  it('masks secrets in headers of the catalogue\'s and the request\'s own, and says where a key would come from', async () => {
    const headers = { 'X-Api-Key': 'mine', Cookie: 'a=b', 'x-note': 'Bearer abcdefgh12345', 'x-team': 'blue' }
    const hub = makeHub(server(), { env: {} }, { ...config, models: { one: { target: 'toy/one', headers } }, groups: {} })
    const [plan] = await hub.explain('one', { messages: [{ role: 'user', content: 'hi' }], headers: { 'x-session-token': 't' } })
    expect(plan?.headers).toEqual({
      'content-type': 'application/json', 'x-api-key': '[redacted]', cookie: '[redacted]', 'x-note': '[redacted]', 'x-team': 'blue', 'x-session-token': '[redacted]',
    })
    expect(plan?.notes).toEqual([{ field: 'credential', why: expect.stringMatching(/^none is in the environment/) }])
  })
})
