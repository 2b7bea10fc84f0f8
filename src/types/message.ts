// What is said: messages, and the typed blocks that they are made of.

/** Any value that JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/**
 * Who minted a block, and the state of theirs that Relay cannot read (a signature, an encrypted item). It is replayed
 * only to the provider, endpoint and model that minted it, and dropped or turned into text for any other.
 */
export interface Origin {
  readonly provider: string
  readonly model: string
  /** The host that answered, where it matters (one company, several clouds). */
  readonly endpoint?: string
  /** Opaque provider state, as it came. */
  readonly state?: unknown
}

interface Block {
  /** Set by Relay on blocks that a model made; leave it alone when you put a message back into the history. */
  readonly origin?: Origin
}

/** A place in a source that a stretch of text rests on. */
export interface Citation {
  /** The provider's own word: `url_citation`, `char_location`, `web_search_result_location`… */
  readonly kind: string
  readonly url?: string
  readonly title?: string
  /** The words of the source that are quoted. */
  readonly citedText?: string
  /** Where in the answer's text it belongs, in UTF-16 units, where the provider says. */
  readonly start?: number
  readonly end?: number
  /** The citation as the provider sent it. */
  readonly raw?: unknown
}

export interface TextBlock extends Block {
  readonly type: 'text'
  readonly text: string
  readonly citations?: readonly Citation[]
}

/** What a model said when it declined to answer. It is kept apart from `text`. */
export interface RefusalBlock extends Block {
  readonly type: 'refusal'
  readonly text: string
}

/** Where the bytes of an image, a document or a sound are. Exactly one of the three. */
export interface Media {
  /** An `https:` address, or a `data:` URL. */
  readonly url?: string
  /** The bytes in base64; `mediaType` says what they are. */
  readonly data?: string
  /** The id that the provider's file store gave. */
  readonly fileId?: string
  /** For example `image/png`, `application/pdf`, `audio/wav`. Required with `data`. */
  readonly mediaType?: string
}

export interface ImageBlock extends Block, Media {
  readonly type: 'image'
  readonly detail?: 'auto' | 'low' | 'high' | 'original'
}

export interface AudioBlock extends Block, Media {
  readonly type: 'audio'
  readonly transcript?: string
}

export interface DocumentBlock extends Block, Media {
  readonly type: 'document'
  /** A document given as plain text rather than as a file. */
  readonly text?: string
  readonly title?: string
  readonly context?: string
  /** Ask for citations into this document, where the provider can. */
  readonly citations?: boolean
}

export interface ThinkingBlock extends Block {
  readonly type: 'thinking'
  readonly text: string
  /** What proves to the provider that the thinking is its own. Byte for byte as it came. */
  readonly signature?: string
}

/** Thinking that the provider shows to nobody but itself. */
export interface RedactedThinkingBlock extends Block {
  readonly type: 'redacted_thinking'
  readonly data: string
}

export interface ToolUseBlock extends Block {
  readonly type: 'tool_use'
  readonly id: string
  readonly name: string
  /** The arguments. Absent when what the model wrote was not JSON: see `invalid`. */
  readonly input?: { readonly [key: string]: unknown }
  /** Arguments that did not parse, as they came. Such a call is never to be run. */
  readonly invalid?: InvalidArguments
}

export interface InvalidArguments {
  readonly raw: string
  readonly error: string
}

export interface ToolResultBlock extends Block {
  readonly type: 'tool_result'
  readonly toolUseId: string
  readonly content: string | readonly ContentBlock[]
  readonly isError?: boolean
  /** The tool's name: some providers want it back. Relay finds it in the history when it is absent. */
  readonly name?: string
}

/** Ask the provider to cache everything up to here. */
export interface CacheHintBlock extends Block {
  readonly type: 'cache_hint'
  /** Default `5m`. */
  readonly ttl?: '5m' | '1h'
}

/** A block of a provider's own kind (a server tool's call or result, grounding, code execution), kept whole. */
export interface NativeBlock extends Block {
  readonly type: 'native'
  /** The provider's own word for it. */
  readonly kind: string
  readonly data: unknown
}

/** One piece of a message's content. */
export type ContentBlock =
  | TextBlock
  | RefusalBlock
  | ImageBlock
  | AudioBlock
  | DocumentBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | ToolUseBlock
  | ToolResultBlock
  | CacheHintBlock
  | NativeBlock

export type Role = 'system' | 'user' | 'assistant' | 'tool'

/** One turn of a conversation. A `tool` message holds `tool_result` blocks. */
export interface Message {
  readonly role: Role
  readonly content: string | readonly ContentBlock[]
  readonly name?: string
}
