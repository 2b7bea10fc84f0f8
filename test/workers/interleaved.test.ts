// One hub at module scope of a real Worker, many requests at once: who leaves disturbs nobody else.
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

const worker = `
import { fromConfig } from './src/load.ts'
const models = (upstream) => ({
  models: {
    a: { target: 'openai/a', base_url: upstream, max_retries: 0, breaker: { min_requests: 2 }, rpm_limit: 100000 },
    b: { target: 'openai/b', base_url: upstream, max_retries: 0 },
  },
  groups: { any: { members: ['a', 'b'], hedge: { after: 60000 } } },
})
let hub
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url)
    hub ??= fromConfig(models(url.searchParams.get('upstream')), { env: { OPENAI_API_KEY: 'sk-any-key-at-all' } })
    const mine = hub.with({ signal: request.signal, tenant: url.searchParams.get('id'), defer: (work) => ctx.waitUntil(work) })
    const stream = mine.stream('any', { messages: [{ role: 'user', content: url.searchParams.get('id') }] })
    const events = stream[Symbol.asyncIterator]()
    const encoder = new TextEncoder()
    const body = new ReadableStream({
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = await events.next()
            if (done) return controller.close()
            if (value.type === 'text_delta') return controller.enqueue(encoder.encode(value.text))
            if (value.type === 'end') controller.enqueue(encoder.encode('|end'))
          }
        } catch (error) {
          controller.enqueue(encoder.encode('|' + error.name + ' ' + error.message))
          controller.close()
        }
      },
      cancel: () => events.return(),
    }, { highWaterMark: 0 })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  },
}`

const WORDS = 30

/** Answers with numbered words of the question, one every few milliseconds; without end where whoever asks means to leave. Keeps who left. */
function provider(left: Set<string>): Server {
  return createServer((request, response) => {
    let asked = ''
    request.on('data', (chunk: Buffer) => (asked += chunk.toString()))
    request.on('end', () => {
      const id = (JSON.parse(asked) as { messages: [{ content: string }] }).messages[0].content
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      let n = 0
      const timer = setInterval(() => {
        const done = n === WORDS && !id.startsWith('leaver')
        const chunk = { id: `r-${id}`, model: 'a', choices: [{ index: 0, delta: done ? {} : { content: `${id}:${n++} ` }, finish_reason: done ? 'stop' : null }] }
        response.write(`data: ${JSON.stringify(chunk)}\n\n`)
        if (!done) return
        clearInterval(timer)
        response.end('data: [DONE]\n\n')
      }, 5)
      response.on('close', () => {
        clearInterval(timer)
        if (id.startsWith('leaver')) left.add(id)
      })
    })
  })
}

const left = new Set<string>()
let upstream: Server
let flare: Miniflare

beforeAll(async () => {
  const bundle = await build({ stdin: { contents: worker, resolveDir: root, loader: 'ts' }, bundle: true, write: false, format: 'esm', platform: 'neutral', external: ['*/yaml.ts'], tsconfigRaw: {} })
  upstream = provider(left)
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  flare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: bundle.outputFiles[0]!.text,
      compatibilityDate: '2026-10-01',
      compatibilityFlags: ['no_nodejs_compat', 'no_nodejs_compat_v2', 'enable_request_signal'],
    }),
  )
  await flare.ready
}, 60_000)

afterAll(async () => {
  await flare.dispose()
  upstream.closeAllConnections()
  upstream.close()
})

async function read(id: string, words: number): Promise<string> {
  const url = new URL('http://relay.test/')
  url.searchParams.set('upstream', `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`)
  url.searchParams.set('id', id)
  const control = new AbortController()
  const address = await flare.ready
  const response = await fetch(new URL(url.search, address), { signal: control.signal })
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true })
    if (text.split(' ').length > words) break
  }
  control.abort()
  return text
}

describe('requests of one isolate', { timeout: 60_000 }, () => {
  it('run side by side; those that leave close their own connection, and the others read every word in order', async () => {
    const words = (id: string, many: number): string => Array.from({ length: many }, (_, n) => `${id}:${n} `).join('')
    for (let round = 0; round < 3; round++) {
      const ids = Array.from({ length: 12 }, (_, n) => `${n % 2 ? 'leaver' : 'reader'}${round}-${n}`)
      const texts = await Promise.all(ids.map((id, n) => read(id, n % 2 ? 3 + n : Infinity)))
      for (const [n, id] of ids.entries()) {
        if (n % 2) expect(words(id, 1000).startsWith(texts[n] ?? '-')).toBe(true)
        else expect(texts[n]).toBe(`${words(id, WORDS)}|end`)
      }
      const leavers = ids.filter((_, n) => n % 2)
      await vi.waitFor(() => expect([...left]).toEqual(expect.arrayContaining(leavers)), { timeout: 20_000 })
    }
  })
})
