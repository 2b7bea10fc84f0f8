import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { azure, type ContentFilter } from '../../src/providers/azure.ts'
import { azureResponses } from '../../src/providers/azure-responses.ts'
import type { ModelConfig } from '../../src/types/config.ts'
import type { HttpRequest, Provider, SignContext } from '../../src/types/provider.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import { chunk, encodingOf, events, streamed, whole } from '../wire/openai-chat-kit.ts'
import { asking, bodyOf, streamOf } from '../wire/openai-responses-kit.ts'

const host = 'https://mine.openai.azure.com'
const chat = encodingOf({}, { provider: azure, mode: 'stream' })

function sent(provider: Provider, baseUrl: string, config: Partial<ModelConfig> = {}, request: Partial<ChatRequest> = {}, model = 'gpt-5-mini') {
  const encoding = encodingOf({ messages: [{ role: 'user', content: 'hi' }], ...request }, { provider, model, config })
  const { path, body } = provider.wire.encode({ ...encoding, target: { ...encoding.target, baseUrl } })
  return { url: baseUrl + path, body }
}

describe('the surface', () => {
  const dated = { api_version: '2024-10-21' }
  test.each<[string, Provider, string, Partial<ModelConfig>, string]>([
    ['v1, named', azure, `${host}/openai/v1`, {}, `${host}/openai/v1/chat/completions`],
    ['v1, named, with a date that it has no use for', azure, `${host}/openai/v1`, dated, `${host}/openai/v1/chat/completions`],
    ['v1, named, a preview', azure, `${host}/openai/v1`, { api_version: 'preview' }, `${host}/openai/v1/chat/completions?api-version=preview`],
    ['v1, by Responses', azureResponses, `${host}/openai/v1`, {}, `${host}/openai/v1/responses`],
    ['v1 of a bare host', azure, host, {}, `${host}/openai/v1/chat/completions`],
    ['v1 of a bare host, a preview', azureResponses, host, { api_version: 'preview' }, `${host}/openai/v1/responses?api-version=preview`],
    ['v1 of a Foundry resource', azure, 'https://mine.services.ai.azure.com', {}, 'https://mine.services.ai.azure.com/openai/v1/chat/completions'],
    ['classic', azure, host, { ...dated, deployment: 'prod' }, `${host}/openai/deployments/prod/chat/completions?api-version=2024-10-21`],
    ['classic, without a deployment', azure, `${host}/openai`, dated, `${host}/openai/deployments/gpt-5-mini/chat/completions?api-version=2024-10-21`],
    ['classic, by Responses', azureResponses, host, { api_version: '2025-04-01-preview', deployment: 'prod' }, `${host}/openai/responses?api-version=2025-04-01-preview`],
    ['one deployment', azure, `${host}/openai/deployments/prod`, {}, `${host}/openai/deployments/prod/chat/completions?api-version=2024-10-21`],
    ['the models of a resource', azure, 'https://mine.services.ai.azure.com/models', {}, 'https://mine.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview'],
    ['a deployment whose name needs it', azure, host, { ...dated, deployment: 'a b' }, `${host}/openai/deployments/a%20b/chat/completions?api-version=2024-10-21`],
  ])('%s', (_, provider, base, config, url) => {
    expect(sent(provider, base, config)).toMatchObject({ url, body: { model: config.deployment ?? 'gpt-5-mini' } })
  })

  test.each([
    ['gpt-5-mini', 'max_completion_tokens'],
    ['my-deployment', 'max_completion_tokens'],
    ['gpt-4o', 'max_tokens'],
    ['gpt-35-turbo', 'max_tokens'],
    ['Mistral-Large-3', 'max_tokens'],
    ['DeepSeek-V4', 'max_tokens'],
  ])('the most tokens of %s are %s', (model, field) => {
    const { body } = sent(azure, host, {}, { maxTokens: 9 }, model)
    expect(Object.keys(body).filter((key) => /^max/.test(key))).toEqual([field])
    expect(body[field]).toBe(9)
  })

  test('how hard to think may be said to a deployment of any name', () => {
    expect(sent(azure, host, {}, { reasoning: 'low' }, 'my-deployment').body).toHaveProperty('reasoning_effort', 'low')
    expect(sent(azure, host, {}, { reasoning: 'low' }, 'gpt-4o').body).not.toHaveProperty('reasoning_effort')
  })
})

describe('signing', () => {
  const request: HttpRequest = { method: 'POST', url: `${host}/x`, headers: { a: 'b' } }
  const context = { now: 0 } as SignContext
  test.each<[string, Parameters<Provider['sign']>[1], object]>([
    ['a key', { type: 'key', value: 'k' }, { a: 'b', 'api-key': 'k' }],
    ['a token', { type: 'token', value: 't' }, { a: 'b', authorization: 'Bearer t' }],
  ])('%s goes into one header', async (_, credential, headers) => {
    for (const { sign } of [azure, azureResponses]) expect(await sign(request, credential, context)).toEqual({ ...request, headers })
  })

  test('other credentials are refused', () => {
    expect(() => azure.sign(request, { type: 'aws', accessKeyId: 'a', secretAccessKey: 's' }, context)).toThrow(expect.objectContaining({ code: 'config' }))
  })
})

