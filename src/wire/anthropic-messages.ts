// The Messages dialect: what comes back, whole or as a stream, and what its failures mean. `anthropic-encode.ts` is what is sent.
import { relayError } from '../errors.ts'
import { sse } from '../http/sse.ts'
import { parsed } from '../json/event.ts'
import type { Delta } from '../types/event.ts'
import type { Encoding, Framing, Wire } from '../types/provider.ts'
import { encode } from './anthropic-encode.ts'
import { told, type FaultRule } from './fault.ts'
import { present } from './fields.ts'
import { reasonOf } from './finish.ts'
import { wireOf, type Reading } from './wire.ts'

/** How a place where the dialect is spoken differs from the first one. */
export interface MessagesDialect {
  /** The path of a request. Default `/v1/messages`. */
  readonly path?: (encoding: Encoding) => string
  /** The body's `anthropic_version`, where the URL names the model and the mode and the body names neither. */
  readonly version?: (encoding: Encoding) => string
  /** Default: server-sent events whose data is one event each. */
  readonly framing?: Framing
  /** What this place lacks of what the model can do: words of `anthropic-models.ts`, `url` and `file` sources, and `strict` tools. */
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

interface RawFrame extends RawMessage {
  readonly type?: string
  readonly index?: number
  readonly message?: RawMessage
  readonly content_block?: RawBlock
  readonly delta?: RawDelta
  readonly usage?: RawUsage
  readonly context_management?: unknown
  readonly error?: unknown
}

/** A block of which more may come. */
interface Open {
  /** Its place among the blocks. */
  readonly block: number
  raw: RawBlock
  /** The arguments so far. Frames that only add to them may be skipped: it is whether there are any that counts for a call. */
  json: string
}

export function anthropicMessages(dialect: MessagesDialect = {}): Wire {
  return wireOf({
    name: 'anthropic-messages',
    framing: dialect.framing ?? sse,
    encode: (encoding) => encode(encoding, dialect),
    read: reader,
    faults: FAULTS,
  })
}

/** What only an error's code or its words tell. A rate limit's words may name a usage limit that passes. */
const FAULTS: readonly FaultRule[] = [
  ['quota', /^[^|]*billing|^(?!429).*(spend limit|credit balance|usage limits)/i, 402],
  ['content_policy', /content filter/i],
  ['overloaded', /^[^|]*overloaded/, 529],
]

function reader({ details }: Encoding): Reading {
  // By their indexes, which some that imitate the API leave out, or have the same of all: one that begins takes the place.
  const open = new Map<number | undefined, Open>()
  let blocks = 0
  const usage = {}
  const take = (frame: RawFrame, _event: string, whole: boolean): readonly Delta[] => {
    const { type, index, message, content_block: raw, delta } = frame
    const slot = open.get(index)
    if (frame.error) throw told(frame, details, FAULTS)
    if (whole) {
      if (!Array.isArray(frame.content)) throw relayError('invalid_response', 'the answer has no `content`', details)
      return [...begun(frame, usage), DONE]
    }
    if (type === 'message_start' && message) {
      blocks = message.content?.length ?? 0
      return begun(message, usage)
    }
    if (type === 'content_block_start' && raw) {
      open.set(index, { block: blocks, raw, json: '' })
      return opening(blocks++, raw)
    }
    if (type === 'content_block_delta' && delta) return grown(slot?.block ?? index ?? blocks, delta, slot)
    if (type === 'content_block_stop' && slot) {
      open.delete(index)
      return closing(slot)
    }
    if (type === 'message_delta') return ended({ ...frame, ...delta }, usage)
    return type === 'message_stop' ? [DONE] : []
  }
  return { take: take as Reading['take'] }
}

const DONE: Delta = { type: 'done' }

/** A whole message, or a stream's first event, which may hold content too (calls that a running program makes). */
function begun(message: RawMessage, usage: object): Delta[] {
  const { id, model, content = [] } = message
  return [
    { type: 'meta', id, model },
    ...content.flatMap((raw, index) => [...opening(index, raw), ...closing({ block: index, raw, json: '' })]),
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
  if (type === 'text_delta') return [{ type, block, text }]
  if (type === 'thinking_delta') return [{ type, block, text: thinking }]
  if (type === 'signature_delta') return [{ type: 'seal', block, signature }]
  if (!slot) return []
  if (json) {
    slot.json += json
    return slot.raw.type === 'tool_use' ? [{ type: 'tool_call_delta', block, argumentsDelta: json }] : []
  }
  if (citation) {
    slot.raw = { ...slot.raw, citations: [...(slot.raw.citations ?? []), citation] }
    return [cited(block, citation)]
  }
  if (type === 'compaction_delta') slot.raw = { ...slot.raw, ...rest }
  return []
}

/** What a block says once it is whole. */
function closing({ block, raw, json }: Open): Delta[] {
  const { type, data = '', citations, id: _id, name: _name, input = {}, ...rest } = raw
  if (type === 'thinking') return []
  if (type === 'text') return citations?.length ? [{ type: 'seal', block, state: { citations } }] : []
  if (type === 'redacted_thinking') return [{ type: 'block', block, value: { type, data } }]
  if (type !== 'tool_use') return [{ type: 'block', block, value: { type: 'native', kind: type, data: json ? { ...raw, input: parsed(json) ?? input } : raw } }]
  const state = present(rest)
  const deltas: Delta[] = []
  // A program's calls stream no arguments: they stand in the first event.
  if (!json) deltas.push({ type: 'tool_call_delta', block, argumentsDelta: JSON.stringify(input) })
  if (Object.keys(state).length) deltas.push({ type: 'seal', block, state })
  return deltas
}

function cited(block: number, raw: RawCitation): Delta {
  const { type: kind, url, source, title, document_title, cited_text: citedText } = raw as { readonly [field: string]: string | undefined; readonly type: string }
  return { type: 'citation', block, citation: { kind, ...present({ url: url ?? source, title: title ?? document_title, citedText }), raw } }
}

/** What is true of the message so far. `usage` holds what earlier events counted: later ones replace it, member by member. */
function ended(message: RawMessage, usage: object): Delta[] {
  const { stop_reason: raw } = message
  const counted: RawUsage = Object.assign(usage, present(message.usage ?? {}))
  const deltas: Delta[] = []
  if (message.usage) {
    const { input_tokens: input, output_tokens: outputTokens, cache_creation: made, output_tokens_details: parts } = counted
    const { cache_read_input_tokens: read, cache_creation_input_tokens: written } = counted
    const [cachedInputTokens, cacheWriteTokens] = [read ?? 0, written ?? 0]
    const tokens = present({
      // Theirs leaves out what the cache has to do with, ours does not.
      inputTokens: input === undefined ? input : Number(input) + cachedInputTokens + cacheWriteTokens,
      outputTokens,
      cachedInputTokens,
      cacheWriteTokens,
      cacheWrite1hTokens: made?.ephemeral_1h_input_tokens || undefined,
      reasoningTokens: parts?.thinking_tokens,
    })
    deltas.push({ type: 'usage', usage: tokens })
  }
  const values = Object.fromEntries(Object.entries(present({ ...counted, ...message })).flatMap(([name, value]) => (FACTS.test(name) ? [[camel(name), value]] : [])))
  deltas.push({ type: 'metadata', values })
  if (raw) deltas.push({ type: 'finish', reason: reasonOf(raw), raw })
  return deltas
}

/** Of a message and of its usage, what has no place elsewhere. */
const FACTS = /^(stop_(sequence|details)|container|context_management|diagnostics|input_transformations|service_tier|server_tool_use|iterations|speed|inference_geo)$/

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}
