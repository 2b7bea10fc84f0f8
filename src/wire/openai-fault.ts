// Says what a failure is, for every server that answers in the manner of OpenAI: one table, read from the top.
import { relayError, type ErrorCode, type RelayError } from '../errors.ts'
import type { Failure } from '../types/provider.ts'
import { at } from './openai-usage.ts'

/** Tried on `status codes | message`: what stands before the bar are the server's own codes and types. */
export type FaultRule = readonly [code: ErrorCode, sign: RegExp]

const RULES: readonly FaultRule[] = [
  // More than the account may send in a minute: waiting does not help, a smaller request or another model does.
  ['request_too_large', /request too large.*per (min|day)/is],
  ['content_policy', /^[^|]*(content.?(filter|policy)|moderation_blocked|invalid_prompt|ResponsibleAI)/i],
  // Not where the talk is of tokens per minute: that is an allowance, not the window.
  [
    'context_window',
    /^(?!.*(per minute|rate.?limit|quota)).*(context.?(length|window|size)|maximum prompt length|prompt (is )?too long|too_many_prompt|length of the messages|too large for model|model token limit|max_new_tokens)/is,
  ],
  ['quota', /^402|^[^|]*(insufficient_quota|credit_balance|spend_limit|usage_limit)/i],
  ['rate_limit', /^(429|498)|^[^|]*(rate.?limit|slow_down)/i],
  ['authentication', /^401|^[^|]*(api_key|authentication|unauthorized)|(incorrect|invalid) api key/i],
  ['permission', /^403|^[^|]*permission/i],
  ['not_found', /^404|^[^|]*not.?found/i],
  ['request_too_large', /^413/],
  ['overloaded', /^(503|529)|^[^|]*(overload|unavailable|insufficient_system|capacity)/i],
  ['server_error', /^(408|409|425|5)|^[^|]*(server_error|timeout)/i],
  ['invalid_request', /^4|^[^|]*(invalid|bad.?request|unsupported)/i],
]

/** Where servers put their words, and their codes. */
const WORDS = ['error.message.detail', 'error.message', 'error', 'fault.faultstring', 'errors.0.message', 'message.detail', 'message', 'detail', 'error.details']
const CODES = ['error.code', 'error.type', 'code', 'type', 'error.metadata.error_type', 'error.metadata.limit_source', 'error.innererror.code', 'fault.detail.errorcode', 'errors.0.code']
const FACTS = ['error.innererror.content_filter_result', 'error.innererror.content_filter_results', 'error.metadata', 'error.failed_generation']

/** The error that a failure is; `rules` are what one company means otherwise. */
export function classify({ status, text, json, details }: Failure, rules: readonly FaultRule[] = []): RelayError {
  const found = (paths: readonly string[]): unknown[] => paths.map((path) => at(json, path)).filter(Boolean)
  const numbers = [status, ...found([...CODES, 'error.status', 'error.status_code'])].map(Number)
  const code = numbers.find((number) => number >= 400 && number < 600) ?? status
  const words = found(WORDS).map(wording).find(Boolean) ?? (text.replace(/(<[^>]*>|\s)+/g, ' ').trim().slice(0, 500) || `HTTP ${status}`)
  const upstream = at(json, 'error.metadata.raw')
  const said = typeof upstream === 'string' ? `${words}: ${upstream}` : words
  const sign = `${code} ${found(CODES).join(' ')} | ${said}`
  const [kind] = [...rules, ...RULES].find(([, pattern]) => pattern.test(sign)) ?? ['server_error']
  // Only some say it in a header.
  const [, wait, unit] = /(?:retry after|again in) ([\d.]+) ?(m?s)/i.exec(said) ?? []
  const retryAfterMs = details.retryAfterMs ?? (wait && Math.ceil(Number(wait) * (unit === 'ms' ? 1 : 1000)))
  return relayError(kind, said, { ...details, status: code, raw: details.raw ?? text, data: found(FACTS)[0], ...(retryAfterMs && { retryAfterMs }) })
}

/** Words, or a list of what is wrong with which field. */
function wording(value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return ''
  return value.map((it) => [at(it, 'loc'), at(it, 'msg')].filter(Boolean).map(String).join(': ')).join('; ')
}
