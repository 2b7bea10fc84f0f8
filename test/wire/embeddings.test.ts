// Embeddings and ranking: what each wire sends, and what it reads, for every company that has them.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { azure } from '../../src/providers/azure.ts'
import { bedrock } from '../../src/providers/bedrock.ts'
import { cohere } from '../../src/providers/cohere.ts'
import { compatible } from '../../src/providers/compatible.ts'
import { google } from '../../src/providers/google.ts'
import { mistral } from '../../src/providers/mistral.ts'
import { openai } from '../../src/providers/openai.ts'
import { openrouter } from '../../src/providers/openrouter.ts'
import { vertex } from '../../src/providers/vertex.ts'
import type { ModelConfig } from '../../src/types/config.ts'
import type { EmbedEncoding, EmbedRequest, EmbedWire, RerankEncoding, RerankWire } from '../../src/types/embed.ts'
import type { Provider, Target, WireRequest } from '../../src/types/provider.ts'
import { recorded, type Recorded } from '../conformance/record.ts'

interface Asked {
  readonly model?: string
  readonly config?: Partial<ModelConfig>
  readonly extra?: EmbedEncoding['extra']
  readonly notes?: string[]
}

function encodingOf(provider: Provider, request: EmbedRequest, { model = 'm', config, extra = {}, notes }: Asked = {}): EmbedEncoding {
  const target: Target = { alias: 'a', provider, model, baseUrl: 'https://host.example', config: { target: `${provider.name}/${model}`, ...config } }
  const input = typeof request.input === 'string' ? [request.input] : request.input
  return { request, input, target, extra, note: (field) => void notes?.push(field), details: { provider: provider.name, model, alias: 'a' } }
}

function wireOf({ embed }: Provider): EmbedWire {
  if (!embed) throw new Error('no embeddings')
  return embed
}

function sent(provider: Provider, request: EmbedRequest, asked?: Asked): WireRequest {
  return JSON.parse(JSON.stringify(wireOf(provider).encode(encodingOf(provider, request, asked)))) as WireRequest
}

const read = (provider: Provider, body: unknown, { input = 'a', headers = {}, ...asked }: Asked & { input?: string | readonly string[]; headers?: { [name: string]: string } } = {}) =>
  wireOf(provider).decode({ body, headers: new Headers(headers) }, encodingOf(provider, { input }, asked))

