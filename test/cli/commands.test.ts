// What each command says, and which exit code it gives.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Hub, type RelayConfig } from '@relay/core'
import { providers } from '@relay/core/providers'
import { simulator } from '@relay/core/testing'
import { describe, expect, it } from 'vitest'
import { relay, root, type World } from './program.ts'

const KEY = 'sk-proj-abcdefgh12345678'
const MODELS = `
models:
  fast: { target: openai/gpt-4.1-mini, credential: $env.MY_KEY, cost: { input_per_1m: 0.4, output_per_1m: 1.6 } }
  smart: { target: anthropic/claude-sonnet-4-5, headers: { x-team: hidden-words }, params: { max_tokens: 100 } }
  local: { target: ollama/llama3.2 }
groups:
  any: { members: [fast, { name: smart, weight: 2 }], strategy: weighted }
`
const world: World = { files: { 'models.yaml': MODELS }, env: { MY_KEY: KEY } }

describe('the command line', () => {
  it.each([
    [[], 2, 'Usage'],
    [['nope'], 2, 'there is no command `nope`'],
    [['help', 'nope'], 2, 'there is no command `nope`'],
    [['chat'], 2, 'missing required args'],
    [['validate', '--nope'], 2, 'Unknown option `--nope`'],
    [['chat', 'fast', '-s'], 2, '--system needs a value'],
    [['chat', 'fast', 'hi', '--max-tokens', '0'], 2, '--max-tokens'],
    [['chat', 'fast'], 2, 'there is no prompt'],
    [['compile', '-o', 'models.toml'], 2, '--out must end in'],
    [['compile', '-o', 'a.json', '-o', 'b.json'], 2, '--out stands there twice'],
    [['models', 'inspect'], 2, 'relay models inspect ALIAS'],
    [['validate', 'nowhere.yaml'], 3, 'cannot read the catalogue nowhere.yaml'],
    [['chat', 'fsat', 'hi'], 3, 'did you mean `fast`?'],
    [['chat', 'smart', 'hi'], 3, 'ANTHROPIC_API_KEY'],
  ])('%j: exit code %i', async (argv, code, words) => {
    const told = await relay(argv, world)
    expect(told.stderr).toContain(words)
    expect([told.code, told.stdout]).toEqual([code, ''])
  })

  it.each<[string, string[], number, object, World?]>([
    ['the command line', ['validate', '--nope'], 2, { code: 'usage', message: 'Unknown option `--nope`' }],
    ['no such command', ['nope'], 2, { code: 'usage' }],
    ['no file', ['doctor', 'nowhere.yaml'], 3, { code: 'config', name: 'ConfigError', message: expect.stringContaining('nowhere.yaml') as string }],
    ['a mistake', ['models', 'list'], 3, { code: 'config', data: [{ file: 'models.yaml', line: 2, column: 9 }] }, { files: { 'models.yaml': 'models:\n  fast: 1\n' } }],
    ['no such alias', ['chat', 'fsat', 'hi'], 3, { code: 'config', alias: 'fsat' }],
    ['a refusal', ['chat', 'fast', 'hi'], 4, { code: 'authentication', provider: 'openai', model: 'gpt-4.1-mini', status: 401, attempts: [{ cause: 'authentication' }] }, { fetch: simulator({ answers: { error: 'authentication' } }).fetch }],
    ['a stream that breaks', ['chat', 'fast', 'hi'], 5, { code: 'stream_truncated', partial: { text: 'one two', usage: { estimated: true } } }, { fetch: simulator({ answers: { text: 'one two three', fault: { type: 'end', content: 2 } } }).fetch }],
  ])('--json: a failure is one object on stdout, and a line on stderr: %s', async (_, argv, code, error, more = {}) => {
    const told = await relay([...argv, '--json'], { ...world, ...more })
    expect(JSON.parse(told.stdout)).toMatchObject({ error: { ...error, exitCode: code } })
    expect([told.code, told.stderr.startsWith('relay: '), (told.stdout + told.stderr).includes(KEY)]).toEqual([code, true, false])
    const plain = await relay(argv, { ...world, ...more })
    expect([plain.code, plain.stderr.split('\n')[0]]).toEqual([code, told.stderr.split('\n')[0]])
  })

  it('--json among the words of a prompt is a word', async () => {
    const { stdout } = await relay(['chat', 'fast', '--', '--json'], { ...world, fetch: simulator({ answers: { error: 'quota' } }).fetch })
    expect(stdout).toBe('')
  })

  it.each(['', 'chat', 'validate', 'schema', 'compile', 'providers', 'models'])('relay %s --help', async (name) => {
    const { code, stdout, stderr } = await relay([name, '--help'].filter(Boolean), world)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/Usage\n.*relay/s)
    expect(stdout).toContain('Examples')
    expect(await relay(['help', name].filter(Boolean), world)).toMatchObject({ code: 0, stdout })
  })

  it('has a version, which is the package’s', async () => {
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }
    expect(await relay(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
  })

  it.each([
    [{}, false, false],
    [{}, true, true],
    [{ NO_COLOR: '1' }, true, false],
    [{ TERM: 'dumb' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
  ])('colours with %j, on a terminal: %s', async (env, terminal, colours) => {
    const { stdout } = await relay(['providers'], { env, terminal })
    expect(stdout.includes('\u001b[')).toBe(colours)
  })
})

describe('chat', () => {
  const asked = async (argv: string[], more: World = {}): Promise<{ told: Awaited<ReturnType<typeof relay>>; bodies: unknown[] }> => {
    const { fetch, requests } = simulator({ answers: 'Hello.' })
    const told = await relay(['chat', 'fast', ...argv], { ...world, fetch, ...more })
    return { told, bodies: requests.map(({ body }) => body) }
  }

  it('asks for the whole answer, and prints it when it is there', async () => {
    const { told, bodies } = await asked(['--no-stream', '--max-tokens', '7', '--', '-x', 'y'])
    expect(told).toMatchObject({ code: 0, stdout: 'Hello.\n' })
    expect(bodies).toEqual([{ model: 'gpt-4.1-mini', max_completion_tokens: 7, messages: [{ role: 'user', content: '-x y' }] }])
  })

  it.each([[['--json']], [['--json', '--no-stream']]])('%j prints the response and nothing else', async (flags) => {
    const { told } = await asked([...flags, 'hi'])
    expect(JSON.parse(told.stdout)).toMatchObject({ text: 'Hello.', model: 'fast', provider: 'openai', attempts: [{ ok: true }] })
    expect([told.code, told.stderr]).toEqual([0, ''])
  })

  it('lays later catalogues over earlier ones', async () => {
    const files = { ...world.files, 'over.yaml': 'models: { fast: { params: { temperature: 0 } } }' }
    const { bodies } = await asked(['hi', '-c', 'models.yaml', '-c', 'over.yaml'], { files })
    expect(bodies).toMatchObject([{ temperature: 0, model: 'gpt-4.1-mini' }])
  })

  it('tells the attempts of a group', async () => {
    const { fetch } = simulator({ answers: ({ dialect }) => (dialect === 'openai' ? { error: 'quota' } : 'From the other.') })
    const env = { MY_KEY: KEY, ANTHROPIC_API_KEY: 'key' }
    const files = { 'models.yaml': MODELS.replace(', strategy: weighted', '').replace('weight: 2', 'weight: 1') }
    const { code, stdout, stderr } = await relay(['chat', 'any', 'hi'], { files, env, fetch })
    expect([code, stdout]).toEqual([0, 'From the other.\n'])
    expect(stderr).toMatch(/attempts: fast \(openai\) quota 429, \d+ ms -> smart \(anthropic\) ok, \d+ ms/)
  })
})

describe('validate', () => {
  const BROKEN = 'models:\n  fast:\n    target: gpt\n    timeout: soon\ngroups:\n  all: { members: [slow] }\n'

  it('says where every mistake is', async () => {
    const { code, stderr } = await relay(['validate', 'broken.yaml'], { files: { 'broken.yaml': BROKEN } })
    expect(code).toBe(3)
    for (const place of ['broken.yaml:3:13: error: models.fast.target', 'broken.yaml:4:14: error: models.fast.timeout', 'broken.yaml:6:']) {
      expect(stderr).toContain(place)
    }
    const { stdout } = await relay(['validate', 'broken.yaml', '--json'], { files: { 'broken.yaml': BROKEN } })
    expect(JSON.parse(stdout)).toMatchObject({ valid: false, errors: [{ file: 'broken.yaml', line: 3, column: 13 }, { line: 4 }, { line: 6 }] })
  })

  it('needs no variable, unless it is told that they must be there', async () => {
    const without = { files: world.files! }
    const fine = await relay(['validate'], without)
    expect([fine.code, fine.stdout]).toEqual([0, 'valid: models.yaml: 3 models, 1 group\n'])
    expect(fine.stderr).toContain('models.yaml:3:52: warning: models.fast.credential: the variable MY_KEY is not set')
    expect(await relay(['validate', '--env'], without)).toMatchObject({ code: 3 })
    expect(await relay(['validate', '--env'], world)).toMatchObject({ code: 0, stderr: '' })
  })

  it('warns of what has no effect, and refuses it when that is wanted', async () => {
    const files = { 'models.yaml': `defaults: { http2: true }\n${MODELS}` }
    const { code, stderr } = await relay(['validate'], { ...world, files })
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^models\.yaml:1:13: warning: defaults\.http2: has no effect/)])
    expect(await relay(['validate', '--strict'], { ...world, files })).toMatchObject({ code: 3, stderr: expect.stringMatching(/^models\.yaml:1:13: error: defaults\.http2/) as string })
  })

  it('a catalogue without models is one that nobody can use', async () => {
    for (const text of ['', '{}', 'models: {}\n']) {
      const files = { 'models.yaml': text }
      expect(await relay(['validate'], { files })).toMatchObject({ code: 0, stderr: expect.stringMatching(/^models\.yaml.*: warning: has no models/) as string })
      expect(await relay(['doctor'], { files })).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('no models') as string })
    }
  })

  it('says of a warning where it stands, in whichever file says it last', async () => {
    const files = { 'models.yaml': MODELS, 'over.yaml': 'models:\n  local:\n    params:\n      maxTokens: 4\n    headers: { x-team: $env.TEAM }\n' }
    const { stdout, stderr } = await relay(['validate', 'models.yaml', 'over.yaml'], { ...world, files })
    expect(stderr).toBe(`over.yaml:4:7: warning: models.local.params.maxTokens: is not known: did you mean \`max_tokens\`?
over.yaml:5:24: warning: models.local.headers.x-team: the variable TEAM is not set
`)
    expect(stdout).toBe('valid: models.yaml, over.yaml: 3 models, 1 group\n')
    const json = await relay(['validate', 'models.yaml', 'over.yaml', '--json'], { ...world, files })
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: true, warnings: [{ file: 'over.yaml', line: 4, column: 7 }, { file: 'over.yaml', line: 5, column: 24 }] })
  })
})

