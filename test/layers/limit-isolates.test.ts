// Limits across isolates: 500 calls at once through two Workers in real workerd that share one Durable Object.
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { LimitConfig, Verdict } from '../../src/types/limits.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const CALLS = 500
const MAX_TOKENS = 60
/** Microdollars a token, in and out. */
const PRICE = 5

const worker = `
import { Hub } from './src/index.ts'
import { limit } from './src/layers/limit.ts'
import { openai } from './src/providers/openai.ts'
import { durableObjectStore, LimitObject as Plain } from './src/stores/durable-object.ts'
export class LimitObject extends Plain {
  constructor(state) { super(state); this.ctx = state }
  fetch(request) { return request.url.endsWith('/kill') ? this.ctx.abort('killed') : super.fetch(request) }
}
export default {
  async fetch(request, { LIMITS }, ctx) {
    const { do: what, name, rules, upstream, quota } = await request.json()
    if (what === 'kill') return LIMITS.get(LIMITS.idFromName(name)).fetch('https://limits/kill').catch(() => new Response('killed'))
    const store = durableObjectStore(LIMITS, { name })
    if (what === 'reserve') return Response.json(await store.reserve(crypto.randomUUID(), [quota], { now: Date.now(), ttlMs: 1000 }))
    const cost = { input_per_1m: ${PRICE}, output_per_1m: ${PRICE} }
    const hub = new Hub(
      { models: { m: { target: 'openai/m', base_url: upstream, cost, max_retries: 1 } }, defaults: { retry_initial_backoff: 0.01 } },
      { providers: [openai], env: { OPENAI_API_KEY: 'sk-any-key-at-all' }, layers: [limit({ rules, store })] },
    ).with({ defer: (work) => ctx.waitUntil(work) })
    const asked = { messages: [{ role: 'user', content: 'What is the capital of France?' }], maxTokens: ${MAX_TOKENS} }
    return hub.chat('m', asked).then(() => new Response('ok'), (error) => new Response(error.name + ' ' + error.code))
  },
}`

/** What reached the provider, and what it used. */
interface Seen {
  arrived: number
  /** The most that were under way at a time. */
  abreast: number
  tokens: number
}

let seen: Seen
let upstream: Server
let flare: Miniflare
let script: string
const folder = mkdtempSync(join(tmpdir(), 'relay-limits-'))

function provider(): Server {
  let abreast = 0
  return createServer((request, response) => {
    request.resume().on('end', () => {
      const n = ++seen.arrived
      // Some calls fail and are tried again; answers come after a while, in another order.
      const fails = n % 9 === 0
      const [prompt, completion] = [8, fails ? 0 : 10 + ((n * 7) % 50)]
      if (!fails) seen.tokens += prompt + completion
      seen.abreast = Math.max(seen.abreast, ++abreast)
      const body = fails
        ? { error: { message: 'busy' } }
        : { id: `r${n}`, object: 'chat.completion', created: 0, model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'Paris' }, finish_reason: 'stop' }], usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion } }
      response.on('close', () => abreast--)
      setTimeout(() => response.writeHead(fails ? 503 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body)), (n * 13) % 60)
    })
  })
}

function start(): Miniflare {
  const plain = { modules: true, script, compatibilityDate: '2026-10-01', compatibilityFlags: ['no_nodejs_compat', 'no_nodejs_compat_v2'] }
  const bound = { className: 'LimitObject', scriptName: 'one', useSQLite: true }
  return new Miniflare(
    convertV4MiniflareOptions({
      resourcePersistencePath: folder,
      workers: ['one', 'two'].map((name) => ({ ...plain, name, routes: [`${name}.test/*`], durableObjects: { LIMITS: bound } })),
    }),
  )
}

async function tell(n: number, body: object): Promise<string> {
  const response = await flare.dispatchFetch(`http://${n % 2 ? 'one' : 'two'}.test/`, { method: 'POST', body: JSON.stringify(body) })
  return response.text()
}

