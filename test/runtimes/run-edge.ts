// Vercel's edge runtime on a real bundle: vitest's environment of that name keeps Node's resolution and user agent.
import { EdgeRuntime } from 'edge-runtime'
import type { Report } from '../portable/kit.ts'
import { bundle } from './bundle.ts'
import { tell } from './tell.mjs'

const start = `
cases.push({ name: 'edge runtime, not Node', run: (t) => {
  t.equal(typeof EdgeRuntime, 'string')
  t.equal(typeof process, 'undefined')
  t.throws(() => new Function('return 1'))
} })
addEventListener('fetch', (event) => event.respondWith(run(cases).then((report) => Response.json(report))))`
const edge = new EdgeRuntime({ initialCode: await bundle(start, 'iife', ['edge-light', 'worker']) })
const response = await edge.dispatchFetch('http://127.0.0.1/')
if (!response.ok) throw new Error(await response.text())
tell('edge', (await response.json()) as Report)
