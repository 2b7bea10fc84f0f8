// The Messages dialect: what comes back, whole or as a stream, and what its failures mean. `anthropic-encode.ts` is what is sent.
import { relayError, type ErrorCode, type ErrorDetails, type RelayError } from '../errors.ts'
import { sse } from '../http/sse.ts'
import type { Delta } from '../types/event.ts'
import type { Citation } from '../types/message.ts'
import type { Decoder, Encoding, Failure, Framing, Wire } from '../types/provider.ts'
import type { FinishReason } from '../types/response.ts'
import { encode } from './anthropic-encode.ts'

/** How a place where the dialect is spoken differs from the first one. */
export interface MessagesDialect {
  /** The path of a request. Default `/v1/messages`. */
  readonly path?: (encoding: Encoding) => string
  /** The body's `anthropic_version`, where the URL names the model and the mode and the body names neither. */
  readonly version?: (encoding: Encoding) => string
  /** True where `anthropic-beta` headers are not read, so that the body must hold their values. */
  readonly betasInBody?: boolean
  /** Default: server-sent events whose data is one event each. */
  readonly framing?: Framing
  /** What this place lacks of what the model can do: words of `anthropic-models.ts`, and `url` and `file` sources. */
  readonly lacks?: (model: string) => readonly string[]
}

interface RawBlock {
  readonly type: string
  readonly text?: string
  readonly thinking?: string
  readonly signature?: string
  readonly data?: string
  readonly id?: string
  readonly name?: string
  readonly input?: unknown
  readonly citations?: readonly RawCitation[] | null
}

interface RawCitation {
  readonly type: string
  readonly [field: string]: unknown
}

interface RawUsage {
  readonly input_tokens?: number | null
  readonly output_tokens?: number | null
  readonly cache_read_input_tokens?: number | null
  readonly cache_creation_input_tokens?: number | null
  readonly cache_creation?: { readonly ephemeral_1h_input_tokens?: number } | null
  readonly output_tokens_details?: { readonly thinking_tokens?: number } | null
  readonly [field: string]: unknown
}

interface RawMessage {
  readonly id?: string
  readonly model?: string
  readonly content?: readonly RawBlock[]
  readonly stop_reason?: string | null
  readonly usage?: RawUsage
}

interface RawDelta extends RawMessage {
  readonly type?: string
  readonly text?: string
  readonly thinking?: string
  readonly signature?: string
  readonly partial_json?: string
  readonly citation?: RawCitation
}

interface RawError {
  readonly type?: string
  readonly message?: string
  readonly details?: { readonly error_code?: string } | null
}

interface RawFrame {
  readonly type?: string
  readonly index?: number
  readonly message?: RawMessage
  readonly content_block?: RawBlock
  readonly delta?: RawDelta
  readonly usage?: RawUsage
  readonly context_management?: unknown
  readonly error?: RawError
  readonly request_id?: string
}

/** A block of which more may come. */
interface Open {
  raw: RawBlock
  /** The arguments so far. Frames that only add to them may be skipped: it is whether there are any that counts for a call. */
  json: string
}

export function anthropicMessages(dialect: MessagesDialect = {}): Wire {
  return {
    name: 'anthropic-messages',
    framing: dialect.framing ?? sse,
    encode: (encoding) => encode(encoding, dialect),
    decode,
    decoder,
    fault,
  }
}

function decode(body: unknown, { details }: Encoding): readonly Delta[] {
  const message = body as (RawMessage & RawFrame) | null
  if (message?.error) throw failed(message, '', details)
  if (!Array.isArray(message?.content)) throw relayError('invalid_response', 'the answer has no `content`', details)
  return [...begun(message, {}), { type: 'done' }]
}

function decoder({ details }: Encoding): Decoder {
  const open = new Map<number, Open>()
  const usage = {}
  return {
    verbatim: true,
    frame(data) {
      const frame = parsed(data) as RawFrame | undefined
      if (!frame) throw relayError('invalid_response', 'an event of the stream is not JSON', { ...details, raw: data })
      const { type, index = 0, message, content_block: raw, delta } = frame
      const slot = open.get(index)
      if (frame.error) throw failed(frame, data, details)
      if (type === 'message_start' && message) return begun(message, usage)
      if (type === 'content_block_start' && raw) {
        open.set(index, { raw, json: '' })
        return opening(index, raw)
      }
      if (type === 'content_block_delta' && delta) return grown(index, delta, slot)
      if (type === 'content_block_stop' && slot) {
        open.delete(index)
        return closing(index, slot)
      }
      if (type === 'message_delta') return ended({ ...frame, ...delta }, usage)
      return type === 'message_stop' ? [{ type: 'done' }] : []
    },
    end: () => [],
  }
}

