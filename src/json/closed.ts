// Lowers a JSON Schema to what a model's grammar can hold answers to: closed objects, and no bounds.
import type { JsonSchema } from '../types/tool.ts'
import { knowing, lower, type Dropped, type SchemaDialect } from './lower.ts'

const DIALECT: SchemaDialect = { keep: /* @__PURE__ */ knowing('const allOf minItems pattern') }
const FORMATS = /^(date-time|time|date|duration|email|hostname|uri|ipv4|ipv6|uuid)$/

/** What is said where an object that holds any names is closed. */
export const EMPTY = 'an object whose names the schema does not list is closed: it will be empty'

/** What is said where an object is closed that names what it holds. */
const CLOSED = 'objects are closed: `additionalProperties` is false'

/** The schema with its objects closed. What a grammar cannot say of a value is said in its description. */
export function closed(schema: JsonSchema, note: (why: string) => void, dropped: Dropped): JsonSchema {
  const strict: unknown = JSON.parse(JSON.stringify(schema), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const { format, minItems, ...to }: { [keyword: string]: unknown } = { ...value }
    // Under a name that is not kept a keyword moves into the description.
    if (format !== undefined) to[typeof format !== 'string' || FORMATS.test(format) ? 'format' : 'other format'] = format
    if (minItems !== undefined) to[Number(minItems) > 1 ? 'at least' : 'minItems'] = minItems
    if (![to['type']].flat().includes('object')) return to
    if (to['additionalProperties'] !== false) note(typeof to['additionalProperties'] === 'object' ? EMPTY : CLOSED)
    return { ...to, additionalProperties: false }
  })
  return lower(strict as JsonSchema, DIALECT, dropped)
}
