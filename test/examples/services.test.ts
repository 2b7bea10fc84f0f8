// The examples, each on its own runtime, against simulated providers on loopback.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { simulator, type Answer, type SimulatedRequest } from '@relay/core/testing'
import { serve, type TestServer } from '@relay/core/testing/server'
import { EdgeRuntime } from 'edge-runtime'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { doors, specifier } from '../../scripts/doors.ts'
import { relay } from '../cli/program.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'relay-examples-'))
const models = join(dir, 'models.yaml')
const { fetch: simulated, requests } = simulator({ answers: script })
const children: ChildProcess[] = []
let server: TestServer

function script({ neutral }: SimulatedRequest): Answer {
  if (/wait/.test(neutral.text)) return { text: 'one two three four', fault: { type: 'stall', content: 2 } }
  if (/drip/.test(neutral.text)) return { text: 'drop '.repeat(1000), fault: { type: 'slow', ms: 20 } }
  return /fail/.test(neutral.text) ? { error: 'authentication' } : {}
}

beforeAll(async () => {
  server = await serve(simulated)
  const text = readFileSync(`${root}examples/simulated.yaml`, 'utf8').replaceAll('http://127.0.0.1:4010', server.url)
  writeFileSync(models, text)
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill()
})

afterAll(async () => {
  await server.close()
  rmSync(dir, { recursive: true })
})

const services: { readonly [runtime: string]: readonly string[] } = {
  node: [process.execPath, '--import', './scripts/source.ts', 'examples/node/server.ts'],
  deno: ['node_modules/.bin/deno', 'run', '--no-lock', '--no-check', '--allow-net', '--allow-read', '--allow-env=OPENAI_API_KEY,MODELS,PORT,LOG_TOKENS,LOG_STREAM', 'examples/deno/main.ts'],
  bun: ['node_modules/.bin/bun', 'run', 'examples/bun/main.ts'],
}

/** Starts a service on a port that was free a moment ago, and gives its address once it listens. */
async function start(runtime: string): Promise<string> {
  const PORT = await new Promise<string>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(String(typeof address === 'object' ? address?.port : address)))
    })
  })
  const { PATH = '' } = process.env
  const [command = '', ...words] = services[runtime] ?? []
  const child = spawn(command, words, { cwd: root, env: { PATH, MODELS: models, PORT }, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (text: unknown): void => {
      said += String(text)
      if (/listening on/i.test(said)) resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.on('close', () => reject(new Error(`${runtime} did not listen: ${said}`)))
  })
  return `http://127.0.0.1:${PORT}/`
}

/** What the server-sent events of an answer say. */
function told(body: string): { readonly text: string; readonly last: object } {
  const events = body.split('\n\n').filter(Boolean).map((event) => JSON.parse(event.slice('data: '.length)) as { text?: string })
  return { text: events.map(({ text = '' }) => text).join(''), last: events.at(-1) ?? {} }
}

type Ask = (prompt: string) => Promise<{ readonly body: ReadableStream<Uint8Array> | null; text(): Promise<string> }>

/** An answer, an error and a client that leaves, whatever the runtime. */
async function behaves(ask: Ask, leaving = 'wait'): Promise<void> {
  expect(told(await (await ask('Ünïcode, please')).text())).toMatchObject({ text: 'Ünïcode, please', last: { end: 'stop' } })
  expect(told(await (await ask('fail')).text())).toEqual({ text: '', last: { error: 'authentication' } })
  const before = requests.length
  const reader = (await ask(leaving)).body!.getReader()
  await reader.read()
  await reader.cancel()
  await expect.poll(() => requests[before]?.aborted, { timeout: 5000 }).toBe(true)
}

