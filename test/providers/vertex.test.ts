// Vertex AI through the hub: where a request goes, how it is signed, and which protocol it speaks.
import { describe, expect, it } from 'vitest'
import { Hub } from '../../src/hub.ts'
import { vertexGemini } from '../../src/providers/vertex-gemini.ts'
import { vertex } from '../../src/providers/vertex.ts'
import type { ModelConfig } from '../../src/types/config.ts'
import type { Target } from '../../src/types/provider.ts'

interface Asked {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: any
}

interface Stage {
  readonly hub: Hub
  readonly asked: Asked[]
}

function stage(config: ModelConfig, ...answers: readonly Response[]): Stage {
  const asked: Asked[] = []
  const hub = new Hub({ models: { m: { ...config, max_retries: 0 } } }, {
    providers: [vertex],
    env: { GOOGLE_VERTEX_API_KEY: 'EXPRESS' },
    fetch: async (input, init) => {
      asked.push({ url: String(input), headers: init?.headers as Asked['headers'], body: JSON.parse(String(init?.body)) })
      const answer = answers[asked.length - 1]
      if (!answer) throw new Error('no answer')
      return answer
    },
  })
  return { hub, asked }
}

const json = (body: unknown, status = 200): Response => Response.json(body, { status })
const events = (...data: readonly unknown[]): Response =>
  new Response(data.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''), { headers: { 'content-type': 'text/event-stream' } })
const ASK = { messages: [{ role: 'user', content: 'hi' }] } as const
const call = (id?: string): object => ({ functionCall: { ...(id && { id }), name: 'look', args: {} }, thoughtSignature: 's' })
const gemini = (...parts: readonly object[]): object => ({ candidates: [{ content: { parts }, finishReason: 'STOP' }] })
const CLAUDE = { id: 'msg_1', type: 'message', model: 'claude-opus-4-6', content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn', usage: { input_tokens: 1, output_tokens: 2 } }
const OPEN = { id: 'c1', choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 2 } }

describe('address', () => {
  it.each<[Partial<ModelConfig>, string]>([
    [{ location: 'us-central1' }, 'https://us-central1-aiplatform.googleapis.com/v1beta1/projects/p/locations/us-central1'],
    [{ location: 'global' }, 'https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global'],
    [{}, 'https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global'],
    [{ location: 'us' }, 'https://aiplatform.us.rep.googleapis.com/v1beta1/projects/p/locations/us'],
    [{ region: 'eu' }, 'https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/p/locations/eu'],
    [{ location: 'global', api_version: 'v1' }, 'https://aiplatform.googleapis.com/v1/projects/p/locations/global'],
  ])('%j', async (config, base) => {
    const { hub, asked } = stage({ target: 'vertex/gemini-3.6-flash', project: 'p', ...config }, json(gemini({ text: 'Hello' })))
    expect((await hub.chat('m', ASK)).text).toBe('Hello')
    expect(asked[0]?.url).toBe(`${base}/publishers/google/models/gemini-3.6-flash:generateContent`)
  })

  it.each([
    ['google/gemini-3.6-flash', '/publishers/google/models/gemini-3.6-flash:generateContent'],
    ['publishers/google/models/gemini-3.6-flash', '/publishers/google/models/gemini-3.6-flash:generateContent'],
    ['endpoints/123', '/endpoints/123:generateContent'],
    ['claude-opus-4-5@20251101', '/publishers/anthropic/models/claude-opus-4-5@20251101:rawPredict'],
    ['anthropic/claude-opus-4-6', '/publishers/anthropic/models/claude-opus-4-6:rawPredict'],
    ['meta/llama-4-maverick-17b-128e-instruct-maas', '/endpoints/openapi/chat/completions'],
    ['xai/grok-4.1-fast', '/endpoints/openapi/chat/completions'],
  ])('%s', async (model, path) => {
    const { hub, asked } = stage({ target: `vertex/${model}`, project: 'p', location: 'eu', base_url: 'https://h.test/base' }, json({}, 500))
    await expect(hub.chat('m', ASK)).rejects.toMatchObject({ code: 'server_error' })
    expect(asked[0]?.url).toBe(`https://h.test/base${path}`)
  })

  it('an express key stands for its project, and is in no address', async () => {
    const { hub, asked } = stage({ target: 'vertex/gemini-3.6-flash' }, events(gemini({ text: 'Hello' })))
    expect((await hub.stream('m', ASK).response()).text).toBe('Hello')
    expect(asked[0]?.url).toBe('https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-3.6-flash:streamGenerateContent?alt=sse')
    expect(asked[0]?.headers).toMatchObject({ 'x-goog-api-key': 'EXPRESS' })
  })

  it('a token is a bearer, and needs a project', async () => {
    const request = { method: 'POST' as const, url: 'https://h/', headers: {} }
    const target: Target = { alias: 'm', provider: vertex, model: 'x', baseUrl: 'https://h', config: { target: 'vertex/x', project: 'p' } }
    const credential = { type: 'token', value: 'ya29' } as const
    expect(await vertex.sign(request, credential, { target, now: 0, cache: new Map() })).toMatchObject({ headers: { authorization: 'Bearer ya29' } })
    const bare = { ...target, config: { target: 'vertex/x' } }
    expect(() => vertex.sign(request, credential, { target: bare, now: 0, cache: new Map() })).toThrow(expect.objectContaining({ code: 'config', message: expect.stringContaining('`project`') as string }))
  })
})

