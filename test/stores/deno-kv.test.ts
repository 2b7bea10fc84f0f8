// The store in Deno KV: in Deno itself, with two stores that come between each other's commits.
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { denoKvStore, type KvLike } from '../../src/stores/deno-kv.ts'
import type { LimitStore } from '../../src/types/limits.ts'
import { conformance } from './suite.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

async function started(deno: ChildProcess): Promise<string> {
  let errors = ''
  deno.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text))
  for await (const line of createInterface(deno.stdout!)) if (line.startsWith('http')) return line
  throw new Error(`Deno did not start: ${errors}`)
}

function remote(url: string): LimitStore {
  const ask = async (method: string, input: readonly unknown[]): Promise<unknown> => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ method, input }) })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return (JSON.parse(text, (_, value: unknown) => (value === 'Infinity' ? Infinity : value)) as { value: unknown }).value
  }
  return {
    reserve: (...input) => ask('reserve', input) as ReturnType<LimitStore['reserve']>,
    settle: (...input) => ask('settle', input) as ReturnType<LimitStore['settle']>,
  }
}

conformance('Deno KV', {
  open: async () => {
    const deno = spawn(`${root}/node_modules/.bin/deno`, ['run', '-A', '--no-check', '--no-lock', '--unstable-kv', 'test/stores/run-deno-kv.ts'], { cwd: root })
    return { store: remote(await started(deno)), close: () => deno.kill() }
  },
  runs: 60,
})

/** A database that notes what is written, and lets others come before now and then. */
function kvLike({ refused = 0 } = {}): KvLike & { readonly commits: { readonly sets: { key: unknown; expireIn: unknown }[] }[] } {
  const data = new Map<string, { value: unknown; versionstamp: string }>()
  const commits: { readonly sets: { key: unknown; expireIn: unknown }[] }[] = []
  let version = 0
  return {
    commits,
    getMany: async (keys) => keys.map((key) => ({ key, ...(data.get(JSON.stringify(key)) ?? { value: null, versionstamp: null }) })),
    atomic() {
      const sets: { key: unknown; expireIn: unknown }[] = []
      const writes: (() => void)[] = []
      const change = {
        check: () => change,
        set(key: unknown, value: unknown, { expireIn }: { expireIn?: number } = {}) {
          sets.push({ key, expireIn })
          writes.push(() => void data.set(JSON.stringify(key), { value, versionstamp: String(version++) }))
          return change
        },
        delete(key: unknown) {
          writes.push(() => void data.delete(JSON.stringify(key)))
          return change
        },
        async commit() {
          commits.push({ sets })
          if (refused-- > 0) return { ok: false }
          writes.forEach((write) => write())
          return { ok: true }
        },
      }
      return change
    },
  }
}

describe('Deno KV', () => {
  const quota = { key: 'q', limit: 100, windowMs: 60_000, amount: 1 }
  const moment = { now: 1_764_000_000_000, ttlMs: 30_000 }

  it('puts calls that come together into one commit', async () => {
    const kv = kvLike()
    const store = denoKvStore(kv)
    await Promise.all(Array.from({ length: 61 }, (_, n) => store.reserve(`id-${n}`, [quota], moment)))
    expect(kv.commits.length).toBeLessThanOrEqual(5)
  })

  it('begins anew when others come before, and gives up when they always do', async () => {
    const patient = kvLike({ refused: 3 })
    expect(await denoKvStore(patient).reserve('id', [quota], moment)).toEqual({ ok: true })
    expect(patient.commits).toHaveLength(4)
    vi.spyOn(Math, 'random').mockReturnValue(0)
    await expect(denoKvStore(kvLike({ refused: Infinity })).reserve('id', [quota], moment)).rejects.toMatchObject({ code: 'limit' })
    vi.restoreAllMocks()
  })

  it('leaves nothing behind that does not end by itself', async () => {
    const kv = kvLike()
    const store = denoKvStore(kv)
    await store.reserve('id', [quota], moment)
    await store.settle('id', { q: 1 })
    const sets = kv.commits.flatMap(({ sets }) => sets)
    expect(sets.map(({ key }) => key)).toEqual([['relay', 'count', 'q'], ['relay', 'hold', 'id'], ['relay', 'count', 'q']])
    for (const { expireIn } of sets) {
      expect(expireIn).toBeGreaterThanOrEqual(moment.ttlMs)
      expect(expireIn).toBeLessThanOrEqual(3 * 60_000)
    }
  })
})
