// What differs between the servers that speak Chat Completions, as data.
import type { ContentBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import type { FaultRule } from './fault.ts'
import type { Heard, Kept, Piece, RawBody } from './openai-chat-content.ts'

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

/** Splits text that arrives in pieces into what is said and what is thought. Without a piece it hands over the rest. */
export type Splitter = (piece?: string) => readonly (readonly [kind: 'text' | 'thinking', text: string])[]

/** Hears what not every server says. Without a piece the answer is over. */
export type Ear = (heard: Heard, piece?: Piece) => void

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
  /** The part for a document at an address or in a `data:` URL; undefined where it cannot be sent. */
  readonly file?: (url: string, name: string) => Part | undefined
  /** What goes onto a part that everything up to is to be cached. */
  readonly cacheHint?: (ttl: '5m' | '1h') => { readonly [field: string]: unknown }
  /** Puts what is kept of a thought into the message that it goes back in. */
  readonly replay?: (block: ContentBlock, kept: Kept, turn: { [field: string]: unknown }) => void
  /** A tool call's id as this server takes it. */
  readonly toolId?: (id: string) => string
  /** The last word on a body, before `providerOptions`: what this server's models do not take. */
  readonly adjust?: (body: Body, encoding: Encoding) => void

  /** Where a body or a chunk holds its usage, besides in `usage`. */
  readonly usage?: (body: RawBody) => unknown
  /** True where the reasoning is counted beside `completion_tokens`, not in it. */
  readonly reasoningApart?: true
  /** What the usage says that the call costs, in US dollars. */
  readonly cost?: (usage: { readonly [field: string]: unknown }) => unknown
  /** Fields of a body or a chunk, or of its choice, that go to the response's metadata, and the names that they have there. */
  readonly facts?: { readonly [field: string]: string }
  /** What is heard besides text, refusals, citations and tool calls. */
  readonly ears?: readonly Ear[]
  /** Where thinking comes inside the text. */
  readonly splitter?: () => Splitter
  /** The field that a stream's chunks are padded with. */
  readonly padding?: string
  /** True where a stream may end without `[DONE]` once it has said why it stopped. */
  readonly endsWithBody?: true

  /** What this server's failures mean, where that is not what others mean. */
  readonly faults?: readonly FaultRule[]
}
