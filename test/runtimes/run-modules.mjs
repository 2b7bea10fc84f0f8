// Node 20, 22, 24, Bun and Deno: they load the built package by its name. Usage: <runtime> run-modules.mjs NAME VERSION
import { cases, run } from '../../.build/cases.js'
import { tell } from './tell.mjs'

const [runtime, version] = process.argv.slice(2)
const actual = globalThis.Deno?.version.deno ?? process.versions.bun ?? process.versions.node
if (!actual.startsWith(version)) throw new Error(`${runtime} ${version} was asked for, this is ${actual}`)
tell(runtime, await run(cases))
