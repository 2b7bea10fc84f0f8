// Real workerd through miniflare. Usage: run-workerd.ts NAME FLAG...; `no_nodejs_compat` is what proves that Relay needs no Node.
import { Miniflare, convertV4MiniflareOptions } from 'miniflare'
import type { Report } from '../portable/kit.ts'
import { bundle } from './bundle.ts'
import { tell } from './tell.mjs'

const [runtime = 'workerd', ...compatibilityFlags] = process.argv.slice(2)

// vitest's worker pool would pass these wrongly: it forces Node compatibility on and lets `new Function` through.
const real = `
cases.push({ name: 'workerd refuses code from strings', run: (t) => t.throws(() => new Function('return 1'), EvalError) })
if (${compatibilityFlags.includes('no_nodejs_compat')}) cases.push({ name: 'workerd without Node', run: (t) => {
  t.equal(typeof process, 'undefined')
  t.equal(typeof Buffer, 'undefined')
} })`
const start = `${real}\nexport default { fetch: async () => Response.json(await run(cases)) }`
const script = await bundle(start, 'esm', ['workerd', 'worker', 'browser'])
const workerd = new Miniflare(
  convertV4MiniflareOptions({ modules: true, script, compatibilityDate: '2026-10-01', compatibilityFlags }),
)
try {
  const response = await workerd.dispatchFetch('http://127.0.0.1/')
  if (!response.ok) throw new Error(await response.text())
  tell(runtime, (await response.json()) as Report)
} finally {
  await workerd.dispose()
}
