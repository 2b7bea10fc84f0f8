// Any server that speaks Chat Completions. Its model needs a `base_url`.
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { embeddings } from '../wire/embeddings.ts'
import { openaiChat } from '../wire/openai-chat.ts'
import { pictures, sources, thinking } from '../wire/openai-chat-ears.ts'

export const compatible: Provider = {
  name: 'compatible',
  env: [],
  keyless: true,
  sign: bearer,
  embed: embeddings(),
  // Some end a stream without `[DONE]`.
  wire: openaiChat({ fields: { name: null }, ears: [thinking, pictures, sources], endsWithBody: true }),
}
