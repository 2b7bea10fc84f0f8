// Deno on the TypeScript source, as it gets the package from JSR; deno.json maps the doors.
import { cases, collect, published, run } from '../portable/all.ts'
import { tell } from './tell.mjs'
import { vectors } from './vectors.ts'

const found = vectors()
if (found) cases.push(...collect({ published: published(found) }))
tell('deno-source', await run(cases))
