// The clocks of one attempt: each that runs out has a name of its own.
import type { ErrorCode, RelayError } from '../errors.ts'
import type { Call } from '../types/call.ts'
import type { Runtime } from '../types/runtime.ts'
import { follower, type Follower } from './lifeline.ts'

export type Clock = Extract<ErrorCode, `timeout_${string}`>

export interface Stopwatch {
  /** Starts a clock in the place of the one that runs. No seconds, no clock. */
  expect(clock: Clock, seconds: number | undefined): void
  /** Nothing is waited for: only the deadline counts. */
  rest(): void
  stop(): void
}

/** The longest that timers can wait; longer ones look again. */
export const FAR: number = 2 ** 31 - 1

/** Calls `expire` with the clock that ran out. One timer serves all: it is set again only when it fires, not for each event. */
export function stopwatch(runtime: Pick<Runtime, 'now' | 'timer'>, limits: readonly (readonly [Clock, number])[], expire: (clock: Clock) => void): Stopwatch {
  let running: readonly [Clock, number] | undefined
  let due = Infinity
  let cancel = (): void => undefined

  const all = (): readonly (readonly [Clock, number])[] => (running ? [...limits, running] : limits)
  const look = (): void => {
    due = Infinity
    const now = runtime.now()
    const out = all().find(([, at]) => now >= at)
    if (out) expire(out[0])
    else arm()
  }
  const arm = (): void => {
    const at = Math.min(...all().map(([, at]) => at))
    if (at >= due) return
    cancel()
    due = at
    cancel = runtime.timer(look, Math.min(FAR, Math.max(0, at - runtime.now())))
  }
  arm()
  return {
    expect(clock, seconds) {
      running = seconds ? [clock, runtime.now() + seconds * 1000] : undefined
      arm()
    },
    rest() {
      running = undefined
    },
    stop() {
      due = -Infinity
      cancel()
    },
  }
}

/** Aborted with the call's own signal, or with an error when a moment has come, unless the clock was stopped before. */
export function timed({ runtime, signal }: Pick<Call, 'runtime' | 'signal'>, until: number, late: () => RelayError): Follower & Pick<Stopwatch, 'stop'> {
  const waits = follower(signal)
  const { stop } = stopwatch(runtime, [['timeout_attempt', until]], () => waits.abort(late()))
  return { ...waits, stop }
}

/** The timers of the platform. */
export function platformTimer(run: () => void, ms: number): () => void {
  const id = setTimeout(run, ms)
  return () => clearTimeout(id)
}
