// Hedging: when the member that was asked is slow to begin, another is asked too, and whoever begins first is heard.
import { follower } from '../../core/lifeline.ts'
import { conclude } from '../../core/outcome.ts'
import { plusCost } from '../../core/sum.ts'
import { estimateInput } from '../../core/tokens.ts'
import type { Budget, Call, Reply } from '../../types/call.ts'
import type { Attempt, ChatResponse, Cost } from '../../types/response.ts'
import type { GroupFeature, Line, Open, Services } from './feature.ts'

/** Times that the percentile is taken of. */
const KEPT = 256
/** Fewer say nothing. */
const ENOUGH = 20
/** The percentile is taken again after so many. */
const OFTEN = 8
/** So many hedges may be saved up for a bad moment. */
const SAVED = 10

/** How soon a member begins to answer. */
interface Pace {
  /** Milliseconds; the latest takes the place of the oldest. */
  readonly times: number[]
  count: number
  /** As of that count. */
  p95?: number
  as?: number
}

/** How many hedges a group may make. */
interface Purse {
  /** Each call adds its share, each hedge takes 1. */
  credit: number
  /** Whether one was made yet: the first is a loan. */
  spent: boolean
}

/** For groups with `hedge`. */
export const hedge: GroupFeature = {
  name: 'hedge',
  start(services) {
    const paces = new Map<string, Pace>()
    const purses = new Map<string, Purse>()
    const book = accountant(services)
    const keyOf = (name: string, { mode }: Call): string => `${mode}:${name}`
    return {
      async open(line, open) {
        const { after = 'p95', max_extra = '5%' } = line.group.hedge ?? {}
        const share = typeof max_extra === 'number' ? max_extra : Number.parseFloat(max_extra) / 100
        const purse = purses.get(line.alias) ?? { credit: 0, spent: false }
        purses.set(line.alias, purse)
        purse.credit = Math.min(SAVED, purse.credit + share)
        const ms = after === 'p95' ? p95(paces.get(keyOf(line.first ?? '', line.call))) : after
        if (ms === undefined || !(share > 0) || line.left() < 2) return open(line.call)
        const pay = (): boolean => {
          // A little short of 1 is 1: shares are fractions.
          if (purse.spent && purse.credit < 1 - 1e-9) return false
          purse.credit -= 1
          return (purse.spent = true)
        }
        return run(line, open, { ms, pay, book })
      },
      saw({ name, call, ms, outcome }) {
        const pace = paces.get(keyOf(name, call)) ?? { times: [], count: 0 }
        // Whoever was no longer waited for would have taken longer, how much longer does not matter to a percentile below.
        if (outcome === 'error' || (outcome === 'lost' && !(ms >= (pace.p95 ?? Infinity)))) return
        pace.times[pace.count++ % KEPT] = ms
        paces.set(keyOf(name, call), pace)
      },
    }
  },
}

function p95(pace: Pace | undefined): number | undefined {
  if (!pace || pace.count < ENOUGH) return undefined
  const { times, count, as = -Infinity } = pace
  if (count - as >= OFTEN) Object.assign(pace, { as: count, p95: [...times].sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] })
  return pace.p95
}

interface Racer {
  /** Never rejects. */
  readonly end: Promise<End>
  readonly cancel: () => void
}

interface End {
  readonly racer: Racer
  readonly reply?: Reply | undefined
  readonly failure?: unknown
}

interface Race {
  /** How long the first is waited for, in milliseconds. */
  readonly ms: number
  /** Whether there may be a hedge: if so, it is paid. */
  readonly pay: () => boolean
  /** What lost attempts have cost, whichever race they were in. */
  readonly book: (attempts: readonly Attempt[], call: Call) => readonly Cost[]
}

