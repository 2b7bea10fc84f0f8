// `relay doctor`: what it finds before anything is sent, what asking finds, and the program as a user runs it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simulator, type Answer, type SimulatedRequest } from '@relay/core/testing'
import { serve } from '@relay/core/testing/server'
import { describe, expect, it } from 'vitest'
import { relay, RUNTIMES, start, type World } from './program.ts'

const KEY = 'sk-proj-abcdefgh12345678'
const MODELS = `
defaults: { max_retries: 5 }
limits:
  - { requests: 1, per: minute, on_limit: error }
models:
  fast: { target: openai/gpt-4.1-mini, credential: $env.MY_KEY, max_retries: 9 }
  smart: { target: anthropic/claude-sonnet-4-5 }
  local: { target: ollama/llama3.2 }
groups:
  any: { members: [fast, local] }
`
const env = { MY_KEY: KEY, ANTHROPIC_API_KEY: 'any-key' }
const world: World = { files: { 'models.yaml': MODELS }, env }

interface Row {
  readonly alias: string
  readonly key: string
  readonly key_set: boolean | null
  readonly ok: boolean | null
  readonly latency_ms: number | null
  readonly code: string | null
  readonly status: number | null
  readonly message: string | null
}

/** One model, and what is said of it. */
async function only(model: string, given: World['env'] = {}): Promise<{ code: number | null; row: Row }> {
  const { code, stdout } = await relay(['doctor', '--json'], { files: { 'models.yaml': `models:\n  m: ${model}\n` }, env: given })
  return { code, row: (JSON.parse(stdout) as [Row])[0] }
}

