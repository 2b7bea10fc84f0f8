// What the failures of an AWS model service mean, whether a status tells of them or an exception in a stream.
import { relayError, type ErrorCode, type ErrorDetails, type RelayError } from '../errors.ts'
import type { Failure } from '../types/provider.ts'

interface Fields {
  readonly [field: string]: unknown
}

/** Tried in this order on `type status | message`; the status is that of such a failure inside a stream. */
const RULES: readonly (readonly [code: ErrorCode, status: number, sign: RegExp])[] = [
  // `The maximum tokens you requested exceeds the model limit` is a bad parameter, not an overflow.
  ['context_window', 400, /^(validation|modelerror|modelstream| 400).*((input|prompt) is too long|input tokens exceed|too many input tokens|context (length|window)|input length.*exceed)/is],
  ['not_found', 404, /^resourcenotfound|^[^|]* 404|model identifier is invalid|on-demand throughput isn.t supported/i],
  ['quota', 400, /^servicequota|^[^|]* 402|(tokens|requests) per day/i],
  ['authentication', 403, /^(unrecognizedclient|.*signature|expiredtoken|missingauth|requestexpired|request(time|inthe)|invalidclienttoken|notauthorized|authfailure)|^[^|]* 401|^ 403.*(security token|signature|bearer|api key)/i],
  ['permission', 403, /^accessdenied|^[^|]* 403/i],
  ['rate_limit', 429, /^(throttling|toomanyrequests)|^ 429/i],
  ['overloaded', 503, /^(serviceunavailable|modelnotready)|^[^|]* 503/i],
  ['request_too_large', 413, /^[^|]* 413/],
  ['server_error', 500, /^(modelerror|modelstream|modeltimeout|internal)|^ 409|^[^|]* (408|42[45]|5\d\d) /i],
  ['invalid_request', 400, /^(validation|conflict)|^[^|]* 4/i],
]

/** An answer that is not a success. The kind of failure stands in a header, or in the body where a proxy drops headers. */
export function awsFault({ status, text, json, headers, details }: Failure): RelayError {
  const body = fields(json)
  const type = [headers?.get('x-amzn-errortype'), body['code'], body['__type']].find((name) => typeof name === 'string' && name !== '')
  const requestId = details.requestId ?? headers?.get('x-amzn-requestid') ?? undefined
  return classified(String(type ?? ''), body, { ...details, status, requestId, raw: details.raw ?? text })
}

/** An exception inside a stream that began well, or undefined where the frame is none. */
export function awsException(data: string, event: string, details: ErrorDetails): RelayError | undefined {
  if (!event.startsWith('exception:')) return undefined
  return classified(event.slice(10), fields(parsed(data)), { ...details, status: undefined, raw: data })
}

function classified(name: string, body: Fields, details: ErrorDetails): RelayError {
  // `com.amazon.coral.validate#ValidationException:http://…`
  const type = name.replace(/[:,].*$/s, '').replace(/^.*#/s, '')
  const said = body['message'] ?? body['Message'] ?? body['originalMessage']
  const message = typeof said === 'string' && said ? said : type || fallback(details)
  const sign = `${type.replace(/exception$/i, '')} ${details.status ?? ''} | ${message}`
  const [code, status] = RULES.find(([, , pattern]) => pattern.test(sign)) ?? (['server_error', 500] as const)
  const original = body['originalStatusCode']
  return relayError(code, message, {
    ...details,
    status: details.status ?? (typeof original === 'number' ? original : status),
    ...(type ? { data: { type } } : undefined),
  })
}

// A proxy's page of HTML says nothing that a reader wants in a message.
function fallback({ status, raw = '' }: ErrorDetails): string {
  return raw && !/^\s*[<{]/.test(raw) ? raw : `HTTP ${status}`
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** Whether a refusal is one that clocks which differ cause. */
export function awsSkewed({ data }: RelayError): boolean {
  return /^(invalidsignature|signaturedoesnotmatch|requesttimetooskewed|requestexpired|requestinthefuture)/i.test(String(fields(data)['type'] ?? ''))
}
