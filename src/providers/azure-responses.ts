// Azure OpenAI and Microsoft Foundry, by Responses.
import { azureKeyOrToken } from '../auth/azure.ts'
import type { Provider } from '../types/provider.ts'
import { fitResponses, reasons } from '../wire/openai-models.ts'
import { openaiResponses } from '../wire/openai-responses.ts'
import { azureWire, efforts } from './facts/azure.ts'

export const azureResponses: Provider = {
  name: 'azure',
  style: 'responses',
  env: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
  ambient: { type: 'azure_ad' },
  sign: azureKeyOrToken,
  prefill: false,
  wire: /* @__PURE__ */ azureWire(
    /* @__PURE__ */ openaiResponses({
      efforts,
      reasons,
      minTokens: 16,
      adjust: fitResponses,
      facts: { service_tier: 'serviceTier', content_filters: 'contentFilters' },
    }),
  ),
}
