// Relay itself on the simulator: each provider asks its own counterpart, and both must mean the same.
import { describe, expect, it } from 'vitest'
import { Hub, RelayError } from '@relay/core'
import type { Message, Provider } from '@relay/core'
import {
  anthropic, compatible, deepseek, fireworks, groq, lmstudio, mistral, ollama, openai, openrouter, perplexity, together, vllm, xai,
} from '@relay/core/providers'
import { errorCatalogue, simulator } from '@relay/core/testing'
import type { Answer, Script } from '@relay/core/testing'

const providers: readonly Provider[] = [
  openai, groq, together, deepseek, xai, mistral, fireworks, perplexity, openrouter, ollama, vllm, lmstudio, compatible, anthropic,
]

function hubOf(provider: Provider, answers: Script, chunk = 4) {
  const sim = simulator({ dialect: provider.name, answers, chunk })
  const hub = new Hub(
    { models: { m: { target: `${provider.name}/some-model`, base_url: 'https://api.test/v1', credential: { type: 'literal', value: 'a-key-of-some-length' } } } },
    { providers: [provider], fetch: sim.fetch },
  )
  return { hub, sim }
}

/** Errors that nothing but their wording tells apart, and whose wording Relay does not read. */
const unread: { readonly [dialect: string]: readonly string[] } = {
  openai: ['tokens_per_minute'],
  deepseek: ['content_policy', 'not_found'],
  mistral: ['not_found'],
}

const messages: Message[] = [{ role: 'user', content: 'How is the weather in Zürich? 🌦' }]
const tools = [{ name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }]

describe.each(providers.map((provider) => [provider.name, provider] as const))('Relay and %s', (name, provider) => {
  it('mean the same by an answer, whole and as a stream', async () => {
    const answers: Answer = {
      thinking: 'Rain, I would say.',
      text: 'It rains in Zürich. 🌧️',
      usage: { inputTokens: 100, outputTokens: 50, reasoningTokens: 20, cachedInputTokens: 40 },
    }
    const whole = await hubOf(provider, answers).hub.chat('m', { messages, maxTokens: 999 })
    const streamed = await hubOf(provider, answers).hub.stream('m', { messages, maxTokens: 999 }).response()
    for (const response of [whole, streamed]) {
      expect(response.text.trim()).toBe(answers.text)
      expect(response.thinking.trim()).toBe(name === 'openai' ? '' : answers.thinking)
      expect(response.finishReason).toBe('stop')
      expect(response.usage).toMatchObject({ inputTokens: 100, outputTokens: 50 })
    }
    expect(streamed.content).toEqual(whole.content)
    expect(streamed.usage).toEqual(whole.usage)
    expect(streamed.id).toBe(whole.id)
  })

  it.skipIf(name === 'perplexity')('go through a tool loop, as strict as the provider is', async () => {
    const toolCalls = [{ name: 'weather', arguments: { city: 'Zürich' } }, { name: 'weather', arguments: { city: 'Oslo' } }]
    for (const mode of ['whole', 'stream'] as const) {
      const { hub, sim } = hubOf(provider, [{ thinking: 'Two calls.', toolCalls }, 'Cold, both.'])
      const ask = (history: Message[]) => mode === 'whole'
        ? hub.chat('m', { messages: history, tools, maxTokens: 999 })
        : hub.stream('m', { messages: history, tools, maxTokens: 999 }).response()
      const first = await ask(messages)
      expect(first.finishReason).toBe('tool_calls')
      expect(first.toolCalls.map((call) => call.arguments)).toEqual(toolCalls.map((call) => call.arguments))
      const results: Message = {
        role: 'tool',
        content: first.toolCalls.map((call) => ({ type: 'tool_result', toolUseId: call.id, content: '3 °C' })),
      }
      expect((await ask([...messages, first.message, results])).text).toBe('Cold, both.')
      const [, assistant, ...rest] = sim.requests[1]!.neutral.turns
      expect(assistant?.toolCalls?.map((call) => call.arguments)).toEqual(toolCalls.map((call) => call.arguments))
      const ids = rest.flatMap((turn) => turn.toolResults ?? []).map((result) => result.id)
      expect(ids).toEqual(assistant?.toolCalls?.map((call) => call.id))
    }
  })

  it('mean the same by each error', async () => {
    const entries = errorCatalogue().filter((entry) => entry.dialect === name)
    expect(entries.length).toBeGreaterThan(5)
    const wrong: string[] = []
    for (const { cause, status, body: text, headers, means } of entries) {
      const json: unknown = text.startsWith('<') ? undefined : JSON.parse(text)
      const error = provider.wire.fault({ status, text, json, headers: new Headers(headers), details: { status } })
      expect(error).toBeInstanceOf(RelayError)
      if (error.code !== means && !unread[name]?.includes(cause)) wrong.push(`${cause}: ${error.code}, not ${means}`)
    }
    expect(wrong).toEqual([])
  })

  it('agree that a stream that stops short is not an answer', async () => {
    for (const type of ['end', 'cut'] as const) {
      const { hub } = hubOf(provider, { text: 'One two three four', fault: { type, content: 2 } })
      const error: unknown = await hub.stream('m', { messages, maxTokens: 999 }).response().catch((e: unknown) => e)
      expect(error).toBeInstanceOf(RelayError)
      expect(['stream_truncated', 'network']).toContain((error as RelayError).code)
      expect((error as RelayError).partial?.text).toMatch(/^One/)
    }
  })
})
