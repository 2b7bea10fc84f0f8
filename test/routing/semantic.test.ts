// The client of the routing service, against a server on loopback that speaks the protocol, well and badly.
import { inspect } from 'node:util'
import type { Message } from '@relay/core'
import { RelayError } from '@relay/core'
import {
  RouterAuthError, RouterQuotaError, RouterTimeoutError, RoutingError, SemanticRouter, type RouteRequest, type SemanticOptions,
} from '@relay/core/routing'
import { serve, type TestServer } from '@relay/core/testing/server'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeClock } from '../core/clock.ts'

const KEY = 'router-key-0123456789'
const DECISION = {
  alias: 'smart',
  confidence: 0.87,
  reasoning: 'Code.',
  alternates: [['fast', 0.62], ['spare', 0.1]],
  classified_intent: 'code',
  source: 'hosted',
  ts: '2026-05-06T12:34:56Z',
}
const ask: RouteRequest = { messages: [{ role: 'user', content: 'hi' }], candidates: ['smart', 'fast'] }

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: unknown
}

let server: TestServer
let answer: () => Response | Promise<Response>
const seen: Seen[] = []

beforeAll(async () => {
  server = await serve(async (request) => {
    seen.push({ method: request.method, url: new URL(request.url).pathname, headers: request.headers, body: await request.json() })
    return answer()
  })
})
afterAll(() => server.close())
beforeEach(() => {
  seen.length = 0
  answer = () => Response.json(DECISION)
})

const router = (more: SemanticOptions = {}): SemanticRouter => new SemanticRouter({ endpoint: server.url, apiKey: KEY, ...more })

async function caught(work: Promise<unknown>): Promise<RelayError> {
  const error = await work.then(() => expect.fail('should have failed'), (error: unknown) => error)
  return error as RelayError
}

describe('the request', () => {
  it('is what the protocol says, every field there', async () => {
    const { route } = router({ endpoint: `${server.url}/tenant/` })
    await route({
      messages: [{ role: 'user', content: 'hi', name: 'ann' }],
      candidates: ['smart'],
      constraints: { budget: 'cheap', needs: ['tools'], excludeModels: ['a'], preferModels: ['b'], maxCostPer1m: 2.5, minQualityIndex: 40 },
      metadata: { request_id: 'r1' },
    })
    expect(seen).toMatchObject([{ method: 'POST', url: '/tenant/v1/route' }])
    expect([seen[0]?.headers.get('authorization'), seen[0]?.headers.get('content-type')]).toEqual([`Bearer ${KEY}`, 'application/json'])
    expect(seen[0]?.body).toEqual({
      messages: [{ role: 'user', content: 'hi', name: 'ann' }],
      candidates: ['smart'],
      constraints: { budget: 'cheap', needs: ['tools'], exclude_models: ['a'], prefer_models: ['b'], max_cost_per_1m: 2.5, min_quality_index: 40 },
      metadata: { request_id: 'r1' },
    })
  })

  it('says null for what is not asked for, and sends no key where there is none', async () => {
    const { route } = new SemanticRouter({ endpoint: server.url })
    await route(ask)
    await route({ ...ask, constraints: {} })
    const empty = { budget: null, needs: [], exclude_models: [], prefer_models: [], max_cost_per_1m: null, min_quality_index: null }
    expect(seen.map(({ body }) => body)).toEqual([null, empty].map((constraints) => ({ ...ask, constraints, metadata: null })))
    expect(seen.map(({ headers }) => headers.get('authorization'))).toEqual([null, null])
  })

  it('shows texts and tools, and neither bytes nor what only a provider can read', async () => {
    const origin = { provider: 'p', model: 'm', state: 'opaque-state' }
    const messages: Message[] = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image', url: 'https://a.example/cat.png' },
          { type: 'image', data: 'AAAA-bytes', mediaType: 'image/png' },
          { type: 'image', url: 'data:image/gif;base64,BBBB-bytes' },
          { type: 'document', data: 'CCCC-bytes', mediaType: 'application/pdf' },
          { type: 'document', text: 'a plain page' },
          { type: 'audio', data: 'DDDD-bytes', mediaType: 'audio/wav', transcript: 'spoken' },
          { type: 'cache_hint' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', text: 'hm', signature: 'opaque-signature', origin },
          { type: 'redacted_thinking', data: 'opaque-data' },
          { type: 'tool_use', id: 't1', name: 'look', input: { a: 1 } },
          { type: 'native', kind: 'search', data: 'opaque-native' },
        ],
      },
      { role: 'tool', content: [{ type: 'tool_result', toolUseId: 't1', content: 'found', isError: true }, { type: 'tool_result', toolUseId: 't2', content: [{ type: 'text', text: 'x' }] }] },
    ]
    await router().route({ ...ask, messages })
    expect((seen[0]?.body as { messages: unknown }).messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image', url: 'https://a.example/cat.png', media_type: null },
          { type: 'image', url: null, media_type: 'image/png' },
          { type: 'image', url: null, media_type: null },
          { type: 'text', text: 'a plain page' },
          { type: 'text', text: 'spoken' },
        ],
      },
      { role: 'assistant', content: [{ type: 'thinking', text: 'hm' }, { type: 'tool_use', id: 't1', name: 'look', input: { a: 1 } }] },
      {
        role: 'tool',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: 'found', is_error: true },
          { type: 'tool_result', tool_use_id: 't2', content: [{ type: 'text', text: 'x' }], is_error: false },
        ],
      },
    ])
    expect(JSON.stringify(seen[0]?.body)).not.toMatch(/opaque|bytes/)
  })

  it('shows as much of the conversation as it is told to', async () => {
    await router({ messages: (all) => all.slice(-1) }).route({ ...ask, messages: [{ role: 'system', content: 'secret' }, { role: 'user', content: 'last' }] })
    expect(seen[0]?.body).toMatchObject({ messages: [{ role: 'user', content: 'last' }] })
  })
})

