// The build: one ES module and one declaration per door, straight from the list of doors in jsr.json.
import { defineConfig } from 'tsup'
import { builtName, doors, sourceExists } from './scripts/doors.ts'

const sources: Record<string, string> = { 'cli/main': 'src/cli/main.ts' }
for (const [door, source] of Object.entries(doors())) sources[builtName(door)] = source

// A door that is listed before it is written does not stop the build; test/architecture fails on it.
const entry = Object.fromEntries(Object.entries(sources).filter(([, source]) => sourceExists(source)))

export default defineConfig({
  entry,
  tsconfig: 'tsconfig.build.json',
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/, /^cloudflare:/],
  dts: true,
  clean: true,
  splitting: true,
  // Deno and workerd know `node:fs`, not `fs`.
  removeNodeProtocol: false,
  sourcemap: true,
})
