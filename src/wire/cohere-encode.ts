// A request as Cohere's chat takes it.
import { knowing, lower, type SchemaDialect } from '../json/lower.ts'
import { deepMerge } from '../json/merge.ts'
import type { ContentBlock, DocumentBlock } from '../types/message.ts'
import type { Encoding, WireRequest } from '../types/provider.ts'
import type { JsonSchema, ServerTool, Tool } from '../types/tool.ts'
import { addressOf, blocksOf, idsOf, reached, spoken, wordsOf, type Ids } from './blocks.ts'
import { tokensFor } from './effort.ts'
import { FOREIGN, REFUSED, UNKNOWN, unsent } from './fields.ts'
import { lost, worded } from './format.ts'
import { isMintedBy } from './origin.ts'
import type { Draft } from './turns.ts'

/** The JSON Schema of answers and of strict tools. */
const SCHEMA: SchemaDialect = { keep: /* @__PURE__ */ knowing('const pattern') }

/** An object that requires nothing is no schema here. */
function definite(schema: JsonSchema): boolean {
  let fits = true
  JSON.stringify(schema, (_, held: unknown) => {
    const { type, required } = Object(held) as JsonSchema
    if (type === 'object') fits &&= Array.isArray(required) && required.length > 0
    return held
  })
  return fits
}

export function encodeCohere(encoding: Encoding): WireRequest {
  const { request, extra, target, mode, note } = encoding
  const { maxTokens, temperature: heat, topP, topK, seed, stop = [], parallelToolCalls, responseFormat: shape = 'text' } = request
  const stops = [stop].flat()
  const p = topP === undefined ? topP : Math.min(Math.max(topP, 0.01), 0.99)
  if (stops.length > 5) note('stop', 'at most five: the rest are left out')
  if (parallelToolCalls === false) note('parallelToolCalls', UNKNOWN)
  const temperature = heat === undefined ? heat : Math.min(1, heat)
  if (p !== topP) note('topP', `sent as ${p}`)
  if (temperature !== heat) note('temperature', `sent as ${temperature}`)
  unsent(encoding)
  const { messages, documents } = conversation(encoding)
  const schema = typeof shape === 'object' && definite(shape.schema) ? shape.schema : undefined
  // The API takes no format beside tools, and not every schema.
  const words = shape !== 'text' && !!request.tools?.length
  if (words || (typeof shape === 'object' && !schema)) messages.unshift({ role: 'system', content: worded(shape, note) })
  const body = {
    model: target.model,
    messages,
    documents,
    max_tokens: maxTokens,
    temperature,
    p,
    k: topK,
    seed,
    stop_sequences: stops.length ? stops.slice(0, 5) : undefined,
    ...toolsOf(encoding),
    response_format: shape === 'text' || words ? undefined : { type: 'json_object', json_schema: schema && lower(schema, SCHEMA, lost(note, 'responseFormat')) },
    thinking: thinking(encoding),
    stream: mode === 'stream' || undefined,
  }
  return { path: '/chat', body: deepMerge(body, extra, request.providerOptions) }
}

function conversation(encoding: Encoding): { readonly messages: Draft[]; readonly documents: Draft[] | undefined } {
  const messages: Draft[] = []
  const documents: Draft[] = []
  const ids = idsOf(encoding.note)
  for (const { role, content } of encoding.request.messages) {
    const rest: ContentBlock[] = []
    for (const block of blocksOf(content)) {
      if (block.type !== 'tool_result') rest.push(block)
      else {
        if (block.isError) encoding.note('messages', `isError: ${UNKNOWN}`)
        messages.push({ role: 'tool', tool_call_id: ids.result(block.toolUseId), content: typeof block.content === 'string' ? block.content : some(resultOf(block.content, encoding)) ?? '' })
      }
    }
    if (role === 'assistant') messages.push(...(rest.length ? [assistant(spoken(rest, encoding.note), encoding, ids)] : []))
    else {
      const parts = rest.flatMap((block) => partsOf(block, encoding, documents))
      const plain = parts.every(({ type }) => type === 'text')
      if (parts.length) messages.push({ role: role === 'tool' ? 'user' : role, content: plain ? parts.map(({ text }) => text).join('\n\n') : parts })
    }
  }
  return { messages, documents: some(documents) }
}

function some<T>(list: T[]): T[] | undefined {
  return list.length ? list : undefined
}

