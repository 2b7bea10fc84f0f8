// What a hub weighs in a bundle: minified by esbuild, then gzip.
import { build, type Plugin } from 'esbuild'
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { table } from './measure.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The providers that speak Chat Completions, and Anthropic. */
const FOUNDATION = 'openai anthropic groq together deepseek xai mistral fireworks perplexity openrouter ollama vllm lmstudio compatible'.split(' ')

/** Every company and kind of server, one door each. */
const COMPANIES = [...FOUNDATION, 'azure', 'google', 'vertex', 'bedrock', 'cohere']

interface Bundle {
  readonly name: string
  readonly providers: readonly string[]
  /** Bytes of gzip that it may have. */
  readonly budget: number
}

const kilobytes = (count: number): number => count * 1024

export const bundles: readonly Bundle[] = [
  { name: 'hub + openai', providers: ['openai'], budget: kilobytes(10) },
  { name: 'hub + openai + anthropic', providers: ['openai', 'anthropic'], budget: kilobytes(13) },
  { name: `hub + ${FOUNDATION.length} providers`, providers: FOUNDATION, budget: kilobytes(16) },
  { name: 'hub + bedrock', providers: ['bedrock'], budget: kilobytes(14) },
  { name: `hub + ${COMPANIES.length} providers`, providers: COMPANIES, budget: kilobytes(34) },
]

export interface Weight {
  readonly minified: number
  readonly gzip: number
  /** Bytes of the minified bundle, by the file that they come from. */
  readonly parts: ReadonlyMap<string, number>
}

/** Everything that a hub could conceivably do without: what is left is one model, asked once, whole or streamed. */
const SPARED = /(config\/(check|env|rates)|core\/(embed|explain|repeat|sum)|http\/(address|backoff|media|network)|layers\/(groups\/\w+|retry|price)|routing\/\w+|secrets\/pool|wire\/(embeddings|openai-chat-ears|openai-models|openai-effort|think-tags))\.ts$/

/** Puts nothing in the place of what a hub could do without. */
const spare: Plugin = {
  name: 'spare',
  setup({ onLoad }) {
    onLoad({ filter: SPARED }, ({ path }) => {
      const names = [...readFileSync(path, 'utf8').matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)]
      return { contents: names.map(([, name]) => `export const ${name} = () => 0`).join('\n'), loader: 'js' }
    })
  },
}

/** Bundles a module's text as an application's build would, with nothing left outside. */
export async function weigh(source: string, plugins: Plugin[] = []): Promise<Weight> {
  const result = await build({
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'import'],
    // Rivals reach for Node; what is built in weighs nothing.
    external: ['node:*', ...builtinModules],
    plugins,
    write: false,
    metafile: true,
    logLevel: 'error',
  })
  const bytes = result.outputFiles[0]?.contents ?? new Uint8Array()
  const inputs = Object.values(result.metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  const parts = new Map(inputs.map(([file, { bytesInOutput }]) => [file, bytesInOutput]))
  return { minified: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, parts }
}

export function entry(providers: readonly string[]): string {
  const imports = providers.map((name) => `export { ${name} } from './src/providers/${name}.ts'`)
  return [`export { Hub } from './src/index.ts'`, ...imports].join('\n')
}

const rivals: readonly (readonly [name: string, source: string])[] = [
  ['openai (client)', `import OpenAI from 'openai'; export { OpenAI }`],
  ['@anthropic-ai/sdk (client)', `import Anthropic from '@anthropic-ai/sdk'; export { Anthropic }`],
  ['ai + @ai-sdk/openai', `export { generateText, streamText } from 'ai'; export { createOpenAI } from '@ai-sdk/openai'`],
]

export async function size(): Promise<void> {
  const rows: string[][] = []
  for (const { name, providers, budget } of bundles) {
    const { minified, gzip } = await weigh(entry(providers))
    rows.push([name, kb(minified), kb(gzip), kb(budget), gzip <= budget ? 'within' : 'OVER'])
  }
  const bare = await weigh(entry(['openai']), [spare])
  rows.push(['hub + openai, bare', kb(bare.minified), kb(bare.gzip), '', ''])
  for (const [name, source] of rivals) {
    const { minified, gzip } = await weigh(source)
    rows.push([name, kb(minified), kb(gzip), '', ''])
  }
  table(['bundle', 'minified', 'gzip', 'budget', ''], rows)
  const [smallest] = bundles
  if (smallest) await share(smallest)
}

/** What a bundle is made of, by folder. */
async function share({ name, providers }: Bundle): Promise<void> {
  const { minified, parts } = await weigh(entry(providers))
  const folders = new Map<string, number>()
  for (const [file, bytes] of parts) {
    const folder = /^src\/(\w+\/)/.exec(file)?.[0] ?? 'src/*.ts'
    folders.set(folder, (folders.get(folder) ?? 0) + bytes)
  }
  const rows = [...folders].sort(([, a], [, b]) => b - a).map(([folder, bytes]) => [folder, kb(bytes), `${Math.round((100 * bytes) / minified)} %`])
  console.log('')
  table([name, 'minified', ''], rows)
}

function kb(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`
}
