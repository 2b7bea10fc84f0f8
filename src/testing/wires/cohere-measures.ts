// Cohere's embeddings and its ranking, at its own address and in the bodies that Bedrock takes for its models.
import { measuring, relevance } from '../embedding.ts'
import type { ErrorFacts, JsonObject, Reply, SimulatedWire } from '../endpoint.ts'
import { list, number, text } from '../read.ts'
import { cohereSide, isCohere } from './cohere.ts'
import { refuse } from './cohere-rules.ts'
import { dialectOf, sideOf } from './openai-chat.ts'

const ID = '00000000-0000-4000-8000-000000000000'
const PURPOSES = ['search_document', 'search_query', 'classification', 'clustering', 'image']

export const cohereEmbeddings: SimulatedWire = {
  name: 'cohere-embeddings',
  dialects: ['cohere'],
  recognise(call, mint, name) {
    if (!isCohere(call, 'embed', name)) return undefined
    const { body = {} } = call
    const asking = {
      wire: 'cohere-embeddings',
      model: text(body['model']),
      texts: textsOf(body),
      size: number(body['output_dimension']),
      check: () => text(body['model']) === '' ? refuse('invalid request: model is required.') : checkTexts(body),
      whole: (vectors: readonly (readonly number[])[], reply: Reply) => embedded(vectors, body, reply),
    }
    return measuring(asking, cohereSide(call, mint))
  },
  catalogue: () => [],
}

/** Servers that rank as Cohere does, and count tokens. */
const ALIKE = ['compatible', 'vllm', 'together']

export const cohereRerank: SimulatedWire = {
  name: 'cohere-rerank',
  dialects: ['cohere', ...ALIKE],
  recognise(call, mint, name) {
    const own = isCohere(call, 'rerank', name)
    const other = !own && call.method === 'POST' && call.url.pathname.endsWith('/rerank') ? dialectOf(call.url, name) : undefined
    if (!own && !ALIKE.includes(other?.name ?? '')) return undefined
    const { body = {} } = call
    const asking = {
      wire: 'cohere-rerank',
      model: text(body['model']),
      texts: [text(body['query'])],
      check: () => text(body['model']) === '' ? refuse('invalid request: model is required.') : checkRanking(body),
      whole: (_: unknown, reply: Reply) => ({
        id: ID,
        results: rank(body, reply),
        ...(other ? { usage: { total_tokens: reply.usage.inputTokens } } : { meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } } }),
      }),
    }
    return measuring(asking, other ? sideOf(other, call, mint) : cohereSide(call, mint))
  },
  catalogue: () => [],
}

export function textsOf(body: JsonObject): readonly string[] {
  return list(body['texts']).map(text)
}

export function checkTexts(body: JsonObject): ErrorFacts | undefined {
  const texts = list(body['texts'])
  const others = list(body['images']).length + list(body['inputs']).length
  if (texts.length === 0 && others === 0) return refuse('invalid request: at least one of texts, images or inputs must be provided.')
  if (texts.length > 96) return refuse(`invalid request: total number of texts must be at most 96 - received ${texts.length}.`)
  const purpose = text(body['input_type'])
  if (purpose === '') return refuse('invalid request: valid input_type must be provided with the provided model.')
  return PURPOSES.includes(purpose) ? undefined : refuse(`invalid request: input_type '${purpose}' is not one of ${PURPOSES.join(', ')}.`)
}

/** By type, at Cohere and for its newest model; a bare list where Bedrock has an older one. */
export function embedded(vectors: readonly (readonly number[])[], body: JsonObject, { usage }: Reply): JsonObject {
  return {
    id: ID,
    texts: body['texts'],
    embeddings: { float: vectors },
    meta: { api_version: { version: '2' }, billed_units: { input_tokens: usage.inputTokens } },
    response_type: 'embeddings_by_type',
  }
}

export function checkRanking(body: JsonObject): ErrorFacts | undefined {
  if (text(body['query']) === '') return refuse('invalid request: query must not be empty.')
  const documents = list(body['documents'])
  if (documents.length === 0) return refuse('invalid request: list of documents must not be empty.')
  if (documents.some((one) => typeof one !== 'string')) return refuse('invalid request: documents must be strings.')
  const top = number(body['top_n'])
  return top !== undefined && top < 1 ? refuse('invalid request: top_n must be at least 1.') : undefined
}

/** Best first. */
export function rank(body: JsonObject, { scores }: Reply): readonly JsonObject[] {
  const query = text(body['query'])
  const results = list(body['documents'])
    .map((document, index) => ({ index, relevance_score: scores?.[index] ?? relevance(query, text(document)) }))
  return results.sort((a, b) => b.relevance_score - a.relevance_score).slice(0, number(body['top_n']) ?? results.length)
}
