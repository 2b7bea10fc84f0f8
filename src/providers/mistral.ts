// Mistral. It answers 422 to any field that it does not know. docs.mistral.ai
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { embeddings } from '../wire/embeddings.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'

export const mistral: Provider = {
  name: 'mistral',
  baseUrl: 'https://api.mistral.ai/v1',
  env: ['MISTRAL_API_KEY'],
  sign: bearer,
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
    toolId: nine,
    adjust: (body) => {
      body.messages = body.messages.map((turn) => (turn.content === null ? { ...turn, content: '' } : turn))
    },
  }),
}

/** Ids of tool calls are nine letters or digits: one that another provider made is replaced, every time by the same. */
function nine(id: string): string {
  if (/^[a-zA-Z0-9]{9}$/.test(id)) return id
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (const letter of id) {
    a = Math.imul(a ^ letter.charCodeAt(0), 2654435761)
    b = Math.imul(b ^ letter.charCodeAt(0), 1597334677)
  }
  return ((a >>> 0) * 0x200000 + (b >>> 11)).toString(36).padStart(9, '0').slice(-9)
}
