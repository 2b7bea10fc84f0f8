// What makes one company's Responses its own: a value, one for each company.
import type { ErrorFacts, ErrorTable, HttpCall, JsonObject, Mint, Reply } from '../endpoint.ts'
import type { Usage } from '../../types/response.ts'

export interface ResponsesDialect {
  readonly name: string
  /** Whether an address is this company's. */
  readonly at: (url: URL) => boolean
  readonly key: (call: HttpCall) => string | undefined
  readonly errors: ErrorTable
  readonly headers: (mint: Mint) => Record<string, string>
  readonly failure: (facts: ErrorFacts) => unknown
  /** Members of every response object, of one that is whole and of one that has only begun. */
  readonly more?: (reply: Reply, begun: boolean) => JsonObject
  /** Members of a usage's input details. */
  readonly cached: (usage: Usage) => JsonObject
  /** More members of a usage. */
  readonly spent?: (usage: Usage) => JsonObject
  /** A summary of what was thought is shown unasked. */
  readonly shown?: boolean
  /** Calls come with the event that ends them, and not before. */
  readonly wholeCalls?: boolean
  /** `[DONE]` ends a stream. */
  readonly done?: boolean
  /** What is wrong with the address or the headers. */
  readonly misplaced?: (call: HttpCall) => ErrorFacts | undefined
}

/** The usual usage. */
export function responsesUsage(usage: Usage, { cached, spent }: ResponsesDialect): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: cached(usage),
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.totalTokens,
    ...spent?.(usage),
  }
}
