// Cohere's embeddings and its ranking, under version 2 of its API.
import { relayError } from '../errors.ts'
import { deepMerge } from '../json/merge.ts'
import type { EmbedEncoding, EmbedPurpose, EmbedWire, RerankEncoding, RerankWire, Reranked } from '../types/embed.ts'
import { vectors } from './embeddings.ts'

interface RawEmbeddings {
  readonly embeddings?: { readonly float?: readonly unknown[] } | readonly unknown[]
  readonly meta?: RawMeta
}

interface RawRanking {
  readonly results?: readonly { readonly index?: number; readonly relevance_score?: number }[]
  readonly meta?: RawMeta
}

interface RawMeta {
  readonly billed_units?: { readonly input_tokens?: number; readonly search_units?: number }
}

const PURPOSES: { readonly [purpose in EmbedPurpose]: string } = {
  query: 'search_query',
  document: 'search_document',
  classification: 'classification',
  clustering: 'clustering',
  // The API knows no such thing: texts that are alike are clustered.
  similarity: 'clustering',
}

/** The fields of a request, without the model. Every request must say what it is for. */
export function cohereTexts({ request, input, extra, note }: EmbedEncoding): { readonly [field: string]: unknown } {
  const { purpose, dimensions } = request
  if (purpose === undefined) note('purpose', 'the API wants one: document')
  const body = { texts: input, input_type: PURPOSES[purpose ?? 'document'], ...(dimensions !== undefined && { output_dimension: dimensions }) }
  return deepMerge(deepMerge(body, extra), request.providerOptions)
}

/** By type where types were asked for, else the floats themselves. */
export function cohereVectors(body: unknown, encoding: EmbedEncoding): readonly (readonly number[])[] {
  const { embeddings } = (body ?? {}) as RawEmbeddings
  return vectors('float' in Object(embeddings) ? (embeddings as { readonly float?: readonly unknown[] }).float : (embeddings as readonly unknown[] | undefined), encoding)
}

export const cohereEmbeddings: EmbedWire = {
  limit: () => 96,
  encode: (encoding) => ({ path: '/embed', body: { model: encoding.target.model, embedding_types: ['float'], ...cohereTexts(encoding) } }),
  decode: ({ body }, encoding) => {
    const { input_tokens: inputTokens } = ((body ?? {}) as RawEmbeddings).meta?.billed_units ?? {}
    return { embeddings: cohereVectors(body, encoding), ...(inputTokens !== undefined && { inputTokens }) }
  },
}

export function rankingFields({ request, extra }: RerankEncoding): { readonly [field: string]: unknown } {
  const { query, documents, topN } = request
  return deepMerge(deepMerge({ query, documents, ...(topN !== undefined && { top_n: topN }) }, extra), request.providerOptions)
}

export const cohereReranking: RerankWire = {
  encode: (encoding) => ({ path: '/rerank', body: { model: encoding.target.model, ...rankingFields(encoding) } }),
  decode: ({ body }, encoding) => ranked(body, encoding),
}

export function ranked(body: unknown, { request, details }: RerankEncoding): Reranked {
  const { results, meta } = (body ?? {}) as RawRanking
  const { search_units: searchUnits, input_tokens: inputTokens } = meta?.billed_units ?? {}
  const list = (Array.isArray(results) ? results : []).map(({ index = -1, relevance_score: score = NaN }: { readonly index?: number; readonly relevance_score?: number }) => ({ index, score }))
  const odd = list.some(({ index, score }) => request.documents[index] === undefined || Number.isNaN(score))
  if (!results || odd) throw relayError('invalid_response', 'the answer ranks other documents than those that were sent', details)
  return {
    results: list.sort((a, b) => b.score - a.score),
    ...(searchUnits !== undefined && { searchUnits }),
    ...(inputTokens !== undefined && { inputTokens }),
  }
}
