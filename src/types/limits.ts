// What limits count, and where they count it.

/** One count that a call takes part of. */
export interface Quota {
  /** What is counted: the same key is the same count, wherever it is asked for. */
  readonly key: string
  /** The most that may be used within the window, or at a time where there is none. */
  readonly limit: number
  /** The window slides; 0: what is held at a time (concurrency). Milliseconds, the same whenever the key is asked for. */
  readonly windowMs: number
  /** How much this call is thought to take. Whole numbers are counted exactly. */
  readonly amount: number
}

/** Whether a call may go ahead. */
export type Verdict =
  | { readonly ok: true }
  | {
    readonly ok: false
    /** The count that is full. */
    readonly key: string
    /** When there is room again, whatever becomes of the calls under way; Infinity where there never will be. */
    readonly retryAfterMs: number
    /** Calls under way hold so much of it that there may be room at any time. */
    readonly sooner: boolean
  }

/** When a reservation is made. */
export interface Moment {
  /** Milliseconds since 1970. A store with a clock of its own goes by that. */
  readonly now: number
  /** Longer than the call can last. */
  readonly ttlMs: number
}

/**
 * Where counts are kept. A window counts the calls that were let in within it: at their estimate while they are under way,
 * and as what they used from then on. What nobody settles within `ttlMs` stays counted as it was estimated.
 */
export interface LimitStore {
  /** Atomic: all quotas or none, each key once. The same id again, as after a lost answer, takes nothing twice. */
  readonly reserve: (id: string, quotas: readonly Quota[], moment: Moment) => Promise<Verdict>
  /**
   * What was really used, by key, for every key that was reserved; 0 gives it back. Durable, where the store is, once it
   * resolves. Twice, or for an id that is not known (any more), it does nothing.
   */
  readonly settle: (id: string, used: { readonly [key: string]: number }) => Promise<void>
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
