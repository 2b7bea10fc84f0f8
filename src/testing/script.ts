// What a test writes down: the answers that the simulator gives, and what goes wrong with them.
import type { Citation } from '../types/message.ts'
import type { FinishReason, Usage } from '../types/response.ts'

/** A call that the simulated model asks for. */
export interface AnswerToolCall {
  readonly name: string
  /** An object, or the text of the arguments as the model wrote them (which may be no JSON at all). Default `{}`. */
  readonly arguments?: { readonly [key: string]: unknown } | string
  /** Default: one in the provider's own form. */
  readonly id?: string
}

/** One piece of an answer, in its place. */
export type AnswerBlock =
  | { readonly type: 'text'; readonly text: string; readonly citations?: readonly Citation[] }
  /** `signature`: default one that the simulator knows again when it is sent back. */
  | { readonly type: 'thinking'; readonly text: string; readonly signature?: string }
  | { readonly type: 'redacted_thinking'; readonly data?: string }
  | { readonly type: 'refusal'; readonly text: string }
  | ({ readonly type: 'tool_use' } & AnswerToolCall)
  /** A block in the wire's own words (a server tool's call or result); wires that have none leave it out. */
  | { readonly type: 'native'; readonly data: { readonly [key: string]: unknown } }

/** When to come back, said in every way in which providers say it. Each field is one header or set of headers. */
export interface RetryHint {
  /** `retry-after`, in seconds. */
  readonly seconds?: number
  /** `retry-after` as an HTTP date. */
  readonly date?: Date
  /** `retry-after-ms`. */
  readonly ms?: number
  /** `x-ratelimit-reset-requests` and `-tokens` as durations, such as `6m0s` or `2.5s`. */
  readonly reset?: string
  /** `anthropic-ratelimit-requests-reset` and its like: a moment, RFC 3339. */
  readonly resetAt?: Date
  /** In the body of an error of Google's, `google.rpc.RetryInfo`: a duration such as `34.4s`. */
  readonly delay?: string
  /** `x-should-retry`. */
  readonly shouldRetry?: boolean
}

/** Why the provider says no. Where a provider has no such error, or has others, `errorCatalogue()` tells. */
export type ErrorCause =
  | 'authentication'
  | 'permission'
  | 'rate_limit'
  | 'quota'
  | 'context_window'
  | 'content_policy'
  | 'invalid_request'
  | 'request_too_large'
  | 'not_found'
  | 'timeout'
  | 'overloaded'
  | 'server_error'
  | (string & {})

/** An answer that is an error. What is not said is as the provider has it. */
export interface AnswerError {
  /** Default: what the status stands for, or `server_error`. */
  readonly cause?: ErrorCause
  readonly status?: number
  readonly message?: string
  /** The whole body: a text goes out as it is (an HTML page of some proxy), anything else as JSON. */
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string }
  readonly retry?: RetryHint
}

/** Where in a body something happens: at the first of these that is given. */
export interface Place {
  /** Bytes into the body. */
  readonly at?: number
  /** Before this event of the stream, counted from 0. */
  readonly event?: number
  /** Before this event that holds content, counted from 0: `0` is before any, `1` after the first. */
  readonly content?: number
}

/**
 * What goes wrong. Without a place: after the first content of a stream, or in the middle of a whole body.
 *
 * - `refuse`: no connection. `hang`: a connection and no answer.
 * - `status`: this status instead of the answer, with the provider's body for it.
 * - `cut`: the connection breaks. `stall`: nothing more comes, and it stays open.
 * - `end`: the body ends cleanly before it is whole; without a place, right before what closes the stream.
 * - `slow`: so many milliseconds before each event. `split`: chunks of so many bytes, through characters and all.
 * - `garbage`: an event that is half a frame. `error_event`: an error inside the 200, and the end of the stream.
 * - `json_error_200`: a status of 200, and an error for a body.
 * - `crlf`, `cr`: how lines end. `no_space`: `data:` and nothing after it.
 * - `no_index`, `duplicate_index`: the indexes of tool calls (or blocks) are missing, or are all 0.
 * - `bad_crc`: a frame whose checksum is wrong, where a stream is made of binary frames.
 */
