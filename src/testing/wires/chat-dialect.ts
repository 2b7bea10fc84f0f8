// What makes one company's Chat Completions its own: a value, one for each company.
import type { FinishReason, Usage } from '../../types/response.ts'
import type { ErrorFacts, ErrorTable, Frame, HttpCall, JsonObject, Mint, Question, Reply, ReplyBlock } from '../endpoint.ts'

/** A chunk on its way out. */
export interface ChunkPlace {
  readonly first: boolean
  readonly last: boolean
  readonly reply: Reply
  /** All the text up to and with this chunk. */
  readonly soFar: string
  readonly usage: JsonObject
  readonly mint: Mint
  /** The request's `stream_options`. */
  readonly options: JsonObject
}

/** A rule that a request may break. */
export type Rule = (body: JsonObject, question: Question) => ErrorFacts | undefined

export interface ChatDialect {
  readonly name: string
  /** What its hosts end with. */
  readonly hosts: readonly string[]
  /** What its paths look like, where they say whose they are. */
  readonly paths?: RegExp
  readonly keyless?: boolean
  /** Where the key is. Default: a bearer's. */
  readonly key?: (call: HttpCall) => string | undefined
  /** What is wrong with the address. */
  readonly misplaced?: (call: HttpCall) => ErrorFacts | undefined
  /** The body, with what the address says. */
  readonly asked?: (call: HttpCall) => JsonObject
  readonly answerId: (mint: Mint) => string
  readonly callId: (mint: Mint, name: string) => string
  /** The delta that opens a stream. */
  readonly opening?: JsonObject
  /** A piece of reasoning, as members of a delta or of a message. Absent: it is counted and not shown. */
  readonly reasoning?: (text: string) => JsonObject
  /** What follows the pieces of reasoning, where it is signed. */
  readonly sealed?: (signature: string) => JsonObject
  /** Reasoning is text between `<think>` tags. */
  readonly thinkTags?: boolean
  /** Opaque reasoning, as members of a delta or of a message. */
  readonly redacted?: (data: string) => JsonObject
  /** A tool call comes in one delta, with the chunk that ends the stream, or not at all. Default: in pieces. */
  readonly calls?: 'whole' | 'last' | 'never'
  /** Members of a call in a delta, `index` among them. Default: index, id, type, function. */
  readonly call?: (call: JsonObject) => JsonObject
  readonly usage: (usage: Usage) => JsonObject
  /**
   * Where a stream tells usage: in a chunk of its own where asked for; in one always; on the chunk that ends; in one
   * with a choice; on every chunk.
   */
  readonly usageAt: 'asked' | 'own' | 'last' | 'choice' | 'every'
  /** Members of every chunk and body. */
  readonly head?: (reply: Reply, mint: Mint) => JsonObject
  /** The choice of a chunk. */
  readonly choice?: (choice: JsonObject, place: ChunkPlace) => JsonObject
  /** The whole chunk. */
  readonly chunk?: (chunk: JsonObject, place: ChunkPlace) => JsonObject
  /** The stream as a whole. */
  readonly frames?: (frames: readonly Frame[], reply: Reply) => Frame[]
  readonly message?: (message: JsonObject, reply: Reply) => JsonObject
  readonly body?: (body: JsonObject, reply: Reply, mint: Mint) => JsonObject
  /** A comment that is sent now and then to keep the line open. */
  readonly keepAlive?: string
  /** No `[DONE]` ends the stream. */
  readonly noDone?: boolean
  /** Citations are annotations of the message. */
  readonly annotations?: boolean
  /** Choices have no `logprobs`. */
  readonly noLogprobs?: boolean
  readonly finish?: { readonly [reason in FinishReason]?: string }
  readonly headers?: (mint: Mint) => Record<string, string>
  readonly errors: ErrorTable
  /** The body of an error. Default: `{ error: { message, type, param, code } }`. */
  readonly failure?: (facts: ErrorFacts) => unknown
  /** How a stream that has begun tells an error. Default: a frame with the error's body, and no more. */
  readonly failureFrames?: (facts: ErrorFacts, chunk: JsonObject) => readonly Frame[]
  readonly rules: readonly Rule[]
}

export function uuid(mint: Mint): string {
  return mint.id('', 32, '0123456789abcdef').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** The usual body of an error. */
export function openaiFailure({ message, type, param, code, more }: ErrorFacts): JsonObject {
  return { error: { message, type: type ?? null, param: param ?? null, code: code ?? null, ...more } }
}

/** The usual usage, before a company adds to it. */
export function openaiUsage(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
  }
}

/** The text of an answer's blocks of one kind. */
export function said(blocks: readonly ReplyBlock[], type: 'text' | 'thinking' | 'refusal'): string {
  return blocks.map((block) => block.type === type ? block.text : '').join('')
}