describe('the decision', () => {
  it('is read', async () => {
    expect(await router().route(ask)).toEqual({
      alias: 'smart',
      confidence: 0.87,
      reasoning: 'Code.',
      alternates: [['fast', 0.62], ['spare', 0.1]],
      classifiedIntent: 'code',
      source: 'hosted',
      ts: '2026-05-06T12:34:56Z',
    })
  })

  it('may leave out what has a default', async () => {
    answer = () => Response.json({ alias: 'fast', confidence: 1 })
    expect(await router({ runtime: { now: () => 0 } }).route(ask)).toEqual({
      alias: 'fast', confidence: 1, reasoning: null, alternates: [], classifiedIntent: null, source: 'hosted', ts: '1970-01-01T00:00:00.000Z',
    })
  })

  it('is the same with keys that nobody knows, wherever they stand', async () => {
    const plain = await router().route(ask)
    const unknown = fc.dictionary(fc.string().filter((key) => !Object.hasOwn(DECISION, key) && key !== '__proto__'), fc.jsonValue())
    await fc.assert(fc.asyncProperty(unknown, unknown, async (before, after) => {
      answer = () => Response.json({ ...before, ...DECISION, ...after })
      expect(await router().route(ask)).toEqual(plain)
    }), { numRuns: 50 })
  })

  it.each<[string, unknown]>([
    ['`alias` is no name', { ...DECISION, alias: undefined }],
    ['`alias` is no name', { ...DECISION, alias: '' }],
    ['`confidence` is not between 0 and 1', { ...DECISION, confidence: undefined }],
    ['`confidence` is not between 0 and 1', { ...DECISION, confidence: 1.01 }],
    ['`confidence` is not between 0 and 1', { ...DECISION, confidence: '0.5' }],
    ['`source` is not rule, hosted or self-hosted', { ...DECISION, source: 'elsewhere' }],
    ['`alternates` are not pairs', { ...DECISION, alternates: 'fast' }],
    ['`alternates` are not pairs', { ...DECISION, alternates: [['fast', 0.5], ['spare']] }],
    ['no JSON object', [DECISION]],
    ['no JSON object', null],
  ])('makes no sense: %s', async (words, body) => {
    answer = () => Response.json(body)
    const error = await caught(router().route(ask))
    expect(error).toBeInstanceOf(RoutingError)
    expect(error).toMatchObject({ code: 'invalid_response', status: 200, message: expect.stringContaining(words) })
  })

  it('makes no sense: no JSON at all', async () => {
    answer = () => new Response('<html>')
    expect(await caught(router().route(ask))).toMatchObject({ name: 'RoutingError', code: 'invalid_response', raw: '<html>' })
  })
})

