// Grok, by xAI's Responses. docs.x.ai
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { openaiResponses } from '../wire/openai-responses.ts'
import { cost, efforts, faults } from './facts/xai.ts'

export const xaiResponses: Provider = {
  name: 'xai',
  style: 'responses',
  baseUrl: 'https://api.x.ai/v1',
  env: ['XAI_API_KEY'],
  sign: bearer,
  prefill: false,
  wire: /* @__PURE__ */ openaiResponses({ cost, efforts, faults }),
}
