// The store in memory.
import { expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { conformance } from './suite.ts'

conformance('memory', { open: async () => ({ store: memoryStore() }), runs: 3000 })

it('forgets counts of tenants that are gone', async () => {
  const store = memoryStore()
  const sizes: number[] = []
  const { set } = Map.prototype
  const maps = new Set<Map<unknown, unknown>>()
  Map.prototype.set = function (key, value) {
    maps.add(this)
    return set.call(this, key, value)
  }
  try {
    for (let n = 0; n < 10_000; n++) {
      await store.reserve(`id-${n}`, [{ key: `tenant-${n}`, limit: 1, windowMs: 60_000, amount: 1 }], { now: 1e12 + n * 1000, ttlMs: 1000 })
      sizes.push(Math.max(...[...maps].map(({ size }) => size)))
    }
  } finally {
    Map.prototype.set = set
  }
  expect(Math.max(...sizes)).toBeLessThan(200)
})