describe('failures', () => {
  it.each([
    [400, 'INVALID_REQUEST', RoutingError, 'invalid_request'],
    [422, undefined, RoutingError, 'invalid_request'],
    [401, undefined, RouterAuthError, 'authentication'],
    [403, undefined, RouterAuthError, 'authentication'],
    [400, 'AUTH_FAILED', RouterAuthError, 'authentication'],
    [429, undefined, RouterQuotaError, 'quota'],
    [402, 'QUOTA_EXCEEDED', RouterQuotaError, 'quota'],
    [408, undefined, RouterTimeoutError, 'timeout_attempt'],
    [504, 'TIMEOUT', RouterTimeoutError, 'timeout_attempt'],
    [500, 'INTERNAL', RoutingError, 'server_error'],
    [503, undefined, RoutingError, 'server_error'],
    [418, 'NEW_WORD', RoutingError, 'server_error'],
    // Only 200 is a decision.
    [202, undefined, RoutingError, 'server_error'],
  ])('%i %s', async (status, error_code, type, code) => {
    answer = () => Response.json({ error_code, message: 'its own words', unknown: 1 }, { status, headers: { 'x-request-id': 'q7', 'retry-after': '3' } })
    const error = await caught(router().route(ask))
    expect(error.constructor).toBe(type)
    expect(error).toBeInstanceOf(RelayError)
    expect(error).toMatchObject({ name: type.name, code, status, requestId: 'q7', retryAfterMs: 3000, message: `the router answered ${status}: its own words` })
  })

  it('a failure whose body is nothing that is known', async () => {
    for (const body of ['busy', 'null', '[1]', '{"message":7}', '']) {
      answer = () => new Response(body, { status: 429 })
      expect(await caught(router().route(ask))).toMatchObject({ name: 'RouterQuotaError', message: 'the router answered 429', raw: body })
    }
  })

  it('a redirect is not followed: the key would go along', async () => {
    answer = () => new Response(null, { status: 307, headers: { location: `${server.url}/elsewhere` } })
    expect(await caught(router().route(ask))).toMatchObject({ name: 'RoutingError', code: 'config', status: 307, message: expect.stringContaining('`endpoint`') })
    expect(seen).toHaveLength(1)
  })

  it('a connection that breaks, or is refused', async () => {
    answer = () => new Response(new ReadableStream({ start: (controller) => controller.error(new Error('cut')) }))
    expect(await caught(router().route(ask))).toMatchObject({ name: 'RoutingError', code: 'network' })
    const gone = await serve(() => Response.json({}))
    await gone.close()
    expect(await caught(router({ endpoint: gone.url }).route(ask))).toMatchObject({ name: 'RoutingError', code: 'network' })
  })

  it.each<[string, () => Promise<Response>]>([
    ['nothing comes', () => new Promise(() => undefined)],
    ['the body stalls', async () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{"alias":')) }))],
  ])('the clock runs out: %s', async (_, stalled) => {
    const { pass, pending, now, timer } = makeClock()
    const signals: (AbortSignal | null | undefined)[] = []
    const work = router({
      timeoutMs: 70,
      runtime: { now, timer },
      fetch: async (_, init) => {
        signals.push(init?.signal)
        return stalled()
      },
    }).route(ask)
    const error = caught(work)
    await pass(69)
    expect(signals[0]?.aborted).toBe(false)
    await pass(1)
    expect(await error).toMatchObject({ name: 'RouterTimeoutError', code: 'timeout_attempt', message: 'the router said nothing within 70 ms' })
    expect([signals[0]?.aborted, pending()]).toEqual([true, 0])
  })

  it('leaves no clock behind', async () => {
    const { pending, now, timer } = makeClock()
    await router({ runtime: { now, timer } }).route(ask)
    answer = () => new Response('', { status: 500 })
    await caught(router({ runtime: { now, timer } }).route(ask))
    expect(pending()).toBe(0)
  })

  it('the caller goes: their own reason, and the connection closes', async () => {
    const control = new AbortController()
    const reason = new Error('enough')
    answer = () => {
      control.abort(reason)
      return new Promise(() => undefined)
    }
    expect(await caught(router().route({ ...ask, signal: control.signal }))).toBe(reason)
    expect(await caught(router().route({ ...ask, signal: control.signal }))).toBe(reason)
    expect(seen).toHaveLength(1)
  })
})

describe('the key', () => {
  it.each<[string, string]>([
    ['http://router.example', 'unencrypted'],
    ['https://10.0.0.7', '`allowPrivateHosts`'],
    ['https://user:pass@router.example', 'user name or a password'],
    ['https://router.example/?k=1', 'query'],
    ['nowhere', 'no http(s) URL'],
  ])('does not go to %s', (endpoint, words) => {
    expect(() => new SemanticRouter({ endpoint, apiKey: KEY })).toThrow(RoutingError)
    expect(() => new SemanticRouter({ endpoint, apiKey: KEY })).toThrow(words)
  })

  it('goes to a private host when that is meant', () => {
    expect(() => new SemanticRouter({ endpoint: 'https://10.0.0.7', allowPrivateHosts: true })).not.toThrow()
  })

  it('is in no error and no print of the router', async () => {
    const odd = 'ключ-0123456789'
    const errors = [
      await caught(router({ apiKey: odd }).route(ask)),
      await caught(router({ fetch: async () => { throw new TypeError(`failed: Bearer ${KEY}`) } }).route(ask)),
    ]
    answer = () => Response.json({ message: `bad key ${KEY}`, key: KEY }, { status: 401 })
    errors.push(await caught(router().route(ask)))
    for (const error of errors.filter(({ code }) => code !== 'network')) expect(inspect(error, { depth: 9 })).not.toMatch(new RegExp(`${KEY}|${odd}`))
    for (const { message, raw } of errors) expect(`${message} ${raw}`).not.toMatch(new RegExp(`${KEY}|${odd}`))
    expect(inspect(router(), { depth: 9, showHidden: true })).not.toContain(KEY)
    expect(JSON.stringify(router())).toBe('{}')
    expect(seen.some(({ url }) => url.includes(KEY))).toBe(false)
  })
})
