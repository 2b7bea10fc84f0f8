// Limits against the law that they keep, with calls of every length and ending, and a clock that the test turns.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LimitError, relayError } from '../../src/errors.ts'
import { limit } from '../../src/layers/limit.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Call, Outcome } from '../../src/types/call.ts'
import type { LimitConfig, LimitStore } from '../../src/types/limits.ts'
import { calm, makeClock, type Clock } from '../core/clock.ts'
import { inside, makeCall, responseOf, type Attempted } from './kit.ts'

const INPUT = 10
const RULES = { requests: 4, tokens: 100, usd: 0.0001, concurrency: 3 }
/** One microdollar for each token. */
const COST = { input_per_1m: 1, output_per_1m: 1 }

type Ending = 'ok' | 'cut' | 'cancelled' | 'refused' | 'lost' | 'away'
type Step =
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'call'; readonly maxTokens: number }
  | { readonly do: 'open'; readonly at: number }
  | { readonly do: 'end'; readonly at: number; readonly how: Ending; readonly output: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.oneof(fc.nat(2000), fc.nat(70_000), fc.constantFrom(999, 1000, 60_000, 61_000)) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('call' as const), maxTokens: fc.constantFrom(0, 15, 40, 90, 91) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('open' as const), at: fc.nat(4) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), at: fc.nat(4), how: fc.constantFrom<Ending>('ok', 'cut', 'cancelled', 'refused', 'lost', 'away'), output: fc.nat(60) }) },
)

/** One call as the law sees it. */
interface Known {
  readonly call: Call
  readonly from: number
  readonly estimate: number
  attempt?: Attempted
  opened?: boolean
  /** Tokens, once it is settled; a call that was never sent is not known at all. */
  used?: number
  refused?: { readonly error: unknown; readonly at: number }
  judged?: boolean
}

/** What is taken of each measure at `now`, by calls let in after the window began, `early` before it. */
function taken(calls: readonly Known[], now: number, early: number): { [measure in keyof typeof RULES]: number } {
  const sent = calls.filter(({ attempt }) => attempt)
  const lately = sent.filter(({ attempt }) => attempt!.at > now - 60_000 - early)
  const tokens = lately.reduce((sum, { used, estimate }) => sum + (used ?? estimate), 0)
  return { requests: lately.length, tokens, usd: tokens / 1e6, concurrency: sent.filter(({ used }) => used === undefined).length }
}

/** Each reservation is settled once. */
function audited(store: LimitStore): LimitStore & { readonly open: Map<string, number> } {
  const open = new Map<string, number>()
  return {
    open,
    async reserve(id, quotas, moment) {
      const verdict = await store.reserve(id, quotas, moment)
      if (verdict.ok) open.set(id, 1)
      return verdict
    },
    async settle(id, used) {
      open.set(id, (open.get(id) ?? 0) - 1)
      await store.settle(id, used)
    },
  }
}

class Play {
  readonly calls: Known[] = []
  readonly inner = inside()
  readonly store = audited(memoryStore())
  readonly ring
  readonly time: Clock

  constructor(time: Clock, rule: LimitConfig) {
    this.time = time
    this.ring = limit({ rules: [rule], store: this.store }).wrap(this.inner.next)
  }

  async call(maxTokens: number): Promise<void> {
    const call = makeCall({ time: this.time, config: { cost: COST }, request: { maxTokens }, deadlineMs: 100 * 60_000 })
    const known: Known = { call, from: this.time.now(), estimate: INPUT + maxTokens }
    this.calls.push(known)
    void this.ring(call).catch((error: unknown) => {
      // Its own failure comes back as it is; only a refusal is the limit's.
      if (!known.attempt) known.refused = { error, at: this.time.now() }
    })
    await calm()
    this.match()
  }

  /** Attempts that arrived inside, by who made them. */
  match(): void {
    for (const attempt of this.inner.attempts) {
      if (this.calls.some((known) => known.attempt === attempt)) continue
      const mine = this.calls.find(({ call }) => call.request === attempt.call.request)!
      mine.attempt = attempt
      this.judge(mine)
    }
  }

