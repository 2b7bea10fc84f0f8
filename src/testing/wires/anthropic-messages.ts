// The Messages API: typed blocks, signed thinking, pings, and a terminal event.
import { entriesOf } from '../catalogue.ts'
import type {
  Endpoint, ErrorFacts, Frame, HttpCall, JsonObject, Mint, Reply, ReplyBlock, SimulatedWire,
} from '../endpoint.ts'
import { encodeEvent } from '../frames.ts'
import { object, parsed } from '../read.ts'
import type { Citation } from '../../types/message.ts'
import { checkMessages } from './anthropic-rules.ts'
import { anthropicErrors } from './anthropic-errors.ts'
import { readMessages } from './anthropic-read.ts'
import { omitsThinking } from './anthropic-models.ts'

const WIRE = 'anthropic-messages'
const DIALECT = 'anthropic'
const REQUEST_ID = 'req_011CSimulated0000000000'

export const anthropicMessages: SimulatedWire = {
  name: WIRE,
  dialects: [DIALECT],
  recognise(call, mint, name) {
    if (call.method !== 'POST' || !call.url.pathname.endsWith('/messages')) return undefined
    return name === undefined || name === DIALECT ? endpoint(call, mint) : undefined
  },
  catalogue: () =>
    entriesOf({
      wire: WIRE,
      dialect: DIALECT,
      errors: anthropicErrors,
      body: (facts) => facts.body ?? messagesFailure(facts, REQUEST_ID),
      headers: { 'request-id': REQUEST_ID },
    }),
}

function endpoint(call: HttpCall, mint: Mint): Endpoint {
  const { body = {}, headers } = call
  const requestId = mint.id('req_011C', 20)
  return {
    ...messagesOf(body, mint),
    wire: WIRE,
    dialect: DIALECT,
    errors: anthropicErrors,
    check: () => checkMessages({ body, version: headers.get('anthropic-version'), mint }),
    key: () => headers.get('x-api-key') || /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1],
    failure: (facts) => facts.body ?? messagesFailure(facts, requestId),
    failureFrames: (facts) => [{ event: 'error', data: messagesFailure(facts, requestId) }],
    headers: (ok) => ({
      'request-id': requestId,
      'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
      ...(ok ? limits() : {}),
    }),
    contentType: 'text/event-stream; charset=utf-8',
    encode: encodeEvent,
  }
}

/** What is the same wherever Messages are spoken. `cloud` stands in ids. */
export function messagesOf(body: JsonObject, mint: Mint, cloud = ''): Pick<Endpoint, 'read' | 'ids' | 'whole' | 'frames' | 'reindex'> {
  return {
    read: () => readMessages(body),
    ids: { answer: () => mint.id(`msg_${cloud}01`, 22), call: () => mint.id(`toolu_${cloud}01`, 22) },
    whole: (reply) => whole(body, reply, mint),
    frames: (reply) => frames(body, reply, mint),
    reindex(frame, change) {
      const { index, ...data } = object(frame.data)
      if (typeof index !== 'number') return frame
      const changed = change(index)
      return { ...frame, data: changed === undefined ? data : { ...data, index: changed } }
    },
  }
}

export function messagesFailure({ message, type, more }: ErrorFacts, request_id: string): JsonObject {
  return { type: 'error', error: { type: type ?? 'api_error', message, ...more }, request_id }
}

function limits(): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const what of ['requests', 'tokens', 'input-tokens', 'output-tokens']) {
    headers[`anthropic-ratelimit-${what}-limit`] = what === 'requests' ? '4000' : '400000'
    headers[`anthropic-ratelimit-${what}-remaining`] = what === 'requests' ? '3999' : '399000'
    headers[`anthropic-ratelimit-${what}-reset`] = '2026-09-21T00:00:00Z'
  }
  return headers
}

function whole(body: JsonObject, reply: Reply, mint: Mint): JsonObject {
  return {
    ...envelope(reply),
    content: reply.blocks.flatMap((block) => blockOf(block, body, mint) ?? []),
    ...stop(reply),
    usage: { ...inputUsage(reply), ...cacheWrites(reply), ...outputUsage(reply), ...service() },
  }
}

function frames(body: JsonObject, reply: Reply, mint: Mint): Frame[] {
  const start = {
    ...envelope(reply),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: { ...inputUsage(reply), ...cacheWrites(reply), output_tokens: Math.min(1, reply.usage.outputTokens), ...service() },
  }
  const frames: Frame[] = [event({ type: 'message_start', message: start })]
  let index = 0
  for (const block of reply.blocks) {
    const value = blockOf(block, body, mint)
    if (value === undefined) continue
    const parts = deltas(value, mint)
    frames.push(event({ type: 'content_block_start', index, content_block: opened(value, parts.length > 0) }, parts.length === 0))
    if (index === 0) frames.push(event({ type: 'ping' }))
    for (const delta of parts) frames.push(event({ type: 'content_block_delta', index, delta }, true))
    frames.push(event({ type: 'content_block_stop', index }))
    index++
  }
  const usage = { ...inputUsage(reply), ...outputUsage(reply) }
  frames.push({ ...event({ type: 'message_delta', delta: stop(reply), usage }), closing: true })
  frames.push(event({ type: 'message_stop' }))
  return frames
}

