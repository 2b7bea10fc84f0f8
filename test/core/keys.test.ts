// Keys: several for one model, from places other than variables, and for servers whose clock is not ours.
import { describe, expect, it } from 'vitest'
import { relayError, type RelayError } from '../../src/errors.ts'
import { breaker } from '../../src/layers/breaker.ts'
import type { RelayConfig } from '../../src/types/config.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { FetchLike } from '../../src/types/runtime.ts'
import { makeClock } from './clock.ts'
import { ask, failure, hello, json, makeHub, toy } from './toy.ts'

const env = { A: 'secret-a', B: 'secret-b', C: 'secret-c' }
const pooled: RelayConfig = {
  models: { one: { target: 'toy/one', credentials: ['$env.A', '$env.B', { type: 'env', var: 'C' }] } },
  defaults: { max_attempts: 20 },
}

/** Answers by key, and keeps the order in which keys came. */
function door(by: { readonly [key: string]: () => Response | Promise<Response> }): FetchLike & { readonly keys: string[] } {
  const keys: string[] = []
  const fetch: FetchLike = async (_, init) => {
    const key = new Headers(init?.headers).get('authorization')?.slice('Bearer secret-'.length) ?? ''
    keys.push(key)
    return (by[key] ?? (() => json(hello)))()
  }
  return Object.assign(fetch, { keys })
}

