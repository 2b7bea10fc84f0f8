// Real workerd through miniflare. Usage: run-workerd.ts NAME FLAG...; `no_nodejs_compat` is what proves that Relay needs no Node.
import { Miniflare, convertV4MiniflareOptions } from 'miniflare'
import type { Report } from '../portable/kit.ts'
import { bundle } from './bundle.ts'
import { plainDoors, strangersIn } from './doors.ts'
import { tell } from './tell.mjs'

const [runtime = 'workerd', ...compatibilityFlags] = process.argv.slice(2)

// vitest's worker pool would pass these wrongly: it forces Node compatibility on and lets `new Function` through.
const real = `
cases.push({ name: 'workerd refuses code from strings', run: (t) => t.throws(() => new Function('return 1'), EvalError) })
if (${compatibilityFlags.includes('no_nodejs_compat')}) cases.push({ name: 'workerd without Node', run: (t) => {
  t.equal(typeof process, 'undefined')
  t.equal(typeof Buffer, 'undefined')
} })`
// The suite does not touch every door: each is loaded all the same, and looked through for what no case may run.
const doors = plainDoors()
const loads = doors.map((door, n) => `import * as door${n} from '${door}'
cases.push({ name: 'loads ${door}', run: (t) => t.ok(Object.keys(door${n}).length > 0) })`)
const found = await Promise.all(doors.map(async (door) => [`nothing strange in ${door}`, await strangersIn(door)] as const))

const start = `${real}\n${loads.join('\n')}\nexport default { fetch: async () => Response.json(await run(cases)) }`
const script = await bundle(start, 'esm', ['workerd', 'worker', 'browser'])
const workerd = new Miniflare(
  convertV4MiniflareOptions({ modules: true, script, compatibilityDate: '2026-10-01', compatibilityFlags }),
)
try {
  const response = await workerd.dispatchFetch('http://127.0.0.1/')
  if (!response.ok) throw new Error(await response.text())
  const { passed, failures } = (await response.json()) as Report
  const strange = found.filter(([, words]) => words.length).map(([name, words]) => ({ name, error: words.join(', ') }))
  tell(runtime, { passed: passed + found.length - strange.length, failures: [...failures, ...strange] })
} finally {
  await workerd.dispose()
}
