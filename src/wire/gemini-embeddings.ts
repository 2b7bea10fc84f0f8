// Gemini's embeddings, as the Gemini API and as Vertex AI have them.
import { deepMerge } from '../json/merge.ts'
import type { EmbedEncoding, EmbedPurpose, EmbedWire } from '../types/embed.ts'
import { vectors } from './embeddings.ts'
import { present } from './fields.ts'

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

/** The others are called by their names. */
const TASKS: { readonly [purpose in EmbedPurpose]?: string } = {
  query: 'RETRIEVAL_QUERY',
  document: 'RETRIEVAL_DOCUMENT',
  similarity: 'SEMANTIC_SIMILARITY',
}

/** What models that are told their task in the text are told. */
const PREFIXES: { readonly [purpose in EmbedPurpose]?: string } = {
  query: 'search result',
  document: '',
  similarity: 'sentence similarity',
}

const bare = (model: string): string => model.replace(/^.*\//, '')
const prefixed = (model: string): boolean => /^gemini-embedding-(?!001|.*preview)/.test(bare(model))

interface Asked {
  readonly prefix: string
  readonly task: string | undefined
  readonly dimensions: number | undefined
}

function asked({ request: { purpose, dimensions }, target: { model }, note }: EmbedEncoding): Asked {
  // Only the longest come out at length 1: cosine does not mind, a dot product does.
  if (Number(dimensions) < 3072 && /-001$/.test(model)) note('dimensions', 'shorter vectors of this model are not of length 1')
  if (!purpose || !prefixed(model)) return { prefix: '', task: purpose && (TASKS[purpose] ?? purpose.toUpperCase()), dimensions }
  const { [purpose]: task = purpose } = PREFIXES
  return { prefix: task ? `task: ${task} | query: ` : 'title: none | text: ', task: undefined, dimensions }
}

/** `path` is a model's, without its method. */
export function geminiEmbeddings(path: (model: string) => string): EmbedWire {
  return {
    limit: () => 100,
    encode: (encoding) => {
      const { request, input, extra, target } = encoding
      const { prefix, task: taskType, dimensions: outputDimensionality } = asked(encoding)
      const at = path(target.model)
      // Options are for each text, not for the list of them.
      const requests = input.map((text) => deepMerge({ model: at.slice(1), content: { parts: [{ text: prefix + text }] }, taskType, outputDimensionality }, extra, request.providerOptions))
      return { path: `${at}:batchEmbedContents`, body: { requests } }
    },
    decode: ({ body }, encoding) => {
      const { embeddings, embedding, usageMetadata } = Object(body) as RawBatch
      const list = embeddings ?? (embedding && [embedding])
      return { embeddings: vectors(list?.map(({ values }) => values), encoding), ...present({ inputTokens: usageMetadata?.promptTokenCount }) }
    },
  }
}

/** Some of its models take one text at a time, and the newer ones by another method. */
export function vertexEmbeddings(path: (model: string) => string): EmbedWire {
  const gemini = geminiEmbeddings(path)
  return {
    limit: ({ model }) => (/^gemini-/.test(bare(model)) ? 1 : 250),
    encode: (encoding) => {
      const { request, input, extra, target } = encoding
      const { prefix, task, dimensions: outputDimensionality } = asked(encoding)
      const whole = /^gemini-embedding-(?!001)/.test(bare(target.model))
      const body = whole
        ? { content: { parts: input.map((text) => ({ text: prefix + text })) }, embedContentConfig: task || outputDimensionality ? { taskType: task, outputDimensionality } : undefined }
        : { instances: input.map((content) => ({ content, task_type: task })), parameters: outputDimensionality && { outputDimensionality } }
      return { path: `${path(target.model)}:${whole ? 'embedContent' : 'predict'}`, body: deepMerge(body, extra, request.providerOptions) }
    },
    decode: (answer, encoding) => {
      const { predictions } = Object(answer.body) as RawPredictions
      if (!predictions) return gemini.decode(answer, encoding)
      const inputTokens = predictions.reduce((sum, { embeddings }) => sum + (embeddings?.statistics?.token_count ?? 0), 0)
      return { embeddings: vectors(predictions.map(({ embeddings }) => embeddings?.values), encoding), inputTokens }
    },
  }
}