function event(data: JsonObject, content = false): Frame {
  return { event: String(data['type']), data, content }
}

function envelope(reply: Reply): JsonObject {
  return { id: reply.id, type: 'message', role: 'assistant', model: reply.model }
}

function service(): JsonObject {
  return { service_tier: 'standard', inference_geo: 'global' }
}

/** `input_tokens` leaves out what went through the cache. */
function inputUsage({ usage }: Reply): JsonObject {
  const { inputTokens, cachedInputTokens, cacheWriteTokens } = usage
  return {
    input_tokens: inputTokens - cachedInputTokens - cacheWriteTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedInputTokens,
  }
}

/** What was written for how long: the end of a stream does not say it again. */
function cacheWrites({ usage: { cacheWriteTokens, cacheWrite1hTokens = 0 } }: Reply): JsonObject {
  return {
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWriteTokens - cacheWrite1hTokens,
      ephemeral_1h_input_tokens: cacheWrite1hTokens,
    },
  }
}

function outputUsage({ usage, blocks }: Reply): JsonObject {
  const searches = blocks.filter((block) => block.type === 'native' && block.data['name'] === 'web_search').length
  return {
    output_tokens: usage.outputTokens,
    ...(usage.reasoningTokens > 0 ? { output_tokens_details: { thinking_tokens: usage.reasoningTokens } } : {}),
    ...(searches > 0 ? { server_tool_use: { web_search_requests: searches, web_fetch_requests: 0 } } : {}),
  }
}

function stop(reply: Reply): JsonObject {
  const words: { readonly [reason: string]: string } = {
    stop: 'end_turn',
    length: 'max_tokens',
    tool_calls: 'tool_use',
    content_filter: 'refusal',
    other: 'pause_turn',
    error: 'end_turn',
  }
  const stop_reason = reply.rawFinishReason ?? words[reply.finishReason]
  const details = stop_reason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null
  return { stop_reason, stop_sequence: null, stop_details: details }
}

/** A block as a whole answer has it; undefined where this wire has none of its kind. */
function blockOf(block: ReplyBlock, body: JsonObject, mint: Mint): JsonObject | undefined {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text, ...(block.citations ? { citations: block.citations.map(citationOf) } : {}) }
    // There is no block for a refusal: its words are text, and the stop reason tells.
    case 'refusal':
      return { type: 'text', text: block.text }
    case 'thinking': {
      const thinking = omitsThinking(body) ? '' : block.text
      mint.remember(block.signature, thinking)
      return { type: 'thinking', thinking, signature: block.signature }
    }
    case 'redacted_thinking':
      mint.remember(block.data, '')
      return { type: 'redacted_thinking', data: block.data }
    case 'tool_use':
      return { type: 'tool_use', id: block.id, name: block.name, input: written(block.json) }
    case 'native':
      return block.data
  }
}

/** The arguments. Text that is no JSON stays text: a whole answer of the real API never holds it, a stream may. */
function written(json: string): unknown {
  return json === '' ? {} : parsed(json)
}

function citationOf(citation: Citation): JsonObject {
  const { kind, url, title, citedText = '', start = 0, end = 0, raw } = citation
  if (raw !== undefined) return object(raw)
  if (url !== undefined) {
    return { type: 'web_search_result_location', url, title: title ?? null, encrypted_index: 'Eo8BSimulated', cited_text: citedText }
  }
  return {
    type: kind || 'char_location',
    cited_text: citedText,
    document_index: 0,
    document_title: title ?? null,
    start_char_index: start,
    end_char_index: end,
    file_id: null,
  }
}

/** The deltas that make a block out of its empty form; none where it comes whole. */
function deltas(block: JsonObject, mint: Mint): JsonObject[] {
  const pieces = (text: unknown): readonly string[] => mint.pieces(String(text))
  switch (block['type']) {
    case 'text': {
      const cited = Array.isArray(block['citations']) ? block['citations'] : []
      return [
        ...pieces(block['text']).map((text) => ({ type: 'text_delta', text })),
        ...cited.map((citation: unknown) => ({ type: 'citations_delta', citation })),
      ]
    }
    case 'thinking':
      return [
        ...pieces(block['thinking']).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: block['signature'] },
      ]
    case 'tool_use':
    case 'server_tool_use': {
      const { input } = block
      const json = typeof input === 'string' ? input : JSON.stringify(input)
      // The first piece is always empty, and the only one of a call without arguments.
      return ['', ...(json === '{}' ? [] : pieces(json))].map((partial_json) => ({ type: 'input_json_delta', partial_json }))
    }
    default:
      return []
  }
}

function opened(block: JsonObject, isEmpty: boolean): JsonObject {
  if (!isEmpty) return block
  switch (block['type']) {
    case 'text':
      return { ...block, text: '', ...(Array.isArray(block['citations']) ? { citations: [] } : {}) }
    case 'thinking':
      return { ...block, thinking: '', signature: '' }
    default:
      return { ...block, input: {} }
  }
}
