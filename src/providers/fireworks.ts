// Fireworks: open models. docs.fireworks.ai
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { embeddings } from '../wire/embeddings.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'

export const fireworks: Provider = {
  name: 'fireworks',
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  env: ['FIREWORKS_API_KEY'],
  sign: bearer,
  embed: embeddings(),
  anew: /gpt-oss/,
  wire: openaiChatKin({
    fields: { name: null },
    efforts: [[/./, 'none low medium high']],
    effort: (level, budget) =>
      budget ? { thinking: { type: 'enabled', budget_tokens: Math.max(1024, budget) } } : { reasoning_effort: level },
    // The account is suspended, or an adapter does not load; 404 also says that one may not use the model.
    faults: [['permission', /^412|precondition_failed/i, 412]],
  }),
}
