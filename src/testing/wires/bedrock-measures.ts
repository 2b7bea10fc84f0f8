// InvokeModel for models that embed or rank: each family has a body of its own.
import { measuring } from '../embedding.ts'
import type { Measuring } from '../embedding.ts'
import type { Endpoint, ErrorFacts, HttpCall, JsonObject, Mint, SimulatedWire } from '../endpoint.ts'
import { number, object, text } from '../read.ts'
import { awsErrors, invalid } from './aws-errors.ts'
import { awsFailure, awsHeaders, awsKey, operationOf } from './aws.ts'
import { checkRanking, checkTexts, embedded, rank, textsOf } from './cohere-measures.ts'

const WIRE = 'bedrock-embeddings'
const DIALECT = 'bedrock'

export const bedrockMeasures: SimulatedWire = {
  name: WIRE,
  dialects: [DIALECT],
  recognise(call, mint, name) {
    const { model = '', operation } = operationOf(call) ?? {}
    if (operation !== 'invoke' || (name !== undefined && name !== DIALECT)) return undefined
    const family = FAMILIES.find(([pattern]) => pattern.test(model))?.[1]
    return family && measuring({ wire: WIRE, model, ...family(call.body ?? {}, model) }, side(call, mint))
  },
  catalogue: () => [],
}

function side(call: HttpCall, mint: Mint): Pick<Endpoint, 'dialect' | 'errors' | 'key' | 'failure' | 'headers'> {
  return {
    dialect: DIALECT,
    errors: awsErrors,
    key: () => awsKey(call),
    failure: awsFailure,
    headers: (ok, reply) => ({
      ...awsHeaders(mint),
      ...(ok ? { 'x-amzn-bedrock-input-token-count': String(reply?.usage.inputTokens ?? 0), 'x-amzn-bedrock-invocation-latency': '79' } : {}),
    }),
  }
}

type Family = (body: JsonObject, model: string) => Pick<Measuring, 'texts' | 'size' | 'check' | 'whole'>

const titan: Family = (body, model) => ({
  texts: [text(body['inputText'])],
  size: number(body['dimensions']),
  check: () => known(body, 'inputText', ['dimensions', 'normalize', 'embeddingTypes']),
  whole: ([embedding], { usage }) => ({
    embedding,
    ...(model.includes('v2') ? { embeddingsByType: { float: embedding } } : {}),
    inputTextTokenCount: usage.inputTokens,
  }),
})

const nova: Family = (body) => {
  const { text: given, embeddingDimension } = object(body['singleEmbeddingParams'])
  return {
    texts: [text(object(given)['value'])],
    size: number(embeddingDimension),
    check: () => known(body, 'taskType', ['singleEmbeddingParams', 'schemaVersion']),
    whole: ([embedding]) => ({ embeddings: [{ embeddingType: 'TEXT', embedding }] }),
  }
}

const cohereVectors: Family = (body, model) => ({
  texts: textsOf(body),
  size: number(body['output_dimension']),
  check: () => known(body, 'texts', ['input_type', 'truncate', 'embedding_types', 'output_dimension', 'images', 'inputs', 'max_tokens']) ?? inAws(checkTexts(body)),
  whole(vectors, reply) {
    const { meta: _, ...rest } = embedded(vectors, body, reply)
    // Types are told apart where they were asked for, and by the newest model.
    const typed = model.includes('v4') || body['embedding_types'] !== undefined
    return typed ? rest : { ...rest, embeddings: vectors, response_type: 'embeddings_floats' }
  },
})

const ranking: Family = (body) => ({
  texts: [text(body['query'])],
  size: undefined,
  check: () => known(body, 'query', ['documents', 'top_n', 'api_version', 'max_tokens_per_doc']) ?? inAws(checkRanking(body)),
  whole: (_, reply) => ({ results: rank(body, reply) }),
})

const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [/titan-embed/, titan],
  [/nova.*embed/, nova],
  [/cohere\.embed/, cohereVectors],
  [/rerank/, ranking],
]

function inAws(facts: ErrorFacts | undefined): ErrorFacts | undefined {
  return facts && invalid(facts.message)
}

/** AWS holds bodies against a schema of each model's. */
function known(body: JsonObject, required: string, others: readonly string[]): ErrorFacts | undefined {
  const again = 'please reformat your input and try again.'
  if (body[required] === undefined) return invalid(`Malformed input request: #: required key [${required}] not found, ${again}`)
  const odd = Object.keys(body).find((field) => field !== required && !others.includes(field))
  return odd === undefined ? undefined : invalid(`Malformed input request: #: extraneous key [${odd}] is not permitted, ${again}`)
}
