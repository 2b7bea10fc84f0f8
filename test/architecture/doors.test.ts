// The doors are listed once, in jsr.json; everything else that names one agrees with it.
import { build } from 'esbuild'
import { globSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { denoImports, doors, packageExports, readJson, sourceExists, specifier, tsconfigDoors } from '../../scripts/doors.ts'
import { read, root } from './tree.ts'

const all = doors()
const names = new Set([...Object.keys(packageExports(all)).map(specifier)])

/** Names of doors in a text that no door has. */
function unknownDoors(text: string): string[] {
  const named = text.match(/@relay\/core(?:\/[a-z0-9._-]+)*/g) ?? []
  return named.map((name) => name.replace(/[.]+$/, '')).filter((name) => !names.has(name))
}

/** What a door still asks for from outside once everything of ours is in. */
async function outside(contents: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    metafile: true,
    tsconfigRaw: {},
    outdir: '.build',
  })
  const imported = Object.values(metafile.outputs).flatMap((output) => output.imports)
  return imported.filter((one) => one.external).map((one) => one.path)
}

/** Doors that must stand on nothing but the platform. One that is not written yet has failed above. */
const bare = Object.entries(all)
  .filter(([door]) => door === '.' || door.startsWith('./providers'))
  .filter(([, source]) => sourceExists(source))

describe('doors', () => {
  it.each(Object.entries(all))('%s is written: %s', (_, source) => {
    expect(sourceExists(source)).toBe(true)
  })

  it('package.json, tsconfig.doors.json and deno.json follow jsr.json (npm run doors)', () => {
    expect(readJson('package.json')['exports']).toEqual(packageExports(all))
    expect(readJson('package.json')['version']).toBe(readJson('jsr.json')['version'])
    expect(readJson('tsconfig.doors.json')).toEqual(tsconfigDoors(all))
    expect(readJson('deno.json')['imports']).toEqual(denoImports(all))
    expect(readJson('deno.json')).not.toHaveProperty('name')
    expect(readJson('deno.json')).not.toHaveProperty('exports')
  })

  it('every provider has a door, every runtime a file behind one', () => {
    const sources = new Set(Object.values(all))
    const rooms = globSync(['src/providers/*.ts', 'runtimes/*.ts'], { cwd: root }).map((path) => `./${path}`)
    expect(rooms.filter((path) => !sources.has(path))).toEqual([])
  })

  it.each(globSync(['*.md', 'docs/**/*.md', 'examples/**/*.{md,ts}', 'src/**/*.ts', 'runtimes/**/*.ts'], {
    cwd: root,
    exclude: (path) => path.includes('node_modules'),
  }))('%s names only doors that exist', (path) => {
    expect(unknownDoors(read(path))).toEqual([])
  })

  it('notices a door that is not there', () => {
    expect(unknownDoors('from `@relay/core/nowhere`. See @relay/core/providers/openai, @relay/core.')).toEqual([
      '@relay/core/nowhere',
    ])
  })

  it.each(bare)('%s needs nothing from outside', async (_, source) => {
    expect(await outside(`export * from '${source}'`)).toEqual([])
  })

  it('notices a dependency', async () => {
    expect(await outside(`export { parse } from 'yaml'`)).toEqual(['yaml'])
    expect(await outside(`export const load = () => import('node:fs')`)).toEqual(['node:fs'])
  })
})
