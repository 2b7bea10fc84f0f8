// Lowers a JSON Schema to what a dialect understands: keywords are kept, rewritten, or moved into the description.
import type { JsonSchema } from '../types/tool.ts'
import { isFields } from './merge.ts'
import { VALUES } from './strict.ts'

/** What a dialect of JSON Schema knows. */
export interface SchemaDialect {
  /** The keywords that may stay. What says something about a value and is not among them moves into the description. */
  readonly keep: readonly string[]
  /** A schema with `$ref` may say nothing else. */
  readonly loneRefs?: boolean
}

/** The keywords that every dialect knows, and those of one. */
export function knowing(more: string): readonly string[] {
  return `$defs $ref type title description enum items anyOf properties additionalProperties required format default ${more}`.split(' ')
}

/** Says that a keyword is gone, and where: `#/properties/age`. `otherwise`: other keywords say the same. */
export type Dropped = (keyword: string, at: string, otherwise?: true) => void

/** Keywords whose value is schemas by name. Every other object is a schema, but for values. */
const NAMED = /^(properties|\$defs|patternProperties|dependentSchemas)$/

/** Says nothing about a value, so nothing is lost with it. */
const SILENT = /^(\$|title|examples?$|default$|deprecated|(read|write)Only|discriminator)/

interface Draft {
  [keyword: string]: unknown
}

/** The schema in the dialect. The one that was handed in is left as it is. */
export function lower(schema: JsonSchema, dialect: SchemaDialect, dropped: Dropped = () => undefined): JsonSchema {
  const keep = new Set(dialect.keep)
  const walk = (value: unknown, at: string): unknown => {
    if (Array.isArray(value)) return value.map((one, index) => walk(one, `${at}/${index}`))
    if (!isFields(value)) return value
    const to: Draft = {}
    const lost: string[] = []
    const said = renamed(value, keep)
    for (const keyword in value) if (!(keyword in said)) dropped(keyword, at, true)
    for (const [keyword, held] of Object.entries(said)) {
      const place = `${at}/${keyword}`
      if (!keep.has(keyword)) {
        dropped(keyword, at)
        if (!SILENT.test(keyword)) lost.push(`${keyword}: ${JSON.stringify(held)}`)
      } else if (VALUES.test(keyword)) to[keyword] = held
      else to[keyword] = NAMED.test(keyword) && isFields(held) ? Object.fromEntries(Object.entries(held).map(([name, one]) => [name, walk(one, `${place}/${name}`)])) : walk(held, place)
    }
    // A model reads what it is not held to.
    if (lost.length && keep.has('description')) to['description'] = [to['description'], ...lost].filter(Boolean).join('; ')
    const { $ref, ...rest } = to
    if (!dialect.loneRefs || $ref === undefined || Object.keys(rest).every((keyword) => keyword.startsWith('$'))) return to
    dropped('$ref', at, true)
    return { anyOf: [{ $ref }], ...rest }
  }
  return walk(schema, '#') as JsonSchema
}

/** Says the same in keywords that are kept: `const` as `enum`, `oneOf` as `anyOf`, `allOf` merged, draft 7 as 2020-12. */
function renamed(schema: JsonSchema, keep: ReadonlySet<string>): JsonSchema {
  const { definitions, ...to } = schema as Draft
  if (isFields(definitions)) to['$defs'] = { ...definitions, ...Object(to['$defs']) }
  if (typeof to['$ref'] === 'string') to['$ref'] = to['$ref'].replace('#/definitions/', '#/$defs/')
  const swap = (keyword: string, by: string, held: unknown = to[keyword]): void => {
    if (!(keyword in to) || keep.has(keyword) || by in to || !keep.has(by)) return
    to[by] = held
    delete to[keyword]
  }
  // Only strings and numbers: lists of other values are what dialects without `const` do not take either.
  if (/string|number/.test(typeof to['const'])) swap('const', 'enum', [to['const']])
  swap('oneOf', 'anyOf')
  const { allOf, ...rest } = to
  if (keep.has('allOf') || !Array.isArray(allOf)) return to
  return allOf.filter(isFields).map((one) => renamed(one, keep)).reduce<JsonSchema>(both, rest)
}

/** A schema that asks for what both ask for, as far as lists and names go. */
function both(one: JsonSchema, other: JsonSchema): JsonSchema {
  const merged: Draft = { ...other, ...one }
  for (const keyword of ['properties', '$defs', 'required']) {
    const [a, b] = [one[keyword], other[keyword]]
    if (isFields(a) && isFields(b)) merged[keyword] = { ...b, ...a }
    if (Array.isArray(a) && Array.isArray(b)) merged[keyword] = [...new Set<unknown>([...a, ...b])]
  }
  return merged
}
