// Publishes to JSR (`--dry-run` checks only). Deno reads one configuration file; the doors are jsr.json's, the compiler's
// options deno.json's, so both are joined in a copy of what is published.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readJson } from './doors.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const copy = `${root}.build/jsr`

rmSync(copy, { recursive: true, force: true })
mkdirSync(copy, { recursive: true })
const { tasks: _, ...deno } = readJson('deno.json')
const { publish, ...jsr } = readJson('jsr.json') as { publish: { include: string[]; exclude: string[] } }
for (const file of globSync([...publish.include, 'package.json'], { cwd: root, exclude: publish.exclude })) {
  mkdirSync(dirname(`${copy}/${file}`), { recursive: true })
  cpSync(`${root}${file}`, `${copy}/${file}`)
}
// The doors' own names point at the source in deno.json; inside the package nothing may import itself by name.
const imports = Object.entries(deno['imports'] as Record<string, string>).filter(([name]) => !name.startsWith('@relay/'))
const joined = { ...deno, ...jsr, publish, imports: Object.fromEntries(imports) }
writeFileSync(`${copy}/deno.json`, JSON.stringify(joined, null, 2))
symlinkSync(`${root}node_modules`, `${copy}/node_modules`)

const { status } = spawnSync('deno', ['publish', '--no-lock', '--allow-dirty', ...process.argv.slice(2)], {
  cwd: copy,
  stdio: 'inherit',
})
process.exit(status ?? 1)
