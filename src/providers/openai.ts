// OpenAI, by Chat Completions.
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { embeddings } from '../wire/embeddings.ts'
import { openaiChat } from '../wire/openai-chat.ts'
import { sound } from '../wire/openai-chat-ears.ts'
import { EFFORTS, fit } from '../wire/openai-models.ts'

export const openai: Provider = {
  name: 'openai',
  style: 'chat_completions',
  baseUrl: 'https://api.openai.com/v1',
  env: ['OPENAI_API_KEY'],
  sign: bearer,
  prefill: false,
  embed: embeddings({ base64: true, tokens: 300_000 }),
  wire: openaiChat({
    // The only cap that models from o1 on take; the older ones take it too.
    fields: { maxTokens: 'max_completion_tokens', topK: null },
    efforts: EFFORTS,
    adjust: fit,
    ears: [sound],
    padding: 'obfuscation',
    facts: { service_tier: 'serviceTier', system_fingerprint: 'systemFingerprint', moderation: 'moderation' },
  }),
}
