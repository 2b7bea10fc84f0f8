/**
 * Counts in a Durable Object, shared by every isolate of a Worker and of any other Worker that is bound to it.
 *
 * ```ts
 * export { LimitObject } from '@relay/core/stores/durable-object'
 * const store = durableObjectStore(env.LIMITS)
 * ```
 *
 * with `durable_objects.bindings: [{ name: 'LIMITS', class_name: 'LimitObject' }]` and
 * `migrations: [{ tag: 'v1', new_sqlite_classes: ['LimitObject'] }]` in wrangler.jsonc.
 * @module
 */
import { relayError } from '../errors.ts'
import type { LimitStore, Moment, Quota, Verdict } from '../types/limits.ts'
import { reserve, settle, type Account, type Hold, type Ledger, type Shelf } from './ledger.ts'

/** A binding to the class: what Workers call a `DurableObjectNamespace`, as far as it is used. */
export interface ObjectNamespace {
  idFromName(name: string): object
  get(id: object): { fetch(url: string, init?: RequestInit): Promise<Response> }
}

/** What the object is made with: what Workers call a `DurableObjectState`, as far as it is used. */
export interface ObjectState {
  readonly storage: {
    readonly sql: { exec(query: string, ...bindings: (string | number)[]): { toArray(): Record<string, unknown>[] } }
    transactionSync<T>(run: () => T): T
  }
}

export interface ObjectOptions {
  /** The object's name. Default `relay-limits`. */
  readonly name?: string
  /**
   * Spreads counts over several objects, each of which can take some hundred calls a second: from a count's key to the
   * rest of the object's name, such as `(key) => key.split('/').at(-1) ?? ''` for limits by tenant. Default: one object.
   */
  readonly shard?: (key: string) => string
  /** Whose clock counts. Default `object`: the callers' may differ. */
  readonly clock?: 'object' | 'caller'
}

type Ask =
  | { readonly id: string; readonly quotas: readonly Quota[]; readonly ttlMs: number; readonly now?: number }
  | { readonly id: string; readonly used: { readonly [key: string]: number } }

/** How often the object is asked in all, when it is reset or cannot be reached. Nothing is counted twice. */
const TRIES = 3
const SWEEP_MS = 60_000

/** Counts in the objects of `namespace`. */
export function durableObjectStore(namespace: ObjectNamespace, { name = 'relay-limits', shard, clock = 'object' }: ObjectOptions = {}): LimitStore {
  const post = async (object: string, ask: Ask): Promise<unknown> => {
    for (let left = TRIES; ; left--) {
      try {
        // A stub whose object was reset stays broken: each try takes a new one.
        const response = await namespace.get(namespace.idFromName(object)).fetch('https://limits/', { method: 'POST', body: JSON.stringify(ask) })
        const text = await response.text()
        if (response.ok) return JSON.parse(text)
        throw relayError('limit', `the object \`${object}\` answered ${response.status}: ${text}`)
      } catch (error) {
        if (left <= 1 || (error as { readonly overloaded?: boolean }).overloaded) throw error
      }
    }
  }
  const objectOf = (key: string): string => (shard ? `${name}:${shard(key)}` : name)
  const give = async (id: string, used: { readonly [key: string]: number }): Promise<void> => {
    const parts = grouped(Object.entries(used), ([key]) => objectOf(key))
    await Promise.all([...parts].map(([object, part]) => post(object, { id, used: Object.fromEntries(part) })))
  }
  return {
    async reserve(id, quotas, { now, ttlMs }) {
      const taken: Quota[] = []
      // In one order for all calls, so that no two of them hold what the other needs.
      for (const [object, part] of [...grouped(quotas, ({ key }) => objectOf(key))].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const verdict = parsed(await post(object, { id, quotas: part, ttlMs, ...(clock === 'caller' && { now }) }))
        if (verdict.ok) taken.push(...part)
        else {
          await give(id, Object.fromEntries(taken.map(({ key }) => [key, 0])))
          return verdict
        }
      }
      return { ok: true }
    },
    settle: give,
  }
}

function grouped<T>(items: readonly T[], by: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(by(item), [...(groups.get(by(item)) ?? []), item])
  return groups
}

/** JSON knows no Infinity. */
function parsed(answer: unknown): Verdict {
  const verdict = answer as Verdict
  return verdict.ok ? verdict : { ...verdict, retryAfterMs: verdict.retryAfterMs ?? Infinity }
}

/**
 * The object: bind it in your Worker. It answers `fetch`, so it needs no base class. Storage holds an answer back until
 * what it says is written, so what was settled outlives the object's isolate.
 */
export class LimitObject {
  private readonly state: ObjectState
  private readonly ledger: Ledger
  private swept = 0

  constructor(state: ObjectState) {
    const { sql } = state.storage
    for (const table of ['accounts', 'holds']) {
      sql.exec(`CREATE TABLE IF NOT EXISTS ${table} (id TEXT PRIMARY KEY, value TEXT, until REAL) WITHOUT ROWID`)
    }
    this.state = state
    this.ledger = {
      accounts: shelf<Account>(state, 'accounts', (slots) => slots.at(-1)?.ends ?? 0),
      holds: shelf<Hold>(state, 'holds', ({ until }) => until),
    }
  }

  reserve(id: string, quotas: readonly Quota[], { now, ttlMs }: Moment): Verdict {
    return this.state.storage.transactionSync(() => {
      this.sweep(now)
      return reserve(this.ledger, id, { quotas, now, ttlMs })
    })
  }

  settle(id: string, used: { readonly [key: string]: number }): void {
    this.state.storage.transactionSync(() => settle(this.ledger, id, used))
  }

  async fetch(request: Request): Promise<Response> {
    const ask = (await request.json()) as Ask
    if ('used' in ask) return Response.json(this.settle(ask.id, ask.used) ?? true)
    const { id, quotas, ttlMs, now = Date.now() } = ask
    return Response.json(this.reserve(id, quotas, { now, ttlMs }))
  }

  private sweep(now: number): void {
    if (Math.abs(now - this.swept) < SWEEP_MS) return
    this.swept = now
    for (const table of ['accounts', 'holds']) this.state.storage.sql.exec(`DELETE FROM ${table} WHERE until <= ?`, now)
  }
}

function shelf<T>({ storage: { sql } }: ObjectState, table: string, until: (value: T) => number): Shelf<T> {
  return {
    get(id) {
      const [row] = sql.exec(`SELECT value FROM ${table} WHERE id = ?`, id).toArray()
      return row && (JSON.parse(String(row['value'])) as T)
    },
    set(id, value) {
      sql.exec(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?)`, id, JSON.stringify(value), until(value))
    },
    delete(id) {
      sql.exec(`DELETE FROM ${table} WHERE id = ?`, id)
    },
  }
}
