// Lowers a JSON Schema to what a dialect understands: keywords are kept, rewritten, or moved into the description.
import type { JsonSchema } from '../types/tool.ts'

/** What a dialect of JSON Schema knows. */
export interface SchemaDialect {
  /** The keywords that may stay. What says something about a value and is not among them moves into the description. */
  readonly keep: readonly string[]
  /** A schema with `$ref` may say nothing else. */
  readonly loneRefs?: boolean
}

/** Says that a keyword is gone, and where: `#/properties/age`. */
export type Dropped = (keyword: string, at: string) => void

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const ONE = ['items', 'additionalProperties', 'not', 'contains', 'propertyNames', 'if', 'then', 'else']
const LIST = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const NAMED = ['properties', '$defs', 'patternProperties', 'dependentSchemas']

/** Says nothing about a value, so nothing is lost with it. */
const SILENT = ['$schema', '$id', '$comment', '$anchor', 'title', 'examples', 'example', 'default', 'deprecated', 'readOnly', 'writeOnly', 'discriminator']

/** The schema in the dialect. The one that was handed in is left as it is. */
export function lower(schema: JsonSchema, dialect: SchemaDialect, dropped: Dropped = () => undefined): JsonSchema {
  const keep = new Set(dialect.keep)

  const walk = (value: unknown, at: string): unknown => {
    if (!isObject(value)) return value
    const from = renamed(value, keep)
    const to: { [keyword: string]: unknown } = {}
    const lost: { [keyword: string]: unknown } = {}
    for (const [keyword, held] of Object.entries(from)) {
      if (!keep.has(keyword)) {
        dropped(keyword, at)
        if (!SILENT.includes(keyword)) lost[keyword] = held
      } else to[keyword] = inside(keyword, held, `${at}/${keyword}`)
    }
    // A model reads what it is not held to.
    const words = [to['description'], ...Object.entries(lost).map(([keyword, held]) => `${keyword}: ${JSON.stringify(held)}`)]
    if (Object.keys(lost).length && keep.has('description')) to['description'] = words.filter(Boolean).join('; ')
    if (!dialect.loneRefs || to['$ref'] === undefined) return to
    const { $ref, ...rest } = to
    return Object.keys(rest).some((keyword) => !keyword.startsWith('$')) ? { anyOf: [{ $ref }], ...rest } : to
  }
  const inside = (keyword: string, held: unknown, at: string): unknown => {
    if (ONE.includes(keyword)) return walk(held, at)
    if (LIST.includes(keyword) && Array.isArray(held)) return held.map((one, index) => walk(one, `${at}/${index}`))
    if (!NAMED.includes(keyword) || !isObject(held)) return held
    return Object.fromEntries(Object.entries(held).map(([name, one]) => [name, walk(one, `${at}/${name}`)]))
  }
  return walk(schema, '#') as JsonSchema
}

/** Says the same in keywords that are kept: `const` as `enum`, `oneOf` as `anyOf`, `allOf` merged, draft 7 as 2020-12. */
function renamed(schema: JsonSchema, keep: ReadonlySet<string>): JsonSchema {
  const { definitions, ...to } = schema as { [keyword: string]: unknown }
  if (isObject(definitions)) to['$defs'] = { ...definitions, ...(to['$defs'] as object | undefined) }
  if (typeof to['$ref'] === 'string') to['$ref'] = to['$ref'].replace('#/definitions/', '#/$defs/')
  const swap = (keyword: string, by: string, make = (held: unknown): unknown => held): void => {
    if (!(keyword in to) || keep.has(keyword) || by in to || !keep.has(by)) return
    to[by] = make(to[keyword])
    delete to[keyword]
  }
  // Only strings and numbers: lists of other values are what dialects without `const` do not take either.
  if (/string|number/.test(typeof to['const'])) swap('const', 'enum', (held) => [held])
  swap('oneOf', 'anyOf')
  const { allOf, ...rest } = to
  if (keep.has('allOf') || !Array.isArray(allOf)) return to
  return allOf.filter(isObject).map((one) => renamed(one, keep)).reduce<JsonSchema>(both, rest)
}

/** A schema that asks for what both ask for, as far as lists and names go. */
function both(one: JsonSchema, other: JsonSchema): JsonSchema {
  const merged: { [keyword: string]: unknown } = { ...other, ...one }
  for (const keyword of ['properties', '$defs', 'required']) {
    const [a, b] = [one[keyword], other[keyword]]
    if (isObject(a) && isObject(b)) merged[keyword] = { ...b, ...a }
    if (Array.isArray(a) && Array.isArray(b)) merged[keyword] = [...new Set<unknown>([...a, ...b])]
  }
  return merged
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
