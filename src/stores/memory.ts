/**
 * Counts in the memory of one process or isolate: exact within it, shared with no other, forgotten when it ends.
 * @module
 */
import type { LimitStore } from '../types/limits.ts'
import { reserve, settle, type Account, type Hold } from './ledger.ts'

/** How often counts that are over are thrown away: tenants that are gone must not fill the memory. */
const SWEEP_MS = 60_000

/** A store for one process. The default where a catalogue has limits and nobody hands in another. */
export function memoryStore(): LimitStore {
  const accounts = new Map<string, Account>()
  const holds = new Map<string, Hold>()
  let swept = 0
  const sweep = (now: number): void => {
    if (Math.abs(now - swept) < SWEEP_MS) return
    swept = now
    for (const [key, account] of accounts) if (account.every(({ ends }) => ends <= now)) accounts.delete(key)
    for (const [id, { until }] of holds) if (until <= now) holds.delete(id)
  }
  return {
    async reserve(id, quotas, moment) {
      sweep(moment.now)
      return reserve({ accounts, holds }, id, { ...moment, quotas })
    },
    async settle(id, used) {
      settle({ accounts, holds }, id, used)
    },
  }
}
