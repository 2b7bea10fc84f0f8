// LM Studio: models on your own machine. lmstudio.ai/docs
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { embeddings } from '../wire/embeddings.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'
import { thinkTags } from '../wire/think-tags.ts'

export const lmstudio: Provider = {
  name: 'lmstudio',
  baseUrl: 'http://localhost:1234/v1',
  env: ['LMSTUDIO_API_KEY'],
  keyless: true,
  sign: bearer,
  embed: embeddings(),
  wire: openaiChatKin({
    fields: { name: null, parallelToolCalls: null, strict: null },
    // `json_object` is a 400.
    formats: 'json_schema',
    efforts: [[/./, 'low medium high']],
    // It fetches nothing.
    bytes: true,
    splitter: thinkTags,
  }),
}
