// Several keys of one model: which is used next, which rests, and which is left out.
import type { RelayError } from '../errors.ts'
import type { Credential, Target } from '../types/provider.ts'

/** The keys of models that have several. */
export interface Keyring {
  /** The model with the key that is to be used next. A model with one key as it is. */
  readonly pick: (target: Target, now: number) => Promise<Target>
  /** Takes note of a failure. True where another key may do better right away. */
  readonly report: (target: Target, error: RelayError, now: number) => boolean
}

interface Pool {
  /** By place: not used before this; Infinity for a key that was refused. */
  readonly rest: number[]
  readonly prints: string[]
  turn: number
}

/** How long a throttled key rests where the server does not say. */
const REST_MS = 60_000

/** Keys take turns. When none is fit the one that rests the shortest is used all the same: its failure says more than ours would. */
export function keyring(keyOf: (target: Target) => Promise<Credential | undefined>): Keyring {
  const pools = new Map<string, Pool>()
  return {
    async pick(target, now) {
      const keys = target.config.credentials
      if (!keys) return target
      let pool = pools.get(target.alias)
      if (!pool) pools.set(target.alias, (pool = { rest: keys.map(() => 0), prints: [], turn: 0 }))
      const { rest, prints } = pool
      const order = keys.map((_, n) => ((pool?.turn ?? 0) + n) % keys.length)
      const chosen = order.reduce((best, n) => (Math.max(now, rest[n] ?? 0) < Math.max(now, rest[best] ?? 0) ? n : best))
      pool.turn = chosen + 1
      const picked: Target = { ...target, config: { ...target.config, credential: keys[chosen] ?? '' } }
      prints[chosen] ??= await fingerprint(await keyOf(picked))
      return { ...picked, key: prints[chosen] }
    },
    report({ alias, key }, { code, retryAfterMs = REST_MS }, now) {
      const { rest = [], prints = [] } = pools.get(alias) ?? {}
      const refused = /^(authentication|permission|quota)$/.test(code)
      if (key === undefined || !(refused || code === 'rate_limit' || code === 'circuit_open')) return false
      // A key that was listed twice rests in both places, or it would be its own way out.
      for (const [n, print] of prints.entries()) if (print === key) rest[n] = refused ? Infinity : now + retryAfterMs
      return rest.some((until) => until <= now)
    },
  }
}

/** Tells keys apart without telling them. */
async function fingerprint(credential: Credential | undefined): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(credential ?? null))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest.slice(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