/** Calls at once, half of them through each Worker. */
async function storm(name: string, rules: readonly LimitConfig[], { many = CALLS, kills = 0 } = {}): Promise<string[]> {
  seen = { arrived: 0, abreast: 0, tokens: 0 }
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
  let over = 0
  const calls = Array.from({ length: many }, async (_, n) => {
    const answer = await tell(n, { do: 'chat', name, rules, upstream: url })
    // In the midst of it, again and again.
    if (kills && ++over % Math.floor(many / kills) === 0) await tell(n, { do: 'kill', name })
    return answer
  })
  return Promise.all(calls)
}

/** Whether a count is exactly so much: nothing more fits under it, and nothing is over it. Takes nothing itself. */
async function isCounted(name: string, quota: { readonly key: string; readonly windowMs: number }, sum: number): Promise<boolean> {
  const fits = async (limit: number): Promise<boolean> =>
    (JSON.parse(await tell(1, { do: 'reserve', name, quota: { ...quota, limit, amount: 0 } })) as Verdict).ok
  return (await fits(sum)) && !(await fits(sum - 1))
}

beforeAll(async () => {
  const bundle = await build({ stdin: { contents: worker, resolveDir: root, loader: 'ts' }, bundle: true, write: false, format: 'esm', platform: 'neutral', tsconfigRaw: {} })
  script = bundle.outputFiles[0]!.text
  upstream = provider()
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  flare = start()
  await flare.ready
}, 60_000)

afterAll(async () => {
  await flare.dispose()
  upstream.closeAllConnections()
  upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('500 calls at once, through two Workers and one object', { timeout: 120_000 }, () => {
  it('never exceed a cap on requests, retries included', async () => {
    const answers = await storm('requests', [{ requests: 100, per: 'hour' }])
    expect(seen.arrived).toBe(100)
    expect(answers.filter((answer) => answer === 'LimitError limit').length).toBeGreaterThan(CALLS - 101)
  })

  it('never exceed a cap on tokens', async () => {
    await storm('tokens', [{ tokens: 5000, per: 'hour' }])
    expect(seen.tokens).toBeLessThanOrEqual(5000)
    expect(seen.tokens).toBeGreaterThan(2000)
  })

  it('never exceed a budget', async () => {
    const usd = 0.02
    await storm('usd', [{ usd, per: 'day' }])
    expect((seen.tokens * PRICE) / 1e6).toBeLessThanOrEqual(usd)
    expect(seen.tokens).toBeGreaterThan(1500)
  })

  it('never exceed what may be under way at a time, and leave nothing behind', async () => {
    const answers = await storm('held', [{ concurrency: 5, on_limit: 'wait', max_wait: 60 }], { many: 100 })
    expect(answers.filter((answer) => answer === 'ok').length).toBeGreaterThan(90)
    expect(seen.abreast).toBeLessThanOrEqual(5)
    expect(seen.abreast).toBeGreaterThan(1)
    const quota = { key: 'limit-0/concurrency', windowMs: 0 }
    await vi.waitFor(async () => expect(await isCounted('held', quota, 0)).toBe(true), { timeout: 10_000 })
  })

  it('lose no settled spend when the object\'s isolate is killed in their midst, nor when all of it starts anew', async () => {
    const usd = 0.02
    const answers = await storm('killed', [{ usd, per: 'day' }, { requests: 400, per: 'day' }], { kills: 10 })
    expect(answers.filter((answer) => answer === 'ok').length).toBeGreaterThan(20)
    const spent = seen.tokens * PRICE * 1000
    expect(spent).toBeLessThanOrEqual(usd * 1e9)
    // Every call is settled, each once, and the storage outlives everything.
    const quota = { key: 'limit-0/usd/day', windowMs: 86_400_000 }
    await vi.waitFor(async () => expect(await isCounted('killed', quota, spent)).toBe(true), { timeout: 10_000 })
    await flare.dispose()
    flare = start()
    await flare.ready
    expect(await isCounted('killed', quota, spent)).toBe(true)
  })
})
