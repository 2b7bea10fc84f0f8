// Companies whose Responses Relay speaks, through the hub: which API is chosen, what goes over the wire, and a tool loop.
import { describe, expect, test } from 'vitest'
import { Hub } from '../../src/hub.ts'
import { azure } from '../../src/providers/azure.ts'
import { azureResponses } from '../../src/providers/azure-responses.ts'
import { openai } from '../../src/providers/openai.ts'
import { openaiResponses } from '../../src/providers/openai-responses.ts'
import { openrouter } from '../../src/providers/openrouter.ts'
import { openrouterResponses } from '../../src/providers/openrouter-responses.ts'
import { perplexity } from '../../src/providers/perplexity.ts'
import { perplexityResponses } from '../../src/providers/perplexity-responses.ts'
import { xai } from '../../src/providers/xai.ts'
import { xaiResponses } from '../../src/providers/xai-responses.ts'
import type { ModelConfig } from '../../src/types/config.ts'
import type { Message } from '../../src/types/message.ts'
import { bodyOf, streamOf, type Item } from '../wire/openai-responses-kit.ts'

const providers = [openai, openaiResponses, azure, azureResponses, openrouter, openrouterResponses, perplexity, perplexityResponses, xai, xaiResponses]
const hi: Message = { role: 'user', content: 'hi' }

interface Sent {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: { readonly [field: string]: unknown }
}

function hubOf(model: ModelConfig, answers: readonly Response[]): { readonly hub: Hub; readonly sent: Sent[] } {
  const sent: Sent[] = []
  const left = [...answers]
  const hub = new Hub({ models: { m: { credential: { type: 'literal', value: 'k3y' }, max_retries: 0, ...model } } }, {
    providers,
    fetch: async (url, init) => {
      sent.push({ url: String(url), headers: init?.headers as Sent['headers'], body: JSON.parse(String(init?.body)) as Sent['body'] })
      const answer = left.shift()
      if (!answer) throw new TypeError('fetch failed')
      return answer
    },
  })
  return { hub, sent }
}

const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
const sse = (text: string): Response => new Response(text, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
const speech = (text: string): Item => ({ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] })

describe('which API', () => {
  const base_url = 'https://mine.openai.azure.com/openai/v1'
  test.each<[ModelConfig, string, object]>([
    [{ target: 'openai/gpt-5', api_style: 'responses' }, 'https://api.openai.com/v1/responses', { authorization: 'Bearer k3y' }],
    [{ target: 'xai/grok-4.5', api_style: 'responses' }, 'https://api.x.ai/v1/responses', { authorization: 'Bearer k3y' }],
    [{ target: 'openrouter/openai/gpt-5', api_style: 'responses' }, 'https://openrouter.ai/api/v1/responses', { authorization: 'Bearer k3y' }],
    [{ target: 'perplexity/openai/gpt-5', api_style: 'responses' }, 'https://api.perplexity.ai/v1/responses', { authorization: 'Bearer k3y' }],
    [{ target: 'azure/gpt-5', api_style: 'responses', base_url }, `${base_url}/responses`, { 'api-key': 'k3y' }],
    [{ target: 'azure/gpt-5', api_style: 'responses', base_url: 'https://mine.openai.azure.com', api_version: '2025-04-01-preview' }, 'https://mine.openai.azure.com/openai/responses?api-version=2025-04-01-preview', { 'api-key': 'k3y' }],
  ])('%j', async (model, url, headers) => {
    const { hub, sent } = hubOf(model, [json(bodyOf([speech('hello')]))])
    expect(await hub.chat('m', { messages: [hi] })).toMatchObject({ text: 'hello', id: 'resp_1', usage: { inputTokens: 40, reasoningTokens: 8 } })
    expect(sent).toMatchObject([{ url, headers, body: { input: [hi], store: false } }])
  })

  test.each<ModelConfig>([
    { target: 'openai/gpt-5' }, { target: 'openai/gpt-5', api_style: 'chat_completions' }, { target: 'azure/gpt-5', base_url },
  ])('without a word it is Chat Completions: %j', async (model) => {
    const { hub, sent } = hubOf(model, [json({ choices: [{ message: { content: 'hello' }, finish_reason: 'stop' }] })])
    await hub.chat('m', { messages: [hi] })
    expect(sent[0]?.url).toMatch(/\/chat\/completions$/)
  })

  test('Azure has no address of its own', async () => {
    const { hub } = hubOf({ target: 'azure/gpt-5' }, [])
    await expect(hub.chat('m', { messages: [hi] })).rejects.toMatchObject({ code: 'config', message: expect.stringContaining('base_url') as string })
  })
})

test('a tool loop over a stream: the thought goes back sealed, with its call and the result', async () => {
  const thought: Item = { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'sealed' }
  const call: Item = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'wx', arguments: '{"city":"Oslo"}' }
  const { hub, sent } = hubOf({ target: 'openai/gpt-5', api_style: 'responses' }, [sse(streamOf([thought, call], {}, { cuts: [4] })), sse(streamOf([speech('cold')]))])
  const tools = [{ name: 'wx' }]
  const stream = hub.stream('m', { messages: [hi], tools })
  const kinds: string[] = []
  for await (const event of stream) kinds.push(event.type)
  const first = await stream.response()
  expect(kinds[0]).toBe('start')
  expect(kinds.at(-1)).toBe('end')
  expect(kinds).toEqual(expect.arrayContaining(['thinking_delta', 'tool_call_delta', 'usage']))
  expect(first).toMatchObject({ thinking: 'hm', finishReason: 'tool_calls', toolCalls: [{ id: 'call_1', name: 'wx', arguments: { city: 'Oslo' } }] })

  const result: Message = { role: 'tool', content: [{ type: 'tool_result', toolUseId: 'call_1', content: '3' }] }
  const second = await hub.stream('m', { messages: [hi, first.message, result], tools }).response()
  expect(second.text).toBe('cold')
  expect(sent[1]?.body).toMatchObject({ input: [hi, thought, call, { type: 'function_call_output', call_id: 'call_1', output: '3' }], include: ['reasoning.encrypted_content'] })
})

test.each<[string, Response, string]>([
  ['an error before anything', json({ error: { message: 'The response was filtered', code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: { hate: { filtered: true } } } } }, 400), 'content_policy'],
  ['a stream that is answered with JSON', json({ error: { message: 'slow down', code: 'rate_limit_exceeded' } }), 'rate_limit'],
  ['an error inside a stream', sse(`data: ${JSON.stringify({ type: 'error', error: { code: 'server_error', message: 'broken' } })}\n\n`), 'server_error'],
  ['a stream that is cut', sse(streamOf([speech('hello')]).replace(/event: response\.completed[^]*/, '')), 'stream_truncated'],
])('%s is an error of its own kind', async (_, answer, code) => {
  const { hub } = hubOf({ target: 'azure/gpt-5', api_style: 'responses', base_url: 'https://mine.openai.azure.com' }, [answer])
  await expect(hub.stream('m', { messages: [hi] }).response()).rejects.toMatchObject({ code })
})
