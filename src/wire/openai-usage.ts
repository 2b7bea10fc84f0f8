// Counts tokens in one meaning, whichever of OpenAI's APIs counted them.
import type { Usage } from '../types/response.ts'
import { at, type Fields } from './fields.ts'

/** Input with what was cached, output with what was reasoned. They have other names in Responses than in Chat Completions. */
export function tokensOf(raw: Fields, input: string, output: string): Partial<Usage> {
  const count = (path: string, most = Infinity): number => Math.min(Number(at(raw, path) ?? 0), most)
  const inputTokens = count(`${input}_tokens`)
  const outputTokens = count(`${output}_tokens`)
  const cachedInputTokens = count(`${input}_tokens_details.cached_tokens`, inputTokens)
  const cacheWriteTokens = count(`${input}_tokens_details.cache_write_tokens`, inputTokens - cachedInputTokens)
  return { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens: count(`${output}_tokens_details.reasoning_tokens`, outputTokens) }
}