describe('Gemini', () => {
  const loop = async (config: ModelConfig, id?: string): Promise<Asked> => {
    const { hub, asked } = stage(config, json(gemini(call(id))), json(gemini({ text: 'done' })))
    const first = await hub.chat('m', ASK)
    const result = { role: 'tool', content: [{ type: 'tool_result', toolUseId: first.toolCalls[0]?.id ?? '', content: 'ok' }] } as const
    await hub.chat('m', { messages: [...ASK.messages, first.message, result] })
    return asked[1]!
  }

  it('sends an id only where one was received', async () => {
    const config = { target: 'vertex/gemini-3.6-flash', project: 'p' }
    const { contents } = (await loop(config, 'abc')).body
    expect(contents.slice(1)).toEqual([
      { role: 'model', parts: [{ functionCall: { id: 'abc', name: 'look', args: {} }, thoughtSignature: 's' }] },
      { role: 'user', parts: [{ functionResponse: { id: 'abc', name: 'look', response: { output: 'ok' } } }] },
    ])
    expect(JSON.stringify((await loop(config)).body)).not.toContain('"id"')
    const foreign = { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] } as const
    const { body } = vertexGemini.wire.encode({
      mode: 'chat', request: { messages: [foreign, { role: 'tool', content: [{ type: 'tool_result', toolUseId: 'toolu_1', content: 'ok' }] }] }, extra: {}, note: () => undefined, details: {},
      target: { alias: 'm', provider: vertexGemini, model: 'gemini-3.6-flash', baseUrl: 'https://h', config },
    })
    expect(JSON.stringify(body)).not.toContain('toolu_1')
  })
})

describe('Claude', () => {
  const config = { target: 'vertex/claude-opus-4-6', project: 'p', location: 'us-east5' }

  it('speaks Messages without its model, with the version in the body', async () => {
    const { hub, asked } = stage(config, json(CLAUDE))
    const response = await hub.chat('m', ASK)
    expect(response).toMatchObject({ text: 'Hello', provider: 'vertex', finishReason: 'stop' })
    expect(asked[0]?.url).toBe('https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-4-6:rawPredict')
    expect(asked[0]?.body).toMatchObject({ anthropic_version: 'vertex-2023-10-16', messages: [{ role: 'user' }] })
    expect(asked[0]?.body).not.toHaveProperty('model')
    expect(asked[0]?.headers).not.toHaveProperty('anthropic-version')
  })

  it('has no strict tools, and holds answers to a schema', async () => {
    const { hub } = stage(config, json(CLAUDE))
    const schema = { type: 'object', properties: {}, additionalProperties: false }
    const [plan] = await hub.explain('m', { ...ASK, tools: [{ name: 'go', strict: true }], responseFormat: { schema } })
    expect(plan?.body).toMatchObject({ tools: [{ name: 'go' }], output_config: { format: { type: 'json_schema' } } })
    expect(JSON.stringify(plan?.body)).not.toContain('strict')
    expect(plan?.notes.map(({ field }) => field)).toContain('tools')
  })

  it('says in path and body that it streams', async () => {
    const { hub, asked } = stage(config, events(
      { type: 'message_start', message: { ...CLAUDE, content: [] } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ))
    expect((await hub.stream('m', ASK).response()).text).toBe('Hello')
    expect(asked[0]?.url).toContain(':streamRawPredict')
    expect(asked[0]?.body.stream).toBe(true)
  })

  it('takes no pictures by address', async () => {
    const image = { role: 'user', content: [{ type: 'image', url: 'https://a.test/b.png' }] } as const
    await expect(stage(config).hub.chat('m', { messages: [image] })).rejects.toMatchObject({ code: 'unsupported' })
  })

  it.each([
    [403, { error: { code: 403, message: 'No access to the model', status: 'PERMISSION_DENIED' } }, 'permission', 'No access'],
    [429, [{ error: { code: 429, message: 'Quota exceeded', status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: '3s' }] } }], 'rate_limit', 'Quota'],
    [529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'overloaded', 'Overloaded'],
  ])('fails in the words of the platform or of the model: %i', async (status, body, code, words) => {
    await expect(stage(config, json(body, status)).hub.chat('m', ASK)).rejects.toMatchObject({ code, status, message: expect.stringContaining(words) as string })
  })
})

describe('everybody else', () => {
  it('speaks Chat Completions, the publisher in the model\'s name', async () => {
    const { hub, asked } = stage({ target: 'vertex/meta/llama-4-maverick', project: 'p', location: 'us-east5' }, json(OPEN))
    expect((await hub.chat('m', ASK)).text).toBe('Hello')
    expect(asked[0]?.url).toBe('https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/endpoints/openapi/chat/completions')
    expect(asked[0]?.body).toMatchObject({ model: 'meta/llama-4-maverick', max_tokens: 8192 })
  })

  it('asks Grok for no level of reasoning', async () => {
    const { hub, asked } = stage({ target: 'vertex/xai/grok-4.1-fast', project: 'p' }, json(OPEN))
    await hub.chat('m', { ...ASK, reasoning: 'high', maxTokens: 7 })
    expect(asked[0]?.body).toMatchObject({ max_tokens: 7 })
    expect(asked[0]?.body).not.toHaveProperty('reasoning_effort')
  })

  it('Gemini too, where the catalogue says so', async () => {
    const { hub, asked } = stage({ target: 'vertex/google/gemini-3.6-flash', project: 'p', api_style: 'chat_completions' }, json(OPEN))
    await hub.chat('m', ASK)
    expect(asked[0]?.url).toContain('/endpoints/openapi/chat/completions')
    expect(asked[0]?.body.model).toBe('google/gemini-3.6-flash')
  })
})
