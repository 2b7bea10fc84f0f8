// Several keys of one model: which is used next, and which rest.
import type { RelayError } from '../errors.ts'
import type { Credential, Target } from '../types/provider.ts'

type KeyOf = (target: Target) => Promise<Credential | undefined>

/** The keys of models that have several. */
export interface Keyring {
  /** The model with the key that is to be used next. A model with one key as it is. */
  readonly pick: (target: Target, now: number) => Target
  /** Takes note of how a key did: `undefined` for an answer. True where another key may do better right away. */
  readonly report: (target: Target, error: RelayError | undefined, now: number) => boolean
  /** The key of a model, whether it has one or several. */
  readonly credential: KeyOf
  /** The fingerprint of a key that was asked for, where there are several. */
  readonly print: (target: Target) => string | undefined
}

/** Of a key that was refused or throttled, until a call with it is answered. */
interface Rest {
  until: number
  readonly ms: number
  /** It was used nevertheless, or again: an answer from before says nothing. */
  tried: boolean
}

/** By place in the list. */
interface Pool {
  readonly rests: (Rest | undefined)[]
  /** What a key was when it was last asked for, to see when it changes, and its fingerprint. */
  readonly known: { readonly text: string; readonly print: string }[]
  turn: number
}

/** How long a key rests that was refused: it may be paid for, allowed or replaced in the meantime. */
const REFUSED_MS = 600_000
/** How long a throttled key rests where the server does not say, and at least. */
const REST_MS = 60_000
const LEAST_MS = 1000

/**
 * Keys take turns. When none is fit the one that rests the shortest is used all the same: its failure says more than ours
 * would. `peek` asks for a key where that takes no time.
 */
export function keyring(keyOf: KeyOf, peek: KeyOf): Keyring {
  const pools = new Map<string, Pool>()
  const find = ({ alias, config: { credentials = [], credential } }: Target): [place: number, pool: Pool | undefined] => {
    const place = credential == null ? -1 : credentials.indexOf(credential)
    return [place, place < 0 ? undefined : pools.get(alias)]
  }
  return {
    pick(target, now) {
      const keys = target.config.credentials
      if (!keys) return target
      const pool = pools.get(target.alias) ?? { rests: [], known: [], turn: 0 }
      pools.set(target.alias, pool)
      const { rests, turn } = pool
      const having = (n: number): Target => ({ ...target, config: { ...target.config, credential: keys[n] ?? '' } })
      for (const [n, rest] of rests.entries()) {
        if (!rest) continue
        // A clock that is set back must not make it longer.
        rest.until = Math.min(rest.until, now + rest.ms)
        peek(having(n)).then((found) => renewed(pool, n, text(found)), () => undefined)
      }
      const due = (n: number): number => Math.max(now, rests[n]?.until ?? 0)
      const chosen = keys.map((_, n) => (turn + n) % keys.length).reduce((best, n) => (due(n) < due(best) ? n : best))
      const rest = rests[chosen]
      pool.turn = chosen + 1
      if (rest) {
        rest.tried = true
        // One call at a time finds out how it does now.
        if (rest.until <= now) rest.until = now + rest.ms
      }
      return having(chosen)
    },
    report(target, error, now) {
      const { credentials: keys = [] } = target.config
      const [place, pool] = find(target)
      const ms = restOf(error)
      if (!pool || ms === undefined) return false
      const { rests, known } = pool
      const mine = known[place]?.text
      for (const [n, key] of keys.entries()) {
        // A key that was listed twice rests in both places, or it would be its own way out.
        if (key !== keys[place] && (!mine || known[n]?.text !== mine)) continue
        if (error) rests[n] = { until: now + ms, ms, tried: false }
        else if (rests[n]?.tried) rests[n] = undefined
      }
      return keys.some((_, n) => (rests[n]?.until ?? 0) <= now)
    },
    async credential(target) {
      const found = await keyOf(target)
      const [place, pool] = find(target)
      const now = pool && text(found)
      if (now && pool.known[place]?.text !== now) pool.known[place] = { text: now, print: await fingerprint(now) }
      return found
    },
    print(target) {
      const [place, pool] = find(target)
      return pool?.known[place]?.print
    },
  }
}

/** A key that was replaced is another, and need not rest. The next call knows it: this one waits for nobody. */
function renewed({ rests, known }: Pool, n: number, now: string): void {
  const before = known[n]?.text
  if (before && before !== now) rests[n] = undefined
}

/** Undefined for a failure that says nothing of the key. */
function restOf(error: RelayError | undefined): number | undefined {
  if (!error) return 0
  const { code, retryAfterMs = REST_MS } = error
  if (/^(authentication|permission|quota)$/.test(code)) return REFUSED_MS
  return code === 'rate_limit' || code === 'circuit_open' ? Math.max(LEAST_MS, retryAfterMs) : undefined
}

function text(credential: Credential | undefined): string {
  return JSON.stringify(credential ?? null)
}

/** Tells keys apart without telling them. */
async function fingerprint(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return [...digest.slice(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