describe('services', () => {
  it.each(Object.keys(services))('%s', async (runtime) => {
    const url = await start(runtime)
    await behaves(async (prompt) => fetch(url, { method: 'POST', body: prompt }))
  }, 60_000)

  it('are typed as their runtime has it', () => {
    const bun = spawnSync('tsc', ['--noEmit', '-p', 'examples/bun'], { cwd: root, encoding: 'utf8' })
    expect(bun.stdout.split('\n').filter((line) => line.startsWith('examples/'))).toEqual([])
    const deno = spawnSync('deno', ['check', '--quiet', 'examples/deno/main.ts'], { cwd: root, encoding: 'utf8' })
    expect(deno.stderr.replace(/\u001b\[\d+m/g, '').match(/at file:.*examples\/.*/g) ?? []).toEqual([])
  }, 60_000)
})

const alias = Object.fromEntries(Object.entries(doors()).map(([door, source]) => [specifier(door), `${root}${source}`]))

async function bundled(entry: string, format: 'esm' | 'iife', conditions: string[]): Promise<string> {
  const stdin = { contents: entry, resolveDir: root, loader: 'ts' as const }
  const { outputFiles } = await build({
    stdin, bundle: true, write: false, format, conditions, alias, target: 'es2022', platform: 'neutral', mainFields: ['module', 'main'], tsconfigRaw: {},
  })
  return outputFiles[0]!.text
}

describe('bundles', () => {
  it('a Worker, in workerd without Node', async () => {
    const script = await bundled(`export { default } from './examples/cloudflare/worker.ts'`, 'esm', ['workerd', 'worker', 'browser'])
    const compatibilityFlags = ['no_nodejs_compat', 'no_nodejs_compat_v2']
    const bindings = { OPENAI_API_KEY: 'any-key', OPENAI_BASE_URL: `${server.url}/openai/v1` }
    const worker = new Miniflare(convertV4MiniflareOptions({ modules: true, script, compatibilityDate: '2026-10-01', compatibilityFlags, bindings }))
    try {
      await behaves(async (prompt) => {
        const response = await worker.dispatchFetch('http://127.0.0.1/chat', { method: 'POST', body: JSON.stringify({ prompt }) })
        return response as unknown as Response
        // workerd notices that a client has left when it writes: see docs/runtimes.md.
      }, 'drip')
    } finally {
      await worker.dispose()
    }
  }, 60_000)

  it('a route handler, in the edge runtime', async () => {
    const start = `import { POST } from './examples/vercel-edge/app/api/chat/route.ts'\naddEventListener('fetch', (event) => event.respondWith(POST(event.request)))`
    const edge = new EdgeRuntime({
      initialCode: await bundled(start, 'iife', ['edge-light', 'worker']),
      extend: (context) => Object.assign(context, { process: { env: { OPENAI_API_KEY: 'any-key', OPENAI_BASE_URL: `${server.url}/openai/v1` } } }),
    })
    await behaves((prompt) => edge.dispatchFetch('http://127.0.0.1/api/chat', { method: 'POST', body: JSON.stringify({ prompt }) }))
  }, 60_000)

  it.each(['cloudflare', 'vercel-edge'])('%s: models.ts is what models.yaml compiles to', async (example) => {
    const file = `examples/${example}/models.yaml`
    const { written } = await relay(['compile', file, '-o', 'models.ts'], { files: { [file]: readFileSync(`${root}${file}`, 'utf8') } })
    expect(readFileSync(`${root}examples/${example}/models.ts`, 'utf8')).toBe(written['models.ts'])
  })
})

const executablePath = process.env['RELAY_CHROMIUM'] ?? '/usr/bin/chromium'

describe.skipIf(!existsSync(executablePath))('a page', () => {
  it('asks with the key that was typed in, and stops', async () => {
    const site = await serve(async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname.startsWith('/openai/')) return simulated(request)
      const door = /^\/dist\/(.*)\.js$/.exec(pathname)?.[1]
      const source = door === 'index' ? 'src/index.ts' : `src/${door}.ts`
      const body = door ? await bundled(`export * from './${source}'`, 'esm', ['browser']) : readFileSync(`${root}${pathname.slice(1)}`)
      const type = pathname.endsWith('.html') ? 'text/html; charset=utf-8' : 'text/javascript'
      return new Response(body, { headers: { 'content-type': type } })
    })
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--no-first-run'] })
    try {
      const page = await browser.newPage()
      await page.goto(`${site.url}/examples/browser/index.html`, { waitUntil: 'load' })
      await page.fill('[name=key]', 'any-key')
      await page.fill('[name=address]', `${site.url}/openai/v1`)
      await page.fill('[name=prompt]', 'Hello from a page')
      await page.click('text=Ask')
      await expect.poll(() => page.textContent('#numbers'), { timeout: 10_000 }).toMatch(/^\d+ tokens, \d+ ms$/)
      expect(await page.textContent('#answer')).toBe('Hello from a page')
      const before = requests.length
      await page.fill('[name=prompt]', 'wait')
      await page.click('text=Ask')
      await expect.poll(() => page.textContent('#answer'), { timeout: 10_000 }).toMatch(/^one two/)
      await page.click('text=Stop')
      await expect.poll(() => requests[before]?.aborted, { timeout: 10_000 }).toBe(true)
      expect(await page.textContent('#numbers')).toMatch(/AbortError/)
    } finally {
      await browser.close()
      await site.close()
    }
  }, 60_000)
})