describe('a pool of keys', () => {
  it('takes turns', async () => {
    const fetch = door({})
    const hub = makeHub(fetch, { env }, pooled)
    for (let n = 0; n < 4; n++) await hub.chat('one', ask)
    expect(fetch.keys).toEqual(['a', 'b', 'c', 'a'])
  })

  it.each([401, 402, 403])('leaves a key out that is refused with %i, and says which by fingerprint alone', async (status) => {
    const fetch = door({ a: () => failure(status) })
    const hub = makeHub(fetch, { env, runtime: makeClock() }, pooled)
    const { attempts } = await hub.chat('one', ask)
    expect(attempts).toMatchObject([{ ok: false, key: expect.stringMatching(/^[0-9a-f]{8}$/) }, { ok: true, kind: 'retry' }])
    expect(attempts[0]?.key).not.toBe(attempts[1]?.key)
    expect(JSON.stringify(attempts)).not.toContain('secret')
    for (let n = 0; n < 5; n++) await hub.chat('one', ask)
    expect(fetch.keys.filter((key) => key === 'a')).toHaveLength(1)
  })

  it('lets a key rest that is throttled, as long as the server asks', async () => {
    const time = makeClock()
    let full = true
    const fetch = door({ a: () => (full ? failure(429, { 'retry-after': '20' }) : json(hello)) })
    const hub = makeHub(fetch, { env, runtime: time }, pooled)
    for (let n = 0; n < 6; n++) await hub.chat('one', ask)
    expect(fetch.keys.filter((key) => key === 'a')).toHaveLength(1)
    full = false
    await time.pass(20_001)
    for (let n = 0; n < 3; n++) await hub.chat('one', ask)
    expect(fetch.keys.filter((key) => key === 'a')).toHaveLength(2)
  })

  it('says what the provider says when no key is fit', async () => {
    const no = (): Response => failure(401, {}, 'who are you')
    const fetch = door({ a: no, b: no, c: no })
    const hub = makeHub(fetch, { env }, pooled)
    const error = (await hub.chat('one', ask).catch((error: unknown) => error)) as RelayError
    expect(error).toMatchObject({ code: 'authentication', message: 'who are you' })
    expect(fetch.keys).toEqual(['a', 'b', 'c'])
    await hub.chat('one', ask).catch(() => undefined)
    expect(fetch.keys).toHaveLength(4)
  })

  it.each([
    ['an answer', (): Response => json(hello), 2],
    ['a refusal', (): Response => failure(401), 0],
    // It says nothing of the key.
    ['a failure of another kind', (): Response => failure(400), 0],
  ])('lets one call in ten minutes find out whether a key that was refused is good again: %s', async (_, second, used) => {
    const time = makeClock()
    let now: () => Response | Promise<Response> = () => failure(402)
    const fetch = door({ a: () => now() })
    const hub = makeHub(fetch, { env, runtime: time }, pooled)
    const asked = async (many: number): Promise<number> => {
      const before = fetch.keys.length
      for (let n = 0; n < many; n++) await hub.chat('one', ask).catch(() => undefined)
      return fetch.keys.slice(before).filter((key) => key === 'a').length
    }
    expect(await asked(3)).toBe(1)
    await time.pass(599_999)
    expect(await asked(6)).toBe(0)
    await time.pass(1)
    let answer = (_: Response): void => expect.fail('nobody asks')
    now = () => new Promise((resolve) => (answer = resolve))
    const calls = Promise.allSettled(Array.from({ length: 9 }, () => hub.chat('one', ask)))
    await time.pass(0)
    expect(fetch.keys.filter((key) => key === 'a')).toHaveLength(2)
    answer(second())
    await calls
    now = second
    expect(await asked(6)).toBe(used)
    await time.pass(600_000)
    expect(await asked(3)).toBe(1)
  })

  it('uses a key that was refused and has been replaced, without waiting, and tells it from the one before', async () => {
    const secrets: { [name: string]: string } = { A: 'secret-old', B: 'secret-b', C: 'secret-c' }
    const fetch = door({ old: () => failure(401) })
    // A binding is asked each time, as a secret store's is.
    const hub = makeHub(fetch, { env: (name) => ({ get: async () => secrets[name] ?? '' }) }, pooled)
    const prints = new Set((await hub.chat('one', ask)).attempts.map(({ key }) => key))
    await hub.chat('one', ask)
    secrets['A'] = 'secret-new'
    for (let n = 0; n < 3; n++) for (const { key } of (await hub.chat('one', ask)).attempts) prints.add(key)
    expect(fetch.keys).toEqual(['old', 'b', 'c', 'b', 'c', 'new'])
    expect(prints).toHaveLength(4)
  })

  it('does not rest for longer because a clock was set back, nor shorter for an answer from before', async () => {
    const time = makeClock()
    let answer = (_: Response): void => expect.fail('nobody asks')
    let now: () => Response | Promise<Response> = () => json(hello)
    const fetch = door({ a: () => now() })
    const hub = makeHub(fetch, { env, runtime: time }, pooled)
    for (let n = 0; n < 3; n++) await hub.chat('one', ask)
    now = () => new Promise((resolve) => (answer = resolve))
    const asked = async (): Promise<number> => {
      const before = fetch.keys.length
      for (let n = 0; n < 6; n++) await hub.chat('one', ask)
      return fetch.keys.slice(before).filter((key) => key === 'a').length
    }
    const early = hub.chat('one', ask)
    await time.pass(0)
    now = () => failure(429)
    expect(await asked()).toBe(1)
    answer(json(hello))
    await early
    expect(await asked()).toBe(0)
    now = () => json(hello)
    time.set(time.now() - 86_400_000)
    expect(await asked()).toBe(0)
    await time.pass(60_000)
    expect(await asked()).toBe(2)
  })

  it('that is full in all places is asked no more often than retries allow', async () => {
    const busy = (): Response => failure(429, { 'retry-after': '0' })
    const fetch = door({ a: busy, b: busy, c: busy })
    const hub = makeHub(fetch, { env }, { ...pooled, defaults: { retry_max_backoff: 0.001 } })
    await expect(hub.chat('one', ask)).rejects.toMatchObject({ code: 'rate_limit' })
    // Each key once, and two retries.
    expect(fetch.keys).toHaveLength(5)
  })

  it('goes on with the next key where one cannot be had, and waits for none longer than the call may take', async () => {
    const time = makeClock()
    const never = { get: () => new Promise<string>(() => undefined) }
    const gone = { get: () => Promise.reject(new Error('no store')) }
    const fetch = door({})
    const without = makeHub(fetch, { env: { ...env, A: gone } }, { ...pooled, defaults: { retry_max_backoff: 0.001 } })
    expect((await without.chat('one', ask)).attempts).toMatchObject([{ cause: 'network' }, { ok: true }])
    const hanging = makeHub(fetch, { env: { ...env, A: never }, runtime: time }, pooled)
    const late = hanging.chat('one', { ...ask, timeoutMs: 500 }).catch((error: unknown) => error)
    const left = hanging.with({ signal: AbortSignal.abort(new Error('gone')) }).chat('one', ask)
    await expect(left).rejects.toThrow('gone')
    await time.pass(500)
    expect(await late).toMatchObject({ code: 'timeout_total' })
    expect((await hanging.chat('one', ask)).text).not.toBe('')
  })

  it('asks with no key again and again that is listed twice and refused', async () => {
    const fetch = door({ a: () => failure(401) })
    const hub = makeHub(fetch, { env: { A: 'secret-a', B: 'secret-a' } }, { models: { one: { target: 'toy/one', credentials: ['$env.A', '$env.B'] } } })
    await expect(hub.chat('one', ask)).rejects.toMatchObject({ code: 'authentication' })
    expect(fetch.keys).toEqual(['a', 'a'])
  })

  it('lets a key rest whose circuit is open, and no request is taken for one that was not made', async () => {
    const fetch = door({ a: () => failure(500) })
    const layers = [breaker({ configOf: () => ({ min_requests: 2 }) })]
    const hub = makeHub(fetch, { env, layers, runtime: makeClock() }, { ...pooled, defaults: { max_retries: 0 } })
    for (let n = 0; n < 6; n++) await hub.chat('one', ask).catch(() => undefined)
    expect(fetch.keys.filter((key) => key === 'a')).toHaveLength(2)
    for (let n = 0; n < 6; n++) expect((await hub.chat('one', ask)).attempts).toMatchObject([{ kind: 'first', ok: true }])
  })
})

