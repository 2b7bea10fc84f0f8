// The store in Redis: a real server, spoken to as Upstash is.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError, RelayError } from '../../src/errors.ts'
import { redisStore } from '../../src/stores/redis.ts'
import type { Quota } from '../../src/types/limits.ts'
import { hasRedis, startRedis, TOKEN, type Redis } from './redis-server.ts'
import { conformance } from './suite.ts'

const there = hasRedis()
if (!there) console.warn('redis-server is not installed: the store in Redis is not tested (bash scripts/redis.sh)')

let redis: Redis
const open = async (): Promise<Redis> => (redis ??= await startRedis())
const quota: Quota = { key: 'q', limit: 10, windowMs: 60_000, amount: 1 }
const moment = { now: 0, ttlMs: 60_000 }

describe.runIf(there)('with a server', () => {
  beforeAll(open)
  afterAll(() => redis.close())

  conformance('Redis', { open: async () => ({ store: redisStore({ url: (await open()).url, token: TOKEN, clock: 'caller' }) }), runs: 150 })

  it('goes by the server\'s clock, not its callers\'', async () => {
    const store = redisStore({ url: redis.url, token: TOKEN, prefix: 'clock' })
    expect(await store.reserve('a', [{ ...quota, amount: 9 }], moment)).toEqual({ ok: true })
    expect(await store.reserve('b', [{ ...quota, amount: 9 }], { ...moment, now: Date.now() * 2 })).toMatchObject({ ok: false })
  })

  it('leaves nothing behind that does not end by itself', async () => {
    const store = redisStore({ url: redis.url, token: TOKEN, prefix: 'ends' })
    for (let n = 0; n < 5; n++) await store.reserve(`id-${n}`, [{ ...quota, key: `q${n % 2}` }], moment)
    await store.settle('id-1', { q1: 2 })
    const keys = (await redis.command('KEYS', '{ends}:*')) as string[]
    expect(keys).toHaveLength(6)
    for (const key of keys) {
      const ms = (await redis.command('PTTL', key)) as number
      expect(ms).toBeGreaterThan(0)
      expect(ms).toBeLessThanOrEqual(62_000)
    }
  })

  it('counts to the last billionth of a dollar', async () => {
    const store = redisStore({ url: redis.url, token: TOKEN, prefix: 'exact' })
    const limit = 50_000_000_000_001
    expect(await store.reserve('a', [{ ...quota, limit, amount: limit - 1 }], moment)).toEqual({ ok: true })
    await store.settle('a', { q: limit - 1 })
    expect(await store.reserve('b', [{ ...quota, limit, amount: 2 }], moment)).toMatchObject({ ok: false })
    expect(await store.reserve('c', [{ ...quota, limit, amount: 1 }], moment)).toEqual({ ok: true })
  })

  it('says what the server says, and never the token', async () => {
    const store = redisStore({ url: redis.url, token: 'a-wrong-token-1234' })
    const error = await store.reserve('a', [quota], moment).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(RelayError)
    expect(error).toMatchObject({ status: 401, message: 'Redis answered 401: WRONGPASS invalid or missing auth token' })
    expect(JSON.stringify(error)).not.toContain('a-wrong-token')
  })
})

describe('without a server', () => {
  it('asks again when an answer is lost, by the same id', async () => {
    const bodies: string[] = []
    const store = redisStore({
      url: 'https://eu1-example.upstash.io',
      token: TOKEN,
      fetch: async (url, init) => {
        bodies.push(String(init?.body))
        expect(String(url)).toBe('https://eu1-example.upstash.io')
        expect(new Headers(init?.headers).get('authorization')).toBe(`Bearer ${TOKEN}`)
        if (bodies.length === 1) throw new TypeError('terminated')
        return Response.json({ result: [1, -1, 0] })
      },
    })
    expect(await store.reserve('id', [quota], moment)).toEqual({ ok: false, key: 'q', retryAfterMs: Infinity, sooner: false })
    expect(bodies).toHaveLength(2)
    expect(bodies[0]).toBe(bodies[1])
    expect(JSON.parse(bodies[0]!)).toEqual(['EVAL', expect.any(String), 2, '{relay}:hold:id', '{relay}:count:q', expect.any(String), ''])
  })

  it.each([
    ['fetch failed', async () => Promise.reject(new TypeError(`fetch failed for Bearer ${TOKEN}`)), { code: 'network' }],
    ['a page of a proxy', async () => new Response('<html>gone</html>', { status: 502 }), { code: 'server_error', status: 502 }],
    ['an answer that is none', async () => Response.json({}), { code: 'server_error' }],
    ['an error', async () => Response.json({ error: 'NOSCRIPT' }), { code: 'server_error' }],
  ])('fails with what went wrong: %s', async (_, fetch, expected) => {
    const store = redisStore({ url: 'https://eu1-example.upstash.io', token: TOKEN, fetch })
    const error = (await store.reserve('id', [quota], moment).catch((error: unknown) => error)) as RelayError
    expect(error).toMatchObject(expected)
    expect(`${error.message}${error.raw}`).not.toContain(TOKEN)
  })

  it('sends no token in the clear', () => {
    expect(() => redisStore({ url: 'http://redis.example.com', token: TOKEN })).toThrow(ConfigError)
    expect(() => redisStore({ url: 'http://localhost:8079', token: TOKEN })).not.toThrow()
  })
})
