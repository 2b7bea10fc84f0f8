// Together: open models. docs.together.ai
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { cohereReranking } from '../wire/cohere-embeddings.ts'
import { embeddings } from '../wire/embeddings.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'
import { thinkTags } from '../wire/think-tags.ts'

export const together: Provider = {
  name: 'together',
  baseUrl: 'https://api.together.xyz/v1',
  env: ['TOGETHER_API_KEY'],
  sign: bearer,
  embed: embeddings(),
  anew: /gpt-oss/,
  rerank: cohereReranking,
  wire: openaiChatKin({
    fields: { name: null },
    efforts: [[/./, 'none low medium high']],
    effort: (level) => (level === 'none' ? { reasoning: { enabled: false } } : { reasoning_effort: level }),
    splitter: thinkTags,
    // 403 is not about the key: input and `max_tokens` are more than the window.
    faults: [['context_window', /^403/]],
  }),
}
