// Embeddings and ranking on Bedrock: each family of models has a body of its own, under one method.
import { deepMerge } from '../json/merge.ts'
import type { EmbedAnswer, EmbedEncoding, EmbedPurpose, EmbedWire, Embedded, RerankWire } from '../types/embed.ts'
import type { Target } from '../types/provider.ts'
import { cohereTexts, cohereVectors, ranked, rankingFields } from './cohere-embeddings.ts'
import { vectors } from './embeddings.ts'

interface RawVectors {
  readonly embedding?: readonly number[]
  readonly embeddings?: readonly { readonly embedding?: readonly number[] }[]
  readonly inputTextTokenCount?: number
}

const PURPOSES: { readonly [purpose in EmbedPurpose]: string } = {
  query: 'TEXT_RETRIEVAL',
  document: 'GENERIC_INDEX',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
  similarity: 'GENERIC_RETRIEVAL',
}

/** What the model is: the ARN of a profile hides it, and what the entry inherits from tells. */
function familyOf({ model, config: { inherit_from: like = '' } }: Target): 'cohere' | 'nova' | 'titan' {
  return (['cohere', 'nova'] as const).find((name) => `${model} ${like}`.includes(name)) ?? 'titan'
}

const pathOf = ({ model }: Target): string => `/model/${encodeURIComponent(model)}/invoke`

export const bedrockEmbeddings: EmbedWire = {
  limit: (target) => (familyOf(target) === 'cohere' ? 96 : 1),
  encode: (encoding) => {
    const { request, extra, target } = encoding
    const family = familyOf(target)
    const body = family === 'cohere' ? cohereTexts(encoding) : deepMerge(deepMerge(family === 'nova' ? nova(encoding) : titan(encoding), extra), request.providerOptions)
    return { path: pathOf(target), body }
  },
  decode: (answer, encoding) => {
    const { embedding, embeddings, inputTextTokenCount } = (answer.body ?? {}) as RawVectors
    if (familyOf(encoding.target) === 'cohere') return { embeddings: cohereVectors(answer.body, encoding), ...counted(answer) }
    const list = embedding ? [embedding] : embeddings?.map((one) => one.embedding)
    return { embeddings: vectors(list, encoding), ...(inputTextTokenCount === undefined ? counted(answer) : { inputTokens: inputTextTokenCount }) }
  },
}

/** Not every model counts in its body. */
function counted({ headers }: EmbedAnswer): Pick<Embedded, 'inputTokens'> {
  const count = headers.get('x-amzn-bedrock-input-token-count')
  return count === null ? {} : { inputTokens: Number(count) }
}

function titan({ request, input, note }: EmbedEncoding): { readonly [field: string]: unknown } {
  const { dimensions, purpose } = request
  if (purpose !== undefined) note('purpose', 'vectors are the same for every purpose here')
  return { inputText: input[0], ...(dimensions !== undefined && { dimensions }) }
}

function nova({ request, input }: EmbedEncoding): { readonly [field: string]: unknown } {
  const { dimensions, purpose = 'similarity' } = request
  return {
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: PURPOSES[purpose],
      ...(dimensions !== undefined && { embeddingDimension: dimensions }),
      text: { value: input[0], truncationMode: 'NONE' },
    },
  }
}

export const bedrockReranking: RerankWire = {
  encode: (encoding) => ({ path: pathOf(encoding.target), body: { api_version: 2, ...rankingFields(encoding) } }),
  decode: ({ body }, encoding) => ranked(body, encoding),
}