describe('what is sent', () => {
  const two = { input: ['a', 'b'] }
  test.each<[string, Provider, EmbedRequest, Asked, WireRequest]>([
    ['a text', openai, { input: 'a' }, {}, { path: '/embeddings', body: { model: 'm', input: ['a'], encoding_format: 'base64' } }],
    ['several, short', compatible, { ...two, dimensions: 256 }, {}, { path: '/embeddings', body: { model: 'm', input: ['a', 'b'], dimensions: 256 } }],
    ['another name for their length', mistral, { ...two, dimensions: 256 }, {}, { path: '/embeddings', body: { model: 'm', input: ['a', 'b'], output_dimension: 256 } }],
    ['what the caller and the catalogue add', compatible, { ...two, providerOptions: { user: 'u' } }, { extra: { truncate: true, user: 'x' } }, { path: '/embeddings', body: { model: 'm', input: ['a', 'b'], truncate: true, user: 'u' } }],
    ['a deployment', azure, two, { config: { deployment: 'd', api_version: '2024-10-21' } }, { path: '/openai/deployments/d/embeddings?api-version=2024-10-21', body: { model: 'd', input: ['a', 'b'], encoding_format: 'base64' } }],
    [
      'to the Gemini API', google, { ...two, purpose: 'query', dimensions: 768 }, { model: 'gemini-embedding-001' },
      { path: '/models/gemini-embedding-001:batchEmbedContents', body: { requests: ['a', 'b'].map((text) => ({ model: 'models/gemini-embedding-001', content: { parts: [{ text }] }, taskType: 'RETRIEVAL_QUERY', outputDimensionality: 768 })) } },
    ],
    [
      'a task in words', google, { input: 'a', purpose: 'document' }, { model: 'gemini-embedding-2' },
      { path: '/models/gemini-embedding-2:batchEmbedContents', body: { requests: [{ model: 'models/gemini-embedding-2', content: { parts: [{ text: 'title: none | text: a' }] } }] } },
    ],
    [
      'to Vertex', vertex, { ...two, purpose: 'similarity', dimensions: 256 }, { model: 'text-embedding-005' },
      { path: '/publishers/google/models/text-embedding-005:predict', body: { instances: [{ content: 'a', task_type: 'SEMANTIC_SIMILARITY' }, { content: 'b', task_type: 'SEMANTIC_SIMILARITY' }], parameters: { outputDimensionality: 256 } } },
    ],
    [
      'to its newer models', vertex, { input: 'a', purpose: 'clustering', dimensions: 256 }, { model: 'gemini-embedding-2' },
      { path: '/publishers/google/models/gemini-embedding-2:embedContent', body: { content: { parts: [{ text: 'task: clustering | query: a' }] }, embedContentConfig: { outputDimensionality: 256 } } },
    ],
    ['to Cohere', cohere, { ...two, purpose: 'query', dimensions: 512 }, {}, { path: '/embed', body: { model: 'm', embedding_types: ['float'], texts: ['a', 'b'], input_type: 'search_query', output_dimension: 512 } }],
    ['without a purpose, where there must be one', cohere, two, {}, { path: '/embed', body: { model: 'm', embedding_types: ['float'], texts: ['a', 'b'], input_type: 'search_document' } }],
    ['to Titan', bedrock, { input: 'a', dimensions: 256, providerOptions: { normalize: true } }, { model: 'amazon.titan-embed-text-v2:0' }, { path: '/model/amazon.titan-embed-text-v2%3A0/invoke', body: { inputText: 'a', dimensions: 256, normalize: true } }],
    ['to Cohere on Bedrock', bedrock, { ...two, purpose: 'classification' }, { model: 'cohere.embed-v4:0' }, { path: '/model/cohere.embed-v4%3A0/invoke', body: { texts: ['a', 'b'], input_type: 'classification' } }],
    [
      'to Nova', bedrock, { input: 'a', purpose: 'query' }, { model: 'amazon.nova-2-multimodal-embeddings-v1:0' },
      { path: '/model/amazon.nova-2-multimodal-embeddings-v1%3A0/invoke', body: { taskType: 'SINGLE_EMBEDDING', singleEmbeddingParams: { embeddingPurpose: 'TEXT_RETRIEVAL', text: { value: 'a', truncationMode: 'NONE' } } } },
    ],
    ['to a profile, by what it inherits from', bedrock, two, { model: 'arn:aws:x', config: { inherit_from: 'bedrock/cohere.embed-v4' } }, { path: '/model/arn%3Aaws%3Ax/invoke', body: { texts: ['a', 'b'], input_type: 'search_document' } }],
  ])('%s', (_, provider, request, asked, expected) => {
    expect(sent(provider, request, asked)).toEqual(expected)
  })

  test.each<[Provider, EmbedRequest, Asked, string[]]>([
    [openai, { input: 'a', purpose: 'query' }, {}, ['purpose']],
    [cohere, { input: 'a' }, {}, ['purpose']],
    [google, { input: 'a', dimensions: 768 }, { model: 'gemini-embedding-001' }, ['dimensions']],
    [google, { input: 'a', dimensions: 768 }, { model: 'gemini-embedding-2' }, []],
    [bedrock, { input: 'a', purpose: 'query' }, { model: 'amazon.titan-embed-text-v1' }, ['purpose']],
  ])('what is not so is said, %#', (provider, request, asked, fields) => {
    const notes: string[] = []
    sent(provider, request, { ...asked, notes })
    expect(notes).toEqual(fields)
  })

  test.each<[Provider, string, number]>([
    [openai, 'm', 2048], [google, 'm', 100], [cohere, 'm', 96], [vertex, 'gemini-embedding-001', 1], [vertex, 'text-embedding-005', 250],
    [bedrock, 'cohere.embed-v4:0', 96], [bedrock, 'amazon.titan-embed-text-v1', 1],
  ])('how many texts one request holds, %#', (provider, model, limit) => {
    expect(wireOf(provider).limit(encodingOf(provider, { input: 'a' }, { model }).target)).toBe(limit)
  })
})

