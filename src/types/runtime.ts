// What Relay needs of the world: network, time and chance, all of it handed in.

/** `fetch`, as every runtime has it. */
export type FetchLike = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** The world that a hub lives in. Tests hand in a clock that they turn. */
export interface Runtime {
  readonly fetch: FetchLike
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** 0 <= x < 1. */
  readonly random: () => number
  /** Calls `run` once after `ms`; what it returns cancels that. */
  readonly timer: (run: () => void, ms: number) => () => void
  /** Keeps work alive after the answer has gone out (`waitUntil`). Default: lets it run. */
  readonly defer: (work: Promise<unknown>) => void
}

/** A secret that is fetched when it is needed, such as a Cloudflare Secrets Store binding. */
export interface SecretBinding {
  get(): Promise<string>
}

/** Where the values of variables come from: a record, or a function of the name. */
export type Env = { readonly [name: string]: unknown } | ((name: string) => string | SecretBinding | undefined)

/** What belongs to one incoming request. */
export interface Scope {
  /** The scope around this one, where that has a signal. Set by `with`. */
  readonly within?: Scope
  /** Beside a request's own, and that of a scope around this one: the first to be aborted counts. */
  readonly signal?: AbortSignal
  /** Keeps the limits, caches and budgets of one customer from another's. */
  readonly tenant?: string
  /** Merged into every request's metadata. */
  readonly metadata?: { readonly [key: string]: unknown }
  /** `ctx.waitUntil`, bound. */
  readonly defer?: (work: Promise<unknown>) => void
}
