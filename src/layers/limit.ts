/**
 * Keeps calls within limits and budgets, by reservation: what a call may take is held before it and settled after it.
 * @module
 */
import { estimateInput } from '../core/tokens.ts'
import { RelayError, relayError, type ErrorDetails } from '../errors.ts'
import type { Call, Layer } from '../types/call.ts'
import type { LimitConfig, LimitStore, Quota, Verdict } from '../types/limits.ts'
import type { Target } from '../types/provider.ts'
import type { Attempt, ChatResponse } from '../types/response.ts'
import { costOf, type Price, type PriceOf } from './price.ts'
import { sleep } from './retry.ts'

export { rulesOf } from './rules.ts'
export type { Price, PriceOf } from './price.ts'

export interface LimitOptions {
  /** `rulesOf(config)` are those of a catalogue. */
  readonly rules: readonly LimitConfig[]
  /** Where the counts are. A store that many isolates share makes the limits hold across them. */
  readonly store: LimitStore
  /** For limits in US dollars. Default: the `cost` of the model's entry in the catalogue. */
  readonly priceOf?: PriceOf
  /** An estimate of a request's input, in tokens. Default: four characters to a token. */
  readonly estimate?: (call: Call) => number
  /** What becomes of calls when the store cannot be asked. `closed`: none is made. Default `closed`. */
  readonly onStoreError?: 'open' | 'closed'
  /** How long the store is waited for, in seconds. Default 5. */
  readonly storeTimeout?: number
}

/** What a rule counts. */
type Measure = 'requests' | 'tokens' | 'usd' | 'concurrency'
type Amounts = { readonly [measure in Measure]: number }

interface Counted {
  readonly rule: LimitConfig
  readonly measure: Measure
  readonly quota: Quota
}

/** What a call is thought to take, and what a part of it would cost. */
interface Estimate {
  readonly input: number
  /** Undefined where nobody knows the model's price. */
  readonly amounts: Omit<Amounts, 'usd'> & { readonly usd: number | undefined }
  /** Whether somebody said how long the answer may be. */
  readonly bounded: boolean
  /** Undefined where nobody knows the price. */
  readonly priced: (input: number, output: number) => number | undefined
}

const WINDOWS = { minute: 60_000, hour: 3_600_000, day: 86_400_000, month: 30 * 86_400_000 }
const MEASURES: readonly Measure[] = ['requests', 'tokens', 'usd', 'concurrency']
/** Dollars are counted in whole billionths: sums of fractions drift. */
const NANO = 1e9
/** A hold is remembered for so long after the deadline of its call, which ends it in any case. */
const SPARE_MS = 60_000
/** Tokens of output that are reserved at first where nobody says how many there may be. */
const USUAL_OUTPUT = 1024
/** The longest answer of a model is forgotten by so much with each that follows. */
const FADE = 0.98
/** How often calls that wait for room that others hold look again. */
const LOOK_MS = 100
const RARELY_MS = 1000
/** Failures after which the provider has the request, and may bill it, though nothing came back: it was silent, or answered with a success that broke. */
const SILENT = /^(timeout_|cancelled)/
const BROKE = /^(network|stream_truncated|invalid_response)$/
const FINE = 299

/** Reserves room in every count that a call falls under, and settles what it used on every way out. */
export function limit(options: LimitOptions): Layer {
  // The longest answers seen lately, by model, in tokens.
  const longest = new Map<string, number>()
  return {
    stage: 'limit',
    wrap: (next) => async (call) => {
      const { target, budget } = call
      const rules = matching(options.rules, call)
      if (!target || !rules.length) return next(call)
      const usual = longest.get(target.alias) ?? USUAL_OUTPUT
      const estimate = estimated(call, options, usual)
      const counted = rules.flatMap((rule) => quotas(rule, call, estimate))
      const made = budget.attempts.length
      const release = await hold(call, unique(counted), options)
      const more: Release[] = []
      const failures = new Set<RelayError>()
      const settle = (response?: ChatResponse): void => {
        const mine = budget.attempts.slice(made).filter(({ alias }) => alias === target.alias)
        if (response && !response.usage.estimated && isChat(call.mode)) longest.set(target.alias, Math.max(response.usage.outputTokens, usual * FADE))
        // Room for a request that was made stays taken; what was not made in the end gives it back.
        const taken = Math.max(0, Math.min(more.length, mine.length - 1))
        // The last is the one that was answered, however that ended.
        const attempts = response ? mine.slice(0, -1) : mine
        release(spent({ response, failures: [...failures], attempts, requests: mine.length - taken }, estimate))
        for (const [n, leave] of more.entries()) leave({ ...NOTHING, requests: n < taken ? 1 : 0 })
      }
      const requests = unique(counted.filter(({ measure }) => measure === 'requests'))
      const again: Call['again'] = async () => void more.push(await hold(call, requests, options))
      const lost: Call['lost'] = (failure) => void failures.add(failure)
      try {
        const reply = await next({ ...call, again, lost })
        // As it is here: rings further out may add what others have cost, who settle it themselves.
        let own: ChatResponse | undefined
        reply.finish.push((response) => (own = response))
        reply.settle.push(({ response }) => settle(own ?? response))
        return reply
      } catch (error) {
        if (error instanceof RelayError) failures.add(error)
        settle()
        throw error
      }
    },
  }
}

