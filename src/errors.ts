// Every way in which Relay fails, what to do about each, and the one place where secrets are taken out of what an error says.
import type { Attempt, ChatResponse } from './types/response.ts'

/** What a failure is, finer than its class. */
export type ErrorCode =
  | 'config'
  | 'authentication'
  | 'permission'
  | 'rate_limit'
  | 'quota'
  | 'context_window'
  | 'content_policy'
  | 'invalid_request'
  | 'request_too_large'
  | 'not_found'
  | 'unsupported'
  | 'timeout_connect'
  | 'timeout_first_content'
  | 'timeout_idle'
  | 'timeout_attempt'
  | 'timeout_total'
  | 'network'
  | 'overloaded'
  | 'server_error'
  | 'invalid_response'
  | 'stream_truncated'
  | 'tool_schema'
  | 'structured_output'
  | 'guardrail'
  | 'circuit_open'
  | 'limit'
  | 'limit_reached'

/** What to do about a failure. */
export type Remedy = 'retry' | 'fallback' | 'fail'

/** What an error knows of its call. */
export interface ErrorDetails {
  readonly provider?: string | undefined
  readonly model?: string | undefined
  readonly alias?: string | undefined
  /** The HTTP status. */
  readonly status?: number | undefined
  /** The provider's name for the request. */
  readonly requestId?: string | undefined
  /** How long the provider asks to be left alone. */
  readonly retryAfterMs?: number | undefined
  /** The server's own word on whether asking again may help (`x-should-retry`). */
  readonly retryable?: boolean | undefined
  /** The body as it came. */
  readonly raw?: string | undefined
  /** Typed facts of the failure (a content filter's verdicts, a line of YAML). */
  readonly data?: unknown
  /** Values that must not be seen. They are taken out and not kept. */
  readonly secrets?: readonly string[] | undefined
  readonly cause?: unknown
}

const SECRETS =
  /\b(?:sk|pk|rk)-[\w-]{8,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bAIza[\w-]{20,}|\bBearer\s+[\w.~+/=-]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+|([?&]key=)[^&\s"']+/g

/** Takes out what looks like a secret, and every value that is known to be one. */
export function scrub(text: string, secrets: readonly string[] = []): string {
  for (const secret of secrets) if (secret.length > 3) text = text.replaceAll(secret, '[redacted]')
  return text.replace(SECRETS, '$1[redacted]')
}

/** The same in what is data: findings, and parts of bodies. */
function scrubData(value: unknown, secrets?: readonly string[]): unknown {
  if (typeof value === 'string') return scrub(value, secrets)
  if (Array.isArray(value)) return value.map((item) => scrubData(item, secrets))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, scrubData(item, secrets)]))
}

// Kept off the error itself, where a logger would find it.
const unsafe = new WeakMap<RelayError, string | undefined>()

/** The base of every error that Relay throws, but for a caller's own abort reason. */
export class RelayError extends Error {
  override readonly name: string = 'RelayError'
  readonly code!: ErrorCode
  readonly provider: string | undefined
  readonly model: string | undefined
  readonly alias: string | undefined
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
  /** The server's own word on whether asking again may help, where it has one. */
  readonly retryable: boolean | undefined
  /** The provider's body, scrubbed. */
  readonly raw: string | undefined
  readonly data: unknown
  /** What had arrived, with usage and cost as far as they are known. Set where something had. */
  partial: ChatResponse | undefined = undefined
  /** Every request that was made for the call. */
  attempts: readonly Attempt[] = []

  /** @param message The provider's own words where there are any. */
  constructor(code: ErrorCode, message: string, { secrets, cause, raw, data, ...facts }: ErrorDetails = {}) {
    super(scrub(message, secrets), cause === undefined ? undefined : { cause })
    Object.assign(this, facts, { code, raw: scrubData(raw, secrets), data: scrubData(data, secrets) })
    unsafe.set(this, raw)
  }

  /** The provider's body as it came: it may hold secrets. */
  rawUnsafe(): string | undefined {
    return unsafe.get(this)
  }
}

