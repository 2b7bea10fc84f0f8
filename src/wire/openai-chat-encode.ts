// Relay's request to a Chat Completions body.
import { deepMerge } from '../json/merge.ts'
import { isStrict } from '../json/strict.ts'
import type { Encoding, WireRequest } from '../types/provider.ts'
import { chatMessages } from './openai-chat-turns.ts'
import type { Body, Dialect } from './openai-dialect.ts'
import { effortOf } from './openai-effort.ts'

const FIELDS = {
  maxTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop',
  seed: 'seed',
  parallelToolCalls: 'parallel_tool_calls',
} as const

export function encodeChat(dialect: Dialect, encoding: Encoding): WireRequest {
  const { mode, request, extra, target, note } = encoding
  const { fields = {}, streamOptions = true, adjust } = dialect
  const body: Body = { model: target.model, messages: chatMessages(dialect, encoding) }
  if (request.tools?.length) tools(dialect, encoding, body)
  for (const parameter of Object.keys(FIELDS) as (keyof typeof FIELDS)[]) {
    const { [parameter]: field = FIELDS[parameter] } = fields
    const value = request[parameter]
    if (value === undefined || (parameter === 'parallelToolCalls' && !body['tools'])) continue
    if (field) body[field] = value
    else note(parameter, 'not known here: left out')
  }
  if (mode === 'stream') Object.assign(body, { stream: true, ...(streamOptions && { stream_options: { include_usage: true } }) })
  format(dialect, encoding, body)
  reason(dialect, encoding, body)
  const merged = deepMerge(body, extra) as Body
  adjust?.(merged, encoding)
  return { path: '/chat/completions', body: deepMerge(merged, request.providerOptions) }
}

function tools({ fields }: Dialect, { request, note }: Encoding, body: Body): void {
  const { tools: declared = [], toolChoice: choice } = request
  body['tools'] = declared.map((tool) => {
    if ('native' in tool) return tool.native
    const { name, description, parameters = { type: 'object', properties: {} }, strict } = tool
    const refused = strict && fields?.strict === null
    if (refused) note('strict', 'not known here: left out')
    return { type: 'function', function: { name, ...(description && { description }), parameters, ...(strict && !refused && { strict }) } }
  })
  if (choice) body['tool_choice'] = typeof choice === 'string' ? choice : { type: 'function', function: choice }
}

/** A schema is sent as such where that is known, and otherwise told to the model. */
function format({ formats }: Dialect, { request, note }: Encoding, body: Body): void {
  const { responseFormat: asked = 'text' } = request
  if (asked === 'text') return
  const any = { schema: { type: 'object' }, strict: false }
  const wanted = asked === 'json_object' ? formats === 'json_schema' && any : asked
  if (wanted && formats !== 'json_object') {
    const { strict = isStrict(wanted.schema) } = wanted
    if (!strict) note('responseFormat', 'not held to strictly: `strict` is off, or an object of the schema is open')
    body['response_format'] = { type: 'json_schema', json_schema: { name: 'response', ...wanted, strict } }
    return
  }
  body['response_format'] = { type: 'json_object' }
  // Servers refuse `json_object` unless the prompt says JSON.
  if (!wanted && /json/i.test(JSON.stringify(body.messages))) return
  note('responseFormat', 'the prompt says it, in a system message')
  const content = wanted ? `Answer with a JSON object that matches this JSON Schema:\n${JSON.stringify(wanted.schema)}` : 'Answer in JSON.'
  const turn = body.messages.findIndex(({ role }) => role !== 'system')
  body.messages.splice(turn, 0, { role: 'system', content })
}

function reason({ efforts, effort }: Dialect, encoding: Encoding, body: Body): void {
  const { reasoning: asked } = encoding.request
  const chosen = effortOf(efforts, encoding)
  if (chosen) Object.assign(body, effort ? effort(chosen, typeof asked === 'number' ? asked : 0) : { reasoning_effort: chosen })
}
