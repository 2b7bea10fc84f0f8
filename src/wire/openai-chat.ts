// Chat Completions, OpenAI's wire and that of everyone who imitates it: bodies and chunks to deltas.
import { relayError } from '../errors.ts'
import { sse } from '../http/sse.ts'
import type { Delta } from '../types/event.ts'
import type { Encoding, Wire } from '../types/provider.ts'
import type { FinishReason } from '../types/response.ts'
import { told } from './fault.ts'
import { present } from './fields.ts'
import { close, hear, type Heard, type Piece, type RawBody, type RawChoice } from './openai-chat-content.ts'
import { encodeChat } from './openai-chat-encode.ts'
import type { Dialect } from './openai-dialect.ts'
import { tokensOf } from './openai-usage.ts'
import { wireOf, type Reading } from './wire.ts'

/** One company's Chat Completions. */
export function openaiChat(dialect: Dialect = {}): Wire {
  return wireOf({
    name: 'openai-chat',
    framing: sse,
    encode: (encoding) => encodeChat(dialect, encoding),
    read: (encoding) => reader(dialect, encoding),
    faults: dialect.faults,
    verbatim: dialect.verbatim,
    padding: dialect.padding,
  })
}

/** Reads one answer. A whole body and a stream's chunks both go through here, so nothing is known twice. */
function reader({ facts = {}, ears = [], failed, spent = counted, reason = own, faults, endsWithBody }: Dialect, encoding: Encoding): Reading {
  const { details } = encoding
  const heard: Heard = { out: [], slots: [], said: {}, encoding, others: 3 }
  const values: { [name: string]: unknown } = {}
  let names: readonly unknown[] = []
  let raw: string | null = null
  let over = false

  const done = (): Delta[] => {
    const out: Delta[] = (heard.out = [])
    over = true
    close(heard)
    for (const ear of ears) ear(heard)
    out.push({ type: 'metadata', values: present(values) }, { type: 'finish', reason: reason(raw, heard), raw }, { type: 'done' })
    return out
  }
  const take = (body: RawBody, event: string, whole: boolean): readonly Delta[] => {
    const { id, model, created, choices } = body
    const choice = choices?.find(isFirst)
    const failure = body.error ? body : failed?.(body, choice, event)
    if (failure) throw told(failure, details, faults)
    if (whole && !choices?.length) throw relayError('invalid_response', 'the answer has no choices', details)
    const out: Delta[] = (heard.out = [])
    if ((id && id !== names[0]) || (model && model !== names[1])) {
      names = [id, model]
      out.push({ type: 'meta', id, model, createdAt: created && created * 1000 })
    }
    for (const field in facts) values[facts[field] ?? field] ??= body[field] ?? choice?.[field]
    const piece: Piece = { message: choice?.[whole ? 'message' : 'delta'] ?? {}, body, streamed: !whole }
    for (const ear of ears) ear(heard, piece)
    hear(heard, piece)
    // Later chunks may say null, or nothing.
    raw = choice?.finish_reason || (raw ?? choice?.finish_reason ?? null)
    spent(out, body, choice)
    return out
  }
  return { take: take as Reading['take'], done, end: (whole) => (whole || (endsWithBody && raw !== null && !over) ? done() : []) }
}

function isFirst({ index }: RawChoice): boolean {
  return !index
}

function counted(out: Delta[], { usage }: RawBody): void {
  if (usage) out.push({ type: 'usage', usage: tokensOf(usage, 'prompt', 'completion') })
}

/** OpenAI's words are Relay's; but it says `stop` when it refuses. */
function own(raw: string | null, { said }: Heard): FinishReason {
  if (raw === 'stop' && said.refusal) return 'content_filter'
  return /^(stop|length|tool_calls|content_filter)$/.test(raw ?? '') ? (raw as FinishReason) : 'other'
}
