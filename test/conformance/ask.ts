// A recorded request as a caller of the hub would write it.
import type { ContentBlock, Message } from '../../src/types/message.ts'
import type { ChatRequest, Reasoning } from '../../src/types/request.ts'
import type { Tool, ToolChoice } from '../../src/types/tool.ts'
import type { NeutralBlock, NeutralRequest } from './record.ts'

/** True where the neutral shape holds all of the request: no files, of which it has only a digest, and nothing of a provider's own. */
export function isWhole({ turns, server_tools = [], previous_response_id }: NeutralRequest): boolean {
  return !previous_response_id && !server_tools.length && turns.length > 0 && turns.every(({ role, blocks }) => role !== 'system' && blocks.every(({ t, media = [] }) => /^(text|tool_use|tool_result|thinking)$/.test(t) && !media.length))
}

export function askOf({ system = [], turns, tools = [], tool_choice: choice, params = {}, reasoning }: NeutralRequest): ChatRequest {
  const told: readonly Message[] = system.map((text) => ({ role: 'system', content: text }))
  const messages = turns.map(({ role, blocks }): Message => {
    const content = blocks.flatMap(blockOf)
    return { role: role === 'assistant' || role === 'tool' ? role : 'user', content: content.length ? content : 'attached' }
  })
  const { max_tokens, temperature, top_p, top_k, stop, seed, parallel_tool_calls } = params
  const fields = { maxTokens: max_tokens, temperature, topP: top_p, topK: top_k, stop, seed, parallelToolCalls: parallel_tool_calls, toolChoice: choice && choiceOf(choice), reasoning: effortOf(reasoning) }
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))
  return { messages: [...told, ...messages], ...(tools.length ? { tools: tools.map(toolOf) } : undefined), ...given }
}

function blockOf({ t, id = '', name, text = '', args = {}, is_error }: NeutralBlock): ContentBlock[] {
  if (t === 'text') return [{ type: 'text', text }]
  if (t === 'tool_use') return [{ type: 'tool_use', id, name: name ?? '', input: args }]
  return t === 'tool_result' ? [{ type: 'tool_result', toolUseId: id, content: text, ...(name && { name }), ...(is_error && { isError: true }) }] : []
}

function toolOf({ name, description, schema, strict }: NeutralRequest['tools'][number]): Tool {
  return { name, ...(description != null && { description }), ...(schema && { parameters: schema }), ...(strict && { strict }) }
}

function choiceOf({ mode, name, names = [] }: NonNullable<NeutralRequest['tool_choice']>): ToolChoice | undefined {
  if (mode === 'tool' && name) return { name }
  const [only] = names
  if (mode === 'any') return only !== undefined && names.length === 1 ? { name: only } : 'required'
  return mode === 'auto' || mode === 'none' ? mode : undefined
}

/** The level, or the budget in tokens, that stands somewhere in a provider's words. */
function effortOf(said: unknown): Reasoning | undefined {
  if (typeof said === 'number') return said
  if (typeof said === 'string') return /^(none|minimal|low|medium|high|xhigh)$/i.test(said) ? (said.toLowerCase() as Reasoning) : undefined
  if (typeof said !== 'object' || said === null) return undefined
  const named = Object.entries(said).filter(([key]) => /effort|level|budget|max_tokens|^reasoning$|^thinking$/i.test(key))
  return named.map(([, value]) => effortOf(value)).find((found) => found !== undefined)
}
