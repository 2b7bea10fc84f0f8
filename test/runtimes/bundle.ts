// The portable suite as one script for places without a module loader, made from the built package, not the source.
import { build } from 'esbuild'
import type { Format } from 'esbuild'
import { fileURLToPath } from 'node:url'
import { vectors } from './vectors.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The cases and, where they are there, the published vectors among them. */
function suite(): string {
  const found = vectors()
  return `import { cases, collect, published, run } from './test/portable/all.ts'
${found ? `cases.push(...collect({ published: published(${JSON.stringify(found)}) }))` : ''}\n`
}

/** `start` is the few lines that run the suite there; it sees `cases` and `run`. */
export async function bundle(start: string, format: Format, conditions: string[]): Promise<string> {
  const result = await build({
    stdin: { contents: suite() + start, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format,
    conditions,
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    // Chunks that hold nothing but shared code are named by doors that use none of it.
    logOverride: { 'ignored-bare-import': 'silent' },
    // Without this esbuild would follow the `paths` of test/tsconfig.json to the source instead of dist.
    tsconfigRaw: {},
  })
  return result.outputFiles[0]!.text
}

/** For runtimes that load modules: the cases alone, so that `@relay/core/...` is resolved by the runtime itself. */
export async function bundleCases(outfile: string): Promise<void> {
  await build({
    stdin: { contents: `${suite()}export { cases, run }`, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    packages: 'external',
    tsconfigRaw: {},
  })
}
