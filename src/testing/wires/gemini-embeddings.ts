// Gemini's embeddings: one text, a batch, or Vertex AI's predictions.
import { measuring } from '../embedding.ts'
import type { Endpoint, ErrorFacts, HttpCall, JsonObject, SimulatedWire } from '../endpoint.ts'
import { list, number, object, objects, text } from '../read.ts'
import { isVertex, sideOf } from './gemini.ts'
import { invalidArgument } from './google-errors.ts'

const WIRE = 'gemini-embeddings'
const METHODS = /([^/]+):(embedContent|batchEmbedContents|predict)$/

export const geminiEmbeddings: SimulatedWire = {
  name: WIRE,
  dialects: ['google', 'vertex'],
  recognise(call, _, name) {
    const [, model, method] = METHODS.exec(call.url.pathname) ?? []
    if (call.method !== 'POST' || model === undefined || (name !== undefined && name !== 'google' && name !== 'vertex')) return undefined
    const vertex = name === undefined ? isVertex(call.url) : name === 'vertex'
    return endpoint(call, { model: decodeURIComponent(model), method: method ?? '', vertex })
  },
  catalogue: () => [],
}

interface Asked {
  readonly model: string
  readonly method: string
  readonly vertex: boolean
}

function endpoint(call: HttpCall, asked: Asked): Endpoint {
  const { body = {} } = call
  const { model, method } = asked
  const requests = method === 'batchEmbedContents' ? objects(body['requests']) : [body]
  const config = object(body['embedContentConfig'] ?? body['parameters'])
  const size = requests.map((one) => one['outputDimensionality']).find((one) => one !== undefined) ?? config['outputDimensionality']
  const texts = method === 'predict'
    ? objects(body['instances']).map(({ content }) => text(content))
    : requests.map(({ content }) => objects(object(content)['parts']).map((part) => text(part['text'])).join('\n'))
  return measuring({
    wire: WIRE,
    model,
    texts,
    size: number(size),
    check: () => check(body, requests, asked),
    whole(vectors, { usage: { inputTokens } }) {
      const usageMetadata = {
        promptTokenCount: inputTokens,
        promptTokenDetails: [{ modality: 'TEXT', tokenCount: inputTokens }],
      }
      if (method === 'batchEmbedContents') return { embeddings: vectors.map((values) => ({ values })), usageMetadata }
      if (method === 'embedContent') return { embedding: { values: vectors[0] }, usageMetadata }
      const counts = texts.map((one) => Math.ceil(one.length / 4))
      return {
        predictions: vectors.map((values, i) => ({ embeddings: { values, statistics: { token_count: counts[i], truncated: false } } })),
        metadata: { billableCharacterCount: texts.join('').replace(/\s/g, '').length },
      }
    },
  }, sideOf(call, asked.vertex))
}

function check(body: JsonObject, requests: readonly JsonObject[], { model, method, vertex }: Asked): ErrorFacts | undefined {
  if (method === 'predict') {
    const instances = list(body['instances'])
    // The newer models know the other method alone.
    if (/gemini-embedding-(?!001)/.test(model)) return { status: 400, type: 'FAILED_PRECONDITION', message: `The model ${model} does not support the predict method. Please use embedContent.` }
    if (instances.length === 0) return invalidArgument('Invalid instances: at least one is required.')
    const most = /gemini-embedding/.test(model) ? 1 : 250
    return instances.length > most ? invalidArgument(`${instances.length} instance(s) is/are more than the maximum allowed number of instances: ${most}`) : undefined
  }
  if (method === 'batchEmbedContents' && vertex) return { status: 404, type: 'NOT_FOUND', message: 'The requested URL was not found on this server.' }
  if (requests.length === 0) return invalidArgument('* BatchEmbedContentsRequest.requests: at least one request is required.\n')
  if (requests.length > 100) return invalidArgument('* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n')
  for (const [i, one] of requests.entries()) {
    if (method === 'batchEmbedContents' && one['model'] !== `models/${model}`) return invalidArgument(`* BatchEmbedContentsRequest.requests[${i}].model: model names must match the one of the batch: models/${model}\n`)
    if (list(object(one['content'])['parts']).length === 0) return invalidArgument('* EmbedContentRequest.content: contents is not specified\n')
  }
  return undefined
}
