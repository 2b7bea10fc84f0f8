// What Responses refuses: fields, ranges, and items that cannot be without one another.
import { efforts } from '../dialects/openai-models.ts'
import type { ErrorFacts, JsonObject, Mint } from '../endpoint.ts'
import { list, number, object, objects, text } from '../read.ts'
import { looseness, wrong } from './openai-chat-rules.ts'
import { itemsOf } from './openai-responses-read.ts'

interface Inspection {
  readonly body: JsonObject
  readonly mint: Mint
}

type Inspect = (inspection: Inspection) => ErrorFacts | undefined

const FIELDS = [
  'model', 'input', 'instructions', 'max_output_tokens', 'max_tool_calls', 'tools', 'tool_choice', 'parallel_tool_calls', 'text',
  'reasoning', 'include', 'store', 'previous_response_id', 'conversation', 'background', 'stream', 'stream_options', 'temperature',
  'top_p', 'top_logprobs', 'truncation', 'metadata', 'service_tier', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_options',
  'prompt_cache_retention', 'context_management', 'moderation', 'prompt', 'access_programs', 'image', 'user',
]
const SEALED = 'reasoning.encrypted_content'
/** How an item's id begins. */
const PREFIXES: { readonly [type: string]: string } = { function_call: 'fc', message: 'msg', reasoning: 'rs' }

export function checkResponses(inspection: Inspection): ErrorFacts | undefined {
  for (const inspect of [fields, ranges, reasoningModels, items, reasoning, calls, kept, tools, format]) {
    const problem = inspect(inspection)
    if (problem !== undefined) return problem
  }
  return undefined
}

