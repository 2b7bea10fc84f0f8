// What comes back: the answer, what it used, what it cost and how it was come by.
import type { ContentBlock, InvalidArguments, Message } from './message.ts'

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'error' | 'other'

/** Tokens, with one meaning for every provider. */
export interface Usage {
  /** Everything that went in, cache reads and writes included. */
  readonly inputTokens: number
  /** Everything that came out, reasoning included. */
  readonly outputTokens: number
  /** Of `inputTokens`: read from the provider's prompt cache. */
  readonly cachedInputTokens: number
  /** Of `inputTokens`: written to the provider's prompt cache. */
  readonly cacheWriteTokens: number
  /** Of `cacheWriteTokens`: written for an hour rather than minutes. */
  readonly cacheWrite1hTokens?: number
  /** Of `outputTokens`: spent on reasoning. */
  readonly reasoningTokens: number
  /** What the provider bills, where that is not what went in and came out: `cost` goes by it. */
  readonly billedInputTokens?: number
  readonly billedOutputTokens?: number
  /** `inputTokens + outputTokens`. */
  readonly totalTokens: number
  /** True where the provider did not say (a stream that was cut or abandoned) and Relay estimated from the text. */
  readonly estimated?: boolean
}

export type CostSource = 'live_api' | 'snapshot' | 'user_override' | 'estimated' | 'cache' | 'unknown'
export type CostConfidence = 'exact' | 'list_price' | 'estimated' | 'unknown'

/** US dollars, and where the figure comes from. An unknown price is `null`, never 0. */
export interface Cost {
  readonly totalUsd: number | null
  /** Input that was neither read from nor written to the cache. */
  readonly inputUsd: number | null
  readonly outputUsd: number | null
  readonly cachedInputUsd: number | null
  readonly cacheWriteUsd: number | null
  readonly source: CostSource
  readonly confidence: CostConfidence
  /** When the price was read, ISO 8601. */
  readonly fetchedAt?: string
}

/** A call that the model asks for. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** Absent when what the model wrote was not a JSON object: see `invalid`. */
  readonly arguments?: { readonly [key: string]: unknown }
  readonly invalid?: InvalidArguments
}

/** One request to one provider, made for a call. */
export interface Attempt {
  /** The alias of the model that was tried. */
  readonly alias: string
  readonly provider: string
  readonly model: string
  /** The fingerprint of the key, where the model has several. */
  readonly key?: string
  /** False also where an answer had begun, and broke off. */
  readonly ok: boolean
  /** Why it was made: the first choice, again after a failure, or another member of a group. */
  readonly kind: 'first' | 'retry' | 'fallback' | 'hedge' | 'continue'
  /** The error's code, where it failed. */
  readonly cause?: string
  /** The HTTP status, where there was one. */
  readonly status?: number
  /** From sending to the first content, or to a failure before it. */
  readonly ms: number
}

/** A model's answer. */
export interface ChatResponse {
  /** The provider's id for it. */
  readonly id: string
  /** The alias that was asked. */
  readonly model: string
  /** The provider's name for the model that answered. */
  readonly providerModel: string
  readonly provider: string
  readonly content: readonly ContentBlock[]
  /** Push it to the history as it is. */
  readonly message: Message
  /** The text blocks, joined. */
  readonly text: string
  /** The thinking blocks, joined. */
  readonly thinking: string
  readonly toolCalls: readonly ToolCall[]
  readonly finishReason: FinishReason
  /** The provider's own word. */
  readonly rawFinishReason: string | null
  readonly usage: Usage
  readonly cost: Cost
  readonly costUsd: number | null
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** From the call to the end of the answer. */
  readonly latencyMs: number
  readonly attempts: readonly Attempt[]
  readonly metadata: { readonly [key: string]: unknown }
  /** What the provider sent: the body, or a stream's events. Only with `includeRaw`. */
  readonly raw?: unknown
}
