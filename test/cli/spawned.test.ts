// The program as a user runs it, on Node, Deno and Bun, against simulated providers on loopback.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simulator, type Answer, type SimulatedRequest } from '@relay/core/testing'
import { serve, type TestServer } from '@relay/core/testing/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RUNTIMES, start } from './program.ts'

const env = { OPENAI_API_KEY: 'sk-simulated-key-0000' }
const dir = mkdtempSync(join(tmpdir(), 'relay-cli-'))
const models = join(dir, 'models.yaml')
const { fetch, requests } = simulator({ answers: script })
let server: TestServer

function script({ neutral }: SimulatedRequest): Answer {
  if (/wait/.test(neutral.text)) return { text: 'one two three four five', fault: { type: 'stall', content: 3 } }
  if (/refuse/.test(neutral.text)) return { error: 'authentication' }
  if (/busy/.test(neutral.text)) return { error: 'rate_limit' }
  if (/wrong/.test(neutral.text)) return { error: 'invalid_request' }
  if (/cut/.test(neutral.text)) return { text: 'one two three four five', fault: { type: 'end', content: 3 } }
  if (/long/.test(neutral.text)) return { text: 'word '.repeat(20_000) }
  return { text: `You said: ${neutral.turns.map(({ role, text }) => `${role}=${text}`).join(', ')}` }
}

beforeAll(async () => {
  server = await serve(fetch)
  writeFileSync(models, `
defaults: { max_retries: 0 }
models:
  fast:
    target: openai/gpt-4.1-mini
    base_url: ${server.url}/openai/v1
    cost: { input_per_1m: 1, output_per_1m: 2 }
`)
})

afterAll(async () => {
  await server.close()
  rmSync(dir, { recursive: true })
})

const EXITS: readonly (readonly [prompt: string, code: number, says: RegExp])[] = [
  ['refuse', 4, /authentication · 401/],
  ['busy', 5, /rate_limit · 429/],
  ['wrong', 1, /invalid_request · 400/],
  ['cut', 5, /stream_truncated.*out, estimated/s],
]

describe.each(Object.keys(RUNTIMES))('relay on %s', { timeout: 30_000 }, (runtime) => {
  const chat = (...words: string[]): string[] => ['chat', 'fast', '-c', models, ...words]

  it('streams the answer to stdout, and what it took to stderr', async () => {
    const { code, stdout, stderr } = await start(runtime, chat('-s', 'Be brief', 'Hi', 'there'), { env }).ended
    expect(stderr).toMatch(/^gpt-4.1-mini · openai · \d+ tokens in, \d+ out · \$0\.0+\d+ \(your price\) · \d+ ms\n$/)
    expect([code, stdout]).toEqual([0, 'You said: system=Be brief, user=Hi there\n'])
  })

  it('reads the prompt from a pipe', async () => {
    const { code, stdout } = await start(runtime, chat('-'), { env, stdin: 'piped Ünïcode\n' }).ended
    expect([code, stdout]).toEqual([0, 'You said: user=piped Ünïcode\n'])
  })

  it.each(EXITS)('%s: exit code %i', async (prompt, expected, says) => {
    const { code, stdout, stderr } = await start(runtime, chat(prompt), { env }).ended
    expect(stderr).toMatch(says)
    expect(stderr + stdout).not.toContain(env.OPENAI_API_KEY)
    expect([code, stdout]).toEqual([expected, prompt === 'cut' ? 'one two three\n' : ''])
  })

  it('Ctrl-C closes the connection and says what had arrived', async () => {
    const before = requests.length
    const { child, ended, says } = start(runtime, chat('wait'), { env })
    await says('three')
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect(stderr).toMatch(/^interrupted\n.*\d+ tokens in, \d+ out, estimated/s)
    expect([code, stdout]).toEqual([130, 'one two three\n'])
    expect(requests[before]?.aborted).toBe(true)
  })

  it('a reader that goes away is no mistake', async () => {
    const { child, ended, says } = start(runtime, chat('long'), { env })
    await says('word')
    child.stdout.destroy()
    const { code, stderr } = await ended
    expect([code, stderr]).toEqual([0, ''])
  })

  it('--json: a failure is JSON, and fails all the same where nobody reads it', async () => {
    const { code, stdout } = await start(runtime, chat('--json', 'busy'), { env }).ended
    expect([code, JSON.parse(stdout)]).toMatchObject([5, { error: { code: 'rate_limit', status: 429, exitCode: 5 } }])
    const { child, ended } = start(runtime, chat('--json', 'busy'), { env })
    child.stdout.destroy()
    expect(await ended).toMatchObject({ code: 5 })
  })
})
