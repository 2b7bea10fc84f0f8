// The shape of a catalogue against its schema, and what is wrong with it in words that help.
import type { TSchema } from '@sinclair/typebox'
import { Errors, type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import { config } from '../../schema/config.ts'
import { fields } from './check.ts'
import { type Problem, refers } from './env.ts'
import { nearest } from './nearest.ts'
import type { KeyProblem } from './place.ts'

/** What is wrong with the shape of a catalogue. A thousand mistakes are as good as all. */
export function shapeProblems(data: unknown): KeyProblem[] {
  const problems = new Map<string, KeyProblem>()
  for (const error of Errors(config, data)) {
    explain(error, { data, problems })
    if (problems.size >= 1000) break
  }
  return [...problems.values()]
}

interface ObjectSchema {
  readonly properties?: { readonly [key: string]: TSchema }
  readonly patternProperties?: { readonly [pattern: string]: TSchema }
  readonly required?: readonly string[]
}

/** Takes out every field that may be left out and is null, which says the same. */
export function withoutNulls(data: unknown, schema: TSchema = config): unknown {
  if (Array.isArray(data)) return data.map((item) => withoutNulls(item, variant(schema, 'array')?.['items'] as TSchema))
  if (typeof data !== 'object' || data === null) return data
  const { properties = {}, patternProperties = {}, required = [] } = (variant(schema, 'object') ?? {}) as ObjectSchema
  const [other] = Object.values(patternProperties)
  const kept = Object.entries(data).flatMap(([key, item]): [string, unknown][] => {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (known && item === null && !required.includes(key)) return []
    const inner = known ?? other
    return [[key, inner ? withoutNulls(item, inner) : item]]
  })
  return Object.fromEntries(kept)
}

/** A schema itself, or the one of its variants that is of a type. */
function variant(schema: TSchema | undefined, type: string): TSchema | undefined {
  const variants: readonly TSchema[] = schema?.['anyOf'] ?? [schema]
  return variants.find((item) => item?.['type'] === type)
}

interface Found {
  readonly data: unknown
  readonly problems: Map<string, KeyProblem>
}

function explain(error: ValueError, found: Found): void {
  const { schema, value, type } = error
  const path = stepsOf(error.path, found.data)
  const add = (message: string, more?: Partial<KeyProblem>): void => {
    const problem = { path, message, ...more }
    const key = JSON.stringify(problem.path)
    // A field that is missing is also of the wrong type.
    if (!found.problems.has(key)) found.problems.set(key, problem)
  }
  if (type === ValueErrorType.ObjectAdditionalProperties) {
    add(...unknownField(`${path.at(-1)}`, value, schema))
  } else if (type === ValueErrorType.ObjectRequiredProperty) {
    add(`is missing${schema.description ? `: ${schema.description}` : ''}`)
  } else if (type !== ValueErrorType.Union) {
    // What a pattern asks for is for editors: `problems` says it in words, once references are replaced.
    if (type !== ValueErrorType.StringPattern) add(mismatch(schema, value, path))
  } else if (typeof value !== 'string' || !(schema['anyOf'] as readonly TSchema[]).some((item) => item['pattern'])) {
    const inner = chosen(error)
    if (typeof inner === 'object') for (const one of inner) explain(one, found)
    else add(inner ?? mismatch(schema, value, path), inner ? { path: [...path, 'type'] } : undefined)
  }
}

/** The errors of the variant that a value was meant to be, or what is wrong with the field that says which. */
function chosen({ schema, value, errors }: ValueError): Iterable<ValueError> | string | undefined {
  const variants = schema['anyOf'] as readonly TSchema[]
  if (typeof value !== 'object' || value === null) return undefined
  const type = Array.isArray(value) ? 'array' : 'object'
  const fitting = variants.flatMap((item, i) => (item['type'] === type ? [i] : []))
  if (fitting.length < 2) return fitting.length ? errors[fitting[0]!] : undefined
  const kinds = fitting.map((i) => variants[i]!['properties'].type.const as string)
  const { type: kind } = fields(value)
  const i = kinds.findIndex((item) => item === kind)
  if (i >= 0) return errors[fitting[i]!]
  return `${kind === undefined ? 'is missing: write' : 'must be'} one of ${kinds.join(', ')}`
}

/** What people write from habit, or from another library's. */
const OTHERWISE: { readonly [field: string]: string } = {
  model: 'target',
  api_key: 'credential',
  key: 'credential',
  api_base: 'base_url',
  endpoint: 'base_url',
  url: 'base_url',
  retries: 'max_retries',
  models: 'members',
  price: 'cost',
  pricing: 'cost',
}

function unknownField(field: string, value: unknown, schema: TSchema): [message: string, more: Partial<KeyProblem>] {
  const known = schema['properties'] as { readonly [key: string]: TSchema }
  const names = Object.keys(known)
  const home = names.find((name) => Object.hasOwn(variant(known[name], 'object')?.['properties'] ?? {}, field))
  const meant = [OTHERWISE[field]].find((name) => name !== undefined && names.includes(name)) ?? nearest(field, names)
  const advice = home ? `it belongs under \`${home}\``
    : meant ? `did you mean \`${meant}\`?`
    : Object.hasOwn(fields(value), 'target') && names.includes('models') ? 'a model belongs under `models`'
    : `there is ${names.join(', ')}`
  return [`unknown field \`${field}\`: ${advice}`, { atKey: true, ...(meant && !home ? { meant } : undefined) }]
}

function mismatch(schema: TSchema, value: unknown, path: Problem['path']): string {
  return `must be ${expected(schema)}, not ${shown(value, path)}`
}

function expected(schema: TSchema): string {
  const { anyOf, const: only, type, minimum: least, maximum: most, exclusiveMinimum: above } = schema
  if (anyOf) {
    const words = (anyOf as readonly TSchema[]).map(expected)
    return (anyOf as readonly TSchema[]).every((item) => item['const'] !== undefined)
      ? `one of ${words.join(', ')}`
      : [...new Set(words)].join(' or ')
  }
  if (only !== undefined) return `${only}`
  const range = above !== undefined ? ` above ${above}`
    : most !== undefined ? ` from ${least} to ${most}`
    : least !== undefined ? `, ${least} or more` : ''
  const kinds: { readonly [type: string]: string } = {
    object: 'a mapping',
    array: schema['minItems'] ? 'a list that is not empty' : 'a list',
    string: schema['minLength'] ? 'a text that is not empty' : 'a text',
    boolean: 'true or false',
    integer: `a whole number${range}`,
    number: `a number${range}`,
  }
  return kinds[type] ?? 'something else'
}

/** What was found. Where a secret may stand, only its kind is told. */
function shown(value: unknown, path: Problem['path']): string {
  if (Array.isArray(value)) return value.length ? 'a list' : 'an empty list'
  if (typeof value === 'object' && value !== null) return 'a mapping'
  if (typeof value !== 'string') return `${value}`
  if (refers(value)) return 'a reference, which gives a text'
  if (path.includes('credential') || path.includes('headers')) return 'a text'
  return value ? `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}` : 'an empty text'
}

/** A JSON pointer as keys and indexes. */
function stepsOf(pointer: string, data: unknown): (string | number)[] {
  let value = data
  return pointer.split('/').slice(1).map((step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    const index = Array.isArray(value) ? Number(key) : key
    value = Array.isArray(value) ? value[Number(key)] : fields(value)[key]
    return index
  })
}
