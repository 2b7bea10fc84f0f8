// An answer in JSON, where nothing but words holds the model to it.
import type { Encoding } from '../types/provider.ts'
import type { JsonSchema } from '../types/tool.ts'

/** Why an answer is not held to its schema. */
export const OPEN = 'not held to strictly: `strict` is off, or an object of the schema is open'

/** What the system prompt says. */
export function worded(shape: { readonly schema: JsonSchema } | undefined, note: Encoding['note']): string {
  note('responseFormat', 'asked for in the system prompt')
  return `Answer with JSON and nothing else: no prose, no code fence.${shape ? ` It must match this JSON Schema: ${JSON.stringify(shape.schema)}` : ''}`
}
