// The arithmetic of limits, on data that any store can keep: what is held, what was used, and how much room is left.
import type { Quota, Verdict } from '../types/limits.ts'

/** One count. Plain data, so that it can be written down. */
export interface Account {
  /** What calls under way hold: an amount, and until when they may. */
  held: { [id: string]: { readonly amount: number; readonly at: number; readonly until: number } }
  /** What was used, in slices of the window, oldest first. */
  used: { readonly at: number; amount: number }[]
  windowMs: number
}

/** So many slices has a window: a limit is at most one slice stricter than the window says. */
const SLICES = 60

export interface Accounts {
  get(key: string): Account | undefined
  set(key: string, account: Account): void
}

/** All quotas or none. */
export function reserve(accounts: Accounts, id: string, ask: { readonly quotas: readonly Quota[]; readonly now: number; readonly ttlMs: number }): Verdict {
  const { quotas, now, ttlMs } = ask
  const opened = quotas.map((quota) => ({ quota, account: tidy(accounts.get(quota.key) ?? { held: {}, used: [], windowMs: quota.windowMs }, now) }))
  for (const { quota, account } of opened) {
    const { key, limit, amount } = quota
    if (total(account) + amount > limit) return { ok: false, key, retryAfterMs: amount > limit ? Infinity : wait(account, quota, now) }
  }
  for (const { quota, account } of opened) {
    account.held[id] = { amount: quota.amount, at: now, until: now + ttlMs }
    accounts.set(quota.key, { ...account, windowMs: quota.windowMs })
  }
  return { ok: true }
}

/** Turns what `id` holds into what it used. */
export function settle(account: Account, id: string, { used, now }: { readonly used: number; readonly now: number }): Account {
  const { [id]: mine, ...held } = account.held
  if (!mine) return account
  return tidy({ ...account, held, used: used > 0 ? add(account, used, now) : account.used }, now)
}

function add({ used, windowMs }: Account, amount: number, now: number): Account['used'] {
  if (windowMs === 0) return used
  const slice = Math.max(1, windowMs / SLICES)
  const at = Math.floor(now / slice) * slice
  const last = used.at(-1)
  return last?.at === at ? [...used.slice(0, -1), { at, amount: last.amount + amount }] : [...used, { at, amount }]
}

/** Drops what has left the window, and books what nobody settled in time as it was estimated. */
function tidy(account: Account, now: number): Account {
  const kept = { ...account, held: { ...account.held } }
  for (const [id, { amount, at, until }] of Object.entries(kept.held)) {
    if (until > now) continue
    delete kept.held[id]
    kept.used = add(kept, amount, at)
  }
  const slice = account.windowMs / SLICES
  return { ...kept, used: kept.used.filter(({ at }) => at + slice + account.windowMs > now) }
}

function total({ held, used }: Account): number {
  return [...Object.values(held), ...used].reduce((sum, { amount }) => sum + amount, 0)
}

/** When enough of what was used has left the window. What is held may come free at any time: then it is worth asking again soon. */
function wait(account: Account, { limit, amount, windowMs }: Quota, now: number): number {
  let over = total(account) + amount - limit
  for (const { at, amount: gone } of account.used) {
    over -= gone
    if (over <= 0) return Math.max(1, Math.ceil(at + windowMs / SLICES + windowMs - now))
  }
  return SOON_MS
}

const SOON_MS = 100
