// Chat Completions, OpenAI's wire and that of everyone who imitates it: bodies and chunks to deltas.
import { relayError } from '../errors.ts'
import { sse } from '../http/sse.ts'
import { eventJson } from '../json/event.ts'
import type { Delta } from '../types/event.ts'
import type { Encoding, Wire } from '../types/provider.ts'
import { classify, told } from './fault.ts'
import { present, type Fields } from './fields.ts'
import { reasonOf } from './finish.ts'
import { close, hear, silence, type RawBody, type RawMessage } from './openai-chat-content.ts'
import { encodeChat } from './openai-chat-encode.ts'
import type { Dialect } from './openai-dialect.ts'
import { usageOf } from './openai-usage.ts'

interface RawChoice {
  readonly index?: number | null
  readonly message?: RawMessage
  readonly delta?: RawMessage | null
  readonly finish_reason?: string | null
  readonly error?: unknown
  readonly usage?: Fields | null
  readonly [field: string]: unknown
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
      const raw = Object(body) as Raw
      const deltas = take(raw, 'message')
      if (!raw.choices?.length) throw relayError('invalid_response', 'the answer has no choices', encoding.details)
      return [...deltas, ...end()]
    },
    decoder: (encoding) => {
      const { take, end, stopped } = reader(dialect, encoding)
      return {
        verbatim: !dialect.splitter,
        padding: dialect.padding,
        frame: (data, event) => (data.trim() === '[DONE]' ? end() : data ? take(Object(eventJson(data, encoding.details)) as Raw, 'delta', event) : []),
        end: () => (dialect.endsWithBody && stopped() ? end() : []),
      }
    },
    fault: (failure) => classify(failure, dialect.faults),
  }
}

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
  const { facts = {}, usage: elsewhere, cost, reasoningApart, faults } = dialect
  const heard = silence(dialect, encoding)
  const values: { [name: string]: unknown } = {}
  let names: readonly unknown[] = []
  let raw: string | null = null
  let over = false

  const take: Reader['take'] = (body, part, event) => {
    const { id, model, created, choices } = body
    const choice = choices?.find(isFirst)
    if (body.error || choice?.error || event === 'error' || (!choices && FAULTS.some((field) => body[field]))) {
      throw told(body.error || !choice?.error ? body : choice, details, faults)
    }
    const out: Delta[] = (heard.out = [])
    if ((id && id !== names[0]) || (model && model !== names[1])) {
      names = [id, model]
      out.push({ type: 'meta', ...present({ id, model, createdAt: created && created * 1000 }) })
    }
    for (const field in facts) values[facts[field] ?? field] ??= body[field] ?? choice?.[field]
    hear(heard, { message: choice?.[part] ?? {}, body, streamed: part === 'delta' })
    // Later chunks may say null, or nothing.
    raw = choice?.finish_reason || (raw ?? choice?.finish_reason ?? null)
    const usage = body.usage ?? choice?.usage ?? (elsewhere?.(body) as Fields | undefined)
    if (!usage) return out
    const usd = cost?.(usage)
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
    if (!spoke && raw?.includes('context_window')) throw relayError('context_window', 'the conversation fills the whole window', details)
    const known = present(values)
    if (Object.keys(known).length) out.push({ type: 'metadata', values: known })
    const reason = raw || !spoke ? reasonOf(raw) : 'stop'
    // All say `stop` when they refuse.
    out.push({ type: 'finish', reason: reason === 'stop' && said.refusal ? 'content_filter' : reason, raw }, { type: 'done' })
    return out
  }

  return { take, end, stopped: () => raw !== null && !over }
}

function isFirst({ index }: RawChoice): boolean {
  return !index
}

/** Without choices, a body with one of these tells of a failure. */
const FAULTS = ['detail', 'message', 'errors', 'fault']
