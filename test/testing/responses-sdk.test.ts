// Responses and Azure, read by OpenAI's own client: what it makes of an answer is the judgement.
import OpenAI, { AzureOpenAI } from 'openai'
import type { Response, ResponseInputItem } from 'openai/resources/responses/responses'
import { describe, expect, it } from 'vitest'
import { errorCatalogue, simulator } from '@relay/core/testing'
import type { Answer, SimulatorOptions } from '@relay/core/testing'

const model = 'gpt-5.4'
const question = { role: 'user', content: 'How is the weather in Zürich? 🌦' } as const
const tools: OpenAI.Responses.FunctionTool[] = [{
  type: 'function',
  name: 'weather',
  strict: true,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
}]
const base = { model, input: [question] as ResponseInputItem[], tools, store: false, include: ['reasoning.encrypted_content' as const], reasoning: { effort: 'low' as const, summary: 'auto' as const } }

type Make = (options?: SimulatorOptions) => { readonly sim: ReturnType<typeof simulator>; readonly client: OpenAI }

const openai: Make = (options = {}) => {
  const sim = simulator({ chunk: 3, ...options })
  return { sim, client: new OpenAI({ apiKey: 'sk-a-key-of-some-length', fetch: sim.fetch, maxRetries: 0 }) }
}
const azure: Make = (options = {}) => {
  const sim = simulator({ chunk: 3, ...options })
  return { sim, client: new AzureOpenAI({ apiKey: 'a-key-of-some-length', endpoint: 'https://r.openai.azure.com', apiVersion: '2025-04-01-preview', fetch: sim.fetch, maxRetries: 0 }) }
}

const rich: Answer = {
  content: [
    { type: 'thinking', text: 'Sunny? Let me look…' },
    { type: 'text', text: 'It rains. 🌧️', citations: [{ kind: 'url_citation', url: 'https://example.com/', title: 'Weather', start: 3, end: 8 }] },
    { type: 'tool_use', name: 'weather', arguments: { city: 'Zürich' } },
    { type: 'tool_use', name: 'weather', arguments: { city: 'Oslo' } },
  ],
  usage: { inputTokens: 100, cachedInputTokens: 30, outputTokens: 60, reasoningTokens: 25 },
}

const loop = (first: Response, change: (item: ResponseInputItem) => ResponseInputItem | undefined = (item) => item): ResponseInputItem[] => {
  const results = first.output.flatMap((item) => item.type === 'function_call' ? [{ type: 'function_call_output' as const, call_id: item.call_id, output: '3 °C' }] : [])
  return [question, ...(first.output as ResponseInputItem[]).flatMap((item) => change(item) ?? []), ...results]
}

