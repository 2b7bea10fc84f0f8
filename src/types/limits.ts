// What limits count, and where they count it.

/** One count that a call takes part of. */
export interface Quota {
  /** What is counted: the same key is the same count, wherever it is asked for. */
  readonly key: string
  /** The most that may be used within the window, or at a time where there is none. */
  readonly limit: number
  /** The window slides; 0: what is held at a time (concurrency). Milliseconds. */
  readonly windowMs: number
  /** How much this call is thought to take. */
  readonly amount: number
}

/** Whether a call may go ahead. */
export type Verdict =
  | { readonly ok: true }
  /** `key` is the count that is full, `retryAfterMs` when there may be room again; Infinity where there never will be. */
  | { readonly ok: false; readonly key: string; readonly retryAfterMs: number }

/**
 * Where counts are kept. `reserve` is atomic: all quotas or none. What is reserved is settled with what was really used,
 * on every way out; what nobody settles within `ttlMs` stays counted as it was estimated.
 */
export interface LimitStore {
  reserve(id: string, quotas: readonly Quota[], clock: { readonly now: number; readonly ttlMs: number }): Promise<Verdict>
  /** By key; what is missing was not used. */
  settle(id: string, used: { readonly [key: string]: number }, now: number): Promise<void>
}

/** When a deployment is left alone. */
export interface BreakerConfig {
  /** How far back is looked, in seconds. Default 60. */
  readonly window?: number
  /** The share of attempts that failed, 0 to 1, from which on the circuit opens. Default 0.5. */
  readonly failure_rate?: number
  /** Fewer attempts than this say nothing. Default 10. */
  readonly min_requests?: number
  /** How long the deployment is left alone before one call probes it, in seconds. Default 30. */
  readonly cooldown?: number
}

/** One limit, or budget. */
export interface LimitConfig {
  /** The counter's name: limits with the same name share it. Default: the rule's place in the list. */
  readonly name?: string
  /** The models or groups that it counts. Default: all. */
  readonly models?: readonly string[]
  /** A sliding window. Default `minute`. */
  readonly per?: 'minute' | 'hour' | 'day' | 'month'
  /** Requests in the window. */
  readonly requests?: number
  /** Tokens in the window, input and output. */
  readonly tokens?: number
  /** US dollars in the window. */
  readonly usd?: number
  /** Calls under way at a time. */
  readonly concurrency?: number
  /** A counter of its own for each tenant (`hub.with({ tenant })`), each model, or each pair of both. Default: one for all. */
  readonly by?: readonly ('tenant' | 'model')[]
  /** When it is reached: wait for room, try the group's next member, or refuse the call. Default `fallback`. */
  readonly on_limit?: 'wait' | 'fallback' | 'error'
  /** With `wait`: the longest wait, in seconds. Default 30. */
  readonly max_wait?: number
}