describe('a credential from elsewhere', () => {
  const fetch = door({})

  it('is what the surroundings hold where nobody names one', async () => {
    const ambient: Provider = { ...toy, ambient: { type: 'gcp_adc' } }
    const hub = makeHub(fetch, { env: {}, providers: [ambient], secrets: () => ({ gcp_adc: async () => ({ type: 'key', value: 'secret-adc' }) }) })
    await hub.chat('one', ask)
    expect(fetch.keys.at(-1)).toBe('adc')
  })
})

describe('a server whose clock is not ours', () => {
  const signed = (): { provider: Provider; dates: number[] } => {
    const dates: number[] = []
    return {
      dates,
      provider: {
        ...toy,
        skewed: ({ code }) => code === 'authentication',
        sign: (request, _, { now }) => (dates.push(now), request),
      },
    }
  }

  it('is asked once more by its own clock, outside of the retries, and from then on', async () => {
    const { provider, dates } = signed()
    const time = makeClock()
    const theirs = time.now() + 3_600_000
    const fetch: FetchLike = async () => (Math.abs((dates.at(-1) ?? 0) - theirs) < 60_000 ? json(hello) : failure(401, { date: new Date(theirs).toUTCString() }))
    const hub = makeHub(fetch, { providers: [provider], runtime: time }, { models: { one: { target: 'toy/one', max_retries: 0 } } })
    expect((await hub.chat('one', ask)).attempts).toMatchObject([{ ok: true }])
    await hub.chat('one', ask)
    expect(dates).toHaveLength(3)
  })

  it('that agrees with ours is not asked again for a key that is wrong', async () => {
    const { provider, dates } = signed()
    const time = makeClock()
    const fetch: FetchLike = async () => failure(401, { date: new Date(time.now()).toUTCString() })
    const error = makeHub(fetch, { providers: [provider], runtime: time }).chat('one', ask)
    await expect(error).rejects.toBeInstanceOf(relayError('authentication', '').constructor)
    expect(dates).toHaveLength(1)
  })
})
