// Perplexity's Agent API, by Responses. docs.perplexity.ai
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { at } from '../wire/fields.ts'
import { openaiResponses } from '../wire/openai-responses.ts'

export const perplexityResponses: Provider = {
  name: 'perplexity',
  style: 'responses',
  baseUrl: 'https://api.perplexity.ai/v1',
  env: ['PERPLEXITY_API_KEY'],
  sign: bearer,
  prefill: false,
  wire: /* @__PURE__ */ openaiResponses({ cost: ({ cost }) => at(cost, 'total_cost') }),
}
