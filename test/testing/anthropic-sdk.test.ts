// The Messages API, read by Anthropic's own client: what it makes of an answer is the judgement.
import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { errorCatalogue, simulator } from '@relay/core/testing'
import type { Answer, SimulatorOptions } from '@relay/core/testing'

const model = 'claude-sonnet-4-6'
const question: Anthropic.MessageParam = { role: 'user', content: 'How is the weather in Zürich? 🌦' }
const base = { model, max_tokens: 2048, messages: [question] }
const tools: Anthropic.Tool[] = [{
  name: 'weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}]

function client(options: SimulatorOptions = {}) {
  const sim = simulator({ chunk: 3, ...options })
  return { sim, anthropic: new Anthropic({ apiKey: 'sk-ant-a-key-of-some-length', fetch: sim.fetch, maxRetries: 0 }) }
}

const rich: Answer = {
  content: [
    { type: 'thinking', text: 'Sunny? Let me look…' },
    { type: 'redacted_thinking' },
    { type: 'native', data: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'weather Zürich' } } },
    { type: 'native', data: { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] } },
    {
      type: 'text',
      text: 'It rains. 🌧️',
      citations: [{ kind: 'web_search_result_location', url: 'https://example.com/', title: 'Weather', citedText: 'rain' }],
    },
    { type: 'tool_use', name: 'weather', arguments: { city: 'Zürich' } },
    { type: 'tool_use', name: 'now' },
  ],
  usage: { inputTokens: 100, cachedInputTokens: 30, cacheWriteTokens: 20, cacheWrite1hTokens: 5, outputTokens: 60, reasoningTokens: 25 },
}

describe('the Anthropic client', () => {
  it('reads an echo', async () => {
    const { anthropic, sim } = client()
    const message = await anthropic.messages.create(base)
    expect(message.content).toEqual([{ type: 'text', text: question.content }])
    expect(message).toMatchObject({ role: 'assistant', model, stop_reason: 'end_turn' })
    expect(message.usage.input_tokens).toBe(Math.ceil(String(question.content).length / 4))
    expect(sim.requests[0]).toMatchObject({ wire: 'anthropic-messages', dialect: 'anthropic', status: 200, ended: true })
    expect(JSON.stringify(sim.requests)).not.toContain('sk-ant')
  })

  it('folds a stream into the very message that the whole is', async () => {
    const whole = await client({ answers: rich }).anthropic.messages.create({ ...base, tools })
    const streamed = await client({ answers: rich }).anthropic.messages.stream({ ...base, tools }).finalMessage()
    expect(streamed.content).toEqual(whole.content)
    expect(whole.content.map((block) => block.type)).toEqual([
      'thinking', 'redacted_thinking', 'server_tool_use', 'web_search_tool_result', 'text', 'tool_use', 'tool_use',
    ])
    expect(streamed.stop_reason).toBe('tool_use')
    expect(streamed.usage).toEqual(whole.usage)
    expect(whole.usage).toMatchObject({
      input_tokens: 50,
      cache_read_input_tokens: 30,
      cache_creation_input_tokens: 20,
      cache_creation: { ephemeral_5m_input_tokens: 15, ephemeral_1h_input_tokens: 5 },
      output_tokens: 60,
      output_tokens_details: { thinking_tokens: 25 },
      server_tool_use: { web_search_requests: 1 },
    })
  })

  it('goes through a tool loop with thinking that comes back as it went', async () => {
    const { anthropic } = client({ answers: [{ thinking: 'I need a tool.', toolCalls: [{ name: 'weather' }] }, 'Cold.', 'No.'] })
    const thinking = { type: 'enabled', budget_tokens: 1024 } as const
    const first = await anthropic.messages.create({ ...base, tools, thinking })
    const call = first.content.find((block) => block.type === 'tool_use')!
    const results: Anthropic.MessageParam = { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: '3 °C' }] }
    const loop = (content: Anthropic.ContentBlockParam[]) =>
      anthropic.messages.create({ ...base, tools, thinking, messages: [question, { role: 'assistant', content }, results] })
    const second = await loop(first.content)
    expect(second.content).toEqual([{ type: 'text', text: 'Cold.' }])

    const changed = first.content.map((block) => block.type === 'thinking' ? { ...block, thinking: 'I need no tool.' } : block)
    await expect(loop(changed)).rejects.toThrow(/messages\.1\.content\.0: Invalid `signature` in `thinking` block/)
    await expect(loop([call])).rejects.toThrow(/Expected `thinking` or `redacted_thinking`, but found `tool_use`/)
  })

  it('streams thinking that is only a signature where the model leaves it out', async () => {
    const { anthropic } = client({ answers: { thinking: 'Secret.', text: 'Yes.' } })
    const ask = (display?: 'summarized') => anthropic.messages.create({
      ...base, model: 'claude-opus-4-8', thinking: { type: 'adaptive', ...(display ? { display } : {}) },
    })
    expect((await ask()).content[0]).toMatchObject({ type: 'thinking', thinking: '', signature: expect.stringMatching(/^Ev/) })
    expect((await ask('summarized')).content[0]).toMatchObject({ thinking: 'Secret.' })
  })

  it('sees a ping, and reads past it', async () => {
    const { sim, anthropic } = client()
    const stream = anthropic.messages.stream(base)
    expect(await stream.finalText()).toBe(question.content)
    const raw = await sim.fetch('https://api.anthropic.com/v1/messages', {
      method: 'POST',
      headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ ...base, stream: true }),
    })
    expect(await raw.text()).toContain('event: ping\ndata: {"type":"ping"}\n\n')
  })

  it('tells a refusal by its stop reason', async () => {
    const message = await client({ answers: { refusal: 'I would rather not.' } }).anthropic.messages.create(base)
    expect(message).toMatchObject({ stop_reason: 'refusal', stop_details: { type: 'refusal' } })
    expect(message.content).toEqual([{ type: 'text', text: 'I would rather not.' }])
  })

  it.each(errorCatalogue().filter((entry) => entry.wire === 'anthropic-messages').map((entry) => [entry.cause, entry] as const))(
    'throws the class that %s has',
    async (cause, entry) => {
      const error: unknown = await client({ answers: { error: cause } }).anthropic.messages.create(base).catch((e: unknown) => e)
      const classes: { readonly [status: number]: abstract new(...input: never[]) => Error } = {
        400: Anthropic.BadRequestError,
        401: Anthropic.AuthenticationError,
        402: Anthropic.PaymentRequiredError,
        403: Anthropic.PermissionDeniedError,
        404: Anthropic.NotFoundError,
        409: Anthropic.ConflictError,
        413: Anthropic.ContentTooLargeError,
        429: Anthropic.RateLimitError,
        500: Anthropic.InternalServerError,
        504: Anthropic.GatewayTimeoutError,
        529: Anthropic.OverloadedError,
      }
      expect(error).toBeInstanceOf(classes[entry.status])
      expect(error).toMatchObject({ requestID: expect.stringMatching(/^req_011C/) })
    },
  )

  it('throws the error that comes inside the 200', async () => {
    const { anthropic } = client({ answers: { text: 'One two three', fault: { type: 'error_event', cause: 'overloaded' } } })
    const stream = anthropic.messages.stream(base)
    const seen: string[] = []
    stream.on('text', (text) => void seen.push(text))
    await expect(stream.finalMessage()).rejects.toMatchObject({ type: 'overloaded_error' })
    expect(seen.join('')).toBe('One')
  })
})
