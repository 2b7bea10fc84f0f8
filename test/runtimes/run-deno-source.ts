// Deno on the TypeScript source, as it gets the package from JSR; deno.json maps the doors.
import { cases, run } from '../portable/all.ts'
import { tell } from './tell.mjs'

tell('deno-source', await run(cases))