/** Classes of failures, and the status of each for those that a stream reports after its 200. */
const FAULTS: { readonly [type: string]: readonly [ErrorCode, number] | undefined } = {
  invalid_request_error: ['invalid_request', 400],
  authentication_error: ['authentication', 401],
  billing_error: ['quota', 402],
  permission_error: ['permission', 403],
  not_found_error: ['not_found', 404],
  conflict_error: ['server_error', 409],
  request_too_large: ['request_too_large', 413],
  rate_limit_error: ['rate_limit', 429],
  api_error: ['server_error', 500],
  timeout_error: ['server_error', 504],
  overloaded_error: ['overloaded', 529],
}

/** What only an error's code or its words tell. `max_tokens: 9 > 8, which is the maximum` is a bad parameter, not an overflow. */
const SAYINGS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/(prompt|input) is too long|exceed context limit/i, 'context_window'],
  [/spend_limit|spend limit|credit balance|usage limits/i, 'quota'],
  [/content filter/i, 'content_policy'],
]

function fault({ status, text, json, details }: Failure): RelayError {
  const body = (Object(json) as RawFrame & RawError)
  const error = Object(body.error ?? body) as RawError
  const { type = '', details: facts } = error
  const byStatus = Object.values(FAULTS).find((entry) => entry?.[1] === status)?.[0]
  const byType = type === 'invalid_request_error' ? undefined : FAULTS[type]?.[0]
  let code = byType ?? byStatus ?? (status >= 500 || status === 408 || status === 425 ? 'server_error' : 'invalid_request')
  // A page of HTML (the CDN's 413) says nothing that a reader wants in a message; it is on `raw`.
  const message = error.message ?? (text && !/^\s*[<{]/.test(text) ? text : `HTTP ${status}`)
  if (/^(invalid_request|rate_limit)$/.test(code)) {
    // A rate limit's words may name a usage limit that passes: there only the code of the error counts.
    const words = `${facts?.error_code} ${code === 'rate_limit' ? '' : message}`
    code = SAYINGS.find(([saying]) => saying.test(words))?.[1] ?? code
  }
  return relayError(code, message, {
    ...details,
    status,
    requestId: details.requestId ?? body.request_id,
    raw: text || details.raw,
    data: facts ?? undefined,
  })
}

/** A failure that came with a status of 200. */
function failed(frame: RawFrame, text: string, details: ErrorDetails): RelayError {
  return fault({ status: FAULTS[frame.error?.type ?? '']?.[1] ?? 500, text, json: frame, details })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A whole message, or a stream's first event, which may hold content too (calls that a running program makes). */
function begun(message: RawMessage, usage: object): Delta[] {
  const { id, model, content = [] } = message
  return [
    { type: 'meta', ...(id ? { id } : undefined), ...(model ? { model } : undefined) },
    ...content.flatMap((raw, index) => [...opening(index, raw), ...closing(index, { raw, json: '' })]),
    ...ended(message, usage),
  ]
}

/** What a block says where it begins. */
function opening(block: number, raw: RawBlock): Delta[] {
  const { type, text, thinking, signature, citations, id = '', name = '' } = raw
  if (type === 'tool_use') return [{ type: 'tool_call_delta', block, id, name, argumentsDelta: '' }]
  const deltas: Delta[] = []
  if (type === 'text' && text) deltas.push({ type: 'text_delta', block, text })
  if (type === 'thinking' && thinking) deltas.push({ type: 'thinking_delta', block, text: thinking })
  // Also of thinking that is not shown: the signature must go back all the same.
  if (signature) deltas.push({ type: 'seal', block, signature })
  for (const each of (type === 'text' && citations) || []) deltas.push(cited(block, each))
  return deltas
}

function grown(block: number, delta: RawDelta, slot: Open | undefined): Delta[] {
  const { type, text = '', thinking = '', signature = '', partial_json: json = '', citation, ...rest } = delta
  if (type === 'text_delta') return [{ type: 'text_delta', block, text }]
  if (type === 'thinking_delta') return [{ type: 'thinking_delta', block, text: thinking }]
  if (type === 'signature_delta') return [{ type: 'seal', block, signature }]
  if (!slot) return []
  if (type === 'input_json_delta') {
    slot.json += json
    return slot.raw.type === 'tool_use' && json ? [{ type: 'tool_call_delta', block, argumentsDelta: json }] : []
  }
  if (type === 'citations_delta' && citation) {
    slot.raw = { ...slot.raw, citations: [...(slot.raw.citations ?? []), citation] }
    return [cited(block, citation)]
  }
  if (type === 'compaction_delta') slot.raw = { ...slot.raw, ...rest }
  return []
}

/** What a block says once it is whole. */
function closing(block: number, { raw, json }: Open): Delta[] {
  const { type, data = '', citations } = raw
  if (type === 'thinking') return []
  if (type === 'text') return citations?.length ? [{ type: 'seal', block, state: { citations } }] : []
  if (type === 'redacted_thinking') return [{ type: 'block', block, value: { type, data } }]
  if (type !== 'tool_use') {
    const value = json ? { ...raw, input: parsed(json) ?? raw.input } : raw
    return [{ type: 'block', block, value: { type: 'native', kind: type, data: value } }]
  }
  const { type: _type, id: _id, name: _name, input = {}, ...rest } = raw
  const state = present(rest)
  const deltas: Delta[] = []
  // A program's calls stream no arguments: they stand in the first event.
  if (!json) deltas.push({ type: 'tool_call_delta', block, argumentsDelta: JSON.stringify(input) })
  if (Object.keys(state).length) deltas.push({ type: 'seal', block, state })
  return deltas
}

function cited(block: number, raw: RawCitation): Delta {
  const { type: kind, url, source, title, document_title, cited_text } = raw
  const named = present({ url: url ?? source, title: title ?? document_title, citedText: cited_text })
  return { type: 'citation', block, citation: { kind, ...(named as Omit<Citation, 'kind'>), raw } }
}

const FINISHES: { readonly [reason: string]: FinishReason | undefined } = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/** What is true of the message so far. `usage` holds what earlier events counted: later ones replace it, member by member. */
function ended(message: RawMessage, usage: object): Delta[] {
  const { stop_reason: raw } = message
  const counted: RawUsage = Object.assign(usage, present(message.usage ?? {}))
  const deltas: Delta[] = []
  if (message.usage) {
    const { input_tokens, output_tokens, cache_creation, output_tokens_details: parts } = counted
    const cachedInputTokens = counted.cache_read_input_tokens ?? 0
    const cacheWriteTokens = counted.cache_creation_input_tokens ?? 0
    const cacheWrite1hTokens = cache_creation?.ephemeral_1h_input_tokens
    const tokens = present({
      // Theirs leaves out what the cache has to do with, ours does not.
      inputTokens: input_tokens == null ? undefined : input_tokens + cachedInputTokens + cacheWriteTokens,
      outputTokens: output_tokens,
      cachedInputTokens,
      cacheWriteTokens,
      cacheWrite1hTokens: cacheWrite1hTokens || undefined,
      reasoningTokens: parts?.thinking_tokens,
    })
    deltas.push({ type: 'usage', usage: tokens })
  }
  const values = { ...facts(message, MESSAGE_FACTS), ...facts(counted, USAGE_FACTS) }
  if (Object.keys(values).length) deltas.push({ type: 'metadata', values })
  if (raw) deltas.push({ type: 'finish', reason: FINISHES[raw] ?? 'other', raw })
  return deltas
}

const MESSAGE_FACTS = ['stop_sequence', 'stop_details', 'container', 'context_management', 'diagnostics', 'input_transformations']
const USAGE_FACTS = ['service_tier', 'server_tool_use', 'iterations', 'speed', 'inference_geo']

/** Those of the fields that say something, named as code names them. */
function facts(raw: object, names: readonly string[]): { readonly [name: string]: unknown } {
  const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(present(raw)).flatMap(([name, value]) => (names.includes(name) ? [[camel(name), value]] : [])))
}

/** Without what is null: absent and null mean the same here. */
function present(raw: object): { readonly [field: string]: unknown } {
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value != null))
}
