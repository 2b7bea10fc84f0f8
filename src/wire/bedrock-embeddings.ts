// Embeddings and ranking on Bedrock: each family of models has a body of its own, under one method.
import { escaped } from '../auth/sigv4.ts'
import { deepMerge } from '../json/merge.ts'
import type { EmbedEncoding, EmbedPurpose, EmbedWire, RerankWire } from '../types/embed.ts'
import type { Target } from '../types/provider.ts'
import { cohereTexts, cohereVectors, ranked, rankingFields } from './cohere-embeddings.ts'
import { SAME, vectors } from './embeddings.ts'
import { present, type Fields } from './fields.ts'

interface RawVectors {
  readonly embedding?: readonly number[]
  readonly embeddings?: readonly { readonly embedding?: readonly number[] }[]
  readonly inputTextTokenCount?: number
}

/** The others are called by their names. */
const PURPOSES: { readonly [purpose in EmbedPurpose]?: string } = {
  query: 'TEXT_RETRIEVAL',
  document: 'GENERIC_INDEX',
  similarity: 'GENERIC_RETRIEVAL',
}

/** What the model is: the ARN of a profile hides it, and what the entry inherits from tells. */
function familyOf({ model, config: { inherit_from: like = '' } }: Target): 'cohere' | 'nova' | 'titan' {
  return (['cohere', 'nova'] as const).find((name) => `${model} ${like}`.includes(name)) ?? 'titan'
}

const pathOf = ({ model }: Target): string => `/model/${escaped(model)}/invoke`

export const bedrockEmbeddings: EmbedWire = {
  limit: (target) => (familyOf(target) === 'cohere' ? 96 : 1),
  encode: (encoding) => {
    const { request, extra, target } = encoding
    const family = familyOf(target)
    const body = family === 'cohere' ? cohereTexts(encoding) : deepMerge(family === 'nova' ? nova(encoding) : titan(encoding), extra, request.providerOptions)
    return { path: pathOf(target), body }
  },
  decode: ({ body, headers }, encoding) => {
    const { embedding, embeddings, inputTextTokenCount } = Object(body) as RawVectors
    const list = (): readonly unknown[] | undefined => (embedding ? [embedding] : embeddings?.map((one) => one.embedding))
    return {
      embeddings: familyOf(encoding.target) === 'cohere' ? cohereVectors(body, encoding) : vectors(list(), encoding),
      // Not every model counts in its body.
      ...present({ inputTokens: inputTextTokenCount ?? (Number(headers.get('x-amzn-bedrock-input-token-count') ?? NaN) || undefined) }),
    }
  },
}

function titan({ request: { dimensions, purpose }, input: [inputText], note }: EmbedEncoding): Fields {
  if (purpose) note('purpose', SAME)
  return { inputText, dimensions }
}

function nova({ request: { dimensions: embeddingDimension, purpose = 'similarity' }, input: [value] }: EmbedEncoding): Fields {
  return { taskType: 'SINGLE_EMBEDDING', singleEmbeddingParams: { embeddingPurpose: PURPOSES[purpose] ?? purpose.toUpperCase(), embeddingDimension, text: { value, truncationMode: 'NONE' } } }
}

export const bedrockReranking: RerankWire = {
  encode: (encoding) => {
    const { target } = encoding
    // A field of Cohere's, where Amazon's own model has no versions.
    return { path: pathOf(target), body: { ...(!/amazon\.rerank/.test(target.model) && { api_version: 2 }), ...rankingFields(encoding) } }
  },
  decode: ({ body }, encoding) => ranked(body, encoding),
}
