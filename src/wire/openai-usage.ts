// Counts tokens in one meaning, whichever of OpenAI's many imitators counted them.
import type { Usage } from '../types/response.ts'

/** The places where a number may stand, the first that holds one counts. */
const CACHED = ['prompt_tokens_details.cached_tokens', 'prompt_cache_hit_tokens', 'cached_tokens', 'num_cached_tokens', 'prompt_token_details.cached_tokens']
const REASONING = ['completion_tokens_details.reasoning_tokens', 'reasoning_tokens']

/** What stands at a dotted path. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as { readonly [key: string]: unknown } | null | undefined)?.[key], value)
}

/** Input with what was cached, output with what was reasoned. `apart`: reasoning is not in `completion_tokens`. */
export function usageOf(raw: unknown, apart?: boolean): Partial<Usage> {
  const count = (...paths: readonly string[]): number => paths.map((path) => at(raw, path)).find((it): it is number => typeof it === 'number') ?? 0
  let input = count('prompt_tokens')
  let output = count('completion_tokens')
  let reasoning = count(...REASONING)
  const gap = count('total_tokens') - input - output
  if (apart) output += reasoning
  else if (gap > 0 && gap === count('prompt_tokens_details.audio_tokens')) input += gap
  // What the total has and the parts do not is reasoning, counted apart or not at all.
  else if (gap > 0 && (!reasoning || gap === reasoning)) output += reasoning = gap
  const cached = Math.min(count(...CACHED), input)
  return {
    inputTokens: input,
    // A count that is not there is not zero.
    ...(at(raw, 'completion_tokens') != null && { outputTokens: output }),
    cachedInputTokens: cached,
    cacheWriteTokens: Math.min(count('prompt_tokens_details.cache_write_tokens'), input - cached),
    reasoningTokens: Math.min(reasoning, output),
  }
}
