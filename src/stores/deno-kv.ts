/**
 * Counts in Deno KV: shared by every isolate of a Deno Deploy project, or by the processes that open one file.
 * @module
 */
import { relayError } from '../errors.ts'
import type { LimitStore, Verdict } from '../types/limits.ts'
import { reserve, settle, type Account, type Hold, type Ledger } from './ledger.ts'

type Key = [prefix: string, kind: 'count' | 'hold', name: string]

interface Entry {
  readonly value: unknown
  readonly versionstamp: string | null
}

interface Atomic {
  check(...entries: { key: Key; versionstamp: string | null }[]): Atomic
  set(key: Key, value: unknown, options?: { expireIn?: number }): Atomic
  delete(key: Key): Atomic
  commit(): Promise<{ readonly ok: boolean }>
}

/** What the runtime's `openKv()` gives, as far as it is used. */
export interface KvLike {
  getMany(keys: Key[]): Promise<Entry[]>
  atomic(): Atomic
}

export interface KvOptions {
  /** What keys begin with. Default `relay`. */
  readonly prefix?: string
}

/** One reservation or settlement: what it touches, and what it does once that is there. */
interface Job {
  readonly id: string
  readonly keys: readonly string[]
  readonly run: (ledger: Ledger) => Verdict
  readonly done: (verdict: Verdict) => void
  readonly fail: (error: unknown) => void
}

/** The store takes so many keys in one read, and so many in one commit. */
const READ = 10
const COMMIT = 100
/** Commits that others came before, until the store counts as out of reach. Each time the wait is longer, by chance. */
const TRIES = 40
const LONGEST_WAIT_MS = 200
/** How long a count is kept after it is over: clocks differ. */
const SPARE_MS = 60_000

/**
 * Counts in `kv`. Other isolates are kept out by versions: a commit that they came before is made anew. Calls of one
 * isolate share commits, so they do not stand in each other's way.
 */
export function denoKvStore(kv: KvLike, { prefix = 'relay' }: KvOptions = {}): LimitStore {
  const queue: Job[] = []
  let busy = false
  let latest = Date.now()
  const work = async (): Promise<void> => {
    if (busy) return
    busy = true
    while (queue.length) {
      const jobs = batch(queue)
      await commit(kv, jobs, { prefix, now: latest }).then(
        (verdicts) => jobs.forEach(({ done }, n) => done(verdicts[n] ?? { ok: true })),
        (error: unknown) => jobs.forEach(({ fail }) => fail(error)),
      )
    }
    busy = false
  }
  const ask = (id: string, keys: readonly string[], run: Job['run']): Promise<Verdict> =>
    new Promise((done, fail) => {
      queue.push({ id, keys, run, done, fail })
      void work()
    })
  return {
    reserve(id, quotas, moment) {
      latest = moment.now
      return ask(id, quotas.map(({ key }) => key), (ledger) => reserve(ledger, id, { ...moment, quotas }))
    },
    async settle(id, used) {
      await ask(id, Object.keys(used), (ledger) => {
        settle(ledger, id, used)
        return { ok: true }
      })
    },
  }
}

/** Takes from the queue what fits into one commit. */
function batch(queue: Job[]): Job[] {
  const keys = new Set<string>()
  const fits = queue.findIndex((job) => {
    for (const key of job.keys) keys.add(key)
    return keys.add(`#${job.id}`).size > COMMIT
  })
  return queue.splice(0, fits < 0 ? queue.length : Math.max(1, fits))
}

async function commit(kv: KvLike, jobs: readonly Job[], { prefix, now }: { readonly prefix: string; readonly now: number }): Promise<Verdict[]> {
  const keys = [
    ...[...new Set(jobs.flatMap((job) => job.keys))].map((name): Key => [prefix, 'count', name]),
    ...[...new Set(jobs.map(({ id }) => id))].map((name): Key => [prefix, 'hold', name]),
  ]
  for (let n = 0; n < TRIES; n++) {
    const entries = await readAll(kv, keys)
    const named = (kind: Key[1]): Map<string, unknown> =>
      new Map(entries.flatMap(({ key, value }) => (key[1] === kind && value !== null ? [[key[2], value]] : [])))
    const accounts = named('count') as Map<string, Account>
    const holds = named('hold') as Map<string, Hold>
    const verdicts = jobs.map(({ run }) => run({ accounts, holds }))
    const change = kv.atomic()
    for (const { key, value, versionstamp } of entries) {
      const after = key[1] === 'count' ? accounts.get(key[2]) : holds.get(key[2])
      change.check({ key, versionstamp })
      if (after === (value ?? undefined)) continue
      if (after) change.set(key, after, { expireIn: Math.max(0, endOf(after) - now) + SPARE_MS })
      else change.delete(key)
    }
    if ((await change.commit()).ok) return verdicts
    await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(LONGEST_WAIT_MS, 2 ** n)))
  }
  throw relayError('limit', 'the store that counts for limits is changed by others all the time')
}

function endOf(value: Account | Hold): number {
  return 'until' in value ? value.until : (value.at(-1)?.ends ?? 0)
}

async function readAll(kv: KvLike, keys: readonly Key[]): Promise<(Entry & { readonly key: Key })[]> {
  const parts: Promise<Entry[]>[] = []
  for (let at = 0; at < keys.length; at += READ) parts.push(kv.getMany(keys.slice(at, at + READ)))
  const entries = (await Promise.all(parts)).flat()
  return keys.map((key, n) => ({ value: entries[n]?.value ?? null, versionstamp: entries[n]?.versionstamp ?? null, key }))
}
