// The store in a Durable Object, in real workerd: two Workers, one object, and what becomes of its isolate.
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LimitStore, Quota } from '../../src/types/limits.ts'
import { conformance } from './suite.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A Worker that does what it is told to with the store, and an object that can be killed. */
const worker = `
import { durableObjectStore, LimitObject as Plain } from './src/stores/durable-object.ts'
export class LimitObject extends Plain {
  constructor(state) { super(state); this.ctx = state }
  fetch(request) { return request.url.endsWith('/kill') ? this.ctx.abort('killed') : super.fetch(request) }
}
export default {
  async fetch(request, { LIMITS }) {
    const { method, input, options } = await request.json()
    if (method === 'kill') return LIMITS.get(LIMITS.idFromName('relay-limits')).fetch('https://limits/kill').catch((error) => Response.json(String(error)))
    const store = durableObjectStore(LIMITS, { ...options, ...(options.sharded && { shard: (key) => key.split('/').at(-1) }) })
    const answer = await store[method](...input)
    return new Response(JSON.stringify({ answer }, (_, value) => value === Infinity ? 'Infinity' : value))
  },
}`

let flare: Miniflare

async function ask(host: string, method: string, { input = [] as readonly unknown[], options = {} } = {}): Promise<unknown> {
  const response = await flare.dispatchFetch(`http://${host}.test/`, { method: 'POST', body: JSON.stringify({ method, input, options }) })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return (JSON.parse(text, (_, value: unknown) => (value === 'Infinity' ? Infinity : value)) as { answer: unknown }).answer
}

/** The store as a Worker has it. Calls go to both Workers in turn. */
function remote(options: object = {}): LimitStore {
  let n = 0
  return {
    reserve: (...input) => ask(n++ % 2 ? 'one' : 'two', 'reserve', { input, options }) as ReturnType<LimitStore['reserve']>,
    settle: (...input) => ask(n++ % 2 ? 'one' : 'two', 'settle', { input, options }) as ReturnType<LimitStore['settle']>,
  }
}

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: worker, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    tsconfigRaw: {},
  })
  const script = outputFiles[0]!.text
  const plain = { modules: true, script, compatibilityDate: '2026-10-01', compatibilityFlags: ['no_nodejs_compat', 'no_nodejs_compat_v2'] }
  const bound = { className: 'LimitObject', scriptName: 'one', useSQLite: true }
  flare = new Miniflare(
    convertV4MiniflareOptions({
      workers: ['one', 'two'].map((name) => ({ ...plain, name, routes: [`${name}.test/*`], durableObjects: { LIMITS: bound } })),
    }),
  )
  await flare.ready
}, 60_000)
afterAll(() => flare.dispose())

conformance('a Durable Object', { open: async () => ({ store: remote({ clock: 'caller' }) }), runs: 30 })
conformance('sharded Durable Objects', { open: async () => ({ store: remote({ clock: 'caller', sharded: true, name: 'sharded' }) }), runs: 10, sharded: true })

describe('a Durable Object', () => {
  const quota = (key: string, amount: number): Quota => ({ key, limit: 1000, windowMs: 86_400_000, amount })
  const moment = { now: 0, ttlMs: 60_000 }

  it('goes by its own clock, not its callers\'', async () => {
    const store = remote()
    const late = { now: Date.now() + 10 * 86_400_000, ttlMs: 60_000 }
    expect(await store.reserve('clock-1', [quota('clock', 900)], moment)).toEqual({ ok: true })
    expect(await store.reserve('clock-2', [quota('clock', 900)], late)).toMatchObject({ ok: false })
  })

  it('has what was settled when its isolate is killed the moment after', async () => {
    const store = remote()
    for (let n = 1; n <= 20; n++) {
      expect(await store.reserve(`kill-${n}`, [quota('kill', 100)], moment)).toEqual({ ok: true })
      await store.settle(`kill-${n}`, { kill: 7 })
      await ask('one', 'kill')
      const left = 1000 - 7 * n
      expect(await store.reserve(`more-${n}`, [quota('kill', left + 1)], moment)).toMatchObject({ ok: false })
    }
    expect(await store.reserve('last', [quota('kill', 860)], moment)).toEqual({ ok: true })
  })

  it('is asked again when it is reset under a question', async () => {
    const store = remote()
    const asked = Array.from({ length: 60 }, (_, n) => store.reserve(`reset-${n}`, [quota('reset', 20)], moment))
    const killed = Array.from({ length: 6 }, () => ask('two', 'kill'))
    const verdicts = await Promise.all(asked)
    await Promise.all(killed)
    expect(verdicts.filter(({ ok }) => ok)).toHaveLength(50)
  })
})
