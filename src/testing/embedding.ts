// Vectors and rankings without a model: what is alike in words is alike in numbers, the same in every run.
import type { Endpoint, ErrorFacts, JsonObject, Question, Reply } from './endpoint.ts'

/** Words as they are counted, whatever stands between them. */
function words(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

/** Each word goes to one place of the vector, up or down; the whole has length 1. */
export function vectorOf(text: string, size: number): number[] {
  const vector = Array.from({ length: size }, () => 0)
  for (const word of ['', ...words(text)]) {
    let hash = 2166136261
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 16777619)
    vector[(hash >>> 1) % size]! += hash & 1 ? 1 : -1
  }
  const length = Math.hypot(...vector) || 1
  // As many places as a float of 32 bits has, so that base64 says the same as JSON.
  return vector.map((value) => Math.fround(value / length))
}

/** The share of the query's words that a document has. */
export function relevance(query: string, document: string): number {
  const asked = words(query)
  const held = new Set(words(document))
  return asked.length === 0 ? 0 : Math.round(1e6 * asked.filter((word) => held.has(word)).length / asked.length) / 1e6
}

/** How long each model's vectors are, where nobody says otherwise. */
const SIZES: readonly (readonly [RegExp, number])[] = [
  [/text-embedding-3-large|gemini-embedding|nova.*embed/, 3072],
  [/text-embedding-(3-small|ada)|embed-v4|titan-embed-text-v1/, 1536],
  [/embed-.*light/, 384],
  [/embed-(english|multilingual)-v3|titan-embed-text-v2|mistral-embed/, 1024],
]

/** An endpoint that answers without words. */
export interface Measuring {
  readonly wire: string
  readonly model: string
  /** What is embedded, or the query. */
  readonly texts: readonly string[]
  /** How long vectors are to be. */
  readonly size?: number | undefined
  readonly check: () => ErrorFacts | undefined
  readonly whole: (vectors: readonly (readonly number[])[], reply: Reply) => JsonObject
}

type Side = Pick<Endpoint, 'dialect' | 'errors' | 'key' | 'failure' | 'headers'>

export function measuring({ wire, model, texts, size, check, whole }: Measuring, side: Side): Endpoint {
  const length = size ?? SIZES.find(([pattern]) => pattern.test(model))?.[1] ?? 256
  const question: Question = {
    model,
    stream: false,
    turns: texts.map((text) => ({ role: 'user', text })),
    text: texts.join('\n'),
    tools: [],
    toolChoice: 'auto',
    thinking: false,
    format: undefined,
    maxTokens: undefined,
  }
  return {
    ...side,
    wire,
    read: () => question,
    check,
    ids: { answer: () => '00000000-0000-4000-8000-000000000000', call: () => '' },
    whole: (reply) => whole(reply.embeddings ?? texts.map((text) => vectorOf(text, length)), reply),
    frames: () => [],
    failureFrames: () => [],
    reindex: (frame) => frame,
    contentType: 'application/json',
    encode: () => new Uint8Array(),
  }
}
