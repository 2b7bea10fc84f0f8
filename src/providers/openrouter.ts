// OpenRouter: many companies' models behind one key. openrouter.ai/docs
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { embeddings } from '../wire/embeddings.ts'
import { pictures } from '../wire/openai-chat-ears.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'
import { cost, effort, faults } from './facts/openrouter.ts'

export const openrouter: Provider = {
  name: 'openrouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  env: ['OPENROUTER_API_KEY'],
  sign: bearer,
  embed: embeddings({ cost }),
  anew: /gpt-|\/o\d|grok|sonar|command|[sx]tral/,
  wire: /* @__PURE__ */ openaiChatKin({
    ears: [pictures],
    fields: { name: null },
    effort,
    // Unlike the original it also takes documents by address.
    file: (url, filename) => ({ type: 'file', file: { filename, file_data: url } }),
    cacheHint: (ttl) => ({ cache_control: { type: 'ephemeral', ...(ttl === '1h' && { ttl }) } }),
    cost,
    facts: { provider: 'upstreamProvider', native_finish_reason: 'nativeFinishReason' },
    faults,
  }),
}
