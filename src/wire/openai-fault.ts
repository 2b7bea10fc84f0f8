// Says what a failure is, for every server that answers in the manner of OpenAI: one table, read from the top.
import { relayError, type ErrorCode, type RelayError } from '../errors.ts'
import type { Failure } from '../types/provider.ts'

interface Fields {
  readonly [field: string]: unknown
}

/** Tried on `status words | message`: what stands before the bar are the server's own codes and types. */
export type FaultRule = readonly [code: ErrorCode, sign: RegExp]

const RULES: readonly FaultRule[] = [
  // More than the account may send in a minute: waiting does not help, a smaller request or another model does.
  ['request_too_large', /request too large.*per (minute|day)/is],
  ['content_policy', /^[^|]*(content.?filter|content.?policy|moderation_blocked|invalid_prompt|ResponsibleAI)/i],
  // Not where the talk is of tokens per minute: that is an allowance, not the window.
  [
    'context_window',
    /^(?!.*(per minute|rate.?limit|quota)).*(context.?(length|window|size)|maximum prompt length|prompt (is )?too long|too_many_prompt_tokens|length of the messages|too large for model|model token limit|max_new_tokens)/is,
  ],
  ['quota', /^402|^[^|]*(insufficient_quota|credit_balance|spend_limit|usage_limit)/i],
  ['rate_limit', /^(429|498)|^[^|]*(rate.?limit|slow_down)/i],
  ['authentication', /^401|^[^|]*(invalid_api_key|authentication|unauthorized)|(incorrect|invalid) api key/i],
  ['permission', /^403|^[^|]*permission/i],
  ['not_found', /^404|^[^|]*not.?found/i],
  ['request_too_large', /^413/],
  ['overloaded', /^(503|529)|^[^|]*(overload|unavailable|insufficient_system_resource|capacity)/i],
  ['server_error', /^(408|409|425|5)|^[^|]*(server_error|timeout)/i],
  ['invalid_request', /^4|^[^|]*(invalid|bad.?request|unsupported)/i],
]

/** The error that a failure is; `rules` are what one company means otherwise. */
export function classify({ status, text, json, details }: Failure, rules: readonly FaultRule[] = []): RelayError {
  const body = fields(json)
  const error = [body.error, body.fault, list(body.errors)[0]].map(fields).find((it) => Object.keys(it).length) ?? body
  const [inner, metadata] = [fields(error.innererror), fields(error.metadata)]
  const numbers = [status, error.code, error.status, error.status_code].map(Number)
  const code = numbers.find((number) => number >= 400 && number < 600) ?? ''
  const words = [error.code, error.type, body.code, metadata.error_type, inner.code, fields(error.detail).errorcode, body.title]
  const message = wording(error, body) || text.replace(/<[^>]*>|\s+/g, ' ').trim().slice(0, 500) || `HTTP ${status}`
  const said = typeof metadata.raw === 'string' ? `${message}: ${metadata.raw}` : message
  const sign = `${code} ${words.filter((word) => typeof word === 'string').join(' ')} | ${said}`
  const [kind] = [...rules, ...RULES].find(([, pattern]) => pattern.test(sign)) ?? ['server_error']
  const facts = inner.content_filter_result ?? inner.content_filter_results ?? error.metadata ?? error.failed_generation
  return relayError(kind, said, {
    ...details,
    status: code || status,
    raw: details.raw ?? text,
    retryAfterMs: details.retryAfterMs ?? waiting(said),
    ...(facts === undefined ? undefined : { data: facts }),
  })
}

/** The words of whichever shape it is: `{error: {message}}`, `{error: text}`, `{message}`, `{detail}` as text or as a list… */
function wording(error: Fields, body: Fields): string {
  for (const said of [error.message, body.error, error.faultstring, error.detail, error.details, body.message, body.detail]) {
    const deeper = fields(said).detail ?? said
    const words = list(deeper).map((it) => [list(fields(it).loc).join('.'), fields(it).msg].filter(Boolean).join(': '))
    if (words.length) return words.join('; ')
    if (typeof deeper === 'string' && deeper) return deeper
  }
  return ''
}

/** `Please try again in 1.2s`, `retry after 20 seconds`: only some say it in a header. */
function waiting(message: string): number | undefined {
  const [, amount, unit] = /(?:retry after|again in) ([\d.]+) ?(m?s)/i.exec(message) ?? []
  return amount === undefined ? undefined : Math.ceil(Number(amount) * (unit === 'ms' ? 1 : 1000))
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
