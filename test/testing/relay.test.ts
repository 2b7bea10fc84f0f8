// Relay itself on the simulator: each provider asks its own counterpart, and both must mean the same.
import { describe, expect, it } from 'vitest'
import { Hub, RelayError } from '@relay/core'
import type { Message } from '@relay/core'
import { errorCatalogue, simulator } from '@relay/core/testing'
import type { Answer, Script } from '@relay/core/testing'
import { partners } from './partners.ts'
import type { Partner } from './partners.ts'

function hubOf({ provider, dialect, config }: Partner, answers: Script, chunk = 4) {
  const sim = simulator({ dialect, answers, chunk })
  return { hub: new Hub({ models: { m: config }, defaults: { max_retries: 0 } }, { providers: [provider], fetch: sim.fetch }), sim }
}

/** Errors that nothing but their wording tells apart, and whose wording Relay does not read. */
const unread: { readonly [dialect: string]: readonly string[] } = {
  openai: ['tokens_per_minute'],
  deepseek: ['content_policy', 'not_found'],
  mistral: ['not_found'],
}
/** Where nobody is told what was thought. */
const silent = ['openai', 'openai-responses', 'azure', 'azure, classic', 'azure by responses']

const messages: Message[] = [{ role: 'user', content: 'How is the weather in Zürich? 🌦' }]
const tools = [{ name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }]

describe.each(partners.map((partner) => [partner.name, partner] as const))('Relay and %s', (name, partner) => {
  const ask = { messages, maxTokens: 9999, reasoning: 'low' } as const

  it('mean the same by an answer, whole and as a stream', async () => {
    const answers: Answer = {
      thinking: 'Rain, I would say.',
      text: 'It rains in Zürich. 🌧️',
      usage: { inputTokens: 100, outputTokens: 50, reasoningTokens: 20, cachedInputTokens: 40 },
    }
    const whole = await hubOf(partner, answers).hub.chat('m', ask)
    const streamed = await hubOf(partner, answers).hub.stream('m', ask).response()
    for (const response of [whole, streamed]) {
      expect(response.text.trim()).toBe(answers.text)
      expect(response.thinking.trim()).toBe(silent.includes(name) ? '' : answers.thinking)
      expect(response.finishReason).toBe('stop')
      expect(response.usage).toMatchObject({ inputTokens: 100, outputTokens: 50 })
    }
    const moment = { createdAt: 0, latencyMs: 0, attempts: [] }
    expect({ ...streamed, ...moment }).toEqual({ ...whole, ...moment })
  })

  it.skipIf(name === 'perplexity' || !/^(openai-chat|anthropic)/.test(partner.provider.wire.name)).each(['no_index', 'duplicate_index'] as const)('lose nothing to indexes that are wrong: %s', async (type) => {
    const toolCalls = [{ name: 'weather', arguments: { city: 'Zürich' } }, { name: 'weather', arguments: { city: 'Oslo' } }]
    const answer: Answer = { thinking: 'Two calls.', text: 'Wait.', toolCalls }
    const whole = await hubOf(partner, answer).hub.chat('m', { ...ask, tools })
    const streamed = await hubOf(partner, { ...answer, fault: { type } }).hub.stream('m', { ...ask, tools }).response()
    expect(whole.toolCalls).toMatchObject(toolCalls)
    expect(streamed.content).toEqual(whole.content)
  })

  it.skipIf(name === 'perplexity')('go through a tool loop, as strict as the provider is', async () => {
    const toolCalls = [{ name: 'weather', arguments: { city: 'Zürich' } }, { name: 'weather', arguments: { city: 'Oslo' } }]
    for (const mode of ['whole', 'stream'] as const) {
      const { hub, sim } = hubOf(partner, [{ thinking: 'Two calls.', toolCalls }, 'Cold, both.'])
      const say = (history: Message[]) => mode === 'whole'
        ? hub.chat('m', { ...ask, messages: history, tools })
        : hub.stream('m', { ...ask, messages: history, tools }).response()
      const first = await say(messages)
      expect(first.finishReason).toBe('tool_calls')
      expect(first.toolCalls.map((call) => call.arguments)).toEqual(toolCalls.map((call) => call.arguments))
      const results: Message = {
        role: 'tool',
        content: first.toolCalls.map((call) => ({ type: 'tool_result', toolUseId: call.id, content: '3 °C' })),
      }
      expect((await say([...messages, first.message, results])).text).toBe('Cold, both.')
      const [, assistant, ...rest] = sim.requests[1]!.neutral.turns
      expect(assistant?.toolCalls?.map((call) => call.arguments)).toEqual(toolCalls.map((call) => call.arguments))
      const ids = rest.flatMap((turn) => turn.toolResults ?? []).map((result) => result.id)
      expect(ids).toEqual(assistant?.toolCalls?.map((call) => call.id))
    }
  })

  it('mean the same by each error, whole and as a stream', async () => {
    const entries = errorCatalogue().filter((entry) => entry.dialect === partner.dialect && entry.wire === partner.wire)
    expect(entries.length).toBeGreaterThan(5)
    const wrong: string[] = []
    for (const { cause, means } of entries) {
      for (const mode of ['whole', 'stream'] as const) {
        const { hub } = hubOf(partner, { error: cause })
        const error: unknown = await (mode === 'whole' ? hub.chat('m', ask) : hub.stream('m', ask).response()).catch((e: unknown) => e)
        expect(error).toBeInstanceOf(RelayError)
        const { code } = error as RelayError
        if (code !== means && !unread[partner.dialect]?.includes(cause)) wrong.push(`${cause}, ${mode}: ${code}, not ${means}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('agree that a stream that stops short is not an answer', async () => {
    for (const type of ['end', 'cut'] as const) {
      const { hub } = hubOf(partner, { text: 'One two three four', fault: { type, content: 2 } })
      const error: unknown = await hub.stream('m', ask).response().catch((e: unknown) => e)
      expect(error).toBeInstanceOf(RelayError)
      expect(['stream_truncated', 'network']).toContain((error as RelayError).code)
      expect((error as RelayError).partial?.text).toMatch(/^One/)
    }
  })

  it('agree that an error inside the 200 is one, before any content and after some', async () => {
    for (const content of [0, 1]) {
      const { hub } = hubOf(partner, { text: 'One two three four', fault: { type: 'error_event', cause: 'overloaded', content } })
      const error: unknown = await hub.stream('m', ask).response().catch((e: unknown) => e)
      expect(error).toBeInstanceOf(RelayError)
      expect([content, (error as RelayError).code]).toEqual([content, expect.stringMatching(/overloaded|server_error|rate_limit/)])
      expect((error as RelayError).partial?.text ?? '').toBe(content === 0 ? '' : 'One ')
    }
  })
})
