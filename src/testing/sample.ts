// The plainest value that a JSON Schema allows: what the echo answers with where JSON is asked for.
import type { JsonSchema } from '../types/tool.ts'

/** @param text What strings hold, where the schema does not say. */
export function sample(schema: unknown, text: string): unknown {
  return valueOf(schema, { root: schema, text }, 0)
}

interface Scope {
  readonly root: unknown
  readonly text: string
}

function valueOf(schema: unknown, scope: Scope, depth: number): unknown {
  if (typeof schema !== 'object' || schema === null || depth > 16) return null
  const s = schema as JsonSchema
  if (typeof s['$ref'] === 'string') return valueOf(target(s['$ref'], scope.root), scope, depth + 1)
  if ('const' in s) return s['const']
  for (const given of ['enum', 'examples']) {
    const values = s[given]
    if (Array.isArray(values) && values.length > 0) return values[0]
  }
  if ('default' in s) return s['default']
  for (const union of ['anyOf', 'oneOf']) {
    const members = s[union]
    if (Array.isArray(members)) return valueOf(members[0], scope, depth + 1)
  }
  if (Array.isArray(s['allOf'])) return valueOf(Object.assign({}, ...(s['allOf'] as object[])), scope, depth + 1)
  const type = Array.isArray(s['type']) ? s['type'][0] : s['type']
  if (type === 'object' || 'properties' in s) return objectOf(s, scope, depth)
  if (type === 'array') {
    const items = typeof s['minItems'] === 'number' ? s['minItems'] : 0
    return Array.from({ length: items }, () => valueOf(s['items'], scope, depth + 1))
  }
  if (type === 'integer' || type === 'number') return numberOf(s)
  if (type === 'boolean') return true
  if (type === 'null') return null
  return stringOf(s, scope.text)
}

function objectOf(schema: JsonSchema, scope: Scope, depth: number): unknown {
  const properties = (schema['properties'] ?? {}) as JsonSchema
  const required = Array.isArray(schema['required']) ? schema['required'] as string[] : []
  return Object.fromEntries(required.map((name) => [name, valueOf(properties[name], scope, depth + 1)]))
}

function numberOf(schema: JsonSchema): number {
  const { minimum, exclusiveMinimum, maximum } = schema
  if (typeof minimum === 'number') return minimum
  if (typeof exclusiveMinimum === 'number') return exclusiveMinimum + 1
  return typeof maximum === 'number' && maximum < 0 ? maximum : 0
}

function stringOf(schema: JsonSchema, text: string): string {
  const formats: { readonly [format: string]: string } = {
    'date-time': '2026-01-01T00:00:00Z',
    date: '2026-01-01',
    time: '00:00:00Z',
    email: 'someone@example.com',
    uri: 'https://example.com/',
    uuid: '00000000-0000-4000-8000-000000000000',
    ipv4: '192.0.2.1',
    ipv6: '2001:db8::1',
    hostname: 'example.com',
  }
  const format = schema['format']
  if (typeof format === 'string' && format in formats) return formats[format]!
  const most = schema['maxLength']
  const least = schema['minLength']
  const fitting = typeof most === 'number' ? text.slice(0, most) : text
  return typeof least === 'number' ? fitting.padEnd(least, '.') : fitting
}

/** `#/$defs/name`, and nothing beyond the document. */
function target(ref: string, root: unknown): unknown {
  let found = root
  for (const step of ref.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    if (typeof found !== 'object' || found === null) return undefined
    found = (found as JsonSchema)[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return found
}
