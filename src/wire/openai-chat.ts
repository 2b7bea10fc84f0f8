// Chat Completions, OpenAI's wire and that of everyone who imitates it: bodies and chunks to deltas.
import { relayError } from '../errors.ts'
import { sse } from '../http/sse.ts'
import type { Delta } from '../types/event.ts'
import type { Decoder, Encoding, Wire } from '../types/provider.ts'
import type { FinishReason } from '../types/response.ts'
import { close, hear, silence, type RawBody, type RawMessage } from './openai-chat-content.ts'
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
interface Raw extends RawBody {
  readonly choices?: readonly RawChoice[] | null
}

/** One company's Chat Completions. */
export function openaiChat(dialect: Dialect = {}): Wire {
  return {
    name: 'openai-chat',
    framing: sse,
    encode: (encoding) => encodeChat(dialect, encoding),
    decode: (body, encoding) => {
      const { take, end } = reader(dialect, encoding)
      const deltas = take((body ?? {}) as Raw, 'message')
      if (!(body as Raw | null)?.choices?.length) throw relayError('invalid_response', 'the answer has no choices', encoding.details)
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
    padding: dialect.padding,
    frame: (data, event) => {
      if (data.trim() === '[DONE]') return end()
      if (!data) return []
      let body: unknown
      try {
        body = JSON.parse(data)
      } catch (cause) {
        throw relayError('invalid_response', `an event of the stream is not JSON: ${data.slice(0, 200)}`, { ...encoding.details, cause })
      }
      return take((body ?? {}) as Raw, 'delta', event)
    },
    end: () => (dialect.endsWithBody && stopped() ? end() : []),
  }
}

/** Everyone has words of their own for why a model stopped. */
const REASONS: readonly (readonly [FinishReason, RegExp])[] = [
  ['stop', /^(stop|eos|end_turn)$/],
  ['length', /length|max_tokens|context_window/],
  ['tool_calls', /^(tool|function)_/],
  ['content_filter', /content.filter|sensitive/],
  ['error', /error|abort|insufficient/],
]

interface Reader {
  /** What a body, or a chunk, says. */
  readonly take: (body: Raw, part: 'message' | 'delta', event?: string) => readonly Delta[]
  /** The answer is whole. */
  readonly end: () => readonly Delta[]
  /** It has been said why the model stopped, and `end` has yet to be called. */
  readonly stopped: () => boolean
}

/** Reads one answer. A whole body and a stream's chunks both go through here, so nothing is known twice. */
function reader(dialect: Dialect, encoding: Encoding): Reader {
  const { details } = encoding
  const { facts = {}, usage: places = [], cost, reasoningApart, faults } = dialect
  const heard = silence(dialect, encoding)
  const values: { [name: string]: unknown } = {}
  let seen = ''
  let raw: string | null = null
  let over = false

  const take: Reader['take'] = (body, part, event) => {
    const choice = body.choices?.find(({ index }) => !index)
    const failed = body.error || !choice?.error ? body : choice
    if (failed.error || event === 'error' || (!body.choices && isFault(body))) {
      throw classify({ status: details.status ?? 200, text: JSON.stringify(failed), json: failed, details }, faults)
    }
    const out: Delta[] = (heard.out = [])
    const { id, model, created } = body
    if (seen !== (seen = `${id || ''} ${model || ''}`) && seen !== ' ') {
      out.push({ type: 'meta', ...(id && { id }), ...(model && { model }), ...(created && { createdAt: created * 1000 }) })
    }
    for (const field in facts) values[facts[field] ?? field] ??= at(body, field) ?? undefined
    hear(heard, { message: choice?.[part] ?? {}, body, streamed: part === 'delta' })
    // Later chunks may say null, or nothing.
    raw = choice?.finish_reason || (raw ?? choice?.finish_reason ?? null)
    const usage = ['usage', 'choices.0.usage', ...places].map((path) => at(body, path)).find(Boolean)
    if (!usage) return out
    const usd = cost?.(usage as { readonly [field: string]: unknown })
    out.push({ type: 'usage', usage: usageOf(usage, reasoningApart) })
    if (typeof usd === 'number') out.push({ type: 'cost', usd })
    return out
  }

  const end = (): Delta[] => {
    const out: Delta[] = (heard.out = [])
    close(heard)
    over = true
    const { slots, said, others } = heard
    const spoke = slots.length || others > 3 || Object.keys(said).length
    if (!spoke && /context_window/.test(raw ?? '')) throw relayError('context_window', 'the conversation fills the whole window', details)
    if (Object.keys(facts).length) out.push({ type: 'metadata', values: JSON.parse(JSON.stringify(values)) as typeof values })
    let reason = raw ? (REASONS.find(([, words]) => words.test(raw ?? ''))?.[0] ?? 'other') : spoke ? 'stop' : 'other'
    // Some say `stop` when they call a tool, and all say `stop` when they refuse.
    if (reason === 'stop') reason = slots.length ? 'tool_calls' : said.refusal ? 'content_filter' : reason
    out.push({ type: 'finish', reason, raw }, { type: 'done' })
    return out
  }

  return { take, end, stopped: () => raw !== null && !over }
}

/** A body without choices that tells of a failure without an `error`. */
function isFault(body: RawBody): boolean {
  return body.object === 'error' || ['detail', 'message', 'errors', 'fault'].some((field) => at(body, field))
}