describe('what is read', () => {
  const input = ['a', 'b']
  const list = (...data: object[]): object => ({ data, model: 'm-1', usage: { prompt_tokens: 12, total_tokens: 12, cost: 0.5 } })
  test.each<[string, Provider, unknown, Asked & { headers?: { [name: string]: string } }, object]>([
    ['in the order of the texts, whatever theirs is', openai, list({ index: 1, embedding: [2] }, { index: 0, embedding: [1] }), {}, { embeddings: [[1], [2]], inputTokens: 12, model: 'm-1' }],
    ['without an index', compatible, list({ embedding: [1] }, { embedding: [2] }), {}, { embeddings: [[1], [2]], inputTokens: 12, model: 'm-1' }],
    ['with their price', openrouter, list({ index: 0, embedding: [1] }, { index: 1, embedding: [2] }), {}, { embeddings: [[1], [2]], inputTokens: 12, model: 'm-1', usd: 0.5 }],
    ['of the Gemini API', google, { embeddings: [{ values: [1] }, { values: [2] }], usageMetadata: { promptTokenCount: 4 } }, {}, { embeddings: [[1], [2]], inputTokens: 4 }],
    ['of Vertex', vertex, { predictions: [{ embeddings: { values: [1], statistics: { token_count: 2 } } }, { embeddings: { values: [2], statistics: { token_count: 3 } } }] }, {}, { embeddings: [[1], [2]], inputTokens: 5 }],
    ['of Cohere', cohere, { embeddings: { float: [[1], [2]] }, meta: { billed_units: { input_tokens: 10 } } }, {}, { embeddings: [[1], [2]], inputTokens: 10 }],
    ['of Cohere on Bedrock, version 3', bedrock, { embeddings: [[1], [2]], response_type: 'embeddings_floats' }, { model: 'cohere.embed-english-v3', headers: { 'x-amzn-bedrock-input-token-count': '4' } }, { embeddings: [[1], [2]], inputTokens: 4 }],
    ['of Cohere on Bedrock, version 4', bedrock, { embeddings: { float: [[1], [2]] } }, { model: 'cohere.embed-v4:0' }, { embeddings: [[1], [2]] }],
  ])('%s', (_, provider, body, asked, expected) => {
    expect(read(provider, body, { input, ...asked })).toEqual(expected)
  })

  test.each<[string, Provider, unknown, Asked & { headers?: { [name: string]: string } }, object]>([
    ['of the newer models of Vertex', vertex, { embedding: { values: [1] }, usageMetadata: { promptTokenCount: 4 } }, { model: 'gemini-embedding-2' }, { embeddings: [[1]], inputTokens: 4 }],
    ['of Titan', bedrock, { embedding: [1], inputTextTokenCount: 5 }, { headers: { 'x-amzn-bedrock-input-token-count': '9' } }, { embeddings: [[1]], inputTokens: 5 }],
    ['of Nova', bedrock, { embeddings: [{ embedding: [1], embeddingType: 'TEXT' }] }, { model: 'amazon.nova-2', headers: { 'x-amzn-bedrock-input-token-count': '19' } }, { embeddings: [[1]], inputTokens: 19 }],
  ])('one alone, %s', (_, provider, body, asked, expected) => {
    expect(read(provider, body, asked)).toEqual(expected)
  })

  test('base64 is read to the bit, in any order of the bytes of the machine', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 20 }), (floats) => {
        const bytes = new Uint8Array(floats.length * 4)
        floats.forEach((one, n) => new DataView(bytes.buffer).setFloat32(n * 4, one, true))
        const embedding = Buffer.from(bytes).toString('base64')
        expect(read(openai, { data: [{ index: 0, embedding }] }).embeddings).toEqual([floats])
      }),
    )
  })

  test.each<[Provider, unknown]>([
    [openai, null], [openai, { data: [] }], [openai, list({ index: 0, embedding: [1] })], [openai, list({ index: 0, embedding: [1] }, { index: 1, embedding: [] })],
    [google, {}], [google, { embeddings: [{ values: [1] }] }], [vertex, { predictions: [{}] }], [cohere, { embeddings: {} }], [cohere, {}], [bedrock, { embedding: [1] }],
  ])('fewer vectors than texts are no answer, %#', (provider, body) => {
    expect(() => read(provider, body, { input })).toThrow(expect.objectContaining({ code: 'invalid_response' }))
  })
})