describe.each([['OpenAI', openai], ['Azure', azure]] as const)('the client on %s, by Responses,', (name, make) => {
  it('reads an echo', async () => {
    const { client, sim } = make()
    const response = await client.responses.create({ model, input: question.content })
    expect([response.output_text, response.status]).toEqual([question.content, 'completed'])
    expect(sim.requests[0]).toMatchObject({ wire: 'openai-responses', dialect: name.toLowerCase(), status: 200, ended: true })
    expect(JSON.stringify(sim.requests)).not.toContain('key-of-some')
  })

  it('folds a stream into the very response that the whole is', async () => {
    const whole = await make({ answers: rich }).client.responses.create(base)
    const { client } = make({ answers: rich })
    const stream = client.responses.stream(base)
    let said = ''
    stream.on('response.output_text.delta', ({ delta }) => void (said += delta))
    const streamed = await stream.finalResponse()
    // The helper adds what it has parsed.
    const plain = (output: unknown): unknown => JSON.parse(JSON.stringify(output, (key, value: unknown) => /^parsed/.test(key) ? undefined : value))
    expect(plain(streamed.output)).toEqual(plain(whole.output))
    expect(said).toBe(whole.output_text)
    expect(streamed.usage).toEqual(whole.usage)
    expect(whole.output.map((item) => item.type)).toEqual(['reasoning', 'message', 'function_call', 'function_call'])
    expect(whole.output[0]).toMatchObject({ summary: [{ text: 'Sunny? Let me look…' }], encrypted_content: expect.stringMatching(/^gAAAA/) })
    expect(whole.output[1]).toMatchObject({ content: [{ annotations: [{ type: 'url_citation', start_index: 3, end_index: 8 }] }] })
    expect(whole.usage).toMatchObject({ input_tokens: 100, input_tokens_details: { cached_tokens: 30 }, output_tokens: 60, output_tokens_details: { reasoning_tokens: 25 } })
  })

  it('numbers its events, and seals an item anew when it is done', async () => {
    const stream = await make({ answers: rich }).client.responses.create({ ...base, stream: true })
    const numbers: number[] = []
    const seals: unknown[] = []
    for await (const event of stream) {
      numbers.push(event.sequence_number)
      if (event.type === 'response.output_item.added' || event.type === 'response.output_item.done') seals.push(...(event.item.type === 'reasoning' ? [event.item.encrypted_content] : []))
    }
    expect(numbers).toEqual(numbers.map((_, i) => i))
    expect(new Set(seals).size).toBe(2)
  })

  it('goes through a tool loop, and nothing goes back without what belongs to it', async () => {
    const { client } = make({ answers: ({ index }) => (index === 0 ? rich : 'Cold, both.') })
    const first = await client.responses.create(base)
    expect((await client.responses.create({ ...base, input: loop(first) })).output_text).toBe('Cold, both.')
    const wrong = (change: Parameters<typeof loop>[1]) => client.responses.create({ ...base, input: loop(first, change) })
    await expect(wrong((item) => item.type === 'reasoning' ? item : undefined)).rejects.toThrow(/of type 'reasoning' was provided without its required following item/)
    await expect(wrong((item) => item.type === 'reasoning' ? undefined : item)).rejects.toThrow(/provided without its required 'reasoning' item/)
    await expect(wrong((item) => item.type === 'reasoning' ? { ...item, encrypted_content: 'gAAAAelse' } : item)).rejects.toThrow(/could not be verified/)
    await expect(client.responses.create({ ...base, input: [question, { type: 'function_call_output', call_id: 'call_x', output: '' }] })).rejects.toThrow(/No tool call found/)
    await expect(client.responses.create({ ...base, input: loop(first).slice(0, -1) })).rejects.toThrow(/No tool output found for function call/)
  })

  it('tells a refusal, an answer that was cut off, and one that failed', async () => {
    const ask = async (answers: Answer) => make({ answers }).client.responses.create({ model, input: 'x' })
    expect((await ask({ refusal: 'I would rather not.' })).output[0]).toMatchObject({ content: [{ type: 'refusal', refusal: 'I would rather not.' }] })
    expect(await ask({ text: 'On and', finishReason: 'length' })).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
    expect(await ask({ finishReason: 'error' })).toMatchObject({ status: 'failed', error: { code: 'server_error' } })
  })

  it.each(errorCatalogue().filter((entry) => entry.wire === 'openai-responses' && entry.dialect === name.toLowerCase()).map((entry) => [entry.cause, entry] as const))(
    'throws what %s is',
    async (cause, { status }) => {
      const error: unknown = await make({ answers: { error: cause } }).client.responses.create({ model, input: 'x' }).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(OpenAI.APIError)
      expect(error).toMatchObject({ status })
    },
  )

  it('throws the error that comes inside the 200', async () => {
    const stream = await make({ answers: { text: 'One two three', fault: { type: 'error_event', cause: 'rate_limit', content: 1 } } }).client.responses.create({ ...base, stream: true })
    let said = ''
    const read = async (): Promise<void> => {
      for await (const event of stream) if (event.type === 'response.output_text.delta') said += event.delta
    }
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError)
    expect(said).toBe('One')
  })
})

describe('what is kept', () => {
  it('goes on from an answer by its name alone', async () => {
    const { client } = openai({ answers: ({ index }) => (index === 0 ? rich : 'Cold, both.') })
    const { store: _, ...kept } = base
    const first = await client.responses.create(kept)
    const outputs = loop(first).filter((item) => item.type === 'function_call_output')
    expect((await client.responses.create({ ...kept, previous_response_id: first.id, input: outputs })).output_text).toBe('Cold, both.')
    await expect(client.responses.create({ ...kept, previous_response_id: 'resp_none', input: 'x' })).rejects.toThrow(/'resp_none' not found/)
  })
})

