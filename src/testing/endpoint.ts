// What a simulated wire is: it knows its requests, reads them, and says neutral answers in its own words.
import type { ErrorCode } from '../errors.ts'
import type { FinishReason, Usage } from '../types/response.ts'
import type { JsonSchema } from '../types/tool.ts'
import type { AnswerBlock, AnswerFilter } from './script.ts'

export interface JsonObject {
  readonly [key: string]: unknown
}

/** A request as it came. */
export interface HttpCall {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  /** Parsed, or undefined where the body is no JSON object. */
  readonly body: JsonObject | undefined
}

/** One message of the conversation, whatever the wire. */
export interface Turn {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
  readonly thinking?: string
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[]
  readonly toolResults?: readonly { readonly id: string; readonly text: string }[]
}

/** What was asked, in neutral words: for a script that answers by the question, and for a test to look at. */
export interface Question {
  readonly model: string
  readonly stream: boolean
  readonly turns: readonly Turn[]
  /** The user's last words, or the tools' results where those came last. */
  readonly text: string
  readonly tools: readonly { readonly name: string; readonly schema: JsonSchema | undefined }[]
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string }
  /** True where the request asks for thinking that can be seen. */
  readonly thinking: boolean
  /** The schema that the answer is to have; `true` for JSON of any shape. */
  readonly format: JsonSchema | true | undefined
  readonly maxTokens: number | undefined
}

/** An answer, worked out: what a wire puts into words. */
export interface Reply {
  readonly id: string
  readonly model: string
  readonly blocks: readonly ReplyBlock[]
  readonly usage: Usage
  readonly finishReason: FinishReason
  readonly rawFinishReason: string | undefined
  readonly filter: AnswerFilter
  readonly embeddings: readonly (readonly number[])[] | undefined
  readonly scores: readonly number[] | undefined
  /** Seconds since 1970. */
  readonly created: number
}

/** A block whose id, signature or arguments are there. */
export type ReplyBlock =
  | Exclude<AnswerBlock, { type: 'tool_use' | 'thinking' | 'redacted_thinking' }>
  | { readonly type: 'thinking'; readonly text: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly json: string }

/** One event of a stream. */
export interface Frame {
  readonly event?: string
  /** Where frames have types: it tells of a failure, and `event` is the failure's name. */
  readonly exception?: boolean
  /** A text goes out as it is, anything else as JSON. Absent in a comment. */
  readonly data?: unknown
  readonly comment?: string
  /** It holds content: text, thinking, part of a tool call. */
  readonly content?: boolean
  /** It and what follows close the stream. */
  readonly closing?: boolean
}

/** What an error says, before a dialect shapes it. */
export interface ErrorFacts {
  readonly status: number
  readonly message: string
  readonly type?: string | null
  readonly code?: string | number | null
  readonly param?: string | null
  /** More members of the error object. */
  readonly more?: JsonObject
  /** The whole body, where it has a shape of its own. */
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string }
  /** When to come back, as a duration in the body: `34.4s`. */
  readonly delay?: string
  /** It is told inside a 200 where the answer streams. */
  readonly inside?: boolean
}

/** An error that a provider is known to give, and what it means in Relay's words. */
export interface KnownError extends ErrorFacts {
  readonly means: ErrorCode
}

export interface ErrorTable {
  readonly [cause: string]: KnownError
}

/** What a wire may use to make up what the script leaves open. The same seed gives the same. */
export interface Mint {
  /** So many characters. */
  readonly id: (prefix: string, length: number, alphabet?: string) => string
  /** A text in the pieces in which a stream says it. */
  readonly pieces: (text: string) => readonly string[]
  /** The signature of some thinking. */
  readonly sign: (text: string) => string
  /** Remembers what was sent out as opaque, so that it is known again. */
  readonly remember: (opaque: string, text: string) => void
  /** True where `opaque` is what went out with this text. */
  readonly knows: (opaque: string, text: string) => boolean
  /** Random whole number below `limit`. */
  readonly number: (limit: number) => number
}

/** The side of a provider that one request meets. */
export interface Endpoint {
  readonly wire: string
  readonly dialect: string
  readonly errors: ErrorTable
  readonly read: () => Question
  /** What the provider would say is wrong with the request. */
  readonly check: (question: Question) => ErrorFacts | undefined
  /** The key, from where this provider looks for it; undefined where it is missing and needed, '' where it is not. */
  readonly key: () => string | undefined
  readonly ids: {
    readonly answer: () => string
    readonly call: (name: string) => string
    /** What some thinking is sealed with. Default: a signature as Claude has it. */
    readonly seal?: (text: string) => string
  }
  readonly whole: (reply: Reply) => unknown
  readonly frames: (reply: Reply) => readonly Frame[]
  readonly failure: (facts: ErrorFacts) => unknown
  /** How the error is told when so many frames of the stream have gone out. */
  readonly failureFrames: (facts: ErrorFacts, reply: Reply, sent: number) => readonly Frame[]
  /** @param reply What is answered, where it is known. */
  readonly headers: (ok: boolean, reply?: Reply) => Record<string, string>
  /** A frame with its indexes changed; undefined takes one out. */
  readonly reindex: (frame: Frame, change: (index: number) => number | undefined) => Frame
  readonly contentType: string
  readonly encode: (frame: Frame) => Uint8Array
}

/** A wire as a value: the simulator is handed a list of them. */
export interface SimulatedWire {
  readonly name: string
  /** The names that the `dialect` option and the first segment of a path may have. */
  readonly dialects: readonly string[]
  /** Who answers at this address, or undefined where this wire is not spoken there. */
  readonly recognise: (call: HttpCall, mint: Mint, dialect: string | undefined) => Endpoint | undefined
  /** Every error that is known of it. */
  readonly catalogue: () => readonly CatalogueEntry[]
}

/** One error of one provider, ready to be served. */
export interface CatalogueEntry {
  readonly wire: string
  readonly dialect: string
  readonly cause: string
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  /** The body as it goes out. */
  readonly body: string
  /** What it means in Relay's words. */
  readonly means: ErrorCode
}
