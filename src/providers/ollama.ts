// Ollama: models on your own machine. docs.ollama.com/api/openai-compatibility
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { embeddings } from '../wire/embeddings.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'
import { thinkTags } from '../wire/think-tags.ts'

export const ollama: Provider = {
  name: 'ollama',
  baseUrl: 'http://localhost:11434/v1',
  env: ['OLLAMA_API_KEY'],
  keyless: true,
  sign: bearer,
  embed: embeddings(),
  wire: openaiChatKin({
    fields: { topK: null, parallelToolCalls: null, name: null, strict: null },
    efforts: [[/./, 'none low medium high']],
    // It fetches nothing.
    bytes: true,
    splitter: thinkTags,
  }),
}