  /** Who was let in did fit, by the exact sliding window. */
  judge(mine: Known): void {
    const sum = taken(this.calls, mine.attempt!.at, 0)
    for (const measure of ['requests', 'tokens', 'concurrency'] as const) expect(sum[measure]).toBeLessThanOrEqual(RULES[measure])
    expect(Math.round(sum.usd * 1e9)).toBeLessThanOrEqual(RULES.usd * 1e9)
  }

  /** Who was refused did not fit, by a window two slots longer. */
  judgeRefusals(wait: number): void {
    for (const known of this.calls) {
      if (!known.refused || known.judged) continue
      const { error, at } = known.refused
      known.judged = true
      expect(error).toBeInstanceOf(LimitError)
      expect(at - known.from).toBeLessThanOrEqual(wait)
      const sum = taken(this.calls, at, 2000)
      const fits = sum.requests < RULES.requests && sum.tokens + known.estimate <= RULES.tokens && sum.concurrency < RULES.concurrency
      expect(fits).toBe(false)
    }
  }

  async open(known: Known | undefined): Promise<void> {
    if (!known || known.opened) return
    known.opened = true
    await known.attempt!.open()
  }

  async end(known: Known | undefined, how: Ending, output: number): Promise<void> {
    if (!known) return
    const began = ['ok', 'cut', 'cancelled'].includes(how) || known.opened
    if (!began) {
      known.used = how === 'refused' ? 0 : INPUT
      const errors = { refused: relayError('server_error', 'no', { status: 503 }), lost: relayError('timeout_first_content', 'slow'), away: new DOMException('gone', 'AbortError') }
      return known.attempt!.fail(errors[how as keyof typeof errors])
    }
    await this.open(known)
    known.used = INPUT + output
    const response = responseOf({ inputTokens: INPUT, outputTokens: output }, how === 'ok' ? (INPUT + output) / 1e6 : null)
    const outcomes: { readonly [how in string]?: Outcome } = { ok: { status: 'ok', response }, cancelled: { status: 'cancelled', response } }
    await known.attempt!.end(outcomes[how] ?? { status: 'error', response, error: relayError('stream_truncated', 'cut') })
  }

  /** Sent and not yet settled. */
  live(): Known[] {
    return this.calls.filter(({ attempt, used }) => attempt && used === undefined)
  }
}

describe('limits', () => {
  it.each([
    ['error', 0],
    ['fallback', 0],
    ['wait', 20_000],
  ] as const)('let in what fits and nothing else, and settle everything once: on_limit %s', { timeout: 120_000 }, async (on_limit, wait) => {
    let [sent, refused, waited] = [0, 0, 0]
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), async (steps) => {
        const clock = makeClock()
        const play = new Play(clock, { ...RULES, on_limit, max_wait: wait / 1000 })
        for (const it of steps) {
          const live = play.live()
          if (it.do === 'pass') await clock.pass(it.ms)
          if (it.do === 'call') await play.call(it.maxTokens)
          if (it.do === 'open') await play.open(live[it.at])
          if (it.do === 'end') await play.end(live[it.at], it.how, it.output)
          play.match()
          play.judgeRefusals(wait)
        }
        // Nobody waits for ever, and when all is over, all is free again.
        while (play.calls.some(({ attempt, refused }) => !attempt && !refused) || play.live().length) {
          for (const known of play.live()) await play.end(known, 'ok', 0)
          await clock.pass(1000)
          play.match()
          play.judgeRefusals(wait)
        }
        expect([...play.store.open.values()].every((left) => left === 0)).toBe(true)
        await clock.pass(62_000)
        await play.call(90)
        expect(play.live()).toHaveLength(1)
        sent += play.inner.attempts.length
        refused += play.calls.filter((known) => known.refused).length
        waited += play.calls.filter(({ attempt, from }) => attempt && attempt.at > from).length
      }),
      { numRuns: 1000 },
    )
    expect(Math.min(sent, refused)).toBeGreaterThan(1000)
    expect(waited > 100).toBe(on_limit === 'wait')
  })
})
