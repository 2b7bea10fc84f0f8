// One logical call on its way through the rings, and the reply on its way back.
import type { RelayError } from '../errors.ts'
import type { Delta } from './event.ts'
import type { Target } from './provider.ts'
import type { ChatRequest } from './request.ts'
import type { Attempt, ChatResponse } from './response.ts'
import type { Runtime, Scope } from './runtime.ts'

/** What one logical call may spend, shared by its retries, fallbacks and hedges. */
export interface Budget {
  /** Requests that may still be made. */
  left: number
  /** The runtime's clock must not pass this, in milliseconds since 1970. */
  readonly deadline: number
  /** What has been tried so far. */
  readonly attempts: Attempt[]
}

/** One logical call. A ring that changes it hands on a copy. */
export interface Call {
  readonly mode: 'chat' | 'stream' | 'embed' | 'rerank'
  /** What the caller asked for: a model or a group. Empty where that is still to be chosen. */
  readonly alias: string
  readonly request: ChatRequest
  /** Chooses who is asked, where no alias says it: `route` asks it first. */
  readonly decide?: Decide | undefined
  /** What was chosen: these are asked in turn, as the members of a group are, each by its own name. */
  readonly order?: readonly string[] | undefined
  readonly scope: Scope
  readonly runtime: Runtime
  /** Aborted by the caller. */
  readonly signal?: AbortSignal | undefined
  readonly startedAt: number
  readonly budget: Budget
  /** Set by `route`. */
  readonly target?: Target
  /** Why the next request is made. */
  readonly kind: Attempt['kind']
  /** Turns a model into one that is spoken to about this, where that is not by its provider's chat wire. */
  readonly speak?: (target: Target) => Target
  /** Set by `route`: another member could answer, so there is no need to wait long for this one. */
  readonly alternatives?: boolean
  /** Where a call takes several requests, models that have failed for good: they fail again, unasked. `route` adds to it. */
  readonly fallen?: Map<string, RelayError>
  /**
   * Set by `limit`: asks for room for one more request of the same call. Throws a LimitError, or the
   * signal's reason.
   */
  readonly again?: () => Promise<void>
  /** Set by `limit`: is told of each request that failed, whatever becomes of the call after it. */
  readonly lost?: (failure: RelayError) => void
}

/** Says who is asked for a call, the first of them by `alias`. */
export type Decide = (call: Call) => Promise<Pick<Call, 'alias' | 'order' | 'request'>>

/** How a call ended. `cancelled` is the caller's doing: `break`, `abort()`. */
export interface Outcome {
  readonly status: 'ok' | 'error' | 'cancelled'
  /** The answer, or what had arrived of it. */
  readonly response: ChatResponse
  readonly error?: RelayError
}

/** May rewrite the response once it is whole, or what there is of it. Inner rings first. */
export type Finish = (response: ChatResponse) => ChatResponse
/** Sees the end, exactly once, whichever it is. */
export type Settle = (outcome: Outcome) => void

/** An answer that has begun to arrive: its first content is decoded. */
export interface Reply {
  readonly target: Target
  /** Decoded and not yet taken: a consumer empties it. */
  readonly queue: Delta[]
  /** Waits until more is decoded; false once the answer is whole. Throws a RelayError, or the caller's abort reason. */
  pull(): Promise<boolean>
  /** The answer, or what there is of it by now. */
  response(): ChatResponse
  /** Closes the connection. */
  cancel(reason?: unknown): void
  /** Added to by rings, inner first. */
  readonly finish: Finish[]
  readonly settle: Settle[]
}

export type Next = (call: Call) => Promise<Reply>

/** The fixed place of a ring, from the outermost in. */
export type Stage = 'redact' | 'audit' | 'guard' | 'cache' | 'route' | 'limit' | 'retry' | 'breaker' | 'price' | 'trace'

/** A concern of its own, around everything that lies further in. */
export interface Layer {
  readonly stage: Stage
  readonly wrap: (next: Next) => Next
}
