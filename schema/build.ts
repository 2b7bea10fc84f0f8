// Writes the schema: `node schema/build.ts > schema/v1.json`.
import { document } from './document.ts'

console.log(document().trimEnd())
