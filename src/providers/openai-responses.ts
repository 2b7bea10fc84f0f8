// OpenAI, by Responses.
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { EFFORTS, fitResponses, reasons } from '../wire/openai-models.ts'
import { openaiResponses as responses } from '../wire/openai-responses.ts'

export const openaiResponses: Provider = {
  name: 'openai',
  style: 'responses',
  baseUrl: 'https://api.openai.com/v1',
  env: ['OPENAI_API_KEY'],
  sign: bearer,
  prefill: false,
  wire: /* @__PURE__ */ responses({
    efforts: EFFORTS,
    reasons,
    minTokens: 16,
    adjust: fitResponses,
    facts: { service_tier: 'serviceTier', moderation: 'moderation' },
  }),
}
