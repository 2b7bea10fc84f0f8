// The arithmetic of limits, on plain data that any store can keep: what is held, what was used, how much room is left.
import type { Moment, Quota, Verdict } from '../types/limits.ts'

/** A part of a window: what the calls that were let in then have used, and what those still under way hold. */
export interface Slot {
  /** When it has left the window. */
  readonly ends: number
  readonly used: number
  readonly held: number
}

/** One count: its slots, the one that ends first at the front. */
export type Account = readonly Slot[]

/** What one call holds, until when it is remembered, and in which slots. */
export interface Hold {
  readonly until: number
  readonly parts: readonly { readonly key: string; readonly ends: number; readonly amount: number }[]
}

/** A `Map`, or what looks like one. */
export interface Shelf<T> {
  get(key: string): T | undefined
  set(key: string, value: T): unknown
  delete(key: string): unknown
}

export interface Ledger {
  readonly accounts: Shelf<Account>
  readonly holds: Shelf<Hold>
}

type Refusal = Extract<Verdict, { readonly ok: false }>

/** So many slots has a window: a limit is stricter than its window says by one slot at most. */
const SLOTS = 60
/** The slots of a count without a window, where only a hold that was lost ever leaves with its slot. */
const HELD_SLOT_MS = 10_000
/** When to come back for a count without a window: nobody knows. */
export const SOON_MS = 1000

/** All quotas or none. */
export function reserve({ accounts, holds }: Ledger, id: string, { quotas, now, ttlMs }: Moment & { readonly quotas: readonly Quota[] }): Verdict {
  if (holds.get(id)) return { ok: true }
  const asked = quotas.map((quota) => ({ quota, account: live(accounts.get(quota.key), quota, now) }))
  const refusals = asked.flatMap(({ quota, account }) => {
    const over = account.reduce((sum, { used, held }) => sum + used + held, quota.amount) - quota.limit
    return over > 0 ? [refusal(account, { quota, over, now })] : []
  })
  // The one that takes longest is the one to wait for.
  const [longest] = refusals.sort((a, b) => b.retryAfterMs - a.retryAfterMs)
  if (longest) return longest
  const parts = asked.map(({ quota: { key, amount, windowMs }, account }) => {
    const slot = slotOf(windowMs)
    const ends = (Math.floor((now + (windowMs || ttlMs)) / slot) + 1) * slot
    accounts.set(key, add(account, { ends, used: 0, held: amount }))
    return { key, ends, amount }
  })
  holds.set(id, { until: now + ttlMs, parts })
  return { ok: true }
}

/** What a call held becomes what it used, in the slot in which it was let in. */
export function settle({ accounts, holds }: Ledger, id: string, used: { readonly [key: string]: number }): void {
  for (const { key, ends, amount } of holds.get(id)?.parts ?? []) {
    const spent = Object.hasOwn(used, key) ? (used[key] ?? 0) : 0
    // A slot that has left the window in the meantime comes back for a moment: nobody counts it.
    const left = add(accounts.get(key), { ends, used: Math.max(0, spent), held: -amount })
    if (left.length) accounts.set(key, left)
    else accounts.delete(key)
  }
  holds.delete(id)
}

/** How long a slot is. */
export function slotOf(windowMs: number): number {
  return windowMs ? Math.ceil(windowMs / SLOTS) : HELD_SLOT_MS
}

/** Without what has left the window. A slot that lies more than a window ahead was written by a clock that was wrong. */
function live(account: Account = [], { windowMs }: Quota, now: number): Account {
  const last = windowMs ? now + 2 * windowMs + slotOf(windowMs) : Infinity
  return account.filter(({ ends }) => ends > now && ends <= last)
}

function add(account: Account = [], more: Slot): Account {
  const slots = account.filter(({ ends }) => ends !== more.ends)
  const mine = account.find(({ ends }) => ends === more.ends)
  const slot = { ends: more.ends, used: (mine?.used ?? 0) + more.used, held: Math.max(0, (mine?.held ?? 0) + more.held) }
  return slot.used || slot.held ? [...slots, slot].sort((a, b) => a.ends - b.ends) : slots
}

function refusal(account: Account, { quota, over, now }: { readonly quota: Quota; readonly over: number; readonly now: number }): Refusal {
  const { key, limit, amount, windowMs } = quota
  if (amount > limit) return { ok: false, key, retryAfterMs: Infinity, sooner: false }
  const sooner = account.reduce((sum, { held }) => sum + held, 0) >= over
  let left = over
  const enough = account.find(({ used, held }) => (left -= used + held) <= 0)
  return { ok: false, key, retryAfterMs: windowMs && enough ? enough.ends - now : SOON_MS, sooner: sooner || !windowMs }
}
