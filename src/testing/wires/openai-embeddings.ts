// Embeddings as OpenAI has them, and everyone who imitates it.
import { chatDialects } from '../dialects/all.ts'
import { measuring } from '../embedding.ts'
import type { Endpoint, ErrorFacts, HttpCall, JsonObject, Mint, SimulatedWire } from '../endpoint.ts'
import { list, number, text } from '../read.ts'
import type { ChatDialect } from './chat-dialect.ts'
import { dialectOf, sideOf } from './openai-chat.ts'
import { wrong } from './openai-chat-rules.ts'

const WIRE = 'openai-embeddings'
/** Those who have none are not asked. */
const NONE = ['groq', 'deepseek', 'xai', 'perplexity', 'vertex']

export const openaiEmbeddings: SimulatedWire = {
  name: WIRE,
  dialects: chatDialects.map((dialect) => dialect.name).filter((name) => !NONE.includes(name)),
  recognise(call, mint, name) {
    if (call.method !== 'POST' || !call.url.pathname.endsWith('/embeddings')) return undefined
    const dialect = dialectOf(call.url, name)
    return dialect === undefined || NONE.includes(dialect.name) ? undefined : endpoint(dialect, call, mint)
  },
  // The same as under Chat Completions.
  catalogue: () => [],
}

function endpoint(dialect: ChatDialect, call: HttpCall, mint: Mint): Endpoint {
  const body = dialect.asked?.(call) ?? call.body ?? {}
  const input = typeof body['input'] === 'string' ? [body['input']] : list(body['input'])
  const base64 = body['encoding_format'] === 'base64'
  return measuring({
    wire: WIRE,
    model: text(body['model']),
    // Tokens are a text too.
    texts: input.map((one) => typeof one === 'string' ? one : JSON.stringify(one)),
    size: number(body['dimensions']) ?? number(body['output_dimension']),
    check: () => dialect.misplaced?.(call) ?? check(dialect, body, input),
    whole: (vectors, { model, usage: { inputTokens } }) => ({
      object: 'list',
      data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: base64 ? packed(vector) : vector })),
      model,
      usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
    }),
  }, sideOf(dialect, call, mint))
}

/** Little-endian floats of 32 bits. */
function packed(vector: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4))
  for (const [i, value] of vector.entries()) view.setFloat32(i * 4, value, true)
  return btoa(Array.from(new Uint8Array(view.buffer), (byte) => String.fromCharCode(byte)).join(''))
}

function check({ name }: ChatDialect, body: JsonObject, input: readonly unknown[]): ErrorFacts | undefined {
  const model = text(body['model'])
  if (model === '') return wrong('you must provide a model parameter')
  const fields = name === 'mistral'
    ? ['model', 'input', 'output_dimension', 'output_dtype', 'encoding_format', 'metadata']
    : ['model', 'input', 'dimensions', 'encoding_format', 'user', 'input_type']
  const strict = name === 'mistral' || name === 'openai' || name === 'azure'
  const unknown = Object.keys(body).find((field) => !fields.includes(field))
  if (strict && unknown !== undefined) return wrong(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter')
  if (body['input'] === undefined) return wrong("Missing required parameter: 'input'.", 'input', 'missing_required_parameter')
  if (input.length === 0) return wrong("Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead.", 'input', 'empty_array')
  if (input.includes('')) return wrong("Invalid 'input': input cannot be an empty string.", 'input')
  if (input.length > 2048) return wrong(`Invalid 'input': array too long. Expected an array with maximum length 2048, but got an array with length ${input.length} instead.`, 'input', 'array_above_max_length')
  const fixed = body['dimensions'] !== undefined && /text-embedding-ada/.test(model)
  return fixed ? wrong('This model does not support specifying dimensions.', 'dimensions') : undefined
}
