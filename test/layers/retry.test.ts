// Retries against a plain model of them: how often, how long apart, and what is thrown in the end.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REMEDY, relayError, type ErrorCode, type RelayError } from '../../src/errors.ts'
import { retry } from '../../src/layers/retry.ts'
import type { Next, Reply } from '../../src/types/call.ts'
import { makeClock } from '../core/clock.ts'
import { makeCall } from './kit.ts'

const INITIAL = 500
const MAX = 8000
/** Of the clock in the kit: what chance says each time. */
const CHANCE = 0.5

/** What becomes of one attempt. */
interface Fate {
  readonly code: ErrorCode | 'ok' | 'bug'
  readonly ms: number
  readonly asked?: number | undefined
}

interface World {
  readonly fates: readonly Fate[]
  readonly retries: number
  readonly left: number
  readonly deadlineMs: number
  readonly alternatives: boolean
  /** How many further requests there is room for. */
  readonly room: number
  /** When the caller goes away. */
  readonly leaves: number | undefined
}

const codes = Object.keys(REMEDY) as ErrorCode[]
const passing = codes.filter((code) => REMEDY[code] === 'retry')
const fate: fc.Arbitrary<Fate> = fc.record({
  code: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...passing) }, { weight: 1, arbitrary: fc.constantFrom(...codes) }, { weight: 1, arbitrary: fc.constantFrom('ok' as const, 'bug' as const) }),
  ms: fc.nat(3000),
  asked: fc.option(fc.constantFrom(0, 1, 999, 1000, 1001, 20_000), { nil: undefined, freq: 2 }),
})
const world: fc.Arbitrary<World> = fc.record({
  fates: fc.array(fate, { minLength: 10, maxLength: 10, size: 'max' }),
  retries: fc.nat(6),
  left: fc.integer({ min: 1, max: 8 }),
  deadlineMs: fc.constantFrom(1000, 5000, 20_000, 600_000),
  alternatives: fc.boolean(),
  room: fc.constantFrom(0, 1, 2, 99, 99),
  leaves: fc.option(fc.nat(12_000), { nil: undefined, freq: 4 }),
})

/** What is seen from outside: when attempts began, and how it ended. */
interface Story {
  readonly starts: readonly number[]
  readonly end: string
  readonly at: number
}

/** The rules, in the order in which one would say them. */
function told({ fates, retries, left, deadlineMs, alternatives, room, leaves = Infinity }: World): Story {
  const starts: number[] = []
  let now = 0
  for (let n = 0; ; n++) {
    const { code, ms, asked } = fates[n]!
    starts.push(now)
    if (leaves <= now + ms) return { starts, end: 'left', at: leaves }
    now += ms
    // What forbids another try is not what went wrong.
    const forbidden = n > 0 && ['limit', 'limit_reached', 'circuit_open'].includes(code)
    const end = (): Story => ({ starts, end: fates[forbidden ? n - 1 : n]!.code, at: now })
    if (code === 'ok' || code === 'bug' || REMEDY[code] !== 'retry') return end()
    if (n === retries || starts.length === left) return end()
    const wait = asked === undefined ? CHANCE * Math.min(MAX, INITIAL * 2 ** n) : Math.min(asked, MAX)
    if (alternatives && (asked ?? 0) > 1000) return end()
    if (now + wait >= deadlineMs) return end()
    if (leaves <= now + wait) return { starts, end: 'left', at: leaves }
    now += wait
    if (n >= room) return { starts, end: code, at: now }
  }
}

/** What really happens. */
async function played({ fates, retries, left, deadlineMs, alternatives, room, leaves }: World): Promise<Story> {
  const clock = makeClock(0)
  const starts: number[] = []
  const control = new AbortController()
  const call = { ...makeCall({ time: clock, deadlineMs, signal: control.signal }), alternatives }
  call.budget.left = left
  let asked = 0
  const again = async (): Promise<void> => {
    if (++asked > room) throw relayError('limit', 'no room')
  }
  const next: Next = ({ budget }) =>
    new Promise((resolve, reject) => {
      const { code, ms, asked: retryAfterMs } = fates[starts.length]!
      starts.push(clock.now())
      budget.left--
      control.signal.addEventListener('abort', () => reject('left'))
      clock.timer(() => {
        if (code === 'ok') resolve({} as Reply)
        else reject(code === 'bug' ? new Error('a bug') : relayError(code, 'it broke', { retryAfterMs }))
      }, ms)
    })
  if (leaves !== undefined) clock.timer(() => control.abort('left'), leaves)
  const ring = retry({ retries: () => retries, initial: INITIAL, max: MAX }).wrap(next)
  const end = ring({ ...call, again }).then(
    () => ({ end: 'ok', at: clock.now() }),
    (error: unknown) => ({ end: error === 'left' ? 'left' : ((error as RelayError).code ?? 'bug'), at: clock.now() }),
  )
  await clock.pass(700_000)
  return { starts, ...(await end) }
}

describe('retries', () => {
  it('are those that the model says', { timeout: 120_000 }, async () => {
    const ends = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(world, async (it) => {
        const expected = told(it)
        expect(await played(it)).toEqual(expected)
        ends.set(expected.end, (ends.get(expected.end) ?? 0) + 1)
      }),
      { numRuns: 5000 },
    )
    expect(ends.size).toBeGreaterThan(10)
  })
})