describe('before anything is sent', () => {
  const mute: World = { ...world, fetch: () => expect.fail('something was sent') }

  it('tells the keys, and sends nothing', async () => {
    const { code, stdout, stderr } = await relay(['doctor', 'models.yaml'], mute)
    expect(stdout).toMatch(/^alias +target +key\nfast +openai\/gpt-4\.1-mini +MY_KEY set\nsmart +anthropic\/claude-sonnet-4-5 +ANTHROPIC_API_KEY set\nlocal +ollama\/llama3\.2 +not needed\n$/)
    expect([code, stderr]).toEqual([0, '3 of 3 models could be asked; --live asks them\n'])
  })

  it('a key that is missing: what to set, and exit code 3', async () => {
    const { code, stdout, stderr } = await relay(['doctor'], { ...mute, env: { MY_KEY: ' ' } })
    expect(code).toBe(3)
    expect(stdout).toMatch(/fast .* MY_KEY not set\nsmart .* ANTHROPIC_API_KEY not set\nlocal .* not needed\n/)
    expect(stderr).toMatch(/^fast: .*MY_KEY.*\nsmart: .*set ANTHROPIC_API_KEY.*\n1 of 3 models could be asked/)
  })

  it.each<[string, string, World['env'], Partial<Row>, number]>([
    ['a pool, whole', '{ target: openai/x, credentials: [$env.A, $env.B] }', { A: 'a', B: 'b' }, { key: 'A, B', key_set: true }, 0],
    ['a pool with a gap', '{ target: openai/x, credentials: [$env.A, $env.B] }', { A: 'a' }, { key: 'A, B', key_set: false, code: 'config' }, 3],
    ['a secret elsewhere', '{ target: openai/x, credential: { type: vault, path: kv/x } }', {}, { key: 'vault', key_set: null, code: null }, 0],
    ['a key in the file', '{ target: openai/x, credential: { type: literal, value: abc } }', {}, { key: 'literal', key_set: true }, 0],
    ['several variables', '{ target: bedrock/x, region: us-east-1 }', { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }, { key_set: true }, 0],
    ['what the surroundings may hold', '{ target: bedrock/x, region: us-east-1 }', {}, { key: 'aws_profile', key_set: null }, 0],
    ['an address that needs a variable', '{ target: vllm/x, base_url: "http://${env:HOST}/v1" }', {}, { code: 'config', message: 'models.m.base_url: the variable HOST is not set' }, 3],
    ['an address that a variable spoils', '{ target: openai/x, base_url: "http://${env:HOST}/v1" }', { HOST: 'far.example', OPENAI_API_KEY: 'k' }, { code: 'config', message: expect.stringContaining('unencrypted') as string }, 3],
  ])('%s', async (_, model, given, row, code) => {
    expect(await only(model, given)).toMatchObject({ code, row: { ok: null, ...row } })
  })

  it('mistakes of the catalogue, each with its place', async () => {
    const { code, stdout, stderr } = await relay(['doctor', 'models.yaml'], { files: { 'models.yaml': 'models:\n  m:\n    target: nobody\n    timeout: soon\n' } })
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(/models\.yaml:3:13: .*\n.*models\.yaml:4:14: /)
  })

  it('what stands in the way of all of them, and what has no effect, each with its place', async () => {
    const files = { 'models.yaml': `defaults: { http2: true }\nlimits: [{ name: $env.NAME, requests: 1 }]\n${MODELS.slice(MODELS.indexOf('models:'))}` }
    for (const flags of [[], ['--live']]) {
      const { code, stdout, stderr } = await relay(['doctor', '--json', ...flags], { ...mute, files })
      expect(stderr).toMatch(/^models\.yaml:1:13: warning: defaults\.http2: .*\nmodels\.yaml:2:18: error: limits\[0\]\.name: the variable NAME is not set\n$/)
      expect(code).toBe(3)
      expect(JSON.parse(stdout)).toMatchObject(['fast', 'smart', 'local'].map((alias) => ({ alias, ok: null, code: 'config', message: expect.stringContaining('NAME') as string })))
    }
    expect((await relay(['doctor'], { ...mute, files })).stderr).toMatch(/NAME is not set\n0 of 3 models could be asked/)
  })

  it.each([
    [['-m', 'any'], ['fast', 'local']],
    [['-m', 'smart', '-m', 'local'], ['smart', 'local']],
  ])('%j: only those', async (flags, aliases) => {
    const { stdout } = await relay(['doctor', '--json', ...flags], mute)
    expect((JSON.parse(stdout) as Row[]).map(({ alias }) => alias)).toEqual(aliases)
  })

  it.each([
    [['-m', 'fsat'], 3, 'did you mean `fast`?'],
    [['--timeout', 'soon'], 2, '--timeout takes'],
    [['--timeout', '0'], 2, '--timeout takes'],
    [['--help'], 0, ''],
  ])('%j: exit code %i', async (flags, code, words) => {
    const told = await relay(['doctor', ...flags], mute)
    expect(told.code).toBe(code)
    expect(told.stderr).toContain(words)
  })
})

