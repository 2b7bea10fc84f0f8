// What Cohere's chat refuses, in its own words.
import type { ErrorFacts, JsonObject } from '../endpoint.ts'
import { list, number, object, objects, text } from '../read.ts'

type Inspect = (body: JsonObject) => ErrorFacts | undefined

const FIELDS = [
  'model', 'messages', 'tools', 'strict_tools', 'documents', 'citation_options', 'response_format', 'safety_mode', 'max_tokens',
  'stop_sequences', 'temperature', 'seed', 'frequency_penalty', 'presence_penalty', 'k', 'p', 'logprobs', 'tool_choice', 'thinking',
  'priority', 'stream', 'raw_prompting',
]
/** Of a JSON Schema. */
const REFUSED = [
  'allOf', 'oneOf', 'not', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minItems', 'maxItems', 'minLength',
  'maxLength', 'uniqueItems',
]

export function checkCohere(body: JsonObject): ErrorFacts | undefined {
  for (const inspect of [fields, ranges, messages, toolMessages, tools, formats]) {
    const wrong = inspect(body)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

export function refuse(message: string, status = 400): ErrorFacts {
  return { status, message }
}

const fields: Inspect = (body) => {
  const unknown = Object.keys(body).find((field) => !FIELDS.includes(field))
  if (unknown !== undefined) return refuse(`unknown field: parameter '${unknown}' is not a valid field`, 422)
  if (text(body['model']) === '') return refuse('invalid request: model is required.')
  return list(body['messages']).length === 0 ? refuse('invalid request: list of messages must not be empty') : undefined
}

const ranges: Inspect = (body) => {
  const bounds: readonly (readonly [string, number, number])[] = [
    ['temperature', 0, 1], ['p', 0.01, 0.99], ['k', 0, 500], ['frequency_penalty', 0, 1], ['presence_penalty', 0, 1],
  ]
  for (const [field, low, high] of bounds) {
    const value = number(body[field])
    if (value !== undefined && (value < low || value > high)) return refuse(`invalid request: ${field} must be between ${low} and ${high} inclusive.`)
  }
  return list(body['stop_sequences']).length > 5 ? refuse('invalid request: too many stop sequences, the maximum is 5.') : undefined
}

const messages: Inspect = (body) => {
  for (const [i, message] of objects(body['messages']).entries()) {
    const { role, content } = message
    if (!['system', 'user', 'assistant', 'tool'].includes(text(role))) {
      return refuse(`invalid request: invalid role '${text(role)}' at messages[${i}]: must be one of system, user, assistant or tool.`)
    }
    const said = role === 'assistant' && list(message['tool_calls']).length > 0
    if ((content === undefined || content === null) && !said) return refuse(`invalid request: messages[${i}] must have content.`)
    const allowed = role === 'user' ? ['text', 'image_url'] : role === 'assistant' ? ['text', 'thinking'] : role === 'tool' ? ['text', 'document'] : ['text']
    const odd = objects(content).find((part) => !allowed.includes(text(part['type'])))
    if (odd !== undefined) return refuse(`invalid request: content of type '${text(odd['type'])}' is not allowed in a ${text(role)} message.`)
  }
  return undefined
}

/** Results are of calls that were made, each once. */
const toolMessages: Inspect = (body) => {
  const known = new Set<string>()
  for (const message of objects(body['messages'])) {
    for (const call of objects(message['tool_calls'])) {
      const id = text(call['id'])
      if (known.has(id)) return refuse('invalid request: cannot have duplicate tool ids')
      known.add(id)
    }
    if (message['role'] !== 'tool') continue
    if (text(message['tool_call_id']) === '') return refuse('invalid request: tool call id must be provided with tool message')
    if (!known.has(text(message['tool_call_id']))) return refuse('invalid request: tool call id not found in previous tool calls')
  }
  const last = objects(body['messages']).at(-1) ?? {}
  return list(last['tool_calls']).length > 0 ? refuse('invalid request: tool calls must be followed by tool messages') : undefined
}

const tools: Inspect = (body) => {
  const all = objects(body['tools'])
  for (const tool of all) {
    const { name, parameters } = object(tool['function'])
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(text(name))) {
      return refuse(`invalid request: invalid tool name '${text(name)}': it may hold letters, digits and underscores, and must not start with a digit.`)
    }
    if (body['strict_tools'] !== true) continue
    if (list(object(parameters)['required']).length === 0) return refuse(`invalid request: tool '${text(name)}' must have at least one required parameter when strict_tools is true.`)
    const wrong = beyond(parameters)
    if (wrong !== undefined) return wrong
  }
  const { tool_choice: choice, safety_mode: safety } = body
  if (choice !== undefined && choice !== 'REQUIRED' && choice !== 'NONE') return refuse("invalid request: tool_choice must be one of 'REQUIRED' or 'NONE'.")
  if (choice !== undefined && all.length === 0) return refuse('invalid request: tool_choice may only be set when tools are.')
  const beside = all.length > 0 || list(body['documents']).length > 0
  return safety !== undefined && beside ? refuse('invalid request: safety_mode is not supported with tools or documents.') : undefined
}

const formats: Inspect = (body) => {
  const { type, json_schema: schema, schema: other } = object(body['response_format'])
  if (type === undefined || type === 'text') return undefined
  if (type !== 'json_object') return refuse(`invalid request: response_format.type '${text(type)}' is not one of text or json_object.`)
  if (other !== undefined) return refuse("unknown field: parameter 'response_format.schema' is not a valid field", 422)
  const beside = list(body['tools']).length > 0 || list(body['documents']).length > 0
  if (beside) return refuse('invalid request: response_format is not supported with tools or documents.')
  if (schema === undefined) return undefined
  return object(schema)['type'] === 'object' ? beyond(schema) : refuse('invalid request: the top level of json_schema must be an object.')
}

/** What a schema holds that it may not, or lacks, wherever that is. */
function beyond(schema: unknown): ErrorFacts | undefined {
  if (Array.isArray(schema)) return schema.map(beyond).find((wrong) => wrong !== undefined)
  if (typeof schema !== 'object' || schema === null) return undefined
  const node = object(schema)
  const odd = REFUSED.find((keyword) => node[keyword] !== undefined)
  if (odd !== undefined) return refuse(`invalid request: json schema keyword '${odd}' is not supported.`)
  if (node['type'] === 'object' && list(node['required']).length === 0) return refuse('invalid request: every object of a json schema must have at least one required field.')
  const inner = [...Object.values(object(node['properties'])), ...Object.values(object(node['$defs'])), node['items'], node['anyOf']]
  return inner.map(beyond).find((wrong) => wrong !== undefined)
}
