// OpenRouter: many companies' models behind one key, by Responses. openrouter.ai/docs
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { openaiResponses } from '../wire/openai-responses.ts'
import { cost, effort, faults } from './facts/openrouter.ts'

export const openrouterResponses: Provider = {
  name: 'openrouter',
  style: 'responses',
  baseUrl: 'https://openrouter.ai/api/v1',
  env: ['OPENROUTER_API_KEY'],
  sign: bearer,
  prefill: false,
  wire: /* @__PURE__ */ openaiResponses({ cost, effort, faults, facts: { provider: 'upstreamProvider' } }),
}
