// Writes everything that follows from the list of doors: `npm run doors` after a change to jsr.json.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const root = new URL('../', import.meta.url)

export type Doors = Readonly<Record<string, string>>

export function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8')) as Record<string, unknown>
}

/** Door -> TypeScript source, as jsr.json lists them. */
export function doors(): Doors {
  return readJson('jsr.json')['exports'] as Doors
}

/** The file a door is built to, without its ending: `./providers/openai` -> `providers/openai`. */
export function builtName(door: string): string {
  return door === '.' ? 'index' : door.slice('./'.length)
}

/** `./providers/openai` -> `@relay/core/providers/openai`. */
export function specifier(door: string): string {
  return `@relay/core${door.slice(1)}`
}

export function sourceExists(source: string): boolean {
  return existsSync(new URL(source, root))
}

/** package.json's `exports`: one plain file per door, no conditions, so a reader sees which file an import means. */
export function packageExports(all: Doors): Record<string, unknown> {
  const exports: Record<string, unknown> = {}
  for (const door of Object.keys(all)) {
    exports[door] = { types: `./dist/${builtName(door)}.d.ts`, default: `./dist/${builtName(door)}.js` }
  }
  exports['./schema/v1.json'] = './schema/v1.json'
  exports['./package.json'] = './package.json'
  return exports
}

/** The same doors as names for the source, for tests, examples and Deno: no build needed before a type check. */
export function sourcePaths(all: Doors): Record<string, string> {
  return Object.fromEntries(Object.entries(all).map(([door, source]) => [specifier(door), source]))
}

export function tsconfigDoors(all: Doors): Record<string, unknown> {
  const paths = Object.fromEntries(Object.entries(sourcePaths(all)).map(([name, source]) => [name, [source]]))
  return { extends: './tsconfig.json', compilerOptions: { paths } }
}

export function denoImports(all: Doors): Record<string, string> {
  const { dependencies } = readJson('package.json') as { dependencies: Record<string, string> }
  return { ...sourcePaths(all), '@sinclair/typebox': `npm:@sinclair/typebox@${dependencies['@sinclair/typebox']}` }
}

function write(path: string, value: unknown): void {
  writeFileSync(new URL(path, root), `${JSON.stringify(value, null, 2)}\n`)
}

if (import.meta.main) {
  const all = doors()
  const { version } = readJson('package.json')
  write('jsr.json', { ...readJson('jsr.json'), version })
  write('package.json', { ...readJson('package.json'), exports: packageExports(all) })
  write('tsconfig.doors.json', tsconfigDoors(all))
  write('deno.json', { ...readJson('deno.json'), imports: denoImports(all) })
  for (const [door, source] of Object.entries(all)) if (!sourceExists(source)) console.warn(`${door}: no ${source} yet`)
  console.log(`${Object.keys(all).length} doors`)
}
