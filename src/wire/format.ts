// What wires say of tools and of answers in JSON, where nothing but words holds the model to it.
import { relayError, type ErrorDetails } from '../errors.ts'
import { closed } from '../json/closed.ts'
import type { Dropped } from '../json/lower.ts'
import type { Encoding } from '../types/provider.ts'
import type { ResponseFormat } from '../types/request.ts'
import type { JsonSchema } from '../types/tool.ts'
import { UNKNOWN } from './fields.ts'

/** Why an answer, or the arguments of a tool, are not held to a schema. */
export const OPEN = 'not held to the schema: `strict` is off, an object is open, or the model cannot'

/** What the system prompt says. */
export function worded(shape: ResponseFormat, note: Encoding['note']): string {
  note('responseFormat', 'asked for in the system prompt')
  const schema = typeof shape === 'object' ? ` It must match this JSON Schema: ${JSON.stringify(shape.schema)}` : ''
  return `Answer with one JSON ${schema ? 'value' : 'object'} and nothing else: no prose, no code fence.${schema}`
}

/** The name of a tool. @throws ToolSchemaError where it is none. */
export function spelled(name: string, most: number, details: ErrorDetails): string {
  if (/^[\w-]+$/.test(name) && name.length <= most) return name
  throw relayError('tool_schema', `tool \`${name}\`: a name is made of at most ${most} letters, digits, _ and -`, details)
}

/** Says which keywords of a schema are gone. */
export function lost(note: Encoding['note'], field: string): Dropped {
  return (keyword, at, otherwise) => note(field, `${keyword} at ${at}: ${otherwise ? 'said in other keywords' : UNKNOWN}`)
}

/** The schema as a grammar takes it; what becomes of it is said. */
export function held(schema: JsonSchema, note: Encoding['note'], field: string): JsonSchema {
  return closed(schema, (why) => note(field, why), lost(note, field))
}
