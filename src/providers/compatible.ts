// Any server that speaks Chat Completions. Its model needs a `base_url`.
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { embeddings } from '../wire/embeddings.ts'
import { openaiKin } from '../wire/openai-chat-kin.ts'
import { pictures, sources } from '../wire/openai-chat-ears.ts'

export const compatible: Provider = {
  name: 'compatible',
  env: [],
  keyless: true,
  sign: bearer,
  embed: embeddings(),
  // Some end a stream without `[DONE]`.
  wire: openaiKin({ fields: { name: null }, ears: [pictures, sources], endsWithBody: true }),
}
