// A request as Cohere's chat takes it.
import { relayError } from '../errors.ts'
import { lower, type SchemaDialect } from '../json/lower.ts'
import { deepMerge } from '../json/merge.ts'
import type { ContentBlock, DocumentBlock, ToolResultBlock } from '../types/message.ts'
import type { Encoding, WireRequest } from '../types/provider.ts'
import type { Reasoning } from '../types/request.ts'
import type { JsonSchema, ServerTool, Tool } from '../types/tool.ts'
import { isMintedBy } from './origin.ts'

interface Part {
  readonly [field: string]: unknown
}

/** The JSON Schema of answers and of strict tools. */
const SCHEMA: SchemaDialect = {
  keep: '$defs $ref type title description enum const items anyOf properties additionalProperties required pattern format default'.split(' '),
}

export function encodeCohere(encoding: Encoding): WireRequest {
  const { request, extra, target, mode } = encoding
  const { messages, documents } = conversation(encoding)
  const own = {
    model: target.model,
    messages,
    documents: documents.length ? documents : undefined,
    ...sampling(encoding),
    ...toolsOf(encoding),
    response_format: format(encoding),
    thinking: thinking(request.reasoning),
    stream: mode === 'stream' || undefined,
  }
  return { path: '/chat', body: deepMerge(deepMerge(own, extra), request.providerOptions ?? {}) }
}

function conversation(encoding: Encoding): { readonly messages: Part[]; readonly documents: Part[] } {
  const messages: Part[] = []
  const documents: Part[] = []
  for (const { role, content } of encoding.request.messages) {
    const blocks: readonly ContentBlock[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
    for (const block of blocks) if (block.type === 'tool_result') messages.push(resultOf(block, encoding))
    const rest = blocks.filter(({ type }) => type !== 'tool_result')
    if (!rest.length) continue
    if (role === 'assistant') messages.push(assistant(rest, encoding))
    else {
      const parts = rest.flatMap((block) => partsOf(block, encoding, documents))
      const plain = parts.every(({ type }) => type === 'text')
      const said = plain ? parts.map(({ text }) => text).join('\n\n') : parts
      if (parts.length) messages.push({ role: role === 'tool' ? 'user' : role, content: said })
    }
  }
  return { messages, documents }
}

function partsOf(block: ContentBlock, { request, note, target, details }: Encoding, documents: Part[]): Part[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return [{ type: 'text', text: block.text }]
    case 'image': {
      const { url, data, mediaType = 'image/jpeg', detail } = block
      if (!url && !data) break
      const image_url = { url: url ?? `data:${mediaType};base64,${data}`, detail: detail === 'original' ? 'high' : detail }
      return [{ type: 'image_url', image_url }]
    }
    case 'document':
      if (block.text === undefined) break
      // Documents and an answer in JSON do not go together.
      if (typeof (request.responseFormat ?? 'text') === 'object' || request.responseFormat === 'json_object') {
        return [{ type: 'text', text: [block.title, block.context, block.text].filter(Boolean).join('\n') }]
      }
      documents.push({ id: `${documents.length}`, ...documentOf(block) })
      return []
    case 'native':
      return [block.data as Part]
    default:
      note('messages', `a block of the type ${block.type} has no place here: left out`)
      return []
  }
  const why = `${target.provider.name} takes no ${block.type} of this kind: give images as an address or as base64, documents as \`text\``
  throw relayError('unsupported', why, details)
}

function documentOf({ title, context, text = '' }: DocumentBlock): Part {
  return { data: { ...(title && { title }), text: context ? `${context}\n${text}` : text } }
}

