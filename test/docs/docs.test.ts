// What the documents say is true: their code compiles and runs, their catalogues are valid, their links lead somewhere.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { REMEDY, relayError, type ErrorCode } from '@relay/core'
import { providers } from '@relay/core/providers'
import { simulator } from '@relay/core/testing'
import { compile } from '@relay/core/yaml'
import { describe, expect, it, vi } from 'vitest'
import { bundles, entry, weigh } from '../../bench/size.ts'
import { allBlocks, blocksOf, documents, moduleOf, nameOf, promised, root, runs } from './blocks.ts'

const dir = `${root}.build/docs`
const code = allBlocks('ts')

rmSync(dir, { recursive: true, force: true })
mkdirSync(dir, { recursive: true })
for (const block of code) writeFileSync(`${dir}/${nameOf(block)}.ts`, moduleOf(block))

describe('the documents', { timeout: 30_000 }, () => {
  it('hold code', () => {
    expect(code.length).toBeGreaterThan(20)
    expect(code.filter(runs).length).toBeGreaterThan(15)
  })

  it('compile', () => {
    const compilerOptions = { types: ['node'], isolatedDeclarations: false, declaration: false, noUnusedLocals: false, skipLibCheck: true }
    writeFileSync(`${dir}/tsconfig.json`, JSON.stringify({ extends: '../../tsconfig.doors.json', compilerOptions, include: ['*.ts'], exclude: [] }))
    const { stdout } = spawnSync('tsc', ['-p', dir], { cwd: root, encoding: 'utf8' })
    expect(stdout.split('\n').filter((line) => line.startsWith('.build/docs/'))).toEqual([])
  }, 120_000)

  it.each(code.filter(runs).map((block) => [nameOf(block), block] as const))('%s runs', async (name, block) => {
    const said: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void said.push(words.map(String).join(' ').trim()))
    try {
      await import(/* @vite-ignore */ `${dir}/${name}.ts`)
    } finally {
      log.mockRestore()
    }
    let at = -1
    for (const line of promised(block)) {
      const next = said.indexOf(line, at + 1)
      expect({ line, said: said.slice(at + 1), found: next > at }).toMatchObject({ found: true })
      at = next
    }
  })

  it.each(allBlocks('yaml').map((block) => [nameOf(block), block] as const))('%s is a catalogue', (_, { code, note }) => {
    // A fragment is laid over what it leaves out; one that is indented is part of a model.
    const base = note.startsWith('over: ') ? [note.slice('over: '.length)] : []
    const whole = code.startsWith('    ') ? `models:\n  fast:\n    target: openai/gpt-5-mini\n${code}` : code
    if (!note.startsWith('not')) compile([...base, whole], { providers })
  })

  it.each(documents())('%s: links lead somewhere', (file) => {
    const text = readFileSync(`${root}${file}`, 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)#?([^)\s]*)\)/g)]
    const lost = links.filter(([, path = '', anchor = '']) => {
      const there = path === '' ? `${root}${file}` : resolve(root, dirname(file), path)
      return !existsSync(there) || (anchor !== '' && !headings(readFileSync(there, 'utf8')).includes(anchor))
    })
    expect(lost.map(([link]) => link)).toEqual([])
  })
})

/** What the headings of a document are called in links to them. */
function headings(text: string): string[] {
  const said = text.replace(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)
  return [...said].map(([, heading = '']) => heading.toLowerCase().replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-'))
}

describe('tables', () => {
  it('errors.md: every code with its class and its remedy', () => {
    const text = readFileSync(`${root}docs/errors.md`, 'utf8')
    for (const [code, remedy] of Object.entries(REMEDY)) {
      const { name } = relayError(code as ErrorCode, '')
      expect(text).toMatch(new RegExp(`^\\| \`${code}\` \\| \`${name}\` \\| ${remedy} \\|`, 'm'))
    }
  })

  it('providers.md: every provider, its variables and its address', () => {
    const text = readFileSync(`${root}docs/providers.md`, 'utf8')
    for (const { name, env, baseUrl } of providers) {
      const [row = ''] = new RegExp(`^\\| .*\`${name}/…\`.*$`, 'm').exec(text) ?? []
      for (const part of [...env, ...(typeof baseUrl === 'string' ? [new URL(baseUrl).host] : [])]) expect(row).toContain(part)
    }
  })

  it('testing.md: every dialect that is simulated', () => {
    const [table = ''] = /^\| Wire \|[^]*?\n\n/m.exec(readFileSync(`${root}docs/testing.md`, 'utf8')) ?? []
    let refusal = ''
    try {
      simulator({ dialect: 'another' })
    } catch (error) {
      refusal = String(error)
    }
    const [, known = ''] = /It knows ([\w, ]+)\./.exec(refusal) ?? []
    expect(known).toContain('openai, ')
    expect(known.split(', ').filter((dialect) => !new RegExp(`[\`\\s]${dialect}[\`\\s]`).test(table))).toEqual([])
  })
})

describe('weights', { timeout: 30_000 }, () => {
  const texts = ['README.md', 'docs/decisions/size.md'].map((file) => readFileSync(`${root}${file}`, 'utf8'))
  // Relay's own: those of the others change only with their versions, which are exact.
  it.each(bundles.map(({ name, providers }) => [name, providers] as const))('README.md and size.md: %s', async (name, providers) => {
    const { gzip } = await weigh(entry(providers))
    const row = new RegExp(`^\\| (?:Relay: )?${name.replaceAll('+', '\\+')} \\| (\\d+) KB \\|`, 'm')
    for (const text of texts) {
      const [, said = ''] = row.exec(text) ?? []
      expect(Math.abs(gzip / 1024 / Number(said) - 1), `${name} is ${(gzip / 1024).toFixed(1)} KB`).toBeLessThan(0.1)
    }
  })
})

describe('the reader of documents', () => {
  it('finds blocks, their notes, and what they promise', () => {
    const text = 'a\n\n<!-- given: const x = 1 -->\n```ts\nconsole.log(x) // 1\n```\n\n```sh\nls\n```\n'
    const [first, second] = blocksOf('x.md', text)
    expect(first).toMatchObject({ line: 5, language: 'ts', note: 'given: const x = 1' })
    expect(promised(first!)).toEqual(['1'])
    expect(moduleOf(first!)).toContain('const x = 1')
    expect(second).toMatchObject({ language: 'sh', note: '' })
  })
})
