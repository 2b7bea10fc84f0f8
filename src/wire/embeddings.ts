// Embeddings as OpenAI's API has them, and everyone who imitates it.
import { relayError } from '../errors.ts'
import { deepMerge } from '../json/merge.ts'
import type { EmbedEncoding, EmbedWire, Embedded } from '../types/embed.ts'
import { present, type Fields } from './fields.ts'
import type { CostOf } from './openai-dialect.ts'

export interface EmbeddingsDialect {
  /** The most texts of one request. Default 2048. */
  readonly limit?: number
  /** The most tokens of one request. Default: any. */
  readonly tokens?: number
  /** Ask for base64: a third of the bytes, and exact. */
  readonly base64?: true
  /** The field for how long vectors are to be. Default `dimensions`. */
  readonly dimensions?: string
  readonly cost?: CostOf
}

interface RawList {
  readonly data?: readonly { readonly index?: number; readonly embedding?: readonly number[] | string }[]
  readonly model?: string
  readonly usage?: Fields & { readonly prompt_tokens?: number }
}

export function embeddings({ limit = 2048, tokens, base64, dimensions = 'dimensions', cost }: EmbeddingsDialect = {}): EmbedWire {
  return {
    limit: () => limit,
    ...present({ tokens }),
    encode: ({ request, input, extra, target: { model }, note }) => {
      if (request.purpose) note('purpose', SAME)
      const body = { model, input, [dimensions]: request.dimensions, encoding_format: base64 && 'base64' }
      return { path: '/embeddings', body: deepMerge(body, extra, request.providerOptions) }
    },
    decode: ({ body }, encoding) => {
      const { data = [], model, usage } = Object(body) as RawList
      // Not every server answers in order.
      const list = [...data].sort((a, b) => (a.index ?? 0) - (b.index ?? 0)).map(({ embedding }) => (typeof embedding === 'string' ? floats(embedding) : embedding))
      const usd = usage && cost?.(usage)
      return { embeddings: vectors(list, encoding), ...present({ inputTokens: usage?.prompt_tokens, model, usd: usd as number | undefined }) }
    },
  }
}

/** What is noted where a model does not ask what a vector is for. */
export const SAME = 'vectors are the same for every purpose here'

/** One vector for each text, or what came is no answer. */
export function vectors(list: readonly unknown[] | undefined, { input, details }: EmbedEncoding): Embedded['embeddings'] {
  if (list?.length === input.length && list.every((one) => Array.isArray(one) && one.length)) return list as Embedded['embeddings']
  throw relayError('invalid_response', `${input.length} texts were sent, and ${list?.length ?? 0} vectors came back`, details)
}

/** Little-endian floats of 32 bits, whatever the machine's own order is. */
function floats(base64: string): number[] {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  const view = new DataView(bytes.buffer)
  return Array.from({ length: bytes.length >> 2 }, (_, n) => view.getFloat32(n * 4, true))
}
