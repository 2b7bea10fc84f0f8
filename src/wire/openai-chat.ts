// Chat Completions, OpenAI's wire and that of everyone who imitates it: bodies and chunks to deltas.
import { relayError } from '../errors.ts'
import { sse } from '../http/sse.ts'
import type { Delta } from '../types/event.ts'
import type { Citation } from '../types/message.ts'
import type { Decoder, Encoding, Wire } from '../types/provider.ts'
import type { FinishReason } from '../types/response.ts'
import { cited, close, hear, silence, TEXT, type RawCitation, type RawMessage } from './openai-chat-content.ts'
import { encodeChat } from './openai-chat-encode.ts'
import type { Dialect } from './openai-dialect.ts'
import { classify } from './openai-fault.ts'
import { at, usageOf } from './openai-usage.ts'

interface RawChoice {
  readonly index?: number | null
  readonly message?: RawMessage
  readonly delta?: RawMessage | null
  readonly finish_reason?: string | null
  readonly error?: unknown
}

/** A whole body, or a chunk of a stream. Any field may be missing. */
interface RawBody {
  readonly id?: string
  readonly model?: string
  readonly created?: number
  readonly object?: string
  readonly choices?: readonly RawChoice[] | null
  readonly citations?: readonly unknown[] | null
  readonly search_results?: readonly RawCitation[] | null
  readonly error?: unknown
}

/** One company's Chat Completions. */
export function openaiChat(dialect: Dialect = {}): Wire {
  return {
    name: 'openai-chat',
    framing: sse,
    encode: (encoding) => encodeChat(dialect, encoding),
    decode: (body, encoding) => {
      const { take, end } = reader(dialect, encoding)
      const deltas = take(body as RawBody, 'message')
      if (!(body as RawBody).choices?.length) throw relayError('invalid_response', 'the answer has no choices', encoding.details)
      return [...deltas, ...end()]
    },
    decoder: (encoding) => decoder(dialect, encoding),
    fault: (failure) => classify(failure, dialect.faults),
  }
}

function decoder(dialect: Dialect, encoding: Encoding): Decoder {
  const { take, end, stopped } = reader(dialect, encoding)
  return {
    verbatim: !dialect.splitter,
    frame: (data, event) => {
      if (data.trim() === '[DONE]') return end()
      if (!data) return []
      let body: unknown
      try {
        body = JSON.parse(data)
      } catch (cause) {
        throw relayError('invalid_response', `an event of the stream is not JSON: ${data.slice(0, 200)}`, { ...encoding.details, cause })
      }
      return take(body as RawBody, 'delta', event)
    },
    end: () => (dialect.endsWithBody && stopped() ? end() : []),
  }
}

const REASONS: { readonly [raw: string]: FinishReason | undefined } = {
  stop: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  'content-filter': 'content_filter',
  sensitive: 'content_filter',
  error: 'error',
  abort: 'error',
  network_error: 'error',
  insufficient_system_resource: 'error',
}

interface Reader {
  /** What a body, or a chunk, says. */
  readonly take: (body: RawBody, part: 'message' | 'delta', event?: string) => readonly Delta[]
  /** The answer is whole. */
  readonly end: () => readonly Delta[]
  /** It has been said why the model stopped. */
  readonly stopped: () => boolean
}

/** Reads one answer. A whole body and a stream's chunks both go through here, so nothing is known twice. */
function reader(dialect: Dialect, encoding: Encoding): Reader {
  const { details } = encoding
  const heard = silence(dialect, encoding)
  const facts: { [name: string]: unknown } = {}
  let seen = ''
  let raw: string | null = null
  let sources: readonly unknown[] = []

  const take: Reader['take'] = (body, part, event) => {
    const choice = body?.choices?.find(({ index }) => !index)
    if (body?.error || choice?.error || event === 'error' || (!body?.choices && isFault(body))) {
      const json = body?.error || !choice?.error ? body : choice
      throw classify({ status: details.status ?? 200, text: JSON.stringify(json), json, details }, dialect.faults)
    }
    const out: Delta[] = (heard.out = [])
    const { id, model, created } = body
    if ((id || model) && `${id} ${model}` !== seen) {
      seen = `${id} ${model}`
      out.push({ type: 'meta', ...(id && { id }), ...(model && { model }), ...(created && { createdAt: created * 1000 }) })
    }
    for (const [field, name] of Object.entries(dialect.facts ?? {})) facts[name] = at(body, field) ?? facts[name]
    const found = body.search_results ?? body.citations
    if (found?.length) sources = found
    const message = choice?.[part]
    if (message) hear(heard, message, part === 'delta')
    const reason = choice?.finish_reason
    // Later chunks may say null, or nothing.
    if (reason || (reason === '' && raw === null)) raw = reason
    const usage = ['usage', 'choices.0.usage', ...(dialect.usage ?? [])].map((path) => at(body, path)).find(Boolean)
    if (usage) out.push(...spent(usage, dialect))
    return out
  }

  const end = (): Delta[] => {
    const out: Delta[] = (heard.out = [])
    close(heard)
    if (raw === 'model_context_window_exceeded' && !heard.spoke) throw relayError('context_window', 'the conversation fills the whole window', details)
    for (const source of sources) out.push({ type: 'citation', block: TEXT, citation: sourced(source) })
    const values = Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined))
    if (Object.keys(values).length) out.push({ type: 'metadata', values })
    let reason: FinishReason = raw ? (REASONS[raw] ?? 'other') : heard.spoke ? 'stop' : 'other'
    // Some say `stop` when they call a tool, and all say `stop` when they refuse.
    if (reason === 'stop' && heard.slots.length) reason = 'tool_calls'
    if (reason === 'stop' && heard.refused) reason = 'content_filter'
    out.push({ type: 'finish', reason, raw }, { type: 'done' })
    return out
  }

  return { take, end, stopped: () => raw !== null }
}

/** A body without choices that tells of a failure without an `error`. */
function isFault(body: RawBody | null): boolean {
  return body?.object === 'error' || ['detail', 'message', 'errors', 'fault'].some((field) => at(body, field))
}

function spent(usage: unknown, { reasoningApart, cost }: Dialect): Delta[] {
  const usd = cost?.(usage as { readonly [field: string]: unknown })
  return [{ type: 'usage', usage: usageOf(usage, reasoningApart) }, ...(typeof usd === 'number' ? [{ type: 'cost', usd } as const] : [])]
}

function sourced(raw: unknown): Citation {
  return typeof raw === 'string' ? { kind: 'url', url: raw } : cited('search_result', raw as RawCitation)
}
