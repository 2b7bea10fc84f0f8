// Keeps calls within limits and budgets, by reservation: what a call may take is held before it and settled after it.
import { RelayError, relayError } from '../errors.ts'
import type { Call, Layer } from '../types/call.ts'
import type { LimitConfig, LimitStore, Quota } from '../types/limits.ts'
import type { ChatResponse } from '../types/response.ts'
import { costOf, type PriceOf } from './price.ts'
import { sleep } from './retry.ts'

export interface LimitOptions {
  readonly rules: readonly LimitConfig[]
  /** Where the counts are. A store that many isolates share makes the limits hold across them. */
  readonly store: LimitStore
  /** For limits in US dollars. */
  readonly priceOf: PriceOf
  /** An estimate of a request's input, in tokens. */
  readonly estimate: (call: Call) => number
  /** What to do when the store cannot be asked. `closed`: no call is made. Default `closed`. */
  readonly onStoreError?: 'open' | 'closed'
}

/** What a rule counts. */
type Measure = 'requests' | 'tokens' | 'usd' | 'concurrency'
type Amounts = { readonly [measure in Measure]: number }

interface Counted {
  readonly rule: LimitConfig
  readonly measure: Measure
  readonly quota: Quota
}

const WINDOWS = { minute: 60_000, hour: 3_600_000, day: 86_400_000, month: 30 * 86_400_000 }
const MEASURES: readonly Measure[] = ['requests', 'tokens', 'usd', 'concurrency']
/** How long a call holds what it reserved when nobody settles it: longer than any call lasts. */
const TTL_MS = 3_600_000
/** Tokens of output that are reserved where nobody says how many there may be. */
const USUAL_OUTPUT = 1024

export function limit(options: LimitOptions): Layer {
  const { store } = options
  return {
    stage: 'limit',
    wrap: (next) => async (call) => {
      const counted = quotas(call, options)
      if (!counted.length) return next(call)
      const { runtime, budget, startedAt } = call
      const id = `${startedAt.toString(36)}${runtime.random().toString(36).slice(2)}${runtime.random().toString(36).slice(2)}`
      const made = budget.attempts.length
      const settle = (response: ChatResponse | undefined): void => {
        const spent: Amounts = {
          requests: budget.attempts.length - made,
          tokens: response?.usage.totalTokens ?? 0,
          usd: response?.costUsd ?? 0,
          concurrency: 0,
        }
        const used = Object.fromEntries(counted.map(({ measure, quota }) => [quota.key, spent[measure]]))
        runtime.defer(store.settle(id, used, runtime.now()))
      }
      await hold(call, { id, counted, options })
      try {
        const reply = await next(call)
        reply.settle.push(({ response }) => settle(response))
        return reply
      } catch (error) {
        settle(error instanceof RelayError ? error.partial : undefined)
        throw error
      }
    },
  }
}

interface Holding {
  readonly id: string
  readonly counted: readonly Counted[]
  readonly options: LimitOptions
}

/** Reserves, waiting where the rule says so. Throws a LimitError that says when to come back. */
async function hold(call: Call, { id, counted, options: { store, onStoreError } }: Holding): Promise<void> {
  const { runtime, budget, signal, target } = call
  const from = runtime.now()
  const details = { alias: target?.alias, provider: target?.provider.name, model: target?.model }
  for (;;) {
    const now = runtime.now()
    const quotas = counted.map(({ quota }) => quota)
    const verdict = await store.reserve(id, quotas, { now, ttlMs: TTL_MS }).catch((cause: unknown) => {
      if (onStoreError === 'open') return { ok: true } as const
      throw relayError('limit', 'the store that counts for limits cannot be reached, so no call is made', { ...details, cause })
    })
    if (verdict.ok) return
    const { key, retryAfterMs } = verdict
    const full = counted.find(({ quota }) => quota.key === key)
    const { on_limit = 'fallback', max_wait = 30 } = full?.rule ?? {}
    const waited = now + retryAfterMs - from
    if (on_limit === 'wait' && waited <= max_wait * 1000 && now + retryAfterMs < budget.deadline) {
      await sleep(runtime, retryAfterMs, signal)
      continue
    }
    const hint = Number.isFinite(retryAfterMs) ? { retryAfterMs } : undefined
    throw relayError(on_limit === 'error' ? 'limit_reached' : 'limit', words(full), { ...details, ...hint, data: { key } })
  }
}

function words(full: Counted | undefined): string {
  if (!full) return 'a limit is reached'
  const { rule, measure, quota } = full
  if (quota.amount > quota.limit) return `this call alone would take ${quota.amount} ${measure}, more than the limit of ${quota.limit}`
  const { per = 'minute' } = rule
  return `the limit of ${quota.limit} ${measure}${measure === 'concurrency' ? ' at a time' : ` per ${per}`} is reached`
}

/** The counts that a call falls under. */
function quotas(call: Call, { rules, priceOf, estimate }: LimitOptions): Counted[] {
  const { target, alias, scope } = call
  if (!target) return []
  const matching = rules.map((rule, n) => ({ rule, n })).filter(({ rule }) => !rule.models || [target.alias, alias].some((name) => rule.models?.includes(name)))
  if (!matching.length) return []
  const inputTokens = estimate(call)
  const outputTokens = call.request.maxTokens ?? target.config.params?.max_tokens ?? target.config.capabilities?.max_output ?? USUAL_OUTPUT
  const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 }
  const found = priceOf(target)
  const amounts: Amounts = { requests: 1, tokens: usage.totalTokens, usd: (found && costOf(usage, found).totalUsd) || 0, concurrency: 1 }
  return matching.flatMap(({ rule, n }) =>
    MEASURES.flatMap((measure) => {
      const most = rule[measure]
      if (most === undefined) return []
      const by = (rule.by ?? []).map((what) => (what === 'tenant' ? `tenant:${scope.tenant ?? ''}` : `model:${target.alias}`))
      const key = [rule.name ?? `limit-${n}`, measure, ...by].join('/')
      const windowMs = measure === 'concurrency' ? 0 : WINDOWS[rule.per ?? 'minute']
      return [{ rule, measure, quota: { key, limit: most, windowMs, amount: amounts[measure] } }]
    }),
  )
}
