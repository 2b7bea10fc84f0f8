// Counts tokens in one meaning, whichever of OpenAI's many imitators counted them.
import type { Usage } from '../types/response.ts'
import type { Fields } from './fields.ts'

/** Input with what was cached, output with what was reasoned. `apart`: reasoning is not in `completion_tokens`. */
export function usageOf(raw: Fields, apart?: boolean): Partial<Usage> {
  const { prompt_tokens_details: prompt = raw['prompt_token_details'], completion_tokens_details: completion } = raw
  const all: Fields = { ...raw, ...Object(completion), ...Object(prompt) }
  const count = (...names: readonly string[]): number => names.map((name) => all[name]).find((it): it is number => typeof it === 'number') ?? 0
  let input = count('prompt_tokens')
  let output = count('completion_tokens')
  let reasoning = count('reasoning_tokens')
  const gap = count('total_tokens') - input - output
  if (apart) output += reasoning
  else if (gap > 0 && gap === count('audio_tokens')) input += gap
  // What the total has and the parts do not is reasoning, counted apart or not at all.
  else if (gap > 0 && (!reasoning || gap === reasoning)) output += reasoning = gap
  const cachedInputTokens = Math.min(count('cached_tokens', 'prompt_cache_hit_tokens', 'num_cached_tokens'), input)
  return {
    inputTokens: input,
    // A count that is not there is not zero.
    ...(raw['completion_tokens'] != null && { outputTokens: output }),
    cachedInputTokens,
    cacheWriteTokens: Math.min(count('cache_write_tokens'), input - cachedInputTokens),
    reasoningTokens: Math.min(reasoning, output),
  }
}
