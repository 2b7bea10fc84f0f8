// Asks a hub for recorded vectors, and holds what comes out against the recording.
import { Hub } from '../../src/hub.ts'
import { azure } from '../../src/providers/azure.ts'
import { bedrock } from '../../src/providers/bedrock.ts'
import { cohere } from '../../src/providers/cohere.ts'
import { google } from '../../src/providers/google.ts'
import { mistral } from '../../src/providers/mistral.ts'
import { openai } from '../../src/providers/openai.ts'
import { openrouter } from '../../src/providers/openrouter.ts'
import { vertexGemini } from '../../src/providers/vertex-gemini.ts'
import type { EmbedResponse } from '../../src/types/embed.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { Ways } from './exchange.ts'
import { classed, same, type Finding } from './judge.ts'
import { ALIAS } from './place.ts'
import { texts } from './protocol.ts'
import { strings, type Recorded } from './record.ts'
import { answerOf, hubOf } from './through.ts'

const PROVIDERS: { readonly [name: string]: Provider | undefined } = { azure, bedrock, cohere, google, mistral, openai, openrouter, 'google-vertex': vertexGemini }

/** Undefined where a record speaks an API that Relay does not: a local server's own. */
export const embedderOf = ({ provider }: Recorded): Provider | undefined => PROVIDERS[provider]

export async function checkEmbedding(record: Recorded, provider: Provider): Promise<Ways> {
  const ways = new Map<string, readonly Finding[]>()
  for (const [way, size] of [['whole', Infinity], ['64', 64], ['7', 7], ['1', 1]] as const) {
    const { hub, sent } = hubOf(record, provider, () => answerOf(record, provider, size))
    const found = await ask(hub, record).then((response) => judge(record, response), (error: unknown) => [record.expect.kind === 'error' ? classed(record, error) : { field: 'decoding', wrong: String(error) }])
    // Each text is in the body, however the body is made.
    const held = strings(sent[0]?.body)
    ways.set(way, [...found, same('request', textsOf(record).filter((text) => !held.has(text)), [])])
  }
  return ways
}

function ask(hub: Hub, record: Recorded): Promise<EmbedResponse> {
  return hub.embed(ALIAS, { input: textsOf(record) })
}

interface Body {
  readonly input?: unknown
  readonly texts?: unknown
  readonly inputText?: string
  readonly requests?: readonly { readonly content?: { readonly parts?: unknown } }[]
  readonly instances?: readonly { readonly content?: string }[]
  readonly content?: { readonly parts?: unknown }
  readonly singleEmbeddingParams?: { readonly text?: { readonly value?: string } }
}

/** The texts that a recorded body asks about, wherever its API has them; as many as were answered where it is not there. */
function textsOf({ request, expect: { count = 1 } }: Recorded): readonly string[] {
  const { input, texts: list, inputText, requests = [], instances = [], content, singleEmbeddingParams } = (request.body ?? {}) as Body
  const found = [input, list, inputText, content?.parts, singleEmbeddingParams?.text?.value, ...requests.map((one) => one.content?.parts), ...instances.map((one) => one.content)].flatMap(texts)
  return found.length ? found : Array.from({ length: count }, (_, index) => `text ${index}`)
}

function judge({ expect: { count, dims, first8, usage, usage_header } }: Recorded, { embeddings, usage: counted }: EmbedResponse): readonly Finding[] {
  const tokens = tokensOf(usage, usage_header)
  return [
    same('count', embeddings.length, count),
    same('length', embeddings.map(({ length }) => length), dims),
    same('numbers', embeddings.map((vector) => vector.slice(0, 8)), first8),
    ...(tokens === undefined ? [] : [same('usage', counted.inputTokens, tokens)]),
  ]
}

function tokensOf(usage: unknown, header: string | undefined): number | undefined {
  const { prompt_tokens, input_tokens, promptTokenCount, inputTextTokenCount, token_counts } = (usage ?? {}) as { readonly [name: string]: unknown }
  const sum = Array.isArray(token_counts) ? token_counts.reduce((all: number, one) => all + Number(one), 0) : undefined
  const found = prompt_tokens ?? input_tokens ?? promptTokenCount ?? inputTextTokenCount ?? sum ?? header
  return found === undefined ? undefined : Number(found)
}
