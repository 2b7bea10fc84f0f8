// Mistral. It answers 422 to any field that it does not know. docs.mistral.ai
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { nine } from '../wire/blocks.ts'
import { embeddings } from '../wire/embeddings.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'

export const mistral: Provider = {
  name: 'mistral',
  baseUrl: 'https://api.mistral.ai/v1',
  env: ['MISTRAL_API_KEY'],
  sign: bearer,
  // It goes on when it is asked to, and says the beginning again.
  prefill: false,
  embed: embeddings({ dimensions: 'output_dimension' }),
  wire: openaiChatKin({
    // A model that is not there is a 400.
    faults: [['not_found', /^[^|]*invalid_model/]],
    fields: { topK: null, seed: 'random_seed', name: null },
    streamOptions: false,
    efforts: [
      [/magistral/, ''],
      [/./, 'none high'],
    ],
    file: (url, name) => ({ type: 'document_url', document_url: url, document_name: name }),
    // Nine letters or digits: an id that another provider made is replaced, every time by the same.
    toolId: (id, note) => (/^[a-zA-Z0-9]{9}$/.test(id) ? id : nine(id, note)),
    adjust: (body) => {
      body.messages = body.messages.map((turn) => (turn.content === null ? { ...turn, content: '' } : turn))
    },
  }),
}