describe('schema', () => {
  it('is the file', async () => {
    const file: unknown = JSON.parse(readFileSync(`${root}schema/v1.json`, 'utf8'))
    expect(JSON.parse((await relay(['schema'])).stdout)).toEqual(file)
    const { stdout, written } = await relay(['schema', '--out', 'v1.json'])
    expect([stdout, JSON.parse(written['v1.json'] ?? '')]).toEqual(['', file])
  })
})

describe('compile', () => {
  it('writes data that a hub takes; references stay references', async () => {
    const { stdout } = await relay(['compile'], world)
    expect(stdout).not.toContain(KEY)
    const config = JSON.parse(stdout) as RelayConfig
    expect(config.models?.['fast']?.credential).toBe('$env.MY_KEY')
    const { fetch } = simulator({ answers: 'From data.' })
    const hub = new Hub(config, { providers, fetch, env: world.env! })
    expect((await hub.chat('fast', { messages: [{ role: 'user', content: 'hi' }] })).text).toBe('From data.')
  })

  it('writes a module whose aliases are types', async () => {
    const { written, code } = await relay(['compile', 'models.yaml', '-o', 'models.ts'], world)
    expect(code).toBe(0)
    const use = `const alias: keyof typeof config.models = 'fast'\n// @ts-expect-error There is no such alias.\nconst none: keyof typeof config.models = 'fsat'\nexport { alias, none }\n`
    const compilerOptions = { isolatedDeclarations: false, declaration: false }
    const dir = `${root}.build/compiled`
    mkdirSync(dir, { recursive: true })
    writeFileSync(`${dir}/models.ts`, `${written['models.ts']}\n${use}`)
    writeFileSync(`${dir}/tsconfig.json`, JSON.stringify({ extends: '../../tsconfig.doors.json', compilerOptions, files: ['models.ts'] }))
    const { stdout } = spawnSync('tsc', ['-p', dir], { cwd: root, encoding: 'utf8' })
    expect(stdout).toBe('')
  }, 60_000)

  it.each([
    ['a literal credential', `{ target: openai/x, credential: { type: literal, value: abc } }`],
    ['a key in a header', `{ target: openai/x, headers: { authorization: Bearer ${KEY} } }`],
    ['a key in a parameter', `{ target: openai/x, params: { user: ${KEY} } }`],
  ])('refuses %s', async (_, model) => {
    const { code, stdout, stderr, written } = await relay(['compile', '-o', 'models.json'], { files: { 'models.yaml': `models: { fast: ${model} }` } })
    expect([code, stdout, written]).toEqual([3, '', {}])
    expect(stderr).toContain('models.fast')
    expect(stderr).not.toContain(KEY)
  })
})

