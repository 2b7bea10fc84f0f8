// Lowers a JSON Schema to what a model's grammar can hold answers to: closed objects, and no bounds.
import type { JsonSchema } from '../types/tool.ts'
import { lower } from './lower.ts'

const KEPT = 'type properties required additionalProperties items enum const anyOf allOf $ref $defs default description title format minItems pattern'
const FORMATS = /^(date-time|time|date|duration|email|hostname|uri|ipv4|ipv6|uuid)$/

/** The schema with its objects closed. What a grammar cannot say of a value is said in its description. */
export function closed(schema: JsonSchema): JsonSchema {
  const strict: unknown = JSON.parse(JSON.stringify(schema), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const to: { [keyword: string]: unknown } = { ...value }
    // Under a name that is not kept the keyword moves into the description.
    const move = (keyword: string, name: string): void => {
      to[name] = to[keyword]
      delete to[keyword]
    }
    if (typeof to['format'] === 'string' && !FORMATS.test(to['format'])) move('format', 'other format')
    if (typeof to['minItems'] === 'number' && to['minItems'] > 1) move('minItems', 'at least')
    if ([to['type']].flat().includes('object')) to['additionalProperties'] = false
    return to
  })
  return lower(strict as JsonSchema, { keep: KEPT.split(' ') })
}