const fields: Inspect = ({ body }) => {
  const unknown = Object.keys(body).find((field) => !FIELDS.includes(field))
  if (unknown !== undefined) return wrong(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter')
  for (const field of ['model', 'input']) {
    const given = body[field] !== undefined || body['prompt'] !== undefined
    if (!given) return wrong(`Missing required parameter: '${field}'.`, field, 'missing_required_parameter')
  }
  return undefined
}

const ranges: Inspect = ({ body }) => {
  const bounds: readonly (readonly [string, number, number])[] = [['max_output_tokens', 16, Infinity], ['temperature', 0, 2], ['top_p', 0, 1]]
  for (const [field, low, high] of bounds) {
    const value = number(body[field])
    if (value === undefined || (value >= low && value <= high)) continue
    const [side, sign, limit] = value < low ? ['below minimum', '>=', low] : ['above maximum', '<=', high]
    const kind = field === 'max_output_tokens' ? 'integer' : 'decimal'
    const message = `Invalid '${field}': ${kind} ${side} value. Expected a value ${sign} ${limit}, but got ${value} instead.`
    return wrong(message, field, `${kind}_${value < low ? 'below_min' : 'above_max'}_value`)
  }
  return undefined
}

const reasoningModels: Inspect = ({ body }) => {
  const model = text(body['model'])
  const accepted = efforts(model)
  const { effort } = object(body['reasoning'])
  const asked = effort !== undefined && effort !== null
  if (accepted === undefined) {
    if (!/^(gpt-[34]|chatgpt)/.test(model)) return undefined
    if (asked) return wrong("Unsupported parameter: 'reasoning.effort' is not supported with this model.", 'reasoning.effort', 'unsupported_parameter')
    return list(body['include']).includes(SEALED) ? wrong('Encrypted content is not supported with this model.', 'include') : undefined
  }
  if (asked && !accepted.includes(text(effort))) {
    const values = accepted.map((value) => `'${value}'`).join(', ')
    const message = `Unsupported value: '${text(effort)}' is not supported with the '${model}' model. Supported values are: ${values}.`
    return wrong(message, 'reasoning.effort', 'unsupported_value')
  }
  if ((asked ? effort : accepted[0]) === 'none') return undefined
  const odd = ['temperature', 'top_p'].find((field) => body[field] !== undefined && body[field] !== null && body[field] !== 1)
  return odd === undefined ? undefined : wrong(`Unsupported parameter: '${odd}' is not supported with this model.`, odd)
}

const items: Inspect = ({ body }) => {
  for (const [i, item] of itemsOf(body).entries()) {
    const at = `input[${i}]`
    const { type = 'message', id, call_id: callId, role } = item
    const prefix = PREFIXES[text(type)]
    if (id !== undefined && prefix !== undefined && !text(id).startsWith(prefix)) {
      return wrong(`Invalid '${at}.id': '${text(id)}'. Expected an ID that begins with '${prefix}'.`, `${at}.id`, 'invalid_value')
    }
    if (text(callId).length > 64) {
      const message = `Invalid '${at}.call_id': string too long. Expected a string with maximum length 64, but got a string with length ${text(callId).length} instead.`
      return wrong(message, `${at}.call_id`, 'string_above_max_length')
    }
    if (type !== 'message') continue
    if (!['user', 'assistant', 'system', 'developer'].includes(text(role))) {
      return wrong(`Invalid value: '${text(role)}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`, `${at}.role`, 'invalid_value')
    }
    const allowed = role === 'assistant' ? ['output_text', 'refusal'] : ['input_text', 'input_image', 'input_file']
    const j = objects(item['content']).findIndex((part) => !allowed.includes(text(part['type'])))
    if (j < 0) continue
    const values = allowed.map((value) => `'${value}'`).join(', ')
    return wrong(`Invalid value: '${text(objects(item['content'])[j]?.['type'])}'. Supported values are: ${values}.`, `${at}.content[${j}]`, 'invalid_value')
  }
  return undefined
}

/** Sealed reasoning comes back as it went, with what it led to, and the other way round. */
const reasoning: Inspect = ({ body, mint }) => {
  const all = itemsOf(body)
  const thoughts = new Set<string>()
  for (const [i, item] of all.entries()) {
    const { type, encrypted_content: sealed } = item
    const id = text(item['id'])
    if (type !== 'reasoning') {
      const alone = mint.knows(id, 'reasoned') && ![...thoughts].some((thought) => mint.knows(id, thought))
      if (alone) return wrong(`Item '${id}' of type '${text(type ?? 'message')}' was provided without its required 'reasoning' item.`, 'input')
      continue
    }
    thoughts.add(id)
    if (!Array.isArray(item['summary'])) return wrong(`Missing required parameter: 'input[${i}].summary'.`, `input[${i}].summary`, 'missing_required_parameter')
    if (sealed === undefined || sealed === null) {
      if (body['store'] === false) {
        return {
          ...wrong(`Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`, 'input'),
          status: 404,
        }
      }
    } else if (!mint.knows(text(sealed), 'sealed')) {
      return wrong(`The encrypted content for item ${id} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`, null, 'invalid_encrypted_content')
    }
    const next = all[i + 1] ?? {}
    const follows = next['role'] === 'assistant' || /_call$|^message$|^reasoning$/.test(text(next['type'])) && next['role'] !== 'user'
    if (!follows) return wrong(`Item '${id}' of type 'reasoning' was provided without its required following item.`, 'input')
  }
  return undefined
}

const calls: Inspect = ({ body, mint }) => {
  const all = itemsOf(body)
  const named = (types: RegExp): readonly JsonObject[] => all.filter((item) => types.test(text(item['type'])))
  const made = named(/^(function|custom_tool)_call$/).map((item) => text(item['call_id']))
  const answered = named(/_call_output$/).map((item) => text(item['call_id']))
  const open = made.find((id) => !answered.includes(id))
  if (open !== undefined) return wrong(`No tool output found for function call ${open}.`, 'input')
  // What a kept answer called may be answered without being said again.
  const before = text(body['previous_response_id'])
  const stray = answered.find((id) => !made.includes(id) && !(before !== '' && mint.knows(id, before)))
  return stray === undefined ? undefined : wrong(`No tool call found for function call output with call_id ${stray}.`, 'input')
}

const kept: Inspect = ({ body, mint }) => {
  const { previous_response_id: before, conversation } = body
  if (before === undefined || before === null) return undefined
  if (conversation !== undefined) return wrong("Mutually exclusive parameters: 'previous_response_id' and 'conversation'.", null, 'mutually_exclusive_parameters')
  return mint.knows(text(before), 'stored')
    ? undefined
    : wrong(`Previous response with id '${text(before)}' not found.`, 'previous_response_id', 'previous_response_not_found')
}

const tools: Inspect = ({ body }) => {
  const all = objects(body['tools'])
  for (const [i, tool] of all.entries()) {
    if (tool['type'] !== 'function') continue
    const at = `tools[${i}]`
    const name = text(tool['name'])
    if (tool['name'] === undefined) return wrong(`Missing required parameter: '${at}.name'.`, `${at}.name`, 'missing_required_parameter')
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      return wrong(`Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`, `${at}.name`, 'invalid_value')
    }
    const problem = tool['strict'] === true ? looseness(tool['parameters'], '') : undefined
    if (problem !== undefined) return wrong(`Invalid schema for function '${name}': ${problem}`, `${at}.parameters`, 'invalid_function_parameters')
  }
  const { tool_choice: choice } = body
  const { type, name } = object(choice)
  const missing = (choice === 'required' && all.length === 0) || (type === 'function' && !all.some((tool) => tool['name'] === name))
  return missing ? wrong("Tool choice must be specified with 'tools' parameter.", 'tool_choice') : undefined
}

const format: Inspect = ({ body }) => {
  const { type, name, schema, strict, json_schema: nested } = object(object(body['text'])['format'])
  if (type === 'json_object' && !/json/i.test(JSON.stringify([body['input'], body['instructions']]))) {
    return wrong("Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.", 'input')
  }
  if (type !== 'json_schema') return undefined
  if (nested !== undefined) return wrong("Unknown parameter: 'text.format.json_schema'.", 'text.format.json_schema', 'unknown_parameter')
  if (text(name) === '') return wrong("Missing required parameter: 'text.format.name'.", 'text.format.name', 'missing_required_parameter')
  const problem = strict === true ? looseness(schema, '') : undefined
  return problem === undefined ? undefined : wrong(`Invalid schema for response_format '${text(name)}': ${problem}`, 'text.format.schema', 'invalid_json_schema')
}
