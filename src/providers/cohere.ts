// Cohere: Command, through version 2 of its API. docs.cohere.com
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { cohere as wire } from '../wire/cohere.ts'
import { cohereEmbeddings, cohereReranking } from '../wire/cohere-embeddings.ts'

export const cohere: Provider = {
  name: 'cohere',
  wire,
  baseUrl: 'https://api.cohere.com/v2',
  env: ['COHERE_API_KEY', 'CO_API_KEY'],
  sign: bearer,
  prefill: false,
  embed: cohereEmbeddings,
  rerank: cohereReranking,
}
