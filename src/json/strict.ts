// Tells whether a JSON Schema is one that strict structured output takes: no object may be left open.
import type { JsonSchema } from '../types/tool.ts'

/** What these hold are values, not schemas. */
export const VALUES: RegExp = /^(enum|const|default|examples|required)$/

/** Every object names all its properties as required and forbids others. */
export function isStrict(schema: JsonSchema): boolean {
  let strict = true
  JSON.stringify(schema, (keyword, held: unknown) => {
    const { type, properties, required = [], additionalProperties } = Object(held) as { readonly [keyword: string]: unknown }
    if (VALUES.test(keyword)) return
    if (type === 'object' || properties) strict &&= additionalProperties === false && Object.keys(Object(properties)).every((name) => (required as readonly string[]).includes(name))
    return held
  })
  return strict
}
