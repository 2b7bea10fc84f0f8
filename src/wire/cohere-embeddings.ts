// Cohere's embeddings and its ranking, under version 2 of its API.
import { relayError } from '../errors.ts'
import { deepMerge } from '../json/merge.ts'
import type { EmbedEncoding, EmbedPurpose, EmbedWire, RerankEncoding, RerankWire, Reranked } from '../types/embed.ts'
import { vectors } from './embeddings.ts'
import { present, type Fields } from './fields.ts'

interface RawEmbeddings {
  readonly embeddings?: { readonly float?: readonly unknown[] } | readonly unknown[]
  readonly meta?: RawMeta
}

interface RawRanking {
  readonly results?: readonly { readonly index?: number; readonly relevance_score?: number }[]
  readonly meta?: RawMeta
  /** How servers that imitate it count. */
  readonly usage?: { readonly total_tokens?: number }
}

interface RawMeta {
  readonly billed_units?: { readonly input_tokens?: number; readonly search_units?: number }
}

/** The others are called by their names. */
const PURPOSES: { readonly [purpose in EmbedPurpose]?: string } = {
  query: 'search_query',
  document: 'search_document',
  // The API knows no such thing: texts that are alike are clustered.
  similarity: 'clustering',
}

/** The fields of a request, without the model. Every request must say what it is for. */
export function cohereTexts({ request, input: texts, extra, note }: EmbedEncoding): Fields {
  const { purpose = 'document', dimensions: output_dimension, providerOptions } = request
  if (!request.purpose) note('purpose', 'the API wants one: document')
  return deepMerge({ texts, input_type: PURPOSES[purpose] ?? purpose, output_dimension }, extra, providerOptions)
}

/** By type where types were asked for, else the floats themselves. */
export function cohereVectors(body: unknown, encoding: EmbedEncoding): readonly (readonly number[])[] {
  const { embeddings } = Object(body) as RawEmbeddings
  const { float = embeddings } = Object(embeddings) as { readonly float?: readonly unknown[] }
  return vectors(float as readonly unknown[] | undefined, encoding)
}

export const cohereEmbeddings: EmbedWire = {
  limit: () => 96,
  encode: (encoding) => ({ path: '/embed', body: { model: encoding.target.model, embedding_types: ['float'], ...cohereTexts(encoding) } }),
  decode: ({ body }, encoding) => {
    const { input_tokens: inputTokens } = (Object(body) as RawEmbeddings).meta?.billed_units ?? {}
    return { embeddings: cohereVectors(body, encoding), ...present({ inputTokens }) }
  },
}

export function rankingFields({ request, extra }: RerankEncoding): Fields {
  const { query, documents, topN: top_n, providerOptions } = request
  return deepMerge({ query, documents, top_n }, extra, providerOptions)
}

export const cohereReranking: RerankWire = {
  encode: (encoding) => ({ path: '/rerank', body: { model: encoding.target.model, ...rankingFields(encoding) } }),
  decode: ({ body }, encoding) => ranked(body, encoding),
}

export function ranked(body: unknown, { request, details }: RerankEncoding): Reranked {
  const { results, meta, usage } = Object(body) as RawRanking
  const { search_units: searchUnits, input_tokens: inputTokens = usage?.total_tokens } = meta?.billed_units ?? {}
  const list = [results ?? []].flat().map(({ index = -1, relevance_score: score = NaN }) => ({ index, score }))
  if (!results || list.some(({ index, score }) => request.documents[index] === undefined || Number.isNaN(score))) {
    throw relayError('invalid_response', 'the answer ranks other documents than those that were sent', details)
  }
  return { results: list.sort((a, b) => b.score - a.score), ...present({ searchUnits, inputTokens }) }
}
