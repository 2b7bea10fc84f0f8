// Says what a failure is, whoever says it: one table, read from the top.
import { relayError, type ErrorCode, type ErrorDetails, type RelayError } from '../errors.ts'
import { duration } from '../http/backoff.ts'
import type { Failure } from '../types/provider.ts'
import { at, present } from './fields.ts'

/** Tried on `status codes | message`: what stands before the bar are the server's own codes and types. */
export type FaultRule = readonly [code: ErrorCode, sign: RegExp, status?: number]

/** The status is that of a failure which is told inside of a 200. Without any (`undefined`) only words may tell: those that would mislead beside a status count there alone. */
const RULES: readonly FaultRule[] = [
  // More than the account may send in a minute: waiting does not help, a smaller request or another model does.
  ['request_too_large', /request too large.*per (min|day)/is, 413],
  ['content_policy', /^[^|]*(content.?(filter|policy)|moderation_blocked|invalid_prompt)/i],
  // Not where the talk is of tokens per minute: that is an allowance, not the window.
  ['context_window', /^(?!.*(per minute|rate.?limit|quota)).*(context.?(length|window|size|limit)|(prompt|input) (is )?too long)/is],
  ['quota', /^402|^[^|]*(insufficient_quota|billing|credit|payment|(spend|usage)_limit)|insufficient balance/i, 402],
  ['rate_limit', /^429|^[^|]*(rate.?limit|slow_down)|^undef.*(rate limit|too many requests|(per|\/) minute)/i, 429],
  ['authentication', /^401|^[^|]*(authentication|api_key)|^undef(?!.*permission).*(unauthorized|api (key|token)|invalid token|such organization)/i, 401],
  ['permission', /^403|^[^|]*(permission|request_forbidden)|^undef.*you (are not allowed|do not have access to this)/i, 403],
  ['not_found', /^404|^[^|]*not.?found|^undef.*(model.*not found|does not exist)/i, 404],
  ['request_too_large', /^413|^[^|]*(request|payload)_too_large|^undef.*entity too large/i, 413],
  ['overloaded', /^5(03|29)|^[^|]*(overload|unavailable)|^undef.*(overloaded|service unavailable|server busy)/i, 503],
  ['server_error', /^(5|40[89]|42[45])|^undef.*timed out/i, 500],
  ['invalid_request', /^4|^[^|]*invalid|^undef.*(invalid request|field required|unknown field|must be|unable to parse)/i],
]

/** Where servers put their words, the codes of a failure, and its facts. */
const WORDS = /^(errors?|message|details?|fault(string)?|msg)$/i
const CODES = /code|type|status|reason|quotaId|limit_source/i
const FACTS = /^(content_filter_result|metadata|details|failed_gen)/

/** The error that a failure is; `rules` are what one wire or company means otherwise. */
export function classify({ status, text, json, details }: Failure, rules: readonly FaultRule[] = []): RelayError {
  const codes: unknown[] = []
  const found: { data?: unknown; requestId?: string } = {}
  let upstream = ''
  JSON.stringify(json, (key, value: unknown) => {
    if (FACTS.test(key)) found.data ??= value
    // What was found in an input, and the input: that they are there says it.
    if (/^(reasons|flagged_input)$/.test(key) && String(value ?? '')) codes.push('flagged')
    // Whatever else is an object need not even have a text.
    if (typeof value === 'object') return value
    if (CODES.test(key)) codes.push(value)
    if (key === 'request_id') found.requestId = String(value)
    if (key === 'raw') upstream = `: ${value}`
    return value
  })
  const code = [status, ...codes].map(Number).find((number) => number >= 400 && number < 600)
  const page = text.replace(/(<[^>]*>|\s)+/g, ' ').trim().slice(0, 500)
  const said = (wording(json) || (/\w/.test(page) ? page : `HTTP ${status}`)) + upstream
  const sign = `${code} ${codes.join(' ')} | ${said}`
  const [kind, , usual = 400] = [...rules, ...RULES].find(([, pattern]) => pattern.test(sign)) ?? ['server_error', , 500]
  // Only some say it in a header.
  const [, wait = ''] = /(?:retry after |again in |retryDelay":\s*")((?:[\d.]+ ?(?:ms|[smhd]))+)/i.exec(text) ?? []
  const retryAfterMs = Math.ceil(duration(wait.replace(' ', '')) ?? 0)
  return relayError(kind, said, { ...(retryAfterMs && { retryAfterMs }), raw: text, ...found, ...present(details), status: code ?? usual })
}

/** A failure that is told where an answer should be. */
export function told(json: unknown, details: ErrorDetails, rules?: readonly FaultRule[]): RelayError {
  return classify({ status: details.status ?? 200, text: JSON.stringify(json), json, details }, rules)
}

/** Words, or a list of what is wrong with which field. */
function wording(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map((it) => [[at(it, 'loc')].flat().filter((step) => typeof step !== 'object').join(), wording(it)].filter(Boolean).join(': ')).join('; ')
  for (const [field, inner] of Object.entries(Object(value))) {
    const words = WORDS.test(field) && wording(inner)
    if (words) return words
  }
  return ''
}
