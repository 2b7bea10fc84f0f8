// Any server that speaks Chat Completions. Its model needs a `base_url`.
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { cohereReranking } from '../wire/cohere-embeddings.ts'
import { embeddings } from '../wire/embeddings.ts'
import { pictures, sources } from '../wire/openai-chat-ears.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'

export const compatible: Provider = {
  name: 'compatible',
  env: [],
  keyless: true,
  sign: bearer,
  optional: ['stream_options'],
  embed: embeddings(),
  rerank: cohereReranking,
  // Some end a stream without `[DONE]`.
  wire: openaiChatKin({ fields: { name: null }, ears: [pictures, sources], endsWithBody: true }),
}
