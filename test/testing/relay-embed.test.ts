// Relay's vectors and rankings on the simulator: each provider asks its own counterpart.
import { describe, expect, it } from 'vitest'
import { Hub, RelayError } from '@relay/core'
import type { ModelConfig, Provider } from '@relay/core'
import { azure, bedrock, cohere, compatible, fireworks, google, lmstudio, mistral, ollama, openai, openrouter, together, vertex, vllm } from '@relay/core/providers'
import { simulator } from '@relay/core/testing'
import type { Answer, Script } from '@relay/core/testing'

interface Row {
  readonly provider: Provider
  readonly model: string
  readonly wire: string
  readonly more?: Partial<ModelConfig>
}

const region = { region: 'us-east-1' }
const cloud = { project: 'p', location: 'global' }
const openaiLike = [openai, together, mistral, fireworks, openrouter, ollama, vllm, lmstudio, compatible]

const rows: readonly Row[] = [
  ...openaiLike.map((provider): Row => ({ provider, model: 'text-embedding-3-small', wire: 'openai-embeddings', more: { base_url: 'https://api.test/v1' } })),
  { provider: azure, model: 'embeddings', wire: 'openai-embeddings', more: { base_url: 'https://r.openai.azure.com/openai/v1' } },
  { provider: google, model: 'gemini-embedding-001', wire: 'gemini-embeddings' },
  { provider: google, model: 'gemini-embedding-2', wire: 'gemini-embeddings' },
  { provider: vertex, model: 'gemini-embedding-001', wire: 'gemini-embeddings', more: cloud },
  { provider: vertex, model: 'gemini-embedding-2', wire: 'gemini-embeddings', more: cloud },
  { provider: vertex, model: 'text-embedding-005', wire: 'gemini-embeddings', more: cloud },
  { provider: cohere, model: 'embed-v4.0', wire: 'cohere-embeddings' },
  { provider: bedrock, model: 'amazon.titan-embed-text-v2:0', wire: 'bedrock-embeddings', more: region },
  { provider: bedrock, model: 'amazon.nova-2-multimodal-embeddings-v1:0', wire: 'bedrock-embeddings', more: region },
  { provider: bedrock, model: 'cohere.embed-v4:0', wire: 'bedrock-embeddings', more: region },
  { provider: bedrock, model: 'cohere.embed-english-v3', wire: 'bedrock-embeddings', more: region },
]

function hubOf({ provider, model, more }: Row, answers: Script = {}) {
  const sim = simulator({ dialect: provider.name, answers })
  const config: ModelConfig = { target: `${provider.name}/${model}`, credential: { type: 'literal', value: 'a-key-of-some-length' }, ...more }
  return { sim, hub: new Hub({ models: { m: config }, defaults: { max_retries: 0 } }, { providers: [provider], fetch: sim.fetch }) }
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)

describe.each(rows.map((row) => [`${row.provider.name}, ${row.model}`, row] as const))('Relay embeds with %s', (_, row) => {
  it('one vector for each text, in their order', async () => {
    const { hub, sim } = hubOf(row)
    const input = ['Heavy rain in Oslo', 'Bears of Bern', 'The rain in Oslo was heavy']
    const { embeddings, usage } = await hub.embed('m', { input })
    expect(embeddings).toHaveLength(3)
    const [a = [], b = [], c = []] = embeddings
    expect(dot(a, a)).toBeCloseTo(1, 4)
    expect(dot(a, c)).toBeGreaterThan(dot(a, b) + 0.2)
    expect(usage.inputTokens).toBeGreaterThan(0)
    expect(new Set(sim.requests.map((request) => [request.wire, request.status].join()))).toEqual(new Set([`${row.wire},200`]))
  })

  it('as long as they are asked for, for a purpose', async () => {
    const { embeddings } = await hubOf(row).hub.embed('m', { input: 'x', dimensions: 128, purpose: 'query' })
    expect(embeddings.map((vector) => vector.length)).toEqual([128])
  })

  it('and fails by the name of the failure', async () => {
    for (const [cause, code] of [['rate_limit', 'rate_limit'], ['authentication', 'authentication'], ['not_found', 'not_found']] as const) {
      const error: unknown = await hubOf(row, { error: cause }).hub.embed('m', { input: 'x' }).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(RelayError)
      if (!(row.provider === mistral && cause === 'not_found')) expect((error as RelayError).code).toBe(code)
    }
  })
})

describe('Relay ranks', () => {
  const documents = ['Bern has bears', 'In Oslo it is dark', 'Oslo has rain, and more rain']
  const asked: readonly Row[] = [
    { provider: cohere, model: 'rerank-v4.0-pro', wire: 'cohere-rerank' },
    { provider: bedrock, model: 'cohere.rerank-v3-5:0', wire: 'bedrock-embeddings', more: region },
    ...[compatible, vllm, together].map((provider): Row => ({ provider, model: 'BAAI/bge-reranker-v2-m3', wire: 'cohere-rerank', more: { base_url: 'https://api.test/v1' } })),
  ]

  it.each(asked.map((row) => [row.provider.name, row] as const))('with %s, by the words or by the script', async (_, row) => {
    const { hub, sim } = hubOf(row)
    const { results, usage } = await hub.rerank('m', { query: 'rain Oslo', documents, topN: 2 })
    expect(usage.estimated).toBe([cohere, bedrock].includes(row.provider) ? true : undefined)
    expect(sim.requests.map(({ wire, status }) => [wire, status])).toEqual([[row.wire, 200]])
    expect(results).toEqual([{ index: 2, score: 1, document: documents[2] }, { index: 1, score: 0.5, document: documents[1] }])
    const answers: Answer = { scores: [0.9, 0.1, 0.5] }
    expect((await hubOf(row, answers).hub.rerank('m', { query: 'x', documents })).results.map((one) => one.index)).toEqual([0, 2, 1])
  })
})
