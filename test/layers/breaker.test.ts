// The circuit breaker against a plain model of it, and what a model does not show.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CircuitOpenError, REMEDY, relayError, type ErrorCode } from '../../src/errors.ts'
import { breaker } from '../../src/layers/breaker.ts'
import type { Outcome } from '../../src/types/call.ts'
import type { BreakerConfig } from '../../src/types/limits.ts'
import { makeClock } from '../core/clock.ts'
import { inside, makeCall, responseOf, type Attempted } from './kit.ts'

const config = { window: 10, failure_rate: 0.5, min_requests: 4, cooldown: 5 } as const satisfies BreakerConfig
const ILL: readonly ErrorCode[] = ['network', 'overloaded', 'server_error', 'invalid_response', 'stream_truncated', 'timeout_connect', 'timeout_first_content', 'timeout_idle', 'timeout_attempt']
const codes = Object.keys(REMEDY) as ErrorCode[]

type Ending = 'ok' | 'cancelled' | ErrorCode

type Step =
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'call' }
  /** Of an attempt under way, by its place: its first content comes, or it ends, with or without having begun. */
  | { readonly do: 'open'; readonly at: number }
  | { readonly do: 'end'; readonly at: number; readonly how: Ending }

const ending: fc.Arbitrary<Ending> = fc.oneof(fc.constant('ok' as const), fc.constant('cancelled' as const), fc.constantFrom(...ILL), fc.constantFrom(...codes))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.oneof(fc.constantFrom(0, 999, 1000, 4999, 5000, 10_000), fc.nat(12_000)) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('call' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), at: fc.nat(5) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), at: fc.nat(5), how: ending }) },
)

/** What one attempt is to the model. */
interface Known {
  readonly attempt: Attempted
  readonly probe: boolean
  turn: number
  opened: boolean
}

/** The breaker as one would explain it: a list of what came of attempts, and three states. */
function model(): { admit(now: number): 'closed' | 'probe' | 'refused'; begun(known: Known, now: number): void; ended(known: Known, how: Ending, now: number): void; readonly turn: () => number } {
  let seen: { at: number; ok: boolean }[] = []
  let openSince: number | undefined
  let probeSince: number | undefined
  let turn = 0
  const change = (to: number | undefined): void => {
    openSince = to
    probeSince = undefined
    seen = []
    turn++
  }
  const isMine = (known: Known, now: number): boolean => known.probe && known.turn === turn && probeSince === known.attempt.at && now >= 0
  return {
    turn: () => turn,
    admit(now) {
      if (openSince === undefined) return 'closed'
      if (now < openSince + 5000 || (probeSince !== undefined && now < probeSince + 5000)) return 'refused'
      probeSince = now
      return 'probe'
    },
    begun(known, now) {
      if (isMine(known, now)) change(undefined)
      if (known.probe) known.turn = turn
      known.opened = true
    },
    ended(known, how, now) {
      const ill = ILL.includes(how as ErrorCode)
      const good = how === 'ok' || how === 'cancelled'
      if (known.probe && !known.opened) {
        if (!isMine(known, now)) return
        probeSince = undefined
        if (ill) change(now)
      } else if (known.turn === turn && openSince === undefined && (ill || (good && known.opened))) {
        // The window moves on by tenths.
        seen = [...seen, { at: now, ok: !ill }].filter(({ at }) => Math.floor(at / 1000) * 1000 > now - 10_000)
        const bad = seen.filter(({ ok }) => !ok).length
        if (seen.length >= 4 && bad / seen.length >= 0.5) change(now)
      }
    },
  }
}

function outcomeOf(how: Ending): Outcome {
  const response = responseOf()
  if (how === 'ok' || how === 'cancelled') return { status: how, response }
  return { status: 'error', response, error: relayError(how, 'it broke') }
}

