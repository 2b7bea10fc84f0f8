// Counts in the memory of one process or isolate: exact within it, and not shared with any other.
import type { LimitStore } from '../types/limits.ts'
import { reserve, settle, type Account } from './ledger.ts'

export function memoryStore(): LimitStore {
  const accounts = new Map<string, Account>()
  // Which counts a call holds something in, so that settling does not look through all.
  const holders = new Map<string, readonly string[]>()
  return {
    async reserve(id, quotas, { now, ttlMs }) {
      const verdict = reserve(accounts, id, { quotas, now, ttlMs })
      if (verdict.ok) holders.set(id, quotas.map(({ key }) => key))
      return verdict
    },
    async settle(id, used, now) {
      for (const key of holders.get(id) ?? []) {
        const account = accounts.get(key)
        if (account) accounts.set(key, settle(account, id, { used: used[key] ?? 0, now }))
      }
      holders.delete(id)
    },
  }
}
