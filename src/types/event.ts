// What a stream is made of: the deltas that wires decode and the events that callers see, which are the same objects.
import type { Citation, ContentBlock, Origin } from './message.ts'
import type { ChatResponse, FinishReason, Usage } from './response.ts'

/** More of a text block. Deltas with the same `block` belong to the same block of the answer. */
export interface TextDelta {
  readonly type: 'text_delta'
  readonly block: number
  readonly text: string
}

/** More of a thinking block. */
export interface ThinkingDelta {
  readonly type: 'thinking_delta'
  readonly block: number
  readonly text: string
}

/** More of a tool call. `id` and `name` come with the first that knows them. */
export interface ToolCallDelta {
  readonly type: 'tool_call_delta'
  readonly block: number
  /** 0, 1, 2… in the order in which the calls began. The assembler sets it; a wire leaves it out. */
  index?: number
  readonly id?: string
  readonly name?: string
  readonly argumentsDelta: string
}

export interface CitationDelta {
  readonly type: 'citation'
  readonly block: number
  readonly citation: Citation
}

/** What the provider has counted so far. Later values replace earlier ones, and are never added to them. */
export interface UsageDelta {
  readonly type: 'usage'
  readonly usage: Partial<Usage>
}

export interface StartEvent {
  readonly type: 'start'
  readonly id: string
  /** The alias. */
  readonly model: string
  readonly providerModel: string
  readonly provider: string
}

/** The last event of a stream that went well. */
export interface EndEvent {
  readonly type: 'end'
  readonly finishReason: FinishReason
  readonly response: ChatResponse
}

/** What a caller sees. Events end with exactly one `end`, or the iterator throws a RelayError. */
export type StreamEvent = StartEvent | TextDelta | ThinkingDelta | ToolCallDelta | CitationDelta | UsageDelta | EndEvent

/**
 * What a wire decodes, from a frame of a stream or from a whole body. `block` orders the answer's blocks: a lower number
 * comes first, whatever the order of arrival, so that a stream and a whole body fold to the same response.
 */
export type Delta =
  | TextDelta
  | ThinkingDelta
  | ToolCallDelta
  | CitationDelta
  | UsageDelta
  /** The answer's name, as soon as it is known. The first id stays; other later values replace earlier ones. */
  | { readonly type: 'meta'; readonly id?: string | undefined; readonly model?: string | undefined; readonly createdAt?: number | undefined }
  /** More of a refusal. */
  | { readonly type: 'refusal_delta'; readonly block: number; readonly text: string }
  /** A block that comes whole (redacted thinking, a server tool's result), or replaces what its number held. */
  | { readonly type: 'block'; readonly block: number; readonly value: ContentBlock }
  /** The signature of a thinking block, or the provider's opaque state of any block. */
  | { readonly type: 'seal'; readonly block: number; readonly signature?: string; readonly state?: unknown }
  /** The price that the provider itself names for the call. */
  | { readonly type: 'cost'; readonly usd: number }
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly raw: string | null }
  /** Facts of the answer that have no place elsewhere: they land on `response.metadata`. There may be none. */
  | { readonly type: 'metadata'; readonly values: { readonly [key: string]: unknown } }
  /** The terminal event: only after it is an answer whole. */
  | { readonly type: 'done' }

/** Blocks as they are stamped when an answer is folded. */
export type Stamp = Omit<Origin, 'state'>