/** The catalogue, or how Relay is called, is wrong. */
export class ConfigError extends RelayError { override readonly name = 'ConfigError' }
/** The key is wrong, or may not do this. */
export class AuthenticationError extends RelayError { override readonly name = 'AuthenticationError' }
/** Too many requests or tokens for now: see `retryAfterMs`. */
export class RateLimitError extends RelayError { override readonly name = 'RateLimitError' }
/** The account has no money or allowance left. Waiting does not help. */
export class QuotaError extends RelayError { override readonly name = 'QuotaError' }
/** The conversation is longer than the model can read. */
export class ContextWindowError extends RelayError { override readonly name = 'ContextWindowError' }
/** The provider's policy forbids the question or the answer. */
export class ContentPolicyError extends RelayError { override readonly name = 'ContentPolicyError' }
/** The provider says that the request is wrong, or that what it names is not there. */
export class InvalidRequestError extends RelayError { override readonly name = 'InvalidRequestError' }
/** A clock ran out: `code` says which. */
export class TimeoutError extends RelayError { override readonly name = 'TimeoutError' }
/** The provider could not be reached, or the connection broke. */
export class NetworkError extends RelayError { override readonly name = 'NetworkError' }
/** The provider failed. */
export class ProviderError extends RelayError { override readonly name = 'ProviderError' }
/** A stream ended before its terminal event. */
export class StreamTruncatedError extends RelayError { override readonly name = 'StreamTruncatedError' }
/** A tool or its schema is one that the provider cannot take. */
export class ToolSchemaError extends RelayError { override readonly name = 'ToolSchemaError' }
/** The answer does not have the shape that was asked for. */
export class StructuredOutputError extends RelayError { override readonly name = 'StructuredOutputError' }
/** A guardrail said no. */
export class GuardrailError extends RelayError { override readonly name = 'GuardrailError' }
/** The circuit of this deployment is open: it has failed too often lately. */
export class CircuitOpenError extends RelayError { override readonly name = 'CircuitOpenError' }
/** One of your own limits or budgets is used up. */
export class LimitError extends RelayError { override readonly name = 'LimitError' }

type ErrorClass = new (code: ErrorCode, message: string, details?: ErrorDetails) => RelayError

/** Every failure: whose instance it is, and what to do about it. */
const KINDS: { readonly [code in ErrorCode]: readonly [ErrorClass, Remedy] } = {
  config: [ConfigError, 'fail'],
  authentication: [AuthenticationError, 'fallback'],
  permission: [AuthenticationError, 'fallback'],
  rate_limit: [RateLimitError, 'retry'],
  quota: [QuotaError, 'fallback'],
  context_window: [ContextWindowError, 'fallback'],
  content_policy: [ContentPolicyError, 'fallback'],
  invalid_request: [InvalidRequestError, 'fail'],
  request_too_large: [InvalidRequestError, 'fallback'],
  not_found: [InvalidRequestError, 'fallback'],
  unsupported: [InvalidRequestError, 'fallback'],
  timeout_connect: [TimeoutError, 'retry'],
  timeout_first_content: [TimeoutError, 'retry'],
  timeout_idle: [TimeoutError, 'retry'],
  timeout_attempt: [TimeoutError, 'fallback'],
  timeout_total: [TimeoutError, 'fail'],
  network: [NetworkError, 'retry'],
  overloaded: [ProviderError, 'retry'],
  server_error: [ProviderError, 'retry'],
  invalid_response: [ProviderError, 'retry'],
  stream_truncated: [StreamTruncatedError, 'retry'],
  tool_schema: [ToolSchemaError, 'fail'],
  structured_output: [StructuredOutputError, 'fail'],
  guardrail: [GuardrailError, 'fail'],
  circuit_open: [CircuitOpenError, 'fallback'],
  limit: [LimitError, 'fallback'],
  limit_reached: [LimitError, 'fail'],
}

/**
 * What to do about a failure. `retry`: the same model may answer next time, and then another may. `fallback`: this one
 * will not, another may. `fail`: none will.
 */
export const REMEDY = Object.fromEntries(Object.entries(KINDS).map(([code, [, remedy]]) => [code, remedy])) as { readonly [code in ErrorCode]: Remedy }

/** The error of the class that a code belongs to. */
export function relayError(code: ErrorCode, message: string, details?: ErrorDetails): RelayError {
  return new KINDS[code][0](code, message, details)
}
