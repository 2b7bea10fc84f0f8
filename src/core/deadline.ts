// The clocks of one attempt: each that runs out has a name of its own.
import type { ErrorCode } from '../errors.ts'
import type { Runtime } from '../types/runtime.ts'

export type Clock = Extract<ErrorCode, `timeout_${string}`>

export interface Stopwatch {
  /** Starts a clock in the place of the one that runs. No milliseconds, no clock. */
  expect(clock: Clock, ms: number | undefined): void
  /** Nothing is waited for: only the deadline counts. */
  rest(): void
  stop(): void
}

/** The longest that timers can wait; longer ones look again. */
const FAR = 2 ** 31 - 1

/** Calls `expire` with the clock that ran out. One timer serves all: it is set again only when it fires, not for each event. */
export function stopwatch(runtime: Runtime, limits: readonly (readonly [Clock, number])[], expire: (clock: Clock) => void): Stopwatch {
  let running: readonly [Clock, number] | undefined
  let due = Infinity
  let cancel: (() => void) | undefined

  const arm = (): void => {
    const at = [...limits, ...(running ? [running] : [])].reduce((least, [, at]) => Math.min(least, at), Infinity)
    if (at >= due) return
    cancel?.()
    due = at
    cancel = runtime.timer(look, Math.min(FAR, Math.max(0, at - runtime.now())))
  }
  const look = (): void => {
    due = Infinity
    const now = runtime.now()
    const out = [...limits, ...(running ? [running] : [])].find(([, at]) => now >= at)
    if (out) expire(out[0])
    else arm()
  }
  arm()
  return {
    expect(clock, ms) {
      running = ms === undefined ? undefined : [clock, runtime.now() + ms]
      arm()
    },
    rest() {
      running = undefined
    },
    stop() {
      due = -Infinity
      cancel?.()
    },
  }
}