describe('the client on Azure, by Chat Completions,', () => {
  const chat = (answers: Answer, deployment = 'prod') => {
    const sim = simulator({ chunk: 3, answers })
    return { sim, client: new AzureOpenAI({ apiKey: 'a-key-of-some-length', endpoint: 'https://r.openai.azure.com', deployment, apiVersion: '2024-10-21', fetch: sim.fetch, maxRetries: 0 }) }
  }
  const messages = [question]

  it('finds a deployment in the path, and reads past the verdicts', async () => {
    const { client, sim } = chat({ text: 'It rains. 🌧️', model: 'gpt-5-2026-01-01' })
    const stream = client.chat.completions.stream({ model: '', messages })
    expect(await stream.finalContent()).toBe('It rains. 🌧️')
    expect(sim.requests[0]).toMatchObject({ dialect: 'azure', neutral: { model: 'prod' }, url: expect.stringContaining('/openai/deployments/prod/chat/completions?api-version=2024-10-21') })
    const whole = await client.chat.completions.create({ model: '', messages })
    expect(whole).toMatchObject({ model: 'gpt-5-2026-01-01', prompt_filter_results: [{ prompt_index: 0 }], choices: [{ content_filter_results: { hate: { filtered: false } } }] })
  })

  it('hears the filter after the text where it works alongside', async () => {
    const { client } = chat({ text: 'One two', filter: { late: true, completion: { violence: { filtered: true, severity: 'high' } } } })
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of await client.chat.completions.create({ model: '', messages, stream: true })) chunks.push(chunk)
    expect(chunks[0]).toMatchObject({ id: '', choices: [], prompt_filter_results: [{}] })
    const ends = chunks.flatMap(({ choices }) => choices).map((choice) => [choice.finish_reason, 'delta' in choice])
    expect(ends.slice(-3)).toEqual([['stop', true], [null, false], ['content_filter', false]])
    const whole = await chat({ text: 'One two', filter: { completion: { violence: { filtered: true, severity: 'high' } } } }).client.chat.completions.create({ model: '', messages })
    expect(whole.choices[0]?.finish_reason).toBe('content_filter')
  })

  it('is not found where the version is missing, nor let in without a key', async () => {
    const sim = simulator()
    const ask = async (query: string, headers: Record<string, string>): Promise<unknown[]> => {
      const response = await sim.fetch(`https://r.openai.azure.com/openai/deployments/d/chat/completions${query}`, { method: 'POST', headers, body: JSON.stringify({ messages }) })
      return [response.status, (await response.json() as { error?: { code?: string } }).error?.code]
    }
    expect(await ask('', { 'api-key': 'k' })).toEqual([404, '404'])
    expect(await ask('?api-version=2024-10-21', {})).toEqual([401, 'Unauthorized'])
    expect(await ask('?api-version=2024-10-21', { authorization: 'Bearer k' })).toEqual([200, undefined])
  })

  it('throws a ContentFilter error with the verdicts where the prompt is blocked', async () => {
    const error: unknown = await chat({ error: 'content_policy' }).client.chat.completions.create({ model: '', messages }).catch((e: unknown) => e)
    expect(error).toMatchObject({ status: 400, code: 'content_filter', error: { innererror: { content_filter_result: { hate: { filtered: true } } } } })
  })
})

describe('the client embeds', () => {
  it.each([['OpenAI', openai], ['Azure', azure]] as const)('with %s, the same as base64 and as numbers', async (_, make) => {
    const { client, sim } = make()
    const ask = async (encoding_format?: 'float') => (await client.embeddings.create({ model: 'text-embedding-3-small', input: ['rain in Oslo', 'Rain, in Oslo!'], dimensions: 64, ...(encoding_format ? { encoding_format } : {}) })).data.map((one) => one.embedding)
    const [a, b] = await ask()
    expect(a).toHaveLength(64)
    expect(b).toEqual(a)
    expect(await ask('float')).toEqual([a, b])
    expect(sim.requests[0]?.wire).toBe('openai-embeddings')
    await expect(client.embeddings.create({ model: 'text-embedding-3-small', input: '' })).rejects.toThrow(/empty string/)
  })
})
