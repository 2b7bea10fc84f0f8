// What every store of counts keeps to, as laws: one suite, run on each of them.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LimitStore, Quota, Verdict } from '../../src/types/limits.ts'

export interface Opened {
  readonly store: LimitStore
  readonly close?: () => unknown
}

export interface SuiteOptions {
  /** The store goes by the clock that it is handed, so that tests can turn it. */
  readonly open: () => Promise<Opened>
  /** Sequences of reservations, settlements and time that are tried. */
  readonly runs: number
  /** Counts are kept in several places, asked one after the other: the first that is full speaks. */
  readonly sharded?: boolean
}

const MINUTE = 60_000
const SLOT = 1000
/** Longer than any sequence takes. */
const TTL = 41 * 40 * MINUTE

/** The counts that sequences ask for: a few calls fill each. */
const COUNTS: readonly Omit<Quota, 'amount'>[] = [
  { key: 'requests', limit: 5, windowMs: MINUTE },
  { key: 'tokens', limit: 100, windowMs: MINUTE },
  { key: 'usd', limit: 3_000_000_000, windowMs: 60 * MINUTE },
  { key: 'concurrency', limit: 3, windowMs: 0 },
]

type Step =
  | { readonly do: 'pass'; readonly ms: number }
  /** The share of each limit that is asked for; 0: the count is not asked for. Now and then it is more than all. */
  | { readonly do: 'reserve'; readonly shares: readonly number[] }
  /** One of those under way, by its place, and what it used of what it had reserved. */
  | { readonly do: 'settle'; readonly at: number; readonly used: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.oneof(fc.nat(3 * SLOT), fc.nat(40 * MINUTE), fc.constant(MINUTE)) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('reserve' as const), shares: fc.array(fc.oneof(fc.constant(0), fc.constant(0.2), fc.constant(0.34), fc.constant(1.1)), { minLength: 4, maxLength: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('settle' as const), at: fc.nat(9), used: fc.constantFrom(0, 0.5, 1, 1.5) }) },
)

/** One call that was let in, as the law sees it. */
interface Admitted {
  readonly id: string
  readonly at: number
  readonly quotas: readonly Quota[]
  used: { readonly [key: string]: number } | undefined
}

/** What is used of a count by calls let in after `since`: their estimate until they are settled. */
function taken(calls: readonly Admitted[], { key, windowMs }: Quota, since: number): number {
  return calls.reduce((sum, { at, quotas, used }) => {
    const mine = quotas.find((quota) => quota.key === key)
    if (!mine || (windowMs ? at <= since : used)) return sum
    return sum + (used ? (used[key] ?? 0) : mine.amount)
  }, 0)
}

/** A verdict is right by the exact sliding window, and stricter than it by two slots at most. */
function judge(calls: readonly Admitted[], quotas: readonly Quota[], { verdict, now }: { readonly verdict: Verdict; readonly now: number }): void {
  const full = (slots: number): Quota[] =>
    quotas.filter((quota) => taken(calls, quota, now - quota.windowMs - slots * (quota.windowMs / 60)) + quota.amount > quota.limit)
  if (verdict.ok) return expect(full(0)).toEqual([])
  expect(full(2).map(({ key }) => key)).toContain(verdict.key)
  const quota = quotas.find(({ key }) => key === verdict.key)!
  expect(verdict.retryAfterMs === Infinity).toBe(quota.amount > quota.limit)
  expect(verdict.retryAfterMs).toBeGreaterThan(0)
}

