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
  const { fields = {}, streamOptions = true, efforts, effort, adjust } = dialect
  const { tools = [], toolChoice: choice, reasoning } = request
  const body: Body = { model: target.model, messages: chatMessages(dialect, encoding) }
  if (tools.length) {
    body['tools'] = tools.map((tool) => {
      if ('native' in tool) return tool.native
      const { name, description, parameters = { type: 'object', properties: {} }, strict } = tool
      const held = strict && (fields.strict !== null || note('strict', UNKNOWN))
      return { type: 'function', function: { name, description, parameters, strict: held || undefined } }
    })
    body['tool_choice'] = typeof choice === 'object' ? { type: 'function', function: choice } : choice
  }
  for (const parameter of PARAMETERS) {
    const { [parameter]: field = parameter.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) } = fields
    const value = request[parameter]
    if (value === undefined || (parameter === 'parallelToolCalls' && !tools.length)) continue
    if (field) body[field] = value
    else note(parameter, UNKNOWN)
  }
  if (mode === 'stream') Object.assign(body, { stream: true, stream_options: streamOptions ? { include_usage: true } : undefined })
  format(dialect, encoding, body)
  const level = effortOf(efforts, encoding)
  if (level) Object.assign(body, effort ? effort(level, Number(reasoning) || 0) : { reasoning_effort: level })
  const merged = deepMerge(body, extra) as Body
  adjust?.(merged, encoding)
  return { path: '/chat/completions', body: deepMerge(merged, request.providerOptions) }
}

/** A schema is sent as such where that is known, and otherwise told to the model. */
function format({ formats }: Dialect, { request, note }: Encoding, body: Body): void {
  const { responseFormat: asked = 'text' } = request
  if (asked === 'text') return
  const any = formats === 'json_schema' ? { schema: { type: 'object' }, strict: false } : undefined
  const shape = asked === 'json_object' ? any : asked
  if (shape && formats !== 'json_object') {
    const { strict = isStrict(shape.schema) } = shape
    if (!strict) note('responseFormat', OPEN)
    body['response_format'] = { type: 'json_schema', json_schema: { name: 'response', ...shape, strict } }
    return
  }
  body['response_format'] = { type: 'json_object' }
  // Servers refuse `json_object` unless the prompt says JSON.
  if (!shape && /json/i.test(JSON.stringify(body.messages))) return
  body.messages.splice(body.messages.findIndex(({ role }) => role !== 'system'), 0, { role: 'system', content: worded(shape, note) })
}
