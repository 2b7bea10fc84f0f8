// What one attempt hangs on: the caller's signal and its own clocks, whichever gives way first.
import { RelayError, relayError, type ErrorDetails } from '../errors.ts'
import { isNetworkError } from '../http/network.ts'

export interface Lifeline {
  /** For `fetch`. */
  readonly signal: AbortSignal
  /** Waits for work of the network, or for the end of the line. Throws a RelayError, or the caller's abort reason. */
  hold<T>(work: Promise<T>): Promise<T>
  /** Ends it: the connection is closed, and what is held is thrown `reason`. */
  cut(reason: unknown): void
  /** Whether it was ended. */
  gone(): boolean
  /** Lets go of the caller's signal. */
  release(): void
}

/** One signal that follows several. */
export function anySignal(signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const [first, ...others] = signals.filter((signal) => signal !== undefined)
  if (!first || !others.length) return first
  // Missing in the edge runtime.
  if ('any' in AbortSignal) return AbortSignal.any([first, ...others])
  const control = new AbortController()
  for (const signal of [first, ...others]) {
    if (signal.aborted) control.abort(signal.reason)
    else signal.addEventListener('abort', () => control.abort(signal.reason), { once: true })
  }
  return control.signal
}

/** `fetch` and reads are not trusted to notice an abort: a custom one may not. */
export function lifeline(signal: AbortSignal | undefined, details: ErrorDetails): Lifeline {
  const control = new AbortController()
  let end: { readonly reason: unknown } | undefined
  let drop: ((reason: unknown) => void) | undefined

  const release = (): void => signal?.removeEventListener('abort', aborted)
  const cut = (reason: unknown): void => {
    if (end) return
    end = { reason }
    release()
    drop?.(reason)
    control.abort(reason)
  }
  const aborted = (): void => cut(signal?.reason)
  if (signal?.aborted) aborted()
  else signal?.addEventListener('abort', aborted)

  return {
    signal: control.signal,
    hold: (work) =>
      new Promise((resolve, reject) => {
        drop = reject
        work.then(resolve, (cause: unknown) => reject(failure(cause, details)))
        if (end) reject(end.reason)
      }),
    cut,
    gone: () => end !== undefined,
    release,
  }
}

function failure(cause: unknown, details: ErrorDetails): unknown {
  if (cause instanceof RelayError) return cause
  const words = cause instanceof Error ? `${cause.message}${cause.cause instanceof Error ? `: ${cause.cause.message}` : ''}` : String(cause)
  if (isNetworkError(cause)) return relayError('network', `the connection failed: ${words}`, { ...details, cause })
  // What cannot be sent is quoted by some runtimes, a key among it: it is scrubbed here, and not kept as the cause.
  return relayError('config', `the request cannot be sent: ${words}`, details)
}
