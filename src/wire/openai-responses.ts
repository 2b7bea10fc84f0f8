// OpenAI's Responses: bodies and events to deltas. `openai-responses-encode.ts` is what is sent.
import { relayError, type RelayError } from '../errors.ts'
import { sse } from '../http/sse.ts'
import type { Delta } from '../types/event.ts'
import type { Encoding, Wire } from '../types/provider.ts'
import type { FinishReason } from '../types/response.ts'
import type { CostOf, Dialect } from './openai-dialect.ts'
import { classify, type FaultRule } from './fault.ts'
import { encodeResponses, type ResponsesBody } from './openai-responses-encode.ts'
import { close, hear, silence, type RawItem, type RawPiece } from './openai-responses-output.ts'
import { at } from './fields.ts'
import { tokensOf } from './openai-usage.ts'

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

interface RawEvent extends RawPiece {
  readonly type?: string
  readonly response?: RawResponse
  readonly error?: unknown
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
  readonly usage?: { readonly [field: string]: unknown } | null
}

/** One company's Responses. */
export function openaiResponses(dialect: ResponsesDialect = {}): Wire {
  return {
    name: 'openai-responses',
    framing: sse,
    encode: (encoding) => encodeResponses(dialect, encoding),
    decode: (body, encoding) => {
      const { whole, failed } = reader(dialect, encoding)
      const response = body as RawResponse | null
      if (response?.error) throw failed(response)
      if (!Array.isArray(response?.output)) throw relayError('invalid_response', 'the answer has no `output`', encoding.details)
      return whole(response, response.status)
    },
    decoder: (encoding) => {
      const { take } = reader(dialect, encoding)
      return {
        frame: (data, name) => {
          if (!data || data.trim() === '[DONE]') return []
          let event: RawEvent
          try {
            event = JSON.parse(data) as RawEvent
          } catch (cause) {
            throw relayError('invalid_response', `an event of the stream is not JSON: ${data.slice(0, 200)}`, { ...encoding.details, cause })
          }
          return take(event, event.type ?? name)
        },
        end: () => [],
      }
    },
    fault: (failure) => classify(failure, rulesOf(dialect)),
  }
}

const REASONS: { readonly [raw: string]: FinishReason | undefined } = {
  completed: 'stop',
  complete: 'stop',
  max_output_tokens: 'length',
  max_tokens: 'length',
  content_filter: 'content_filter',
  cancelled: 'error',
}

interface Reader {
  /** What an event of a stream says. */
  readonly take: (event: RawEvent, type: string) => readonly Delta[]
  /** The answer is whole: what of it has not been said. */
  readonly whole: (response: RawResponse, status: string | undefined) => readonly Delta[]
  readonly failed: (json: unknown) => RelayError
}

/** Reads one answer. A whole body and a stream's events both go through here, so nothing is known twice. */
function reader(dialect: ResponsesDialect, encoding: Encoding): Reader {
  const { details } = encoding
  const heard = silence(encoding)
  let seen = ''

  const failed: Reader['failed'] = (json) =>
    classify({ status: details.status ?? 200, text: JSON.stringify(json), json, headers: new Headers(), details }, rulesOf(dialect))
  const named = ({ id, model, created_at: at, store }: RawResponse): void => {
    heard.stored ||= store === true
    if (`${id} ${model}` === seen) return
    seen = `${id} ${model}`
    heard.out.push({ type: 'meta', ...(id && { id }), ...(model && { model }), ...(at && { createdAt: at * 1000 }) })
  }
  const whole: Reader['whole'] = (response, status = 'completed') => {
    if (status === 'failed') throw failed(response.error ? response : { error: { code: 'server_error', message: 'the answer failed, and does not say why' } })
    named(response)
    // The last word on what came before, too: sealed thoughts differ from one event to the next. Some gateways' whole lacks items.
    const [...types] = heard.types
    response.output?.forEach((item, index) => {
      if (!types.length || types[index] === item.type) close(heard, index, item)
    })
    const raw = response.incomplete_details?.reason ?? status
    let reason = REASONS[raw] ?? 'other'
    if (reason === 'stop' && heard.refused) reason = 'content_filter'
    heard.out.push(...spent(response, dialect), { type: 'finish', reason, raw }, { type: 'done' })
    return heard.out
  }

  const take: Reader['take'] = (event, type) => {
    const { response = {} } = event
    if (event.error || type === 'error') throw failed(event)
    heard.out = []
    const kind = type.replace('response.', '')
    if (/^(completed|incomplete|failed|cancelled)$/.test(kind)) return whole(response, response.status ?? kind)
    if (kind === 'created') named(response)
    else hear(heard, event, kind)
    return heard.out
  }
  return { take, whole, failed }
}

/** What Responses alone says of its failures. */
function rulesOf({ faults = [] }: ResponsesDialect): readonly FaultRule[] {
  return [...faults, ['content_policy', /^[^|]*(bio_policy|cyber_policy|policy_violation)/], ['invalid_request', /^[^|]*(image_|residency)/]]
}

/** What the answer used and cost, and its facts that have no place elsewhere. */
function spent(response: RawResponse, { cost, facts }: ResponsesDialect): Delta[] {
  const { usage } = response
  const out: Delta[] = []
  if (usage) {
    out.push({ type: 'usage', usage: tokensOf(usage, 'input', 'output') })
    const usd = cost?.(usage)
    if (typeof usd === 'number') out.push({ type: 'cost', usd })
  }
  const known = Object.entries({ input_transformations: 'inputTransformations', ...facts }).map(([field, name]) => [name, at(response, field)] as const)
  const values = Object.fromEntries(known.filter(([, fact]) => fact !== undefined && fact !== null))
  if (Object.keys(values).length) out.push({ type: 'metadata', values })
  return out
}