async function run(line: Line, open: Open, { ms, pay, book }: Race): Promise<Reply | undefined> {
  const { call } = line
  const { runtime, budget, signal } = call
  const made = budget.attempts.length
  const first = racer(call, open)
  const running = new Set([first])
  let cancel = (): void => undefined
  const slow = new Promise<undefined>((resolve) => (cancel = runtime.timer(() => resolve(undefined), ms)))
  let waiting: Promise<undefined>[] = [slow]
  let failed: End | undefined
  try {
    while (running.size) {
      const end = await Promise.race([...[...running].map((it) => it.end), ...waiting])
      if (!end) {
        waiting = []
        // A request is left for each that was not asked yet, and one to the first, which may be about to try again.
        if (line.left() && budget.left > Math.max(1, line.fresh()) && !signal?.aborted && pay()) running.add(second(line))
        continue
      }
      running.delete(end.racer)
      if ('failure' in end) failed ??= end
      if (end.reply) return await won(end.reply, [...running], { call, costs: () => book(budget.attempts.slice(made), call) })
    }
  } finally {
    cancel()
  }
  // A hedge that failed may stand in line again, when the first had already come to the end of it.
  if (failed && line.movesOn(failed.failure) && line.left()) return line.ask({ ...call, kind: 'fallback' })
  if (failed) throw failed.failure
  return undefined
}

function racer(call: Call, open: Open): Racer {
  const control = follower(call.signal)
  const it: Racer = {
    cancel: () => control.abort(new DOMException('another member began to answer first', 'AbortError')),
    end: open({ ...call, signal: control.signal }).then(
      (reply) => ({ racer: it, reply }),
      (failure: unknown) => ({ racer: it, failure }),
    ),
  }
  return it
}

/** It has one request, which is taken out of the budget before it is made: two racers must not both take the last. */
function second({ call, ask }: Line): Racer {
  const { budget } = call
  budget.left--
  const own: Budget = { left: 1, deadline: budget.deadline, attempts: budget.attempts }
  const it = racer({ ...call, kind: 'hedge', budget: own }, (call) => ask(call, 'once'))
  it.end.then(() => (budget.left += own.left))
  return it
}

/** The others are cancelled at once, and what they cost is the answer's. */
async function won(reply: Reply, others: readonly Racer[], { call, costs }: { readonly call: Call; readonly costs: () => readonly Cost[] }): Promise<Reply> {
  if (!others.length) return reply
  const begun: Cost[] = []
  const ends = others.map(async ({ end, cancel }) => {
    cancel()
    const { reply: lost } = await end
    if (!lost) return
    lost.cancel()
    try {
      begun.push(conclude(lost, 'cancelled').cost)
    } catch {
      // A ring that refuses an answer which nobody reads refuses nothing.
    }
  })
  // They end at once, but for one that waits for something that cannot be cancelled.
  let go = (): void => undefined
  const soon = new Promise<void>((resolve) => (go = call.runtime.timer(resolve, 0)))
  await Promise.race([Promise.all(ends), soon])
  go()
  const lost = [...begun, ...costs()]
  if (lost.length) reply.finish.push((response) => charged(response, lost))
  return reply
}

function charged(response: ChatResponse, lost: readonly Cost[]): ChatResponse {
  const cost = lost.reduce(plusCost, response.cost)
  return { ...response, cost, costUsd: cost.totalUsd }
}

const UNKNOWN: Cost = {
  totalUsd: null,
  inputUsd: null,
  outputUsd: null,
  cachedInputUsd: null,
  cacheWriteUsd: null,
  source: 'unknown',
  confidence: 'unknown',
}

/** Requests that were cancelled before their first content: the provider has read what was asked, at least. */
function accountant({ costOf, target }: Services): Race['book'] {
  const booked = new WeakSet<Attempt>()
  return (attempts, { request }) => {
    const lost = attempts.filter((attempt) => attempt.cause === 'cancelled' && !booked.has(attempt))
    const inputTokens = lost.length ? estimateInput(request) : 0
    const usage = { inputTokens, outputTokens: 0, totalTokens: inputTokens, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: true }
    return lost.map((attempt) => {
      booked.add(attempt)
      return costOf(target(attempt.alias), usage) ?? UNKNOWN
    })
  }
}
