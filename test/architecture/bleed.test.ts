// A provider that nobody imported is not in the bundle: no door's bundle says another company's name.
import { build } from 'esbuild'
import { globSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { doors, sourceExists } from '../../scripts/doors.ts'
import { root } from './tree.ts'

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1, -'.ts'.length)

/** The words to look for: every provider's door, which is its file's name (doors.test.ts). One is no company's. */
const providers = Object.values(doors()).filter((path) => path.startsWith('./src/providers/')).map(nameOf)
const companies = providers.filter((name) => name !== 'index' && name !== 'compatible')
const wires = globSync('src/wire/*.ts', { cwd: root }).map(nameOf)

/** Companies named after an English word, which an error message may use: only as a name, a string or a host. */
const asName: Readonly<Record<string, RegExp>> = {
  together: /\bTogether(?= ?AI\b)|together-?ai|\btogether\.(ai|xyz)|['"`]together['"`]/,
}

/** What a company's own protocol says of another. Each entry has its reason. */
const spoken: Readonly<Record<string, readonly string[]>> = {
  // Its paths say /openai/, and its models' names their publishers.
  azure: ['openai', 'mistral', 'deepseek', 'cohere'],
  // The second style of the same company, in the words of the models that it serves.
  'bedrock-invoke': ['bedrock'],
  groq: ['openai'],
  // Its models' names and paths say their publishers.
  vertex: ['google', 'anthropic', 'xai', 'vertex-gemini'],
  'vertex-gemini': ['google', 'vertex'],
}

function pattern(company: string): RegExp {
  // A short name may sit inside a word (`xai` in `maxAiCalls`), a long one never does.
  const word = company.replaceAll('-', '[-_ ]?')
  return asName[company] ?? new RegExp(company.length <= 3 ? `(?<![a-z])${word}` : word, 'i')
}

/**
 * A protocol's name is not its inventor's: half the field speaks `openai-chat`. So names of wires are taken out, kebab or
 * camel, and a wire's file may say the words it is itself called by (the header `anthropic-version` is in
 * `anthropic-messages.ts`). Everything else that holds a company's word is knowledge of that company in the wrong room.
 */
function bleeding(modules: ReadonlyMap<string, string>, own: readonly string[], dialects = wires): string[] {
  const found: string[] = []
  for (const [path, code] of modules) {
    const text = dialects.reduce((rest, wire) => rest.replaceAll(wire, '').replaceAll(camel(wire), ''), code)
    const wire = path.startsWith('src/wire/') ? nameOf(path).split('-') : []
    for (const company of companies) {
      if (own.includes(company) || wire.includes(company)) continue
      const [hit] = pattern(company).exec(text) ?? []
      if (hit !== undefined) found.push(`${path}: ${hit}`)
    }
  }
  return found
}

function camel(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** The bundle after tree-shaking, cut at esbuild's `// path` lines, so that a finding names its module. */
async function bundled(contents: string): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts', sourcefile: 'door' },
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    legalComments: 'none',
    tsconfigRaw: {},
  })
  const [, ...pieces] = outputFiles[0]!.text.split(/^\/\/ (\S+)$/m)
  const modules = new Map<string, string>()
  for (let i = 0; i + 1 < pieces.length; i += 2) modules.set(pieces[i]!, pieces[i + 1]!)
  return modules
}

const all = (path: string): Promise<Map<string, string>> => bundled(`export * from '${path}'`)

describe('bleed', () => {
  // A door that is not written fails in doors.test.ts, once.
  const written = (path: string): boolean => sourceExists(`./${path}`)

  it.runIf(written('src/index.ts'))('the root door says no company\'s name', async () => {
    expect(bleeding(await all('./src/index.ts'), [])).toEqual([])
  })

  it.each(providers.filter((name) => name !== 'index' && written(`src/providers/${name}.ts`)))('%s says no other\'s', async (company) => {
    const modules = await all(`./src/providers/${company}.ts`)
    expect([...modules.keys()]).toContain(`src/providers/${company}.ts`)
    // A company's second door speaks of the company.
    const [family = company] = company.split('-')
    expect(bleeding(modules, [company, family, ...(spoken[company] ?? []), ...(spoken[family] ?? [])])).toEqual([])
  })

  it('notices a name in a string, an identifier and a host, and a wire that knows a company', async () => {
    const modules = await bundled(`export const isGroq = (host) => host === 'api.x.ai' || host.endsWith('groq.com')`)
    expect(bleeding(modules, ['openai'])).toEqual(['door: Groq'])
    expect(bleeding(modules, ['groq'])).toEqual([])
    expect(bleeding(new Map([['src/wire/openai-chat.ts', `if (name === 'groq') {}`]]), ['openai'])).toHaveLength(1)
    expect(bleeding(new Map([['src/core/send.ts', `'together'`]]), [])).toHaveLength(1)
  })

  it('lets a protocol be called by its name, and English be English', () => {
    const core = `const max = maxAiCalls; throw new Error('cannot be used together')`
    expect(bleeding(new Map([['src/core/send.ts', core]]), [])).toEqual([])
    const named = new Map([['src/providers/groq.ts', `import { openaiChat as wire } from 'openai-chat'`]])
    expect(bleeding(named, ['groq'], ['openai-chat'])).toEqual([])
    expect(bleeding(new Map([['src/wire/openai-chat.ts', `'openai-beta'`]]), ['groq'])).toEqual([])
  })
})
