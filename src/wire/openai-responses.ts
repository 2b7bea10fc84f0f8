// OpenAI's Responses: bodies and events to deltas. `openai-responses-encode.ts` is what is sent.
import { relayError } from '../errors.ts'
import { sse } from '../http/sse.ts'
import type { Delta } from '../types/event.ts'
import type { Encoding, Wire } from '../types/provider.ts'
import { told, type FaultRule } from './fault.ts'
import { present, type Fields } from './fields.ts'
import { reasonOf } from './finish.ts'
import type { CostOf, Dialect } from './openai-dialect.ts'
import { encodeResponses, type ResponsesBody } from './openai-responses-encode.ts'
import { close, hear, silence, type RawItem, type RawPiece } from './openai-responses-output.ts'
import { tokensOf } from './openai-usage.ts'
import { wireOf, type Reading } from './wire.ts'

/** One company's Responses. Everything has a default: what OpenAI does, where others do it too. */
export interface ResponsesDialect extends Pick<Dialect, 'efforts' | 'effort' | 'cacheHint' | 'facts' | 'faults'> {
  readonly cost?: CostOf
  /** Whether a model reasons. Default: all do. */
  readonly reasons?: (model: string) => boolean
  /** The fewest tokens that may be asked for. */
  readonly minTokens?: number
  /** The last word on a body, before `providerOptions`: what this server's models do not take. */
  readonly adjust?: (body: ResponsesBody, encoding: Encoding) => void
}

/** An event of a stream, or a whole body. */
interface RawEvent extends RawPiece, RawResponse {
  readonly type?: string
  readonly response?: RawResponse
}

interface RawResponse {
  readonly id?: string
  readonly model?: string
  readonly created_at?: number
  readonly status?: string
  readonly store?: boolean
  readonly error?: unknown
  readonly incomplete_details?: { readonly reason?: string } | null
  readonly output?: readonly RawItem[]
  readonly usage?: Fields | null
  readonly [field: string]: unknown
}

/** One company's Responses. */
export function openaiResponses(dialect: ResponsesDialect = {}): Wire {
  // What Responses alone says of its failures.
  const faults: readonly FaultRule[] = [...(dialect.faults ?? []), ['content_policy', /^[^|]*(bio_policy|cyber_policy|policy_violation)/], ['invalid_request', /^[^|]*(image_|residency)/]]
  return wireOf({
    name: 'openai-responses',
    framing: sse,
    encode: (encoding) => encodeResponses(dialect, encoding),
    read: (encoding) => reader({ ...dialect, faults }, encoding),
    faults,
    verbatim: false,
  })
}

/** Reads one answer. A whole body and a stream's events both go through here, so nothing is known twice. */
function reader({ cost, facts, faults }: ResponsesDialect, encoding: Encoding): Reading {
  const { details } = encoding
  const heard = silence(encoding)
  let seen = ''

  const named = ({ id, model, created_at: at, store }: RawResponse): void => {
    heard.stored ||= store === true
    if (`${id} ${model}` === seen) return
    seen = `${id} ${model}`
    heard.out.push({ type: 'meta', id, model, createdAt: at && at * 1000 })
  }
  const ended = (response: RawResponse, status = 'completed'): readonly Delta[] => {
    if (status === 'failed') throw told(response.error ? response : { error: { code: 'server_error', message: 'the answer failed, and does not say why' } }, details, faults)
    named(response)
    const { out } = heard
    const { output, usage, incomplete_details: cut } = response
    // The last word on what came before, too: sealed thoughts differ from one event to the next. Some gateways' whole lacks items.
    const [...types] = heard.types
    output?.forEach((item, index) => {
      if (!types.length || types[index] === item.type) close(heard, index, item)
    })
    if (usage) out.push({ type: 'usage', usage: tokensOf(usage, 'input', 'output') })
    const usd = usage && cost?.(usage)
    if (typeof usd === 'number') out.push({ type: 'cost', usd })
    const values = present(Object.fromEntries(Object.entries({ input_transformations: 'inputTransformations', ...facts }).map(([field, name]) => [name, response[field]])))
    const raw = cut?.reason ?? status
    const reason = reasonOf(raw)
    out.push({ type: 'metadata', values }, { type: 'finish', reason: reason === 'stop' && heard.refused ? 'content_filter' : reason, raw }, { type: 'done' })
    return out
  }
  const take = (event: RawEvent, name: string, whole: boolean): readonly Delta[] => {
    const { response = {}, type = name } = event
    if (event.error || type === 'error') throw told(event, details, faults)
    if (whole) {
      if (!Array.isArray(event.output)) throw relayError('invalid_response', 'the answer has no `output`', details)
      return ended(event, event.status)
    }
    heard.out = []
    const kind = type.replace('response.', '')
    if (/^(completed|incomplete|failed|cancelled)$/.test(kind)) return ended(response, response.status ?? kind)
    if (kind === 'created') named(response)
    else hear(heard, event, kind)
    return heard.out
  }
  return { take: take as Reading['take'], done: () => [] }
}