describe('the breaker', () => {
  it('does what the model says, through any sequence of calls', { timeout: 120_000 }, async () => {
    let [opened, probed] = [0, 0]
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const clock = makeClock()
        const { next, attempts } = inside()
        const ring = breaker({ configOf: () => config }).wrap(next)
        const expected = model()
        let known: Known[] = []
        for (const it of steps) {
          const now = clock.now()
          if (it.do === 'pass') clock.set(now + it.ms)
          if (it.do === 'call') {
            const before = attempts.length
            const work = ring(makeCall({ time: clock }))
            const verdict = expected.admit(now)
            expect(attempts.length).toBe(before + Number(verdict !== 'refused'))
            work.catch(() => undefined)
            if (verdict === 'refused') await expect(work).rejects.toBeInstanceOf(CircuitOpenError)
            else known.push({ attempt: attempts.at(-1)!, probe: verdict === 'probe', turn: expected.turn(), opened: false })
            if (verdict === 'refused') opened++
            if (verdict === 'probe') probed++
          }
          const one = 'at' in it ? known[it.at] : undefined
          if (one && it.do === 'open' && !one.opened) {
            await one.attempt.open()
            expected.begun(one, now)
          }
          if (one && it.do === 'end') {
            known = known.filter((other) => other !== one)
            if (!one.opened && it.how === 'ok') {
              await one.attempt.open()
              expected.begun(one, now)
            }
            const { error = new DOMException('gone', 'AbortError') } = outcomeOf(it.how)
            await (one.opened ? one.attempt.end(outcomeOf(it.how)) : one.attempt.fail(error))
            expected.ended(one, it.how, now)
          }
        }
      }),
      { numRuns: 3000 },
    )
    // The sequences are no walk in the park.
    expect(Math.min(opened, probed)).toBeGreaterThan(200)
  })

  const failing = async (ring: ReturnType<ReturnType<typeof breaker>['wrap']>, attempts: Attempted[], { code = 'server_error' as ErrorCode, many = 4, asked = {} as Parameters<typeof makeCall>[0] }): Promise<void> => {
    for (let n = 0; n < many; n++) {
      const work = ring(makeCall(asked)).catch(() => undefined)
      await attempts.at(-1)!.fail(relayError(code, 'it broke'))
      await work
    }
  }

  it.each(codes.filter((code) => !ILL.includes(code)))('never opens for what is not the deployment\'s fault: %s', async (code) => {
    const clock = makeClock()
    const { next, attempts } = inside()
    const ring = breaker({ configOf: () => config }).wrap(next)
    await failing(ring, attempts, { code, many: 30, asked: { time: clock } })
    expect(attempts).toHaveLength(30)
    // Nor do they water down what is.
    await failing(ring, attempts, { asked: { time: clock } })
    await expect(ring(makeCall({ time: clock }))).rejects.toMatchObject({ code: 'circuit_open', alias: 'one', provider: 'toy', retryAfterMs: 5000 })
  })

  it('opens for one deployment and no other', async () => {
    const clock = makeClock()
    const { next, attempts } = inside()
    const ring = breaker({ configOf: () => config }).wrap(next)
    await failing(ring, attempts, { asked: { time: clock } })
    const ill = makeCall({ time: clock })
    await expect(ring(ill)).rejects.toBeInstanceOf(CircuitOpenError)
    const target = ill.target!
    for (const other of [{ model: 'other' }, { baseUrl: 'https://eu.toy.example/v1' }, { config: { ...target.config, credential: '$env.ANOTHER' } }, { provider: { ...target.provider, name: 'tin' } }]) {
      const before = attempts.length
      void ring({ ...ill, target: { ...target, ...other } })
      expect(attempts).toHaveLength(before + 1)
    }
    await expect(ring({ ...ill, target: { ...target, alias: 'a second name of the same' } })).rejects.toBeInstanceOf(CircuitOpenError)
  })

  it('lets no more than one of many through to probe', async () => {
    const clock = makeClock()
    const { next, attempts } = inside()
    const ring = breaker({ configOf: () => config }).wrap(next)
    await failing(ring, attempts, { asked: { time: clock } })
    await clock.pass(5000)
    const all = Array.from({ length: 100 }, () => ring(makeCall({ time: clock })))
    const results = Promise.allSettled(all)
    expect(attempts).toHaveLength(5)
    await attempts.at(-1)!.open()
    const rest = (await results).filter(({ status }) => status === 'rejected')
    expect(rest).toHaveLength(99)
    void ring(makeCall({ time: clock }))
    expect(attempts).toHaveLength(6)
  })

  it('takes no harm from a clock that stands still, or is set back', async () => {
    const clock = makeClock()
    const { next, attempts } = inside()
    const ring = breaker({ configOf: () => config }).wrap(next)
    const start = clock.now()
    await failing(ring, attempts, { many: 50, asked: { time: clock } })
    expect(attempts).toHaveLength(4)
    clock.set(start - 86_400_000)
    await expect(ring(makeCall({ time: clock }))).rejects.toMatchObject({ retryAfterMs: 5000 })
    clock.set(start - 86_400_000 + 5000)
    void ring(makeCall({ time: clock }))
    expect(attempts).toHaveLength(5)
    // The probe is never heard of again, and the clock is set back once more.
    clock.set(start - 2 * 86_400_000)
    await expect(ring(makeCall({ time: clock }))).rejects.toMatchObject({ retryAfterMs: 5000 })
    clock.set(start - 2 * 86_400_000 + 5000)
    void ring(makeCall({ time: clock }))
    expect(attempts).toHaveLength(6)
  })

  it('forgets what a clock saw that was ahead', async () => {
    const clock = makeClock()
    const { next, attempts } = inside()
    const ring = breaker({ configOf: () => config }).wrap(next)
    await failing(ring, attempts, { many: 3, asked: { time: clock } })
    clock.set(clock.now() - 86_400_000)
    await failing(ring, attempts, { many: 3, asked: { time: clock } })
    void ring(makeCall({ time: clock }))
    expect(attempts).toHaveLength(7)
  })

  it('is not there for models that have none, and has defaults for what is left out', async () => {
    const clock = makeClock()
    const { next, attempts } = inside()
    const none = breaker({ configOf: () => undefined }).wrap(next)
    await failing(none, attempts, { many: 50, asked: { time: clock } })
    expect(attempts).toHaveLength(50)
    const usual = breaker({ configOf: () => ({}) }).wrap(next)
    await failing(usual, attempts, { many: 50, asked: { time: clock } })
    expect(attempts).toHaveLength(60)
    await expect(usual(makeCall({ time: clock }))).rejects.toMatchObject({ retryAfterMs: 30_000 })
  })
})