describe('the content filter', () => {
  const safe = { filtered: false, severity: 'safe' }
  const prompt = { prompt_filter_results: [{ prompt_index: 0, content_filter_results: { hate: safe, jailbreak: { filtered: false, detected: false } } }] }
  const annotated = (content_filter_results: object, more: object = {}) => ({ id: '', model: '', object: '', created: 0, choices: [{ index: 0, content_filter_results, content_filter_offsets: {}, finish_reason: null, ...more }] })
  const filtersOf = (response: { readonly metadata: object }) => (response.metadata as { contentFilters?: readonly ContentFilter[] }).contentFilters

  test('its verdicts are on the response, whole and streamed, however they are cut', () => {
    const verdicts = { hate: safe, protected_material_code: { filtered: false, detected: true } }
    const body = { id: 'r1', model: 'm-1', created: 7, ...prompt, choices: [{ index: 0, message: { content: 'ab' }, finish_reason: 'stop', content_filter_results: verdicts }] }
    const bytes = events({ ...(annotated({}) as object), ...prompt, choices: [] }, annotated({}, { delta: { content: '' } }), chunk({ content: 'a' }), annotated(verdicts), chunk({ content: 'b' }), chunk({}, 'stop'), annotated({ hate: safe }), '[DONE]')
    const expected = whole(body, chat)
    expect(filtersOf(expected.response)).toEqual([
      { source_type: 'prompt', content_filter_results: prompt.prompt_filter_results[0]?.content_filter_results },
      { source_type: 'completion', content_filter_results: verdicts },
    ])
    fc.assert(fc.property(fc.array(fc.nat(), { maxLength: 8 }), (cuts) => void expect(streamed(bytes, chat, cuts)).toEqual(expected)))
  })

  test('of each category the worst counts, whenever it comes', () => {
    const levels = ['safe', 'low', 'medium', 'high'] as const
    fc.assert(
      fc.property(fc.array(fc.record({ filtered: fc.boolean(), severity: fc.constantFrom(...levels) }), { minLength: 1, maxLength: 6 }), (list) => {
        const bytes = events(...list.map((violence) => annotated({ violence })), chunk({ content: 'a' }, 'stop'), '[DONE]')
        const rank = ({ filtered, severity }: { filtered: boolean; severity: (typeof levels)[number] }): number => (filtered ? 4 : 0) + levels.indexOf(severity)
        const worst = list.reduce((most, one) => (rank(one) > rank(most) ? one : most))
        expect(filtersOf(streamed(bytes, chat).response)).toEqual([{ source_type: 'completion', content_filter_results: { violence: worst } }])
      }),
    )
  })

  test('a filter that works beside the stream may end it late, after its end and without a word', () => {
    const late = events(chunk({ content: 'a' }), chunk({}, 'stop'), annotated({ violence: { filtered: true, severity: 'high' } }, { finish_reason: 'content_filter' }), annotated({}), '[DONE]')
    const { response } = streamed(late, chat)
    expect(response).toMatchObject({ text: 'a', finishReason: 'content_filter', rawFinishReason: 'content_filter' })
    expect(filtersOf(response)).toEqual([{ source_type: 'completion', content_filter_results: { violence: { filtered: true, severity: 'high' } } }])
  })

  test('where it could not run it says so, and where there is none nothing is said', () => {
    const error = { code: 'content_filter_error', message: 'The contents are not filtered' }
    const body = { choices: [{ message: { content: 'a' }, finish_reason: 'stop', content_filter_result: { error } }] }
    expect(filtersOf(whole(body, chat).response)).toEqual([{ source_type: 'completion', content_filter_results: { error } }])
    expect(filtersOf(whole({ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] }, chat).response)).toBeUndefined()
  })

  test('Responses say the same', () => {
    const contentFilters: readonly ContentFilter[] = [{ source_type: 'prompt', blocked: false, content_filter_results: { hate: { filtered: false, severity: 'safe' } } }]
    const message = { type: 'message', content: [{ type: 'output_text', text: 'hi' }] }
    const encoding = asking({}, { provider: azureResponses })
    expect(filtersOf(whole(bodyOf([message], { content_filters: contentFilters }), encoding).response)).toEqual(contentFilters)
    expect(filtersOf(streamed(streamOf([message], { content_filters: contentFilters }), encoding).response)).toEqual(contentFilters)
    expect(filtersOf(whole(bodyOf([message], { content_filters: null }), encoding).response)).toBeUndefined()
  })

  test.each(['content_filter_result', 'content_filter_results'])('a prompt that it blocks is an error with its verdicts in `%s`', (field) => {
    const verdicts = { hate: { filtered: true, severity: 'high' } }
    const body = { error: { message: 'The response was filtered', code: 'content_filter', status: 400, innererror: { code: 'ResponsibleAIPolicyViolation', [field]: verdicts } } }
    for (const { wire } of [azure, azureResponses]) {
      const error = wire.fault({ status: 400, text: JSON.stringify(body), json: body, headers: new Headers(), details: {} })
      expect(error).toMatchObject({ name: 'ContentPolicyError', code: 'content_policy', data: verdicts })
    }
  })
})

test.each<[number, object, string]>([
  [401, { error: { code: '401', message: 'Access denied due to invalid subscription key or wrong API endpoint.' } }, 'authentication'],
  [404, { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } }, 'not_found'],
  [404, { error: { code: '404', message: 'Resource not found' } }, 'not_found'],
  [429, { error: { code: '429', message: 'Requests have exceeded token rate limit. Please retry after 7 seconds.' } }, 'rate_limit'],
  [400, { error: { code: 'context_length_exceeded', message: "This model's maximum context length is 8192 tokens." } }, 'context_window'],
])('a failure, %i %j, is %s', (status, body, code) => {
  const error = azure.wire.fault({ status, text: JSON.stringify(body), json: body, headers: new Headers(), details: {} })
  expect(error.code).toBe(code)
  if (code === 'rate_limit') expect(error.retryAfterMs).toBe(7000)
})
