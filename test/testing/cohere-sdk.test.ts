// Cohere, read by its own client: what it makes of an answer is the judgement.
import { CohereClientV2, CohereError } from 'cohere-ai'
import { describe, expect, it } from 'vitest'
import { errorCatalogue, simulator } from '@relay/core/testing'
import type { Answer, SimulatorOptions } from '@relay/core/testing'

type Messages = Parameters<CohereClientV2['chat']>[0]['messages']

const model = 'command-a-reasoning-08-2025'
const messages: Messages = [{ role: 'user', content: 'How is the weather in Zürich? 🌦' }]
const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }]

function client(options: SimulatorOptions = {}) {
  const sim = simulator({ chunk: 3, ...options })
  return { sim, cohere: new CohereClientV2({ token: 'a-key-of-some-length', fetch: sim.fetch as typeof fetch, maxRetries: 0 }) }
}

interface Folded {
  thinking: string
  text: string
  plan: string
  calls: { id?: string; name?: string; arguments: string }[]
  citations: number
  end?: unknown
}

async function streamed(answers: Answer): Promise<Folded> {
  const folded: Folded = { thinking: '', text: '', plan: '', calls: [], citations: 0 }
  for await (const event of await client({ answers }).cohere.chatStream({ model, messages, tools })) {
    if (event.type === 'content-delta') {
      folded.text += event.delta?.message?.content?.text ?? ''
      folded.thinking += event.delta?.message?.content?.thinking ?? ''
    } else if (event.type === 'tool-plan-delta') folded.plan += event.delta?.message?.toolPlan ?? ''
    else if (event.type === 'tool-call-start') {
      const { id, function: { name } = {} } = event.delta?.message?.toolCalls ?? {}
      folded.calls[event.index!] = { ...(id ? { id } : {}), ...(name ? { name } : {}), arguments: '' }
    } else if (event.type === 'tool-call-delta') folded.calls[event.index!]!.arguments += event.delta?.message?.toolCalls?.function?.arguments ?? ''
    else if (event.type === 'citation-start') folded.citations++
    else if (event.type === 'message-end') folded.end = event.delta
  }
  return folded
}

describe('the Cohere client', () => {
  it('reads an echo', async () => {
    const { cohere, sim } = client()
    const { message, finishReason } = await cohere.chat({ model, messages, thinking: { type: 'disabled' } })
    expect([message.content, finishReason]).toEqual([[{ type: 'text', text: 'How is the weather in Zürich? 🌦' }], 'COMPLETE'])
    expect(sim.requests[0]).toMatchObject({ wire: 'cohere', dialect: 'cohere', status: 200, ended: true })
  })

  it('reads the same in a stream and in a whole', async () => {
    const answers: Answer = {
      thinking: 'Let me think…',
      content: [
        { type: 'thinking', text: 'Let me think…' },
        { type: 'text', text: 'It rains. 🌧️', citations: [{ kind: 'document', title: 'T', url: 'https://example.com', citedText: 'rain', start: 3, end: 8 }] },
      ],
      usage: { inputTokens: 90, cachedInputTokens: 30, outputTokens: 60 },
    }
    const { message, usage } = await client({ answers }).cohere.chat({ model, messages })
    const folded = await streamed(answers)
    expect(message.content).toEqual([{ type: 'thinking', thinking: folded.thinking }, { type: 'text', text: folded.text }])
    expect(message.citations).toMatchObject([{ start: 3, end: 8, text: 'rains', type: 'TEXT_CONTENT', sources: [{ type: 'document' }] }])
    expect(folded.citations).toBe(1)
    expect(folded.end).toMatchObject({ finishReason: 'COMPLETE', usage })
    expect(usage).toMatchObject({ tokens: { inputTokens: 90, outputTokens: 60 }, billedUnits: { inputTokens: 60 }, cachedTokens: 30 })
  })

  it('plans, calls and answers, and knows the ids of its calls', async () => {
    const answers: Answer = { text: 'I will look it up.', toolCalls: [{ name: 'weather', arguments: { city: 'Zürich' } }, { name: 'now' }] }
    const folded = await streamed(answers)
    expect(folded).toMatchObject({ plan: 'I will look it up.', text: '', calls: [{ name: 'weather', arguments: '{"city":"Zürich"}' }, { name: 'now', arguments: 'null' }] })
    const { cohere } = client({ answers: [answers, 'Cold.'] })
    const { message, finishReason } = await cohere.chat({ model, messages, tools })
    expect([finishReason, message.toolPlan, message.content]).toEqual(['TOOL_CALL', 'I will look it up.', undefined])
    const loop = (toolCallId: string) => cohere.chat({
      model,
      tools,
      messages: [...messages, { role: 'assistant', toolPlan: message.toolPlan!, toolCalls: message.toolCalls! }, { role: 'tool', toolCallId, content: '3 °C' }],
    })
    await expect(loop('weather_000000000000')).rejects.toThrow(/tool call id not found in previous tool calls/)
    expect((await loop(message.toolCalls![0]!.id)).message.content).toEqual([{ type: 'text', text: 'Cold.' }])
  })

  it('is told at the end of a stream that it failed', async () => {
    const { text, end } = await streamed({ text: 'One two three', fault: { type: 'error_event', cause: 'server_error', content: 1 } })
    expect([text, end]).toEqual(['One', expect.objectContaining({ finishReason: 'ERROR', error: expect.stringContaining('internal server error') })])
  })

  it.each(errorCatalogue().filter((entry) => entry.wire === 'cohere').map((entry) => [entry.cause, entry] as const))('throws what %s is', async (cause, { status, body }) => {
    const error: unknown = await client({ answers: { error: cause } }).cohere.chat({ model, messages }).catch((e: unknown) => e)
    expect(error).toMatchObject({ statusCode: status, message: expect.stringContaining((JSON.parse(body) as { message: string }).message.slice(0, 20)) })
    if (status !== 504) expect(error).toBeInstanceOf(CohereError)
  })

  it('embeds and ranks', async () => {
    const { cohere } = client()
    const { embeddings, meta } = await cohere.embed({ model: 'embed-v4.0', inputType: 'search_document', texts: ['a', 'b'], embeddingTypes: ['float'], outputDimension: 256 })
    expect(embeddings.float!.map((vector) => vector.length)).toEqual([256, 256])
    expect(meta?.billedUnits?.inputTokens).toBe(1)
    const documents = ['Bern has bears', 'Oslo has rain and more rain', 'In Oslo it is dark']
    const { results } = await cohere.rerank({ model: 'rerank-v4.0-pro', query: 'rain in Oslo', documents, topN: 2 })
    expect(results).toEqual([{ index: 1, relevanceScore: 0.666667 }, { index: 2, relevanceScore: 0.666667 }])
    await expect(cohere.embed({ model: 'embed-v4.0', inputType: 'search_query', texts: [] })).rejects.toThrow(/at least one of texts, images or inputs/)
  })
})