/** The plan goes back beside the calls that it led to. */
function assistant(blocks: readonly ContentBlock[], { target, note }: Encoding): Part {
  const content: Part[] = []
  const tool_calls: Part[] = []
  let tool_plan: unknown
  for (const block of blocks) {
    const mine = isMintedBy(block, target)
    if (block.type === 'text' || block.type === 'refusal') {
      if (block.text) content.push({ type: 'text', text: block.text })
    } else if (block.type === 'tool_use') {
      const { id, name, input = {} } = block
      tool_calls.push({ id, type: 'function', function: { name, arguments: JSON.stringify(input) } })
    } else if (block.type === 'thinking' && mine) content.push({ type: 'thinking', thinking: block.text })
    else if (block.type === 'native' && block.kind === 'tool_plan' && mine) tool_plan = (block.data as Part)['text']
    else note('messages', `a block of the type ${block.type} is another model's, or has no place here: left out`)
  }
  return {
    role: 'assistant',
    // A message may not be without anything.
    content: content.length || tool_calls.length ? (content.length ? content : undefined) : '',
    tool_plan,
    tool_calls: tool_calls.length ? tool_calls : undefined,
  }
}

function resultOf({ toolUseId, content }: ToolResultBlock, { note }: Encoding): Part {
  const message = { role: 'tool', tool_call_id: toolUseId }
  if (typeof content === 'string') return { ...message, content }
  const parts = content.flatMap((block): Part[] => {
    if (block.type === 'text') return [{ type: 'text', text: block.text }]
    if (block.type === 'document' && block.text !== undefined) return [{ type: 'document', document: documentOf(block) }]
    note('tool_result', `a tool's result holds text and documents here; ${block.type}: left out`)
    return []
  })
  return { ...message, content: parts.length ? parts : '' }
}

function sampling({ request, note }: Encoding): Part {
  const { maxTokens, temperature, topP, topK, seed, stop, parallelToolCalls } = request
  const all = typeof stop === 'string' ? [stop] : stop
  if (all && all.length > 5) note('stop', 'at most five sequences: the rest are left out')
  if (parallelToolCalls === false) note('parallelToolCalls', 'there is no such switch here')
  const p = topP === undefined ? undefined : Math.min(Math.max(topP, 0.01), 0.99)
  if (p !== topP) note('topP', `sent as ${p}: it must lie between 0.01 and 0.99`)
  return { max_tokens: maxTokens, temperature, p, k: topK, seed, stop_sequences: all?.slice(0, 5) }
}

function toolsOf({ request, note }: Encoding): Part {
  const { tools = [], toolChoice } = request
  const only = typeof toolChoice === 'object' ? toolChoice.name : undefined
  // One tool is chosen by leaving out the others.
  const own = tools.filter((tool): tool is Tool => !('native' in tool) && (only === undefined || tool.name === only))
  const native = tools.filter((tool): tool is ServerTool => 'native' in tool)
  const strict = own.length > 0 && own.every((tool) => tool.strict)
  if (!strict && own.some((tool) => tool.strict)) note('tools', 'strict here is for all tools or for none: none')
  const functions = own.map(({ name, description, parameters = { type: 'object', properties: {} } }) => {
    const schema = strict ? lowered(parameters, (what) => note(`tools.${name}`, what)) : parameters
    return { type: 'function', function: { name, description, parameters: schema } }
  })
  const all = [...functions, ...(only === undefined ? native.map((tool) => tool.native) : [])]
  if (!all.length) return {}
  const choice = only !== undefined || toolChoice === 'required' ? 'REQUIRED' : toolChoice === 'none' ? 'NONE' : undefined
  return { tools: all, strict_tools: strict || undefined, tool_choice: choice }
}

function format({ request: { responseFormat = 'text' }, note }: Encoding): Part | undefined {
  if (responseFormat === 'text') return undefined
  if (responseFormat === 'json_object') return { type: responseFormat }
  return { type: 'json_object', json_schema: lowered(responseFormat.schema, (what) => note('responseFormat', what)) }
}

function lowered(schema: JsonSchema, note: (what: string) => void): JsonSchema {
  return lower(schema, SCHEMA, (keyword, at) => note(`${keyword} at ${at} is not known here`))
}

/** There is an off switch and a budget. The upper levels leave the budget to the model. */
function thinking(reasoning: Reasoning | undefined): Part | undefined {
  if (reasoning === undefined) return undefined
  if (reasoning === 'none' || reasoning === 0) return { type: 'disabled' }
  const budgets: { readonly [level: string]: number } = { minimal: 512, low: 2048, medium: 8192 }
  return { type: 'enabled', token_budget: typeof reasoning === 'number' ? reasoning : budgets[reasoning] }
}