export function conformance(name: string, { open, runs, sharded = false }: SuiteOptions): void {
  describe(`${name} as a store of counts`, () => {
    let opened: Opened
    let count = 0
    // Each test has counts of its own, and time goes on, as it does for a store that lives.
    let now = 1_764_000_000_000
    const fresh = (): string => `${name}-${count++}:`
    const id = (): string => crypto.randomUUID()
    const at = (): { now: number; ttlMs: number } => ({ now, ttlMs: TTL })
    const one = (key: string, more: Partial<Quota> = {}): Quota => ({ key, limit: 1, windowMs: MINUTE, amount: 1, ...more })
    beforeAll(async () => void (opened = await open()), 60_000)
    afterAll(async () => void (await opened?.close?.()))
    const reserve: LimitStore['reserve'] = (...input) => opened.store.reserve(...input)
    const settle: LimitStore['settle'] = (...input) => opened.store.settle(...input)

    it('keeps the law of the window through any sequence of calls', { timeout: 600_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
          const prefix = fresh()
          const calls: Admitted[] = []
          for (const it of steps) {
            if (it.do === 'pass') now += it.ms
            else if (it.do === 'settle') await settleOne(calls.filter(({ used }) => !used)[it.at], it.used)
            else await reserveOne(calls, COUNTS.flatMap((count, n) => (it.shares[n] ? [{ ...count, key: prefix + count.key, amount: Math.ceil(count.limit * it.shares[n]) }] : [])))
          }
          now += 100 * MINUTE
        }),
        { numRuns: runs },
      )
      async function settleOne(call: Admitted | undefined, share: number): Promise<void> {
        if (!call) return
        call.used = Object.fromEntries(call.quotas.map(({ key, amount, windowMs }) => [key, windowMs ? Math.ceil(amount * share) : 0]))
        await settle(call.id, call.used)
      }
      async function reserveOne(calls: Admitted[], quotas: readonly Quota[]): Promise<void> {
        const call = { id: id(), at: now, quotas, used: undefined }
        const verdict = await reserve(call.id, quotas, at())
        judge(calls, quotas, { verdict, now })
        if (verdict.ok) calls.push(call)
      }
    })

    it('says when there is room again, and is right', async () => {
      const quota = one(`${fresh()}q`, { limit: 10, amount: 4 })
      const started = [now, now + 20_000, now + 45_500]
      for (const [n, when] of started.entries()) {
        now = when
        const verdict = await reserve(id(), [quota], at())
        expect(verdict.ok).toBe(n < 2)
        if (verdict.ok) continue
        expect(verdict).toMatchObject({ key: quota.key, sooner: true })
        now += verdict.retryAfterMs - 1
        expect(await reserve(id(), [quota], at())).toMatchObject({ ok: false, retryAfterMs: 1 })
        now += 1
        expect(await reserve(id(), [quota], at())).toEqual({ ok: true })
      }
      now += MINUTE
    })

    it('says that what is larger than the limit will never fit', async () => {
      const key = `${fresh()}q`
      expect(await reserve(id(), [one(key, { amount: 1.5 })], at())).toEqual({ ok: false, key, retryAfterMs: Infinity, sooner: false })
    })

    it('takes from all counts or from none', async () => {
      const [wide, narrow] = [`${fresh()}wide`, `${fresh()}narrow`]
      expect(await reserve(id(), [one(wide, { limit: 10 }), one(narrow)], at())).toEqual({ ok: true })
      for (let n = 0; n < 20; n++) expect(await reserve(id(), [one(wide, { limit: 10 }), one(narrow)], at())).toMatchObject({ ok: false, key: narrow })
      for (let n = 0; n < 9; n++) expect(await reserve(id(), [one(wide, { limit: 10 })], at())).toEqual({ ok: true })
      expect(await reserve(id(), [one(wide, { limit: 10 })], at())).toMatchObject({ ok: false, key: wide })
    })

    it.skipIf(sharded)('names the full count that takes longest', async () => {
      const [minute, hour] = [`${fresh()}minute`, `${fresh()}hour`]
      const both = [one(minute), one(hour, { windowMs: 60 * MINUTE })]
      await reserve(id(), both, at())
      const verdict = await reserve(id(), both, at())
      expect(verdict).toMatchObject({ ok: false, key: hour })
      expect(!verdict.ok && verdict.retryAfterMs).toBeGreaterThanOrEqual(60 * MINUTE)
    })

    it.each([10, 200])('lets in exactly as many of %i at once as there is room for', { timeout: 60_000 }, async (many) => {
      const key = `${fresh()}q`
      const quotas = [one(key, { limit: 7 }), one(`${key}-held`, { limit: 7, windowMs: 0 })]
      const verdicts = await Promise.all(Array.from({ length: many }, () => reserve(id(), quotas, at())))
      expect(verdicts.filter(({ ok }) => ok)).toHaveLength(7)
    })

    it('counts every settlement of many at once', { timeout: 60_000 }, async () => {
      const quota = one(`${fresh()}q`, { limit: 10_000, amount: 50 })
      const ids = Array.from({ length: 100 }, id)
      await Promise.all(ids.map((it) => reserve(it, [quota], at())))
      await Promise.all(ids.map((it, n) => settle(it, { [quota.key]: n })))
      // 0 + 1 + … + 99 is used: as much as is left fits, and one more does not.
      expect(await reserve(id(), [{ ...quota, amount: 10_000 - 4950 + 1 }], at())).toMatchObject({ ok: false, sooner: false })
      expect(await reserve(id(), [{ ...quota, amount: 10_000 - 4950 }], at())).toEqual({ ok: true })
    })

    it('keeps up with many counts at once', { timeout: 60_000 }, async () => {
      const key = fresh()
      const calls = Array.from({ length: 40 }, (_, n) => Array.from({ length: 9 }, (_, m) => one(`${key}${n % 20}/${m}`)))
      const verdicts = await Promise.all(calls.map((quotas) => reserve(id(), quotas, at())))
      expect(verdicts.filter(({ ok }) => ok)).toHaveLength(20)
    })

    it('takes nothing twice for one id, and settles it once', async () => {
      const quota = one(`${fresh()}q`, { limit: 10, amount: 4 })
      const mine = id()
      expect(await reserve(mine, [quota], at())).toEqual({ ok: true })
      expect(await reserve(mine, [quota], at())).toEqual({ ok: true })
      await settle(mine, { [quota.key]: 6 })
      await settle(mine, { [quota.key]: 0 })
      await settle(id(), { [quota.key]: 1000 })
      expect(await reserve(id(), [{ ...quota, amount: 5 }], at())).toMatchObject({ ok: false })
      expect(await reserve(id(), [{ ...quota, amount: 4 }], at())).toEqual({ ok: true })
    })

    it('books what was used of a count of which nothing had been reserved', async () => {
      const quota = one(`${fresh()}q`, { limit: 10, amount: 0 })
      const mine = id()
      expect(await reserve(mine, [quota], at())).toEqual({ ok: true })
      await settle(mine, { [quota.key]: 12 })
      expect(await reserve(id(), [{ ...quota, amount: 1 }], at())).toMatchObject({ ok: false })
    })

    it('keeps what nobody settles at its estimate in a window, and frees it otherwise', async () => {
      const key = fresh()
      const quotas = [one(`${key}day`, { windowMs: 1440 * MINUTE }), one(`${key}held`, { windowMs: 0 })]
      expect(await reserve(id(), quotas, { now, ttlMs: MINUTE })).toEqual({ ok: true })
      expect(await reserve(id(), [quotas[1]!], { now, ttlMs: MINUTE })).toMatchObject({ ok: false, sooner: true })
      now += MINUTE + 10_000
      expect(await reserve(id(), [quotas[1]!], { now, ttlMs: MINUTE })).toEqual({ ok: true })
      expect(await reserve(id(), [quotas[0]!], { now, ttlMs: MINUTE })).toMatchObject({ ok: false, key: quotas[0]!.key })
    })

    it('takes no harm from a clock that goes back, and forgets one that was far ahead', async () => {
      const quota = one(`${fresh()}q`, { limit: 2 })
      const [there, first] = [now, id()]
      await reserve(first, [quota], at())
      now -= 30_000
      expect(await reserve(id(), [quota], at())).toEqual({ ok: true })
      expect(await reserve(id(), [quota], at())).toMatchObject({ ok: false })
      now = there - 1440 * MINUTE
      expect(await reserve(id(), [quota], at())).toEqual({ ok: true })
      // What was forgotten is not given back on top.
      now = there
      await settle(first, { [quota.key]: 0 })
      for (const ok of [true, true, false]) expect(await reserve(id(), [quota], at())).toMatchObject({ ok })
      now += 2 * MINUTE
    })

    it('keeps counts apart, whatever their keys are called', async () => {
      const keys = ['', '/', '__proto__', 'constructor', 'a:b', 'ä€😀', "'); DROP TABLE accounts; --", '}{'].map((key) => fresh() + key)
      for (const key of keys) expect(await reserve(id(), [one(key)], at())).toEqual({ ok: true })
      for (const key of keys) expect(await reserve(id(), [one(key)], at())).toMatchObject({ ok: false, key })
    })
  })
}
