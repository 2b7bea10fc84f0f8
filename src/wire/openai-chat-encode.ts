// Relay's request to a Chat Completions body.
import { deepMerge } from '../json/merge.ts'
import { isStrict } from '../json/strict.ts'
import type { Encoding, WireRequest } from '../types/provider.ts'
import { UNKNOWN } from './fields.ts'
import { OPEN, worded } from './format.ts'
import { chatMessages } from './openai-chat-turns.ts'
import type { Body, Dialect } from './openai-dialect.ts'
import { effortOf } from './openai-effort.ts'

const PARAMETERS = ['maxTokens', 'temperature', 'topP', 'topK', 'stop', 'seed', 'parallelToolCalls'] as const

export function encodeChat(dialect: Dialect, encoding: Encoding): WireRequest {
  const { mode, request, extra, target, note } = encoding
  const { fields = {}, streamOptions = { include_usage: true }, adjust } = dialect
  const { tools = [], toolChoice } = request
  const stream = mode === 'stream' || undefined
  const body: Body = { model: target.model, messages: chatMessages(dialect, encoding), stream, stream_options: (stream && streamOptions) || undefined }
  if (body.stream_options) note('stream_options', 'asks for the usage')
  if (tools.length) {
    body['tools'] = tools.map((tool) => {
      if ('native' in tool) return tool.native
      const { name, description, parameters = { type: 'object', properties: {} }, strict } = tool
      const held = strict && (fields.strict !== null || note('strict', UNKNOWN))
      return { type: 'function', function: { name, description, parameters, strict: held || undefined } }
    })
    body['tool_choice'] = typeof toolChoice === 'object' ? { type: 'function', function: toolChoice } : toolChoice
  }
  for (const parameter of PARAMETERS) {
    const { [parameter]: field = parameter.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) } = fields
    const value = request[parameter]
    if (value === undefined || (parameter === 'parallelToolCalls' && !tools.length)) continue
    if (field) body[field] = value
    else note(parameter, UNKNOWN)
  }
  format(dialect, encoding, body)
  Object.assign(body, effortOf(dialect, encoding, (reasoning_effort) => ({ reasoning_effort })))
  const merged = deepMerge(body, extra) as Body
  adjust?.(merged, encoding)
  return { path: '/chat/completions', body: deepMerge(merged, request.providerOptions) }
}

/** A schema is sent as such where that is known, and otherwise told to the model. */
function format({ formats }: Dialect, { request: { responseFormat: asked = 'text' }, note }: Encoding, body: Body): void {
  if (asked === 'text') return
  const shape = asked === 'json_object' ? undefined : asked
  if (formats === 'json_schema' || (shape && !formats)) {
    const { name = 'response', schema = { type: 'object' }, strict = !!shape && isStrict(shape.schema) } = shape ?? {}
    if (!strict) note('responseFormat', OPEN)
    body['response_format'] = { type: 'json_schema', json_schema: { name, schema, strict } }
    return
  }
  body['response_format'] = { type: 'json_object' }
  // Servers refuse `json_object` unless the prompt says JSON.
  if (!shape && /json/i.test(JSON.stringify(body.messages))) return
  body.messages.splice(body.messages.findIndex(({ role }) => role !== 'system'), 0, { role: 'system', content: worded(asked, note) })
}
