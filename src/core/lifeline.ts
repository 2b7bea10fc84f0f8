// What one attempt hangs on: the caller's signal and its own clocks, whichever gives way first.
import { RelayError, relayError, type ErrorDetails } from '../errors.ts'
import { isNetworkError } from '../http/network.ts'
import type { Call } from '../types/call.ts'
import type { Scope } from '../types/runtime.ts'

export interface Follower extends Pick<AbortController, 'signal'> {
  abort(reason: unknown): void
  /** Lets go of the signals that it follows: they may live much longer. */
  release(): void
}

/** Its signal is for `fetch`; aborting it closes the connection. */
export interface Lifeline extends Follower {
  /** Waits for work of the network, or for the end of the line. Throws a RelayError, or the reason of that end. */
  hold<T>(work: Promise<T>): Promise<T>
}

/**
 * Aborted by itself, or with the first of several signals. Not `AbortSignal.any`, which the edge runtime lacks, and with
 * which a signal remembers in Node 20 for as long as it lives whoever has followed it.
 */
export function follower(...signals: readonly (AbortSignal | undefined)[]): Follower {
  return following(signals)
}

/** `ended` is told first. It is no listener, which takes Node as long as the rest of it. */
function following(signals: readonly (AbortSignal | undefined)[], ended?: (reason: unknown) => void): Follower {
  const control = new AbortController()
  const release = (): void => signals.forEach((signal) => signal && leave(signal, follow))
  const abort = (reason: unknown): void => {
    release()
    ended?.(reason)
    control.abort(reason)
  }
  const follow = (): void => {
    const gone = signals.find((signal) => signal?.aborted)
    if (gone) abort(gone.reason)
  }
  signals.forEach((signal) => signal && join(signal, follow))
  follow()
  return { signal: control.signal, abort, release }
}

/** Whatever may end a call from outside: its own signal, and those of the scopes that it is asked in. */
export function signalsOf({ scope, signal }: Pick<Call, 'scope' | 'signal'>): readonly AbortSignal[] {
  const all = [signal]
  for (let at: Scope | undefined = scope; at; at = at.within) all.push(at.signal)
  return all.filter((one) => one !== undefined)
}

interface Following {
  readonly all: Set<() => void>
  readonly tell: () => void
}

// One listener for all that follow a signal: of more than ten Node warns.
const followings = new WeakMap<AbortSignal, Following>()

function join(signal: AbortSignal, follow: () => void): void {
  const all = followings.get(signal)?.all ?? new Set()
  if (!all.size) {
    const tell = (): void => all.forEach((follow) => follow())
    followings.set(signal, { all, tell })
    signal.addEventListener('abort', tell)
  }
  all.add(follow)
}

function leave(signal: AbortSignal, follow: () => void): void {
  const following = followings.get(signal)
  if (following?.all.delete(follow) && !following.all.size) signal.removeEventListener('abort', following.tell)
}

/** `fetch` and reads are not trusted to notice an abort: a custom one may not. */
export function lifeline(caller: AbortSignal | undefined, details: ErrorDetails): Lifeline {
  let drop: ((reason: unknown) => void) | undefined
  const line = following([caller], (reason) => drop?.(reason))
  const { signal } = line
  return {
    ...line,
    hold: (work) =>
      new Promise((resolve, reject) => {
        drop = reject
        work.then(resolve, (cause: unknown) => reject(failure(cause, details)))
        if (signal.aborted) reject(signal.reason)
      }),
  }
}

function failure(cause: unknown, details: ErrorDetails): unknown {
  if (cause instanceof RelayError) return cause
  const words = cause instanceof Error ? `${cause.message}${cause.cause instanceof Error ? `: ${cause.cause.message}` : ''}` : String(cause)
  if (isNetworkError(cause)) return relayError('network', `the connection failed: ${words}`, { ...details, cause })
  // What cannot be sent is quoted by some runtimes, a key among it: it is scrubbed here, and not kept as the cause.
  return relayError('config', `the request cannot be sent: ${words}`, details)
}
