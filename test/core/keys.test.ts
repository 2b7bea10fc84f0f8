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
function door(by: { readonly [key: string]: () => Response }): FetchLike & { readonly keys: string[] } {
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

  it.each([401, 402, 403])('leaves a key out for good that is refused with %i, and says which by fingerprint alone', async (status) => {
    const fetch = door({ a: () => failure(status) })
    const hub = makeHub(fetch, { env }, pooled)
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
