// What Chat Completions asks of a request, whoever serves it, and what the stricter ones add.
import type { ErrorFacts, JsonObject } from '../endpoint.ts'
import { list, object, objects, text } from '../read.ts'
import type { Rule } from './chat-dialect.ts'

/** A request that is wrong. */
export function wrong(message: string, param: string | null = null, code: string | null = null): ErrorFacts {
  return { status: 400, message, type: 'invalid_request_error', param, code }
}

/** The rules that hold everywhere. */
export function commonRules(): readonly Rule[] {
  return [required, answered]
}

const required: Rule = (body) => {
  if (text(body['model']) === '') return wrong('you must provide a model parameter')
  if (body['messages'] === undefined) {
    return wrong("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter')
  }
  if (list(body['messages']).length === 0) {
    const message = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
    return wrong(message, 'messages', 'empty_array')
  }
  return undefined
}

/** Every call of an assistant's turn is answered right after it, and nothing is answered that was not called. */
const answered: Rule = (body) => {
  let open: string[] = []
  for (const [i, message] of objects(body['messages']).entries()) {
    if (message['role'] === 'tool') {
      const id = text(message['tool_call_id'])
      if (!open.includes(id)) {
        const rule = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
        return wrong(`Invalid parameter: ${rule}`, `messages.[${i}].role`)
      }
      open = open.filter((other) => other !== id)
      continue
    }
    if (open.length > 0) return unanswered(open, i)
    open = objects(message['tool_calls']).map((call) => text(call['id']))
  }
  return open.length > 0 ? unanswered(open, list(body['messages']).length) : undefined
}

function unanswered(ids: readonly string[], i: number): ErrorFacts {
  const rule = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
  return wrong(`${rule} The following tool_call_ids did not have response messages: ${ids.join(', ')}`, `messages.[${i}].role`)
}

/** Fields that a provider does not take, and how it says so. */
export function rejects(fields: readonly string[], say: (field: string) => ErrorFacts, when?: (body: JsonObject) => boolean): Rule {
  return (body) => {
    const found = fields.find((field) => body[field] !== undefined && body[field] !== null)
    return found === undefined || when?.(body) === false ? undefined : say(found)
  }
}

/** Fields that a provider has never heard of, or `null` where it takes none. */
export function onlyKnows(fields: readonly string[], say: (field: string) => ErrorFacts): Rule {
  return (body) => {
    const found = Object.keys(body).find((field) => !fields.includes(field))
    return found === undefined ? undefined : say(found)
  }
}

/** The rules of `strict: true`, for tools and for the format of the answer. */
export const strictSchemas: Rule = (body) => {
  for (const [i, tool] of objects(body['tools']).entries()) {
    const { name, parameters, strict } = object(tool['function'])
    const problem = strict === true ? looseness(parameters, '') : undefined
    if (problem !== undefined) {
      const param = `tools[${i}].function.parameters`
      return wrong(`Invalid schema for function '${text(name)}': ${problem}`, param, 'invalid_function_parameters')
    }
  }
  const { name, schema, strict } = object(object(body['response_format'])['json_schema'])
  const problem = strict === true ? looseness(schema, '') : undefined
  if (problem === undefined) return undefined
  return wrong(`Invalid schema for response_format '${text(name)}': ${problem}`, 'response_format')
}

/** Where a schema leaves open what a strict one must close. */
export function looseness(schema: unknown, path: string): string | undefined {
  const node = object(schema)
  const context = `In context=(${path}), `
  if (node['type'] === 'object' || node['properties'] !== undefined) {
    if (node['additionalProperties'] !== false) return `${context}'additionalProperties' is required to be supplied and to be false.`
    const names = Object.keys(object(node['properties']))
    const missing = names.find((name) => !list(node['required']).includes(name))
    if (missing !== undefined) {
      const rule = "'required' is required to be supplied and to be an array including every key in properties."
      return `${context}${rule} Missing '${missing}'.`
    }
  }
  const step = (name: string): string => path === '' ? `'${name}'` : `${path}, '${name}'`
  for (const under of ['properties', '$defs', 'definitions']) {
    for (const [name, inner] of Object.entries(object(node[under]))) {
      const problem = looseness(inner, path === '' ? `'${under}', '${name}'` : `${path}, '${under}', '${name}'`)
      if (problem !== undefined) return problem
    }
  }
  for (const [i, inner] of list(node['anyOf']).entries()) {
    const problem = looseness(inner, `${step('anyOf')}, '${i}'`)
    if (problem !== undefined) return problem
  }
  return node['items'] === undefined ? undefined : looseness(node['items'], step('items'))
}
