// Relay's request to a Chat Completions body.
import { deepMerge } from '../json/merge.ts'
import { isStrict } from '../json/strict.ts'
import type { Encoding, WireRequest } from '../types/provider.ts'
import type { Reasoning } from '../types/request.ts'
import { chatMessages } from './openai-chat-turns.ts'
import type { Body, Dialect, Parameter } from './openai-dialect.ts'

const FIELDS: { readonly [parameter in Parameter]?: string } = {
  maxTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop',
  seed: 'seed',
  parallelToolCalls: 'parallel_tool_calls',
}

const LEVELS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'default']

export function encodeChat(dialect: Dialect, encoding: Encoding): WireRequest {
  const { mode, request, extra, target, note } = encoding
  let body: Body = { model: target.model, messages: chatMessages(dialect, encoding) }
  const { tools } = request
  if (tools?.length) Object.assign(body, toolsOf(dialect, encoding))
  for (const [parameter, usual] of Object.entries(FIELDS) as [keyof typeof request & Parameter, string][]) {
    const value = request[parameter]
    if (value === undefined || (parameter === 'parallelToolCalls' && !tools?.length)) continue
    const field = dialect.fields?.[parameter]
    if (field === null) note(parameter, `${target.provider.name} has no such parameter: left out`)
    else body[field ?? usual] = value
  }
  if (mode === 'stream') {
    body['stream'] = true
    if (dialect.streamOptions !== false) body['stream_options'] = { include_usage: true }
  }
  format(dialect, encoding, body)
  reason(dialect, encoding, body)
  body = deepMerge(body, extra) as Body
  dialect.adjust?.(body, encoding)
  return { path: '/chat/completions', body: deepMerge(body, request.providerOptions) }
}

function toolsOf({ fields }: Dialect, { request, target, note }: Encoding): { readonly [field: string]: unknown } {
  const { tools = [], toolChoice } = request
  const strictly = fields?.strict !== null
  return {
    tools: tools.map((tool) => {
      if ('native' in tool) return tool.native
      const { name, description, parameters = { type: 'object', properties: {} }, strict } = tool
      if (strict && !strictly) note('strict', `${target.provider.name} does not hold tools to their schema: left out`)
      const kept = { ...(description === undefined ? undefined : { description }), ...(strict && strictly ? { strict } : undefined) }
      return { type: 'function', function: { name, ...kept, parameters } }
    }),
    ...(toolChoice === undefined
      ? undefined
      : { tool_choice: typeof toolChoice === 'string' ? toolChoice : { type: 'function', function: toolChoice } }),
  }
}

/** A schema is sent as such where that is known, and otherwise told to the model. */
function format({ formats }: Dialect, { request, target, note }: Encoding, body: Body): void {
  const asked = request.responseFormat
  if (asked === undefined || asked === 'text') return
  const any = { schema: { type: 'object' }, strict: false }
  const wanted = asked === 'json_object' ? (formats === 'json_schema' ? any : undefined) : asked
  if (wanted && formats !== 'json_object') {
    const strict = wanted.strict ?? isStrict(wanted.schema)
    if (wanted.strict === undefined && !strict) note('responseFormat', 'the schema leaves an object open, so it is not held to strictly')
    body['response_format'] = { type: 'json_schema', json_schema: { name: 'response', ...wanted, strict } }
    return
  }
  body['response_format'] = { type: 'json_object' }
  let words = 'Answer in JSON.'
  if (wanted) {
    words = `Answer with one JSON object that matches this JSON Schema:\n${JSON.stringify(wanted.schema)}`
    note('responseFormat', `${target.provider.name} takes no schema: it is in the prompt`)
  } else if (/json/i.test(JSON.stringify(body.messages))) return
  // Servers refuse `json_object` unless the prompt says JSON.
  else note('messages', 'the prompt must say JSON: a system message does')
  const turn = body.messages.findIndex(({ role }) => role !== 'system')
  body.messages.splice(Math.max(turn, 0), 0, { role: 'system', content: words })
}

/** The level that was asked for, or the nearest that the model has: rather a harder one than a milder. */
function reason({ efforts, effort }: Dialect, { request, target, note }: Encoding, body: Body): void {
  const asked = request.reasoning
  if (asked === undefined) return
  const wanted = level(asked)
  const levels = efforts ? (efforts.find(([model]) => model.test(target.model))?.[1].split(' ') ?? []) : [wanted]
  const chosen = levels.find((it) => LEVELS.indexOf(it) >= LEVELS.indexOf(wanted)) ?? levels.at(-1)
  if (!chosen) {
    if (wanted !== 'none') note('reasoning', 'this model has no levels of reasoning: left out')
    return
  }
  if (chosen !== asked) note('reasoning', `sent as ${chosen}`)
  Object.assign(body, effort ? effort(chosen, typeof asked === 'number' ? asked : undefined) : { reasoning_effort: chosen })
}

/** The level that a budget of tokens stands for. */
function level(asked: Reasoning): string {
  if (typeof asked === 'string') return asked
  return LEVELS[[0, 1023, 4095, 16383, 32767].findIndex((most) => asked <= most)] ?? 'xhigh'
}
