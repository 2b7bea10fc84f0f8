// What differs between the servers that speak Chat Completions, as data.
import type { Delta } from '../types/event.ts'
import type { ContentBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import type { FinishReason } from '../types/response.ts'
import type { FaultRule } from './fault.ts'
import type { Fields } from './fields.ts'
import type { Heard, Kept, Piece, RawBody, RawChoice } from './openai-chat-content.ts'

/** The parameters of a request that have a field of their own on this wire. */
export type Parameter = 'maxTokens' | 'temperature' | 'topP' | 'topK' | 'stop' | 'seed' | 'parallelToolCalls' | 'name' | 'strict'

export interface Body {
  [field: string]: unknown
  messages: ChatMessage[]
}

/** A part of a message's content. */
export interface Part {
  readonly type: string
  readonly [field: string]: unknown
}

export interface ChatMessage {
  readonly role: string
  content?: string | readonly Part[] | null
  [field: string]: unknown
}

/**
 * Splits text that arrives in pieces into what is said and what is thought. Without a piece it hands over the rest.
 * `unsaid`: all that was said so far was thought, and is here once more.
 */
export type Splitter = (piece?: string) => readonly (readonly [kind: 'text' | 'thinking' | 'unsaid', text: string])[]

/** Hears what not every server says. Without a piece the answer is over. */
export type Ear = (heard: Heard, piece?: Piece) => void

/** What the usage says that a call costs, in US dollars. */
export type CostOf = (usage: Fields) => unknown

/** One company's Chat Completions. Everything has a default: what OpenAI does, where others do it too. */
export interface Dialect {
  /** The field that carries a parameter, or null where there is none. */
  readonly fields?: { readonly [parameter in Parameter]?: string | null }
  /** False where a stream is not to be asked for its usage. */
  readonly streamOptions?: false
  /** Where only one kind of structured output is known. */
  readonly formats?: 'json_schema' | 'json_object'
  /** The levels of reasoning that models take, mildest first, the first model that matches counts; none matches: it does not reason. */
  readonly efforts?: readonly (readonly [model: RegExp, levels: string])[]
  /** How a level is sent, or a budget in tokens (0: none was given). Default: `reasoning_effort`. */
  readonly effort?: (level: string, budget: number) => { readonly [field: string]: unknown }
  /** True where a picture is taken as bytes only. */
  readonly bytes?: true
  /** The part for a document at an address or in a `data:` URL; undefined where it cannot be sent. */
  readonly file?: (url: string, name: string) => Part | undefined
  /** What goes onto a part that everything up to is to be cached. */
  readonly cacheHint?: (ttl: '5m' | '1h' | undefined) => { readonly [field: string]: unknown }
  /** Puts what is kept of a thought into the message that it goes back in. */
  readonly replay?: (block: ContentBlock, kept: Kept, turn: { [field: string]: unknown }) => void
  /** What goes back in the place of arguments that are no JSON object. Default: as they came. */
  readonly noJson?: (raw: string) => string
  /** A tool call's id as this server takes it, which is noted where it is another. */
  readonly toolId?: (id: string, note: Encoding['note']) => string
  /** The last word on a body, before `providerOptions`: what this server's models do not take. */
  readonly adjust?: (body: Body, encoding: Encoding) => void

  /** What a body, or a chunk, used and cost. Default: `usage`, as OpenAI counts. */
  readonly spent?: (out: Delta[], body: RawBody, choice: RawChoice | undefined) => void
  /** The failure that a body, or a chunk, tells of otherwise than by `error`. */
  readonly failed?: (body: RawBody, choice: RawChoice | undefined, event: string) => unknown
  /** Why the model stopped. Default: OpenAI's words. */
  readonly reason?: (raw: string | null, heard: Heard) => FinishReason
  /** Fields of a body or a chunk, or of its choice, that go to the response's metadata, and the names that they have there. */
  readonly facts?: { readonly [field: string]: string }
  /** What is heard besides text, refusals, citations and tool calls. */
  readonly ears?: readonly Ear[]
  /** False where what is heard depends on what the text says. */
  readonly verbatim?: boolean
  /** The field that a stream's chunks are padded with. */
  readonly padding?: string | undefined
  /** True where a stream may end without `[DONE]` once it has said why it stopped. */
  readonly endsWithBody?: true

  /** What this server's failures mean, where that is not what others mean. */
  readonly faults?: readonly FaultRule[] | undefined
}