function partsOf(block: ContentBlock, encoding: Encoding, documents: Draft[]): Draft[] {
  const { request: { responseFormat = 'text' }, note } = encoding
  const { type } = block
  if (type === 'text' || type === 'refusal') return [{ type: 'text', text: block.text }]
  if (type === 'native') return [block.data as Draft]
  if (type === 'image') {
    const url = addressOf(block) ?? addressOf(reached(block, encoding))
    return [{ type: 'image_url', image_url: { url, detail: block.detail === 'original' ? 'high' : block.detail } }]
  }
  if (type === 'document') {
    const read = readable(block, encoding)
    const text = wordsOf(read)
    // Documents and an answer in JSON do not go together.
    if (responseFormat !== 'text') {
      note('messages', 'beside JSON a document is part of its message')
      return [{ type: 'text', text }]
    }
    documents.push({ id: `${documents.length}`, ...documentOf(read) })
    return []
  }
  note('messages', FOREIGN)
  return []
}

/** A document as words; what stands at an address may be some. */
function readable(block: DocumentBlock, encoding: Encoding): DocumentBlock {
  return wordsOf(block) === undefined ? readable(reached(block, encoding), encoding) : block
}

function documentOf({ title, ...block }: DocumentBlock): Draft {
  return { data: { title, text: wordsOf(block) } }
}

/** The plan goes back beside the calls that it led to. */
function assistant(blocks: readonly ContentBlock[], { target, note }: Encoding, ids: Ids): Draft {
  const content: Draft[] = []
  const calls: Draft[] = []
  let tool_plan: unknown
  for (const block of blocks) {
    const { type } = block
    const mine = isMintedBy(block, target)
    if (type === 'text' || type === 'refusal') content.push({ type: 'text', text: block.text })
    else if (type === 'tool_use') {
      if (block.invalid) note('messages', 'arguments that are no JSON object are left out')
      calls.push({ id: ids.call(block.id), type: 'function', function: { name: block.name, arguments: JSON.stringify(block.input ?? {}) } })
    } else if (type === 'thinking' && mine) content.push({ type, thinking: block.text })
    else if (type === 'native' && block.kind === 'tool_plan' && mine) tool_plan = (block.data as Draft)['text']
    else note('messages', FOREIGN)
  }
  const said = content.filter(({ text }) => text !== '')
  // A message may not be without anything.
  return { role: 'assistant', content: some(said) ?? (calls.length ? undefined : ''), tool_plan, tool_calls: some(calls) }
}

function resultOf(blocks: readonly ContentBlock[], { note }: Encoding): Draft[] {
  return blocks.flatMap((block): Draft[] => {
    if (block.type === 'text') return [{ type: 'text', text: block.text }]
    if (block.type === 'document' && wordsOf(block) !== undefined) return [{ type: 'document', document: documentOf(block) }]
    note('tool_result', FOREIGN)
    return []
  })
}

function toolsOf({ request: { tools = [], toolChoice }, note }: Encoding): Draft {
  const only = typeof toolChoice === 'object' ? toolChoice.name : undefined
  // One tool is chosen by leaving out the others.
  const own = tools.filter((tool): tool is Tool => !('native' in tool) && (only ?? tool.name) === tool.name)
  const native = tools.filter((tool): tool is ServerTool => 'native' in tool && !only)
  const some = own.some((tool) => tool.strict)
  const strict = some && own.every(({ strict, parameters = { type: 'object' } }) => strict && definite(parameters))
  if (some && !strict) note('tools', 'strict is for all tools or for none, and each must require something: none')
  if (only && tools.length > 1) note('tools', 'one is chosen by leaving out the others')
  const functions = own.map(({ name, description, parameters = { type: 'object', properties: {} } }) => ({
    type: 'function',
    function: { name, description, parameters: strict ? lower(parameters, SCHEMA, lost(note, `tools.${name}`)) : parameters },
  }))
  const all = [...functions, ...native.map((tool) => tool.native)]
  if (!all.length) return {}
  return { tools: all, strict_tools: strict || undefined, tool_choice: only || toolChoice === 'required' ? 'REQUIRED' : toolChoice === 'none' ? 'NONE' : undefined }
}

/** Models that are known not to think. */
const THOUGHTLESS = /^command(-r(7b|-|$)|-light|-a-(03-2025|translate|vision)|$)/

/** There is an off switch and a budget. The upper levels leave the budget to the model. */
function thinking({ request: { reasoning }, target, note }: Encoding): Draft | undefined {
  if (reasoning === undefined) return undefined
  const tokens = tokensFor(reasoning)
  if (THOUGHTLESS.test(target.model)) {
    if (tokens) note('reasoning', REFUSED)
    return undefined
  }
  const token_budget = /high/.test(String(reasoning)) ? undefined : tokens
  if (tokens && token_budget !== reasoning) note('reasoning', token_budget ? `sent as a budget of ${token_budget}` : 'left to the model')
  return tokens ? { type: 'enabled', token_budget } : { type: 'disabled' }
}
