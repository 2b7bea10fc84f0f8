// OpenRouter: many companies' models behind one key. openrouter.ai/docs
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { openaiChat } from '../wire/openai-chat.ts'
import { pictures, thinking } from '../wire/openai-chat-ears.ts'

export const openrouter: Provider = {
  name: 'openrouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  env: ['OPENROUTER_API_KEY'],
  sign: bearer,
  wire: openaiChat({
    ears: [thinking, pictures],
    fields: { name: null },
    effort: (level, budget) => ({ reasoning: budget ? { max_tokens: budget } : { effort: level } }),
    // Unlike the original it also takes documents by address.
    file: (url, filename) => ({ type: 'file', file: { filename, file_data: url } }),
    cacheHint: (ttl) => ({ cache_control: { type: 'ephemeral', ...(ttl === '1h' && { ttl }) } }),
    cost: ({ cost }) => cost,
    facts: { provider: 'upstreamProvider', 'choices.0.native_finish_reason': 'nativeFinishReason' },
    faults: [
      ['context_window', /^[^|]*(max_tokens_exceeded|token_limit_exceeded|string_too_long)/],
      // Held back for requests that are still running: they will give it back.
      ['rate_limit', /^402.*in.flight.budget(?!.*weight)/is],
      ['content_policy', /^[^|]*(refusal|invalid_prompt.*(policy|flag|moderat))|^403.*(flag|moderat)/is],
      ['invalid_request', /^[^|]*invalid_prompt/],
    ],
  }),
}
