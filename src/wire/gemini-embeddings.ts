// Gemini's embeddings, as the Gemini API and as Vertex AI have them.
import { deepMerge } from '../json/merge.ts'
import type { EmbedEncoding, EmbedPurpose, EmbedWire } from '../types/embed.ts'
import { vectors } from './embeddings.ts'

interface RawVector {
  readonly values?: readonly number[]
}

interface RawBatch {
  readonly embeddings?: readonly RawVector[]
  readonly embedding?: RawVector
  readonly usageMetadata?: { readonly promptTokenCount?: number }
}

interface RawPredictions {
  readonly predictions?: readonly { readonly embeddings?: RawVector & { readonly statistics?: { readonly token_count?: number } } }[]
}

const TASKS: { readonly [purpose in EmbedPurpose]: string } = {
  query: 'RETRIEVAL_QUERY',
  document: 'RETRIEVAL_DOCUMENT',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
  similarity: 'SEMANTIC_SIMILARITY',
}

/** Models that are told their task in the text. */
const PREFIXES: { readonly [purpose in EmbedPurpose]: string } = {
  query: 'task: search result | query: ',
  document: 'title: none | text: ',
  classification: 'task: classification | query: ',
  clustering: 'task: clustering | query: ',
  similarity: 'task: sentence similarity | query: ',
}

const bare = (model: string): string => model.replace(/^.*\//, '')
const prefixed = (model: string): boolean => /^gemini-embedding-(?!001|.*preview)/.test(bare(model))

function asked({ request: { purpose, dimensions }, target: { model }, note }: EmbedEncoding): { readonly prefix: string; readonly task: string | undefined } {
  // Only the longest come out at length 1: cosine does not mind, a dot product does.
  if (dimensions !== undefined && dimensions < 3072 && /-001$/.test(model)) note('dimensions', 'shorter vectors of this model are not of length 1')
  if (purpose === undefined) return { prefix: '', task: undefined }
  return prefixed(model) ? { prefix: PREFIXES[purpose], task: undefined } : { prefix: '', task: TASKS[purpose] }
}

/** `path` is a model's, without its method. */
export function geminiEmbeddings(path: (model: string) => string): EmbedWire {
  return {
    limit: () => 100,
    encode: (encoding) => {
      const { request, input, extra, target } = encoding
      const { prefix, task } = asked(encoding)
      const at = path(target.model)
      // Options are for each text, not for the list of them.
      const one = (text: string): object =>
        deepMerge(
          deepMerge({ model: at.slice(1), content: { parts: [{ text: prefix + text }] }, taskType: task, outputDimensionality: request.dimensions }, extra),
          request.providerOptions,
        )
      return { path: `${at}:batchEmbedContents`, body: { requests: input.map(one) } }
    },
    decode: ({ body }, encoding) => {
      const { embeddings, embedding, usageMetadata } = (body ?? {}) as RawBatch
      const { promptTokenCount: inputTokens } = usageMetadata ?? {}
      const list = embeddings ?? (embedding && [embedding])
      return { embeddings: vectors(list?.map(({ values }) => values), encoding), ...(inputTokens !== undefined && { inputTokens }) }
    },
  }
}

/** Some of its models take one text at a time, and the newer ones by another method. */
export function vertexEmbeddings(path: (model: string) => string): EmbedWire {
  const gemini = geminiEmbeddings(path)
  const whole = (model: string): boolean => /^gemini-embedding-(?!001)/.test(bare(model))
  return {
    limit: ({ model }) => (/^gemini-/.test(bare(model)) ? 1 : 250),
    encode: (encoding) => {
      const { request, input, extra, target } = encoding
      const { prefix, task } = asked(encoding)
      const at = path(target.model)
      const size = request.dimensions
      const merged = (body: { readonly [field: string]: unknown }): { readonly [field: string]: unknown } => deepMerge(deepMerge(body, extra), request.providerOptions)
      if (!whole(target.model)) {
        const instances = input.map((content) => ({ content, task_type: task }))
        return { path: `${at}:predict`, body: merged({ instances, ...(size !== undefined && { parameters: { outputDimensionality: size } }) }) }
      }
      const config = task || size ? { embedContentConfig: { taskType: task, outputDimensionality: size } } : undefined
      return { path: `${at}:embedContent`, body: merged({ content: { parts: input.map((text) => ({ text: prefix + text })) }, ...config }) }
    },
    decode: (answer, encoding) => {
      const { predictions } = (answer.body ?? {}) as RawPredictions
      if (!predictions) return gemini.decode(answer, encoding)
      const counts = predictions.map(({ embeddings }) => embeddings?.statistics?.token_count ?? 0)
      return { embeddings: vectors(predictions.map(({ embeddings }) => embeddings?.values), encoding), inputTokens: counts.reduce((sum, count) => sum + count, 0) }
    },
  }
}
