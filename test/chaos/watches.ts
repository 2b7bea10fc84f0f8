// What keeps count of the things that must not be left behind: timers, work put off, reservations, listeners, memory.
import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { memoryStore } from '../../src/stores/memory.ts'
import type { LimitStore } from '../../src/types/limits.ts'
import type { Runtime } from '../../src/types/runtime.ts'
import { dice } from './dice.ts'

export interface Watched {
  readonly runtime: Pick<Runtime, 'timer' | 'defer' | 'random' | 'now'>
  /** Timers that have neither fired nor been cancelled. */
  readonly timers: () => number
  /** Work put off that has not come to its end. */
  readonly deferred: () => number
}

export function watchedRuntime(seed: number): Watched {
  let timers = 0
  let deferred = 0
  return {
    runtime: {
      now: Date.now,
      random: dice(seed, 'runtime').roll,
      timer(run, ms) {
        let waiting = true
        const over = (): void => {
          if (waiting) timers--
          waiting = false
        }
        timers++
        const id = setTimeout(() => {
          over()
          run()
        }, ms)
        return () => {
          over()
          clearTimeout(id)
        }
      },
      defer(work) {
        deferred++
        const over = (): void => void deferred--
        work.then(over, over)
      },
    },
    timers: () => timers,
    deferred: () => deferred,
  }
}

export interface WatchedStore {
  readonly store: LimitStore
  /** What has been reserved and not settled. */
  readonly open: () => number
  /** What was settled that was not open: twice, or never reserved. */
  readonly strays: () => number
  readonly reserved: () => number
  /** What was used, by the name of the rule and what it counts. */
  readonly used: (prefix: string) => number
}

/** A store that takes its time, as one across a network does. */
export function watchedStore(seed: number): WatchedStore {
  const { store, open, used } = { store: memoryStore(), open: new Set<string>(), used: new Map<string, number>() }
  const { between, chance } = dice(seed, 'store')
  const pause = (): Promise<void> | undefined => (chance(0.2) ? new Promise((resolve) => setTimeout(resolve, between(0, 8))) : undefined)
  let strays = 0
  let reserved = 0
  return {
    store: {
      async reserve(id, quotas, moment) {
        await pause()
        const verdict = await store.reserve(id, quotas, moment)
        if (verdict.ok) {
          open.add(id)
          reserved++
        }
        await pause()
        return verdict
      },
      async settle(id, spent) {
        await pause()
        if (!open.delete(id)) strays++
        for (const [key, amount] of Object.entries(spent)) used.set(key, (used.get(key) ?? 0) + amount)
        return store.settle(id, spent)
      },
    },
    open: () => open.size,
    strays: () => strays,
    reserved: () => reserved,
    used: (prefix) => [...used].reduce((sum, [key, amount]) => (key.startsWith(prefix) ? sum + amount : sum), 0),
  }
}

/** Those who still listen to a signal. */
export function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}

/** Bytes that are in use, without what nobody holds any more. */
export async function heap(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let least = Infinity
  // What is told of its end by the collector lets go of more, a turn later.
  for (let i = 0; i < 8; i++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 25))
    least = Math.min(least, process.memoryUsage().heapUsed)
  }
  return least
}

/** Waits for something to become true, for so long at most; says whether it did. */
export async function eventually(what: () => boolean, ms: number): Promise<boolean> {
  for (const until = Date.now() + ms; !what();) {
    if (Date.now() > until) return false
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return true
}
