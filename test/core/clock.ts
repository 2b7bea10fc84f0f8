// A clock that tests turn: nothing waits for the real one.
import type { Runtime } from '../../src/types/runtime.ts'

export interface Clock extends Pick<Runtime, 'now' | 'timer' | 'random' | 'defer'> {
  /** Lets time pass, timers included, and what follows from them. */
  pass(ms: number): Promise<void>
  /** Sets the clock without letting time pass. */
  set(now: number): void
  /** How many timers are set. */
  pending(): number
}

/** Whatever is ready to run has run. */
export async function calm(): Promise<void> {
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve))
}

export const START = 1_764_000_000_000

export function makeClock(start = START): Clock {
  let now = start
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  return {
    now: () => now,
    random: () => 0.5,
    defer: (work) => void work,
    set: (to) => void (now = to),
    pending: () => timers.size,
    timer(run, ms) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async pass(ms) {
      await calm()
      const until = now + ms
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
        if (!next) break
        timers.delete(next)
        now = Math.max(now, next.at)
        next.run()
        await calm()
      }
      now = until
      await calm()
    },
  }
}