/** Gives back what is held, for what was really used of it. */
type Release = (used: Amounts) => void

/** Reserves, waiting where the rule says so. Throws a LimitError that says when to come back. */
async function hold(call: Call, counted: readonly Counted[], options: LimitOptions): Promise<Release> {
  const { runtime, budget, signal, target } = call
  if (!counted.length) return () => undefined
  const id = crypto.randomUUID()
  const from = runtime.now()
  const details = { alias: target?.alias, provider: target?.provider.name, model: target?.model }
  let final: Amounts | undefined
  const release: Release = (used) => {
    final = used
    const byKey = Object.fromEntries(counted.map(({ measure, quota }) => [quota.key, used[measure]]))
    // Harmless when the first has arrived after all.
    const settle = (): Promise<void> => options.store.settle(id, byKey)
    runtime.defer(settle().catch(() => sleep(runtime, 1000).then(settle)).catch(() => undefined))
  }
  for (let n = 0; ; n++) {
    const now = runtime.now()
    const verdict = await asked(call, { id, counted, options, details, release, final: () => final })
    if (verdict.ok) return release
    const { key, retryAfterMs, sooner } = verdict
    const full = counted.find(({ quota }) => quota.key === key)
    const { on_limit = 'fallback', max_wait = 30 } = full?.rule ?? {}
    const look = Math.min(RARELY_MS, LOOK_MS * 2 ** n) * (0.5 + runtime.random() / 2)
    const pause = sooner ? Math.min(retryAfterMs, look) : retryAfterMs
    if (on_limit === 'wait' && now + pause <= from + max_wait * 1000 && now + pause < budget.deadline) {
      await sleep(runtime, pause, signal)
      continue
    }
    const hint = Number.isFinite(retryAfterMs) ? { retryAfterMs } : undefined
    throw relayError(on_limit === 'error' ? 'limit_reached' : 'limit', words(full), { ...details, ...hint, data: { key } })
  }
}

interface Asking {
  readonly id: string
  readonly counted: readonly Counted[]
  readonly options: LimitOptions
  readonly details: ErrorDetails
  readonly release: Release
  /** What was released. */
  readonly final: () => Amounts | undefined
}

/** Asks the store, but not for longer than it may take, or than the caller stays. */
function asked(call: Call, { id, counted, options, details, release, final }: Asking): Promise<Verdict> {
  const { runtime, budget, signal } = call
  const { store, onStoreError, storeTimeout = 5 } = options
  const now = runtime.now()
  const quotas = counted.map(({ quota }) => quota)
  return new Promise((resolve, reject) => {
    let gone: 'on' | 'away' | undefined
    const leave = (where: 'on' | 'away', then: () => void): void => {
      cancel()
      signal?.removeEventListener('abort', walked)
      gone = where
      then()
    }
    const failed = (cause: unknown): void => {
      if (onStoreError === 'open') return leave('on', () => resolve({ ok: true }))
      leave('away', () => reject(relayError('limit', 'the store that counts for limits cannot be asked, so no call is made', { ...details, cause })))
      // It may have counted the call, and only its answer was lost.
      release(NOTHING)
    }
    const walked = (): void => leave('away', () => reject(signal?.reason))
    const cancel = runtime.timer(() => failed(new Error(`no answer in ${storeTimeout} s`)), storeTimeout * 1000)
    if (signal?.aborted) return walked()
    signal?.addEventListener('abort', walked)
    store.reserve(id, quotas, { now, ttlMs: Math.max(0, budget.deadline - now) + SPARE_MS }).then(
      (verdict) => {
        if (!gone) return leave('on', () => resolve(verdict))
        // Nobody waits for it any more. Where the call went on without it, it may be over.
        const used = gone === 'away' ? NOTHING : final()
        if (verdict.ok && used) release(used)
      },
      (cause: unknown) => void (gone ?? failed(cause)),
    )
  })
}

const NOTHING: Amounts = { requests: 0, tokens: 0, usd: 0, concurrency: 0 }

function words(full: Counted | undefined): string {
  if (!full) return 'a limit is reached'
  const { rule, measure, quota } = full
  const held = measure === 'concurrency'
  const [most, amount] = [quota.limit, quota.amount].map((value) => (measure === 'usd' ? `${value / NANO} USD` : `${value} ${held ? 'calls' : measure}`))
  if (quota.amount > quota.limit) return `this call alone may take ${amount}, more than the limit of ${most}: lower its max_tokens, or raise the limit`
  return `the limit of ${most} ${held ? 'at a time' : `per ${rule.per ?? 'minute'}`} is reached`
}

