import { describe, expect, test } from 'vitest'
import { compatible } from '../../src/providers/compatible.ts'
import { deepseek } from '../../src/providers/deepseek.ts'
import { fireworks } from '../../src/providers/fireworks.ts'
import { groq } from '../../src/providers/groq.ts'
import { lmstudio } from '../../src/providers/lmstudio.ts'
import { mistral } from '../../src/providers/mistral.ts'
import { ollama } from '../../src/providers/ollama.ts'
import { openai } from '../../src/providers/openai.ts'
import { openrouter } from '../../src/providers/openrouter.ts'
import { perplexity } from '../../src/providers/perplexity.ts'
import { together } from '../../src/providers/together.ts'
import { vllm } from '../../src/providers/vllm.ts'
import { xai } from '../../src/providers/xai.ts'
import type { ContentBlock, Message } from '../../src/types/message.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { Reasoning } from '../../src/types/request.ts'
import { encode, encodingOf } from '../wire/openai-chat-kit.ts'

const all = [openai, groq, together, deepseek, xai, mistral, fireworks, perplexity, openrouter, ollama, vllm, lmstudio, compatible]

describe('every provider', () => {
  test.each(all.map((provider) => [provider.name, provider] as const))('%s signs with a bearer token and asks in the same place', async (_, provider) => {
    const encoding = encodingOf({ messages: [{ role: 'user', content: 'hi' }] }, { provider })
    expect(provider.wire.encode(encoding)).toMatchObject({ path: '/chat/completions', body: { model: 'm', messages: [{ role: 'user', content: 'hi' }] } })
    const request = { method: 'POST', url: 'https://a.example', headers: { a: 'b' } } as const
    expect(await provider.sign(request, { type: 'key', value: 'k' }, { target: encoding.target, now: 0, cache: new Map() })).toEqual({ ...request, headers: { a: 'b', authorization: 'Bearer k' } })
    if (provider !== compatible) expect(String(provider.baseUrl)).toMatch(provider.keyless ? /^http:\/\/localhost:\d+\/v1$/ : /^https:\/\/.*[^/]$/)
  })

  test('that runs at home needs no key', () => {
    expect(all.filter(({ keyless }) => keyless)).toEqual([ollama, vllm, lmstudio, compatible])
  })

  test('no two have the same name', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  })
})