describe('providers', () => {
  it('says which keys are set, and shows none', async () => {
    const { stdout } = await relay(['providers'], { env: { OPENAI_API_KEY: KEY, GROQ_API_KEY: ' ' } })
    expect(stdout).toMatch(/openai +openai-chat +https:\/\/api\.openai\.com\/v1 +OPENAI_API_KEY +set/)
    expect(stdout).toMatch(/groq +openai-chat .* not set/)
    expect(stdout).not.toContain(KEY)
    const rows = JSON.parse((await relay(['providers', '--json'])).stdout) as readonly { name: string }[]
    expect(rows.map(({ name }) => name)).toEqual(providers.map(({ name }) => name))
  })
})

describe('models', () => {
  it('lists aliases, targets, prices and keys', async () => {
    const { stdout } = await relay(['models', 'list'], world)
    expect(stdout).toMatch(/fast +openai\/gpt-4\.1-mini +0\.4 \/ 1\.6 +MY_KEY set/)
    expect(stdout).toMatch(/smart +anthropic\/claude-sonnet-4-5 +unknown +ANTHROPIC_API_KEY not set/)
    expect(stdout).toMatch(/local +ollama\/llama3\.2 +unknown +not needed/)
    expect(stdout).toMatch(/any +fast, smart \(2\) +weighted/)
    const rows = JSON.parse((await relay(['models', 'list', '--json'], world)).stdout) as readonly { alias: string }[]
    expect(rows.map(({ alias }) => alias)).toEqual(['fast', 'smart', 'local', 'any'])
  })

  it.each<[string, string, World['env'], object]>([
    ['a pool', '{ target: openai/x, credentials: [$env.A, { type: literal, value: b }] }', { A: 'a' }, { key: 'A, literal', key_set: true }],
    ['a pool with a gap', '{ target: openai/x, credentials: [$env.A, $env.B] }', { A: 'a' }, { key: 'A, B', key_set: false }],
    ['what only asking tells', '{ target: openai/x, credential: { type: vault, path: kv/x } }', {}, { key: 'vault', key_set: null }],
    ['none needed', '{ target: ollama/x }', {}, { key: null, key_set: null }],
  ])('lists the keys as doctor does: %s', async (_, model, env = {}, facts) => {
    const { stdout } = await relay(['models', 'list', '--json'], { files: { 'models.yaml': `models: { m: ${model} }` }, env })
    expect(JSON.parse(stdout)).toMatchObject([facts])
  })

  it('shows one in full, but for what may be secret', async () => {
    const secrets = MODELS.replace('$env.MY_KEY', `{ type: literal, value: ${KEY} }`)
      .replace('max_tokens: 100', `user: ${KEY}`)
      .replace('groups:', '  pool: { target: openai/x, credentials: [{ type: literal, value: hidden-words }, $env.MY_KEY] }\ngroups:')
    for (const alias of ['fast', 'smart', 'any', 'pool']) {
      for (const flags of [[], ['--json']]) {
        const { code, stdout } = await relay(['models', 'inspect', alias, ...flags], { files: { 'models.yaml': secrets }, env: { ANTHROPIC_API_KEY: KEY } })
        expect(code).toBe(0)
        expect(stdout).toContain(alias)
        expect(stdout).not.toContain(KEY)
        expect(stdout).not.toContain('hidden-words')
      }
    }
  })
})
