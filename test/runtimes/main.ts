// Runs the portable suite on every runtime, on the built package: `npm run test:runtimes`, or with names only those.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bundleCases } from './bundle.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const modules = 'test/runtimes/run-modules.mjs'
// No --allow-net and no --allow-env: the core must not ask for more than reading its own files.
const deno = ['node_modules/.bin/deno', 'run', '--no-lock', '--no-prompt', '--allow-read=.']

const runtimes: Readonly<Record<string, readonly string[]>> = {
  node20: ['node_modules/node20/bin/node', modules, 'node20', '20.'],
  node22: ['node_modules/node22/bin/node', modules, 'node22', '22.'],
  node24: ['node_modules/node/bin/node', modules, 'node24', '24.'],
  bun: ['node_modules/.bin/bun', modules, 'bun', '1.'],
  deno: [...deno, modules, 'deno', '2.'],
  'deno-source': [...deno, '--allow-read=.,../shared', '--no-check', 'test/runtimes/run-deno-source.ts'],
  workerd: [process.execPath, 'test/runtimes/run-workerd.ts', 'workerd', 'no_nodejs_compat', 'no_nodejs_compat_v2'],
  'workerd-nodejs-compat': [process.execPath, 'test/runtimes/run-workerd.ts', 'workerd-nodejs-compat'],
  edge: [process.execPath, 'test/runtimes/run-edge.ts'],
  chromium: [process.execPath, 'test/runtimes/run-chromium.ts'],
}

/** Resolves to an error message, or to undefined when the runner passed at least one test and failed none. */
async function run(name: string): Promise<string | undefined> {
  const [command = '', ...parameters] = runtimes[name] ?? []
  if (command === '' || !existsSync(new URL(command, `file://${root}`))) return `${name}: missing ${command}`
  const child = spawn(command, parameters, { cwd: root, timeout: 180_000, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const code = await new Promise((resolve) => child.on('close', resolve).on('error', (error) => resolve(String(error))))
  const [, passed = '0'] = new RegExp(`^${name}: (\\d+) passed, \\d+ failed$`, 'm').exec(output) ?? []
  process.stdout.write(output)
  return code === 0 && Number(passed) > 0 ? undefined : `${name}: exit ${code}, ${passed} passed`
}

const chosen = process.argv.slice(2)
const names = chosen.length > 0 ? chosen : Object.keys(runtimes)
await bundleCases(`${root}/.build/cases.js`)
const errors: string[] = []
for (const name of names) {
  if (name === 'chromium' && process.env['RELAY_SKIP_CHROMIUM'] === '1') console.log('chromium: SKIPPED')
  else errors.push(...[await run(name)].filter((error) => error !== undefined))
}
if (errors.length > 0) console.error(`runtimes that did not pass:\n  ${errors.join('\n  ')}`)
process.exit(errors.length > 0 ? 1 : 0)