describe('--live', () => {
  const asked = async (answers: Answer | ((request: SimulatedRequest) => Answer), argv: readonly string[] = [], more: World = {}): Promise<Awaited<ReturnType<typeof relay>> & { requests: readonly SimulatedRequest[] }> => {
    const { fetch, requests } = simulator({ answers: typeof answers === 'function' ? answers : () => answers })
    return { ...(await relay(['doctor', '--live', ...argv], { ...world, fetch, ...more })), requests }
  }

  it('asks each model for a word, once, and tells how long it took', async () => {
    const { code, stdout, stderr, requests } = await asked({ text: 'OK' })
    expect(stdout).toMatch(/^alias +target +key +answer\nfast .* ok, \d+ ms\nsmart .* ok, \d+ ms\nlocal .* ok, \d+ ms\n$/)
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^(\d of 3 \w+: ok, \d+ ms\n){3}3 of 3 models answered\n$/)])
    expect(requests.map(({ neutral }) => neutral.model).sort()).toEqual(['claude-sonnet-4-5', 'gpt-4.1-mini', 'llama3.2'])
    for (const { body } of requests) expect(JSON.stringify(body)).toMatch(/max_(completion_)?tokens":16\b/)
  })

  it('shows how far it is at a terminal, on one line that it leaves clean', async () => {
    const { stderr } = await asked({ text: 'OK' }, [], { terminal: true, env: { ...env, NO_COLOR: '1' } })
    const lines = stderr.split('\r\u001b[2K')
    expect(lines.slice(1, -1).every((line) => /^[0-3] of 3 asked, waiting for [a-z, ]*$/.test(line))).toBe(true)
    expect([lines[0], lines.at(-1)]).toEqual(['', '3 of 3 models answered\n'])
    expect(lines.length).toBeGreaterThan(6)
  })

  it.each<[string, Answer, number, Partial<Row>]>([
    ['a key that is refused', { error: 'authentication' }, 4, { code: 'authentication', status: 401 }],
    ['a busy provider, asked once', { error: 'rate_limit' }, 5, { code: 'rate_limit', status: 429 }],
    ['nobody there', { fault: { type: 'refuse' } }, 5, { code: 'network', status: null }],
    ['no such model', { error: 'not_found' }, 1, { code: 'not_found', status: 404 }],
  ])('%s: exit code', async (_, answer, code, row) => {
    const told = await asked(answer, ['--json', '-m', 'fast'])
    expect(told.code).toBe(code)
    expect(JSON.parse(told.stdout)).toMatchObject([{ alias: 'fast', key_set: true, ok: false, latency_ms: null, message: expect.any(String) as string, ...row }])
    expect(told.requests).toHaveLength(1)
    expect(told.stdout + told.stderr).not.toContain(KEY)
  })

  it('asks the others where one fails, and tells what each of them said', async () => {
    const { code, stdout, stderr } = await asked(({ dialect }) => (dialect === 'anthropic' ? { error: 'overloaded' } : { text: 'OK' }), [], { env })
    expect(code).toBe(5)
    expect(stdout).toMatch(/fast .* ok, \d+ ms\nsmart .* overloaded 529\nlocal .* ok, \d+ ms\n/)
    expect(stderr).toMatch(/\nsmart: .+\n2 of 3 models answered\n$/)
  })

  it('does not ask a model whose key is missing', async () => {
    const { code, stdout, requests } = await asked({ text: 'OK' }, [], { env: { ANTHROPIC_API_KEY: 'any-key' } })
    expect(code).toBe(3)
    expect(stdout).toMatch(/fast .* MY_KEY not set +not asked\nsmart .* ok, \d+ ms\nlocal .* ok, \d+ ms\n/)
    expect(requests).toHaveLength(2)
  })
})

describe.each(Object.keys(RUNTIMES))('as a program of its own, on %s', (runtime) => {
  const told = async (...flags: string[]): ReturnType<typeof start>['ended'] => {
    const { fetch } = simulator({ answers: ({ neutral }) => (neutral.model === 'broken' ? { error: 'authentication' } : neutral.model === 'slow' ? { fault: { type: 'hang' } } : { text: 'OK' }) })
    const server = await serve(fetch)
    const dir = mkdtempSync(join(tmpdir(), 'relay-doctor-'))
    const model = (name: string): string => `  ${name}: { target: openai/${name}, base_url: "${server.url}/openai/v1" }\n`
    try {
      writeFileSync(join(dir, 'models.yaml'), `models:\n${['fine', 'broken', 'slow'].map(model).join('')}`)
      return await start(runtime, ['doctor', join(dir, 'models.yaml'), ...flags], { env: { OPENAI_API_KEY: KEY } }).ended
    } finally {
      await server.close()
      rmSync(dir, { recursive: true })
    }
  }

  it('asks over the network, and gives up on whoever does not answer', async () => {
    const { code, stdout, stderr } = await told('--live', '--timeout', '0.5')
    expect(stdout).toMatch(/fine .* ok, \d+ ms\nbroken .* authentication 401\nslow .* timeout_total\n/)
    expect(stderr).toMatch(/1 of 3 models answered\n$/)
    expect([code, stdout.includes(KEY) || stderr.includes(KEY)]).toEqual([4, false])
  })

  it('without --live nothing is asked', async () => {
    expect(await told()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^alias +target +key\n(\w+ +openai\/\w+ +OPENAI_API_KEY set\n){3}$/) as string })
  })
})