/** A rule and its place, which names it where nothing else does. */
interface Placed {
  readonly rule: LimitConfig
  readonly name: string
}

function matching(rules: readonly LimitConfig[], { target, alias }: Call): Placed[] {
  return rules
    .map((rule, n) => ({ rule, name: rule.name ?? `limit-${n}` }))
    .filter(({ rule: { models } }) => !models || [alias, target?.alias, ...(target?.groups ?? [])].some((name) => models.includes(name ?? '')))
}

/** The counts of one rule that a call falls under. */
function quotas({ rule, name }: Placed, { target, scope }: Call, { amounts, bounded }: Estimate): Counted[] {
  const { per = 'minute', by = [] } = rule
  return MEASURES.flatMap((measure) => {
    const said = rule[measure]
    if (said === undefined) return []
    const held = measure === 'concurrency'
    const most = measure === 'usd' ? Math.round(said * NANO) : said
    const whose = by.map((what) => (what === 'tenant' ? scope.tenant : target?.alias) ?? '')
    // Encoded, so that no tenant's name is another's count.
    const key = [name, measure, ...(held ? [] : [per]), ...whose].map((part) => part.replace(/[%/]/g, (sign) => (sign === '/' ? '%2F' : '%25'))).join('/')
    const guess = amounts[measure]
    if (guess === undefined) {
      throw relayError('limit', `nobody knows the price of \`${target?.alias}\`, so the limit of ${said} USD cannot be kept: give the model a \`cost\``, { alias: target?.alias })
    }
    // A mere guess must not forbid what may well fit.
    const amount = bounded ? guess : Math.min(guess, most)
    return [{ rule, measure, quota: { key, limit: most, windowMs: held ? 0 : WINDOWS[per], amount } }]
  })
}

/** Rules of one name share a count: the strictest speaks. */
function unique(counted: readonly Counted[]): Counted[] {
  const strict = new Map<string, Counted>()
  for (const one of counted) {
    const { key, limit } = one.quota
    if (limit < (strict.get(key)?.quota.limit ?? Infinity)) strict.set(key, one)
  }
  return [...strict.values()]
}

function estimated(call: Call, { priceOf = ownPrice, estimate = roughly }: LimitOptions, usual: number): Estimate {
  const { target, request, mode } = call
  const bound = isChat(mode) ? (request.maxTokens ?? target?.config.params?.max_tokens) : 0
  const most = target?.config.capabilities?.max_output ?? Infinity
  const input = estimate(call)
  const output = Math.min(most, bound ?? Math.ceil(usual))
  const found = target && priceOf(target)
  const priced = (inputTokens: number, outputTokens: number): number | undefined => {
    const usage = { inputTokens, outputTokens, totalTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 }
    const usd = found ? costOf(usage, found).totalUsd : null
    return usd === null ? undefined : Math.round(usd * NANO)
  }
  const amounts = { requests: 1, tokens: input + output, usd: priced(input, output), concurrency: 1 }
  return { input, amounts, bounded: bound !== undefined, priced }
}

function roughly({ request }: Call): number {
  return estimateInput(request)
}

function ownPrice({ config: { cost } }: Target): Price | undefined {
  return cost && { rates: cost, source: 'user_override', confidence: 'exact' }
}

/** Vectors and rankings are no output. */
function isChat(mode: Call['mode']): boolean {
  return mode === 'chat' || mode === 'stream'
}

/** What came of a call's requests. */
interface Ended {
  /** Of the one that was answered, and what had arrived of it. */
  readonly response: ChatResponse | undefined
  /** Of those that were not. */
  readonly failures: readonly RelayError[]
  readonly attempts: readonly Attempt[]
  /** Those that nobody has asked room for but the call itself. */
  readonly requests: number
}

/** What a call really took, by what is known of it when it has ended. */
function spent({ response, failures, attempts, requests }: Ended, { input, amounts, priced }: Estimate): Amounts {
  const told = failures.filter(({ partial }) => partial)
  const parts = [response, ...told.map(({ partial }) => partial)].filter((part) => part !== undefined)
  const read = attempts.filter(({ cause, status }) => wasRead(cause, status)).length - told.filter(({ code, status }) => wasRead(code, status)).length
  const usdOf = ({ usage, costUsd }: ChatResponse): number =>
    costUsd === null ? (priced(usage.inputTokens, usage.outputTokens) ?? amounts.usd ?? 0) : Math.round(costUsd * NANO)
  return {
    requests,
    concurrency: 0,
    tokens: parts.reduce((sum, { usage }) => sum + usage.totalTokens, read * input),
    usd: parts.reduce((sum, part) => sum + usdOf(part), read * (priced(input, 0) ?? 0)),
  }
}

function wasRead(cause = '', status = 0): boolean {
  return status <= FINE && (SILENT.test(cause) || (status > 0 && BROKE.test(cause)))
}