export type Fault =
  | { readonly type: 'refuse' | 'hang' | 'crlf' | 'cr' | 'no_space' | 'no_index' | 'duplicate_index' }
  | ({ readonly type: 'status'; readonly status: number } & Omit<AnswerError, 'status'>)
  | ({ readonly type: 'cut' | 'stall' | 'end' } & Place)
  | ({ readonly type: 'garbage' } & Omit<Place, 'at'>)
  | ({ readonly type: 'bad_crc' } & Omit<Place, 'at'>)
  | ({ readonly type: 'error_event'; readonly cause?: ErrorCause; readonly message?: string } & Omit<Place, 'at'>)
  | { readonly type: 'json_error_200'; readonly cause?: ErrorCause; readonly message?: string }
  | { readonly type: 'slow'; readonly ms: number }
  | { readonly type: 'split'; readonly bytes: number }

/** What a content filter says of each category: `{ hate: { filtered: true, severity: 'high' } }`. */
export interface AnswerVerdicts {
  readonly [category: string]: { readonly filtered: boolean; readonly [fact: string]: unknown }
}

/** The content filter of Azure, which nobody else has. Default: it finds nothing. */
export interface AnswerFilter {
  readonly prompt?: AnswerVerdicts
  /** Where something is filtered, the answer ends with `content_filter`. */
  readonly completion?: AnswerVerdicts
  /** It works alongside: what it says of the answer comes in a stream when the text is out already. */
  readonly late?: boolean
}

/** One answer. An empty one echoes: the user's last words, and whatever the request demands besides. */
export interface Answer {
  readonly text?: string
  readonly thinking?: string
  readonly toolCalls?: readonly AnswerToolCall[]
  /** What the model says when it declines. */
  readonly refusal?: string
  /** The blocks one by one, where their order, signatures or citations matter. The four above are left out then. */
  readonly content?: readonly AnswerBlock[]
  /** In Relay's meaning; each wire says it in its own. Default: a quarter of the characters. */
  readonly usage?: Partial<Usage>
  /** Default: `tool_calls` where there are any, `content_filter` for a refusal, else `stop`. */
  readonly finishReason?: FinishReason
  /** The provider's own word, instead of the one for `finishReason`. */
  readonly rawFinishReason?: string
  /** The model that answered. Default: the one that was asked for. */
  readonly model?: string
  readonly filter?: AnswerFilter
  /** Where texts are embedded: a vector for each. Default: made from its words, the same for the same. */
  readonly embeddings?: readonly (readonly number[])[]
  /** Where documents are ranked: how relevant each is, in the order in which they were sent. Default: how many words it shares. */
  readonly scores?: readonly number[]
  readonly error?: ErrorCause | AnswerError
  readonly fault?: Fault | readonly Fault[]
  /** Milliseconds before the answer's headers. */
  readonly delayMs?: number
  readonly headers?: { readonly [name: string]: string }
}

/** The faults of an answer, as a list. */
export function faultsOf(answer: Answer): readonly Fault[] {
  return answer.fault === undefined ? [] : 'type' in answer.fault ? [answer.fault] : answer.fault
}

/** The headers that say a hint. */
export function retryHeaders(hint: RetryHint = {}): Record<string, string> {
  const headers: Record<string, string> = {}
  if (hint.seconds !== undefined) headers['retry-after'] = String(hint.seconds)
  if (hint.date !== undefined) headers['retry-after'] = hint.date.toUTCString()
  if (hint.ms !== undefined) headers['retry-after-ms'] = String(hint.ms)
  if (hint.reset !== undefined) {
    for (const what of ['requests', 'tokens']) headers[`x-ratelimit-reset-${what}`] = hint.reset
  }
  if (hint.resetAt !== undefined) {
    const moment = hint.resetAt.toISOString().replace(/\.\d+Z$/, 'Z')
    for (const what of ['requests', 'tokens', 'input-tokens', 'output-tokens']) {
      headers[`anthropic-ratelimit-${what}-reset`] = moment
    }
  }
  if (hint.shouldRetry !== undefined) headers['x-should-retry'] = String(hint.shouldRetry)
  return headers
}
