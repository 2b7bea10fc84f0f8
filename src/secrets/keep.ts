// Keeps what credentials are fetched for, until it is time to fetch them anew.
import { RelayError } from '../errors.ts'
import type { World } from './world.ts'

export interface Kept<T> {
  readonly value: T
  /** Milliseconds since 1970. */
  readonly until: number
  /** From when on it is no good at all. */
  readonly dead?: number
}

export type Keeper<T> = (name: string, make: () => Promise<Kept<T>>) => Promise<T>

/** How soon it is tried again. */
const RETRY_MS = 10_000

/** Keeps values until shortly before they expire. Values, never promises: those belong to one request. */
export function keeper<T>({ now }: World): Keeper<T> {
  const kept = new Map<string, Kept<T>>()
  return async (name, make) => {
    const old = kept.get(name)
    if (old && old.until > now()) return old.value
    const { dead = 0 } = old ?? {}
    // While one call fetches it anew, or cannot, the others go on with what there is.
    if (old && dead > now()) kept.set(name, { ...old, until: Math.min(dead, now() + RETRY_MS) })
    try {
      const fresh = await make()
      kept.set(name, fresh)
      return fresh.value
    } catch (error) {
      // The old one is good to its last minute, should the service be down.
      if (old && dead > now() && error instanceof RelayError && /^(network|overloaded)$/.test(error.code)) return old.value
      throw error
    }
  }
}

/**
 * What expires is asked for anew when five minutes are left of it, or a tenth of it where that is less. What does not is
 * looked at again after five minutes: it may have been changed.
 */
export function kept<T>(value: T, now: number, dead?: number): Kept<T> {
  return dead === undefined ? { value, until: now + 300_000 } : { value, dead, until: dead - Math.min(300_000, (dead - now) / 10) }
}
