// Azure OpenAI and Microsoft Foundry, by Chat Completions.
import { azureKeyOrToken } from '../auth/azure.ts'
import type { Provider } from '../types/provider.ts'
import { embeddings } from '../wire/embeddings.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'
import { fit } from '../wire/openai-models.ts'
import { azureEmbed, azureWire, efforts, filters } from './facts/azure.ts'

export type { ContentFilter, FilterVerdict, FilterVerdicts } from './facts/azure.ts'

/** Models that never heard of `max_completion_tokens`, by other companies or from before it was there. */
const OLD_CAP = /^(gpt-?[34]|.*(mistral|codestral|llama|phi-|grok|deepseek|cohere|jais))/i

export const azure: Provider = {
  name: 'azure',
  style: 'chat_completions',
  env: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
  ambient: { type: 'azure_ad' },
  sign: azureKeyOrToken,
  optional: ['stream_options'],
  prefill: false,
  embed: azureEmbed(embeddings({ base64: true, tokens: 300_000 })),
  wire: /* @__PURE__ */ azureWire(
    /* @__PURE__ */ openaiChatKin({
      ears: [filters],
      padding: 'obfuscation',
      fields: { maxTokens: 'max_completion_tokens', topK: null },
      efforts,
      file: () => undefined,
      adjust: (body, encoding) => {
        fit(body, encoding)
        const { max_completion_tokens: cap } = body
        if (cap === undefined || !OLD_CAP.test(encoding.target.model)) return
        delete body['max_completion_tokens']
        body['max_tokens'] = cap
      },
      facts: { service_tier: 'serviceTier', system_fingerprint: 'systemFingerprint' },
    }),
  ),
}