describe('ranking', () => {
  const documents = ['x', 'y', 'z']
  const rankOf = (provider: Provider, model = 'rerank-v4.0-pro'): { wire: RerankWire; encoding: RerankEncoding } => {
    const { target, extra, note, details } = encodingOf(provider, { input: '' }, { model })
    if (!provider.rerank) throw new Error('no ranking')
    return { wire: provider.rerank, encoding: { request: { query: 'q', documents, topN: 2, providerOptions: { max_tokens_per_doc: 9 } }, target, extra, note, details } }
  }
  test.each<[Provider, WireRequest, model?: string]>([
    [cohere, { path: '/rerank', body: { model: 'rerank-v4.0-pro', query: 'q', documents, top_n: 2, max_tokens_per_doc: 9 } }],
    [bedrock, { path: '/model/rerank-v4.0-pro/invoke', body: { api_version: 2, query: 'q', documents, top_n: 2, max_tokens_per_doc: 9 } }],
    [bedrock, { path: '/model/amazon.rerank-v1%3A0/invoke', body: { query: 'q', documents, top_n: 2, max_tokens_per_doc: 9 } }, 'amazon.rerank-v1:0'],
  ])('is asked for, %#', (provider, expected, model) => {
    const { wire, encoding } = rankOf(provider, model)
    expect(wire.encode(encoding)).toEqual(expected)
    const body = { results: [{ index: 0, relevance_score: 0.1 }, { index: 2, relevance_score: 0.9 }], meta: { billed_units: { search_units: 1 } } }
    expect(wire.decode({ body, headers: new Headers() }, encoding)).toEqual({ results: [{ index: 2, score: 0.9 }, { index: 0, score: 0.1 }], searchUnits: 1 })
  })

  test.each([[null], [{}], [{ results: [{ index: 3, relevance_score: 1 }] }], [{ results: [{ index: 0 }] }]])('what ranks nothing that was sent is no answer: %j', (body) => {
    const { wire, encoding } = rankOf(cohere)
    expect(() => wire.decode({ body, headers: new Headers() }, encoding)).toThrow(expect.objectContaining({ code: 'invalid_response' }))
  })
})

describe('the recordings', () => {
  interface Expected {
    readonly count?: number
    readonly dims?: readonly number[]
    readonly first8?: readonly (readonly number[])[]
    readonly kind: string
  }
  const providers: { readonly [name: string]: Provider } = { openai, cohere, google, mistral, bedrock, azure, openrouter, 'google-vertex': vertex }
  const all = recorded<Recorded>('exchanges.jsonl.gz')?.filter(({ api, expect: { kind }, provider }) => api === 'embeddings' && kind === 'embeddings' && provider in providers)

  test.skipIf(!all)('are read, every number of them (skipped where ../shared/data is not)', () => {
    const wrong: string[] = []
    for (const record of all ?? []) {
      const provider = providers[record.provider]
      const told = record.expect as unknown as Expected
      if (!provider) continue
      const model = /model(?:s)?\/([^/:]+)/.exec(decodeURIComponent(record.request.url))?.[1] ?? record.model ?? 'm'
      const body: unknown = JSON.parse(Buffer.from(record.response.body_base64, 'base64').toString())
      const input = Array.from({ length: told.count ?? 0 }, () => 'x')
      try {
        const { embeddings } = read(provider, body, { input, model, headers: { ...record.response.headers } })
        const first = embeddings.map((vector) => vector.slice(0, 8))
        if (JSON.stringify([embeddings.map(({ length }) => length), first]) !== JSON.stringify([told.dims, told.first8])) wrong.push(record.id)
      } catch (error) {
        wrong.push(`${record.id}: ${String(error)}`)
      }
    }
    expect(wrong).toEqual([])
    expect(all?.length).toBeGreaterThan(40)
  })
})
