// Type-checks a consumer of the packed package under the globals of five runtimes, the library's own .d.ts files included,
// and loads every door and the program from that tarball on the oldest Node.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { doors, specifier } from '../../scripts/doors.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const home = `${root}.build/consumer`
const installed = `${home}/node_modules/@relay/core`

const compilerOptions = {
  target: 'ES2022',
  module: 'nodenext',
  strict: true,
  noEmit: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
}
// What each runtime's users have in their tsconfig.json.
const web = ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable', 'ESNext.Disposable']
const platforms: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  dom: { lib: web, types: [] },
  workers: { lib: ['ES2023', 'ESNext.Disposable'], types: ['@cloudflare/workers-types'] },
  node: { lib: ['ES2023', 'ESNext.Disposable'], types: ['node'] },
  bun: { lib: ['ESNext'], types: ['bun'] },
}

/** The tarball users get, laid out as npm would lay it: what package.json's `files` forgets is missing here too. */
function install(): void {
  rmSync(home, { recursive: true, force: true })
  mkdirSync(installed, { recursive: true })
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', home], { cwd: root, encoding: 'utf8' })
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }]
  execFileSync('tar', ['-xzf', `${home}/${filename}`, '-C', installed, '--strip-components=1'])
}

function writeConsumer(): void {
  cpSync(`${root}test/types/consumer.ts`, `${home}/consumer.ts`)
  const imports = Object.keys(doors()).map((door, i) => `export * as door${i} from '${specifier(door)}'\n`)
  writeFileSync(`${home}/doors.ts`, imports.join(''))
  writeFileSync(`${home}/doors.mjs`, imports.join(''))
  writeFileSync(`${home}/package.json`, JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  for (const [name, options] of Object.entries(platforms)) {
    const files = ['consumer.ts', 'doors.ts']
    writeFileSync(`${home}/${name}.json`, JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, files }))
  }
  writeFileSync(`${home}/deno.json`, JSON.stringify({ nodeModulesDir: 'manual', lock: false }))
}

function check(name: string, command: string, parameters: readonly string[]): boolean {
  const { status, stdout, stderr } = spawnSync(command, parameters, { cwd: home, encoding: 'utf8' })
  const output = `${stdout ?? ''}${stderr ?? ''}`
  // A path that leaves the consumer's folder is a runtime's own types: @types/bun 1.4.5 has four errors of its own.
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const foreign = lines.filter((line) => /^\.\.\/.*error TS/.test(line))
  const ours = lines.filter((line) => !foreign.includes(line))
  const ok = status === 0 || (foreign.length > 0 && ours.length === 0)
  console.log([...(ok ? [] : ours), `${name}: ${ok ? 'ok' : 'FAILED'}`].join('\n'))
  return ok
}

install()
writeConsumer()
const results = Object.keys(platforms).map((name) => check(`types under ${name}`, 'tsc', ['-p', `${name}.json`]))
results.push(check('types under deno', 'deno', ['check', '--quiet', 'consumer.ts', 'doors.ts']))
const oldest = `${root}node_modules/node20/bin/node`
results.push(check('every door loads', oldest, ['doors.mjs']))
results.push(check('relay --help', oldest, [`${installed}/dist/cli/main.js`, '--help']))
const passed = results.filter(Boolean).length
console.log(`consumer: ${passed} passed, ${results.length - passed} failed`)
process.exit(passed === results.length ? 0 : 1)
