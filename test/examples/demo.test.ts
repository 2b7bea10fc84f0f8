// The demo, as `npm run demo` runs it: what a newcomer sees first.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { simulator } from '@relay/core/testing'
import { serve } from '@relay/core/testing/server'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: { demo: string } }
const [, ...words] = scripts.demo.split(' ')

const ROWS = [
  ['chat-completions', 'Hello!', 'openai/gpt-4.1-mini'],
  ['responses', 'Bonjour !', 'openai/gpt-5-mini'],
  ['azure', 'Guten Tag!', 'azure/gpt-4.1-mini'],
  ['messages', 'Buongiorno!', 'anthropic/claude-sonnet-4-5'],
  ['gemini', '¡Buenos días!', 'google/gemini-2.5-flash'],
  ['vertex-gemini', 'Bom dia!', 'vertex/gemini-2.5-flash'],
  ['vertex-claude', 'Goedendag!', 'vertex/claude-sonnet-4-5'],
  ['cohere', 'God dag!', 'cohere/command-a-03-2025'],
  ['converse', 'Dzień dobry!', 'bedrock/amazon.nova-lite-v1:0'],
  ['invoke', 'Merhaba!', 'bedrock/us.anthropic.claude-h…'],
  ['embedding', '3 vectors', 'openai/text-embedding-3-small'],
  ['ranking', 'Spring in Paris', 'cohere/rerank-v3.5', 'estimated'],
]

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function demo(env: { readonly [name: string]: string }, ...more: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const { PATH = '' } = process.env
    execFile(process.execPath, [...words, ...more], { cwd: root, env: { PATH, ...env } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

/** Leads the provider's own address here: what a proxy in front of it would do. */
function leading(url: string): string {
  const lead = `globalThis.fetch = ((real) => (asked, init) => real(String(asked).replace('https://api.openai.com', '${url}'), init))(fetch)`
  return `--import=data:text/javascript,${encodeURIComponent(lead)}`
}

describe('the demo', { timeout: 30_000 }, () => {
  it('needs no key, and shows text, tools, a fallback, a truncation, every wire, and what each cost', async () => {
    const { code, stdout, stderr } = await demo({})
    expect([code, stderr]).toEqual([0, ''])
    for (const said of [
      /simulated providers at http:\/\/127\.0\.0\.1:\d+, no key needed/,
      /\| Air scatters short waves/,
      /the model calls get_weather\(\{"city":"Paris"\}\)/,
      /\| It is 21 °C in Paris/,
      /first +fast +openai +overloaded\n +fallback +smart +anthropic +stream_truncated\n +fallback +spare +groq +ok/,
      /StreamTruncatedError: .*terminal event\n.*\(estimated\).*kept in error\.partial/,
    ]) expect(stdout).toMatch(said)
    expect(stdout.match(/\d+ tokens in, \d+ out.* · \$0\.\d+ \(\w+\)/g)).toHaveLength(5)
    // Each wire says something of its own, and none of them falls back on another.
    const [, rows = ''] = /One call through each wire.*\n([^]*)$/.exec(stdout) ?? []
    expect(rows.trimEnd().split('\n').map((row) => row.trim().split(/ {2,}/).map((cell, at) => (at < 3 ? cell : cell.replace(/\d+/g, '1'))))).toEqual(
      ROWS.map(([wire, said, target, source = 'user_override']) => [wire, said, target, '1 in, 1 out', `$1.1 (${source})`, '1 ms']),
    )
    // All of it is seen at once.
    expect(stdout.split('\n').length).toBeLessThan(60)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(125)
    // Nobody watches: no colours.
    expect(stdout).not.toContain('\u001b')
  })

  it('insists on a key when it is told to be live', async () => {
    for (const env of [{}, { OPENAI_API_KEY: ' ' }]) {
      const { code, stdout, stderr } = await demo(env as { readonly [name: string]: string }, '--live')
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(/^demo: --live .*set OPENAI_API_KEY or ANTHROPIC_API_KEY or GROQ_API_KEY.*\n$/)
    }
    expect(await demo({}, '--live', '--simulated')).toMatchObject({ code: 1, stderr: 'demo: write --live or --simulated, not both\n' })
  })

  it('keeps a key out of what it prints', async () => {
    const { code, stdout, stderr } = await demo({ OPENAI_API_KEY: 'sk-proj-abcdefgh12345678' }, '--simulated')
    expect(code).toBe(0)
    expect(stdout + stderr).not.toContain('sk-proj')
  })
})

describe('the live demo', { timeout: 30_000 }, () => {
  it('says in a line what a provider says that refuses the key', async () => {
    const { fetch } = simulator({ answers: { error: 'authentication' } })
    const server = await serve(fetch)
    try {
      const { code, stderr } = await demo({ OPENAI_API_KEY: 'key', NODE_OPTIONS: leading(server.url) }, '--live')
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^demo: AuthenticationError: .+\n$/)])
    } finally {
      await server.close()
    }
  })

  it('asks whom it has a key for', async () => {
    const { fetch, requests } = simulator({ answers: ({ neutral }) => (neutral.tools.length && !neutral.turns.at(-1)?.toolResults?.length ? { toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] } : 'Really.') })
    const server = await serve(fetch)
    try {
      const { code, stdout } = await demo({ OPENAI_API_KEY: 'key', NODE_OPTIONS: leading(server.url) }, '--live')
      expect(stdout).toMatch(/the real providers of fast/)
      expect(stdout).toMatch(/first +unreachable +openai +network\n +fallback +fast +openai +ok/)
      expect(stdout).toMatch(/StreamTruncatedError/)
      expect([code, requests.length]).toEqual([0, 4])
    } finally {
      await server.close()
    }
  })
})