describe('tools', () => {
  const tools = [{ name: 'look' }]

  test('are left out for Sonar, which calls none, and it is said', () => {
    const notes: string[] = []
    const body = encode({ tools, toolChoice: 'required' }, { provider: perplexity, notes })
    expect([body['tools'], body['tool_choice']]).toEqual([undefined, undefined])
    expect(notes).toContain('tools')
  })

  test('that another model called are told to Sonar in words, in turns', () => {
    const call = (id: string): ContentBlock => ({ type: 'tool_use', id, name: 'look', input: { at: id } })
    const result = (toolUseId: string, content: string): ContentBlock => ({ type: 'tool_result', toolUseId, content })
    const messages: readonly Message[] = [
      { role: 'user', content: 'look' },
      { role: 'assistant', content: [{ type: 'text', text: 'Wait.' }, call('one'), call('two')] },
      { role: 'tool', content: [result('one', 'fog'), result('two', 'sun')] },
      { role: 'user', content: 'and?' },
    ]
    const notes: string[] = []
    const sent = encode({ messages }, { provider: perplexity, notes })['messages'] as { readonly role: string; readonly content: string }[]
    expect(sent.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(sent.flatMap((turn) => Object.keys(turn)).filter((field) => field.startsWith('tool'))).toEqual([])
    for (const word of ['Wait.', 'look', '{"at":"two"}']) expect(sent[1]?.content).toContain(word)
    for (const word of ['one', 'fog', 'two', 'sun', 'and?']) expect(sent[2]?.content).toContain(word)
    expect(notes).toContain('messages')
  })

  test('and JSON do not go together at Groq: it is asked for in words', () => {
    const notes: string[] = []
    const body = encode({ messages: [{ role: 'user', content: 'hi' }], tools, responseFormat: { schema: { type: 'object', title: 'Weather' } } }, { provider: groq, notes })
    expect(body).toMatchObject({ tools: [{ type: 'function' }], messages: [{ role: 'system', content: expect.stringContaining('Weather') as string }, { role: 'user' }] })
    expect(body['response_format']).toBeUndefined()
    expect(notes).toContain('responseFormat')
    expect(encode({ responseFormat: 'json_object' }, { provider: groq })['response_format']).toEqual({ type: 'json_object' })
  })
})

describe('reasoning', () => {
  const sent = (provider: Provider, model: string, reasoning: Reasoning) => {
    const notes: string[] = []
    const { model: _, messages: __, ...body } = encode({ reasoning }, { provider, model, notes })
    return { body, noted: notes.includes('reasoning') }
  }
  const effort = (level: string) => ({ reasoning_effort: level })
  test.each<[Provider, string, Reasoning, object, boolean?]>([
    [openai, 'o4-mini', 'high', effort('high')],
    [openai, 'o4-mini', 'minimal', effort('low'), true],
    [openai, 'o3', 'xhigh', effort('high'), true],
    [openai, 'gpt-5-mini', 'minimal', effort('minimal')],
    [openai, 'gpt-5-mini', 'none', effort('minimal'), true],
    [openai, 'gpt-5.1', 'minimal', effort('low'), true],
    [openai, 'gpt-5.1', 'xhigh', effort('high'), true],
    [openai, 'gpt-5.4-mini', 'xhigh', effort('xhigh')],
    [openai, 'gpt-5.4-mini', 'none', effort('none')],
    [openai, 'gpt-5-pro', 'low', effort('high'), true],
    [openai, 'gpt-5.2-chat-latest', 'low', effort('medium'), true],
    [openai, 'gpt-6-astra', 'none', effort('low'), true],
    [openai, 'gpt-6-sol', 'none', effort('none')],
    [openai, 'gpt-4o', 'high', {}, true],
    [openai, 'gpt-4o', 'none', {}],
    [openai, 'gpt-5.4', 0, effort('none'), true],
    [openai, 'gpt-5.4', 2000, effort('low'), true],
    [openai, 'gpt-5.4', 100_000, effort('xhigh'), true],
    [groq, 'qwen/qwen3-32b', 'none', effort('none')],
    [groq, 'qwen/qwen3-32b', 'low', effort('default'), true],
    [groq, 'openai/gpt-oss-120b', 'none', effort('low'), true],
    [groq, 'llama-3.3-70b', 'low', {}, true],
    [together, 'm', 'none', { reasoning: { enabled: false } }],
    [together, 'm', 'xhigh', effort('high'), true],
    [deepseek, 'deepseek-v4-pro', 'none', { thinking: { type: 'disabled' } }],
    [deepseek, 'deepseek-v4-pro', 'medium', { thinking: { type: 'enabled' }, reasoning_effort: 'high' }, true],
    [deepseek, 'deepseek-v4-pro', 'xhigh', { thinking: { type: 'enabled' }, reasoning_effort: 'max' }, true],
    [xai, 'grok-4.6', 'xhigh', effort('xhigh')],
    [xai, 'grok-3-mini', 'minimal', effort('low'), true],
    [xai, 'grok-4', 'high', {}, true],
    [xai, 'grok-4.20-0309-non-reasoning', 'high', {}, true],
    [mistral, 'mistral-small-latest', 'low', effort('high'), true],
    [mistral, 'magistral-medium-latest', 'low', {}, true],
    [fireworks, 'accounts/fireworks/models/x', 'minimal', effort('low'), true],
    [fireworks, 'accounts/fireworks/models/x', 500, { thinking: { type: 'enabled', budget_tokens: 1024 } }, true],
    [perplexity, 'sonar-reasoning-pro', 'medium', effort('medium')],
    [perplexity, 'sonar', 'medium', {}, true],
    [openrouter, 'a/b', 'none', { reasoning: { effort: 'none' } }],
    [openrouter, 'a/b', 2000, { reasoning: { max_tokens: 2000 } }],
    [ollama, 'm', 'none', effort('none')],
    [vllm, 'm', 'none', { chat_template_kwargs: { enable_thinking: false } }],
    [vllm, 'm', 'high', effort('high')],
    [lmstudio, 'm', 'none', effort('low'), true],
    [compatible, 'm', 'xhigh', effort('xhigh')],
  ])('%#: %o', (provider, model, asked, body, noted = false) => {
    expect(sent(provider, model, asked)).toEqual({ body, noted })
  })
})

describe('what models refuse', () => {
  const left = (provider: Provider, model: string, request: Parameters<typeof encode>[0] = {}) => {
    const notes: string[] = []
    const extra = { frequency_penalty: 1, presence_penalty: 1, logit_bias: {}, logprobs: true }
    const { model: _, messages: __, ...body } = encode({ temperature: 1, topP: 1, stop: 'x', ...request }, { provider, model, extra, notes })
    expect(Object.keys({ ...extra, temperature: 0, top_p: 0, stop: 0 }).filter((field) => !(field in body) && !notes.includes(field === 'top_p' ? 'topP' : field))).toEqual([])
    return Object.keys(body)
  }
  test.each<[Provider, string, readonly string[], Parameters<typeof encode>[0]?]>([
    [openai, 'gpt-4o', ['temperature', 'top_p', 'stop', 'frequency_penalty', 'presence_penalty', 'logit_bias', 'logprobs']],
    [openai, 'gpt-4o-search-preview', ['top_p', 'stop', 'frequency_penalty', 'presence_penalty', 'logit_bias', 'logprobs']],
    [openai, 'o3', []],
    [openai, 'o3-mini', ['stop']],
    [openai, 'gpt-5-mini', ['stop']],
    [openai, 'gpt-5.4', ['temperature', 'top_p', 'stop', 'logprobs']],
    [openai, 'gpt-5.4', ['stop', 'reasoning_effort'], { reasoning: 'low' }],
    [openai, 'gpt-5.5', ['stop']],
    [openai, 'gpt-5.5', ['temperature', 'top_p', 'stop', 'reasoning_effort', 'logprobs'], { reasoning: 'none' }],
    [xai, 'grok-4.6', ['temperature', 'top_p', 'logit_bias', 'logprobs']],
    [xai, 'grok-4-fast-non-reasoning', ['temperature', 'top_p', 'stop', 'frequency_penalty', 'presence_penalty', 'logit_bias', 'logprobs']],
  ])('%#: is left out, and said', (provider, model, fields, request) => {
    expect(left(provider, model, request).sort()).toEqual([...fields].sort())
  })

  test('`providerOptions` go past all that', () => {
    expect(encode({ providerOptions: { temperature: 1 } }, { provider: openai, model: 'o3' })).toMatchObject({ temperature: 1 })
  })

  test('tools and reasoning together, where that takes another API', () => {
    const tools = [{ name: 'f' }]
    const notes: string[] = []
    expect(encode({ tools, reasoning: 'high' }, { provider: openai, model: 'gpt-5.6-sol', notes })).toMatchObject({ reasoning_effort: 'none' })
    expect(notes).toEqual(['reasoning'])
    expect(encode({ tools }, { provider: openai, model: 'gpt-5.6-sol' })).toMatchObject({ reasoning_effort: 'none' })
    expect(encode({}, { provider: openai, model: 'gpt-5.6-sol' })).not.toHaveProperty('reasoning_effort')
  })

  test('a tool call that is forced while the model thinks', () => {
    const tools = [{ name: 'f' }]
    expect(encode({ tools, toolChoice: 'required' }, { provider: deepseek })).toMatchObject({ tool_choice: 'required', thinking: { type: 'disabled' } })
    expect(encode({ tools, toolChoice: { name: 'f' }, reasoning: 'high' }, { provider: deepseek })).toMatchObject({ tool_choice: 'auto', thinking: { type: 'enabled' } })
    expect(encode({ tools, toolChoice: 'required', reasoning: 'none' }, { provider: deepseek })).toMatchObject({ tool_choice: 'required', thinking: { type: 'disabled' } })
    expect(encode({ tools, toolChoice: 'auto' }, { provider: deepseek })).not.toHaveProperty('thinking')
  })

  test.each<[Provider, string]>([[openai, 'max_completion_tokens'], [groq, 'max_completion_tokens'], ...all.slice(2).map((provider): [Provider, string] => [provider, 'max_tokens'])])(
    'the cap has its name, %#',
    (provider, field) => {
      expect(encode({ maxTokens: 9 }, { provider })).toMatchObject({ [field]: 9 })
    },
  )
})
