// Tells whether a JSON Schema is one that strict structured output takes: no object may be left open.
import type { JsonSchema } from '../types/tool.ts'

/** Every object names all its properties as required and forbids others. */
export function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict)
  if (typeof schema !== 'object' || schema === null) return true
  const { type, properties = {}, required, additionalProperties } = schema as JsonSchema
  if (type === 'object' || 'properties' in schema) {
    const names = Array.isArray(required) ? required : []
    if (additionalProperties !== false || !Object.keys(properties as object).every((name) => names.includes(name))) return false
  }
  return Object.entries(schema).every(([keyword, inner]) => KEPT.includes(keyword) || isStrict(inner))
}

/** What these hold are values, not schemas. */
const KEPT = ['enum', 'const', 'default', 'examples', 'required']
