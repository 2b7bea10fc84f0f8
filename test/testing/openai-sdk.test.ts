// Chat Completions of every dialect, read by OpenAI's own client: what it makes of an answer is the judgement.
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { errorCatalogue, simulator } from '@relay/core/testing'
import type { Answer, SimulatorOptions } from '@relay/core/testing'

const dialects = [
  'openai', 'groq', 'together', 'deepseek', 'xai', 'mistral', 'fireworks', 'perplexity', 'openrouter', 'ollama', 'vllm',
  'lmstudio', 'compatible',
]

const messages = [{ role: 'user', content: 'How is the weather in Zürich? 🌦' }] as const
const tools = [{
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
}] as const

function client(dialect: string, options: SimulatorOptions = {}) {
  const sim = simulator({ dialect, ...options })
  const openai = new OpenAI({ apiKey: 'sk-a-key-of-some-length', baseURL: 'https://api.test/v1', fetch: sim.fetch, maxRetries: 0 })
  return { openai, sim }
}

type Chunk = OpenAI.ChatCompletionChunk

async function chunksOf(dialect: string, answers: Answer, more: object = {}): Promise<Chunk[]> {
  const { openai } = client(dialect, { answers, chunk: 3 })
  // Mistral does not take the option, and gives usage anyway.
  const wish = dialect === 'mistral' ? {} : { stream_options: { include_usage: true } }
  const chunks: Chunk[] = []
  for await (const chunk of await openai.chat.completions.create({ model: 'm', messages: [...messages], stream: true, ...wish, ...more })) {
    chunks.push(chunk)
  }
  return chunks
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return typeof content === 'string' ? content : ''
  return content.map((part: { text?: string }) => part.text ?? '').join('')
}

const visible = (text: string): string => text.replace(/^<think>[^]*<\/think>\s*/, '')

describe.each(dialects)('the OpenAI client on %s', (dialect) => {
  it('reads an echo', async () => {
    const { openai, sim } = client(dialect)
    const answer = await openai.chat.completions.create({ model: 'm', messages: [...messages] })
    expect(answer.choices[0]?.message.content).toBe(messages[0].content)
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.object).toBe('chat.completion')
    expect(answer.usage?.prompt_tokens).toBe(Math.ceil(messages[0].content.length / 4))
    expect(sim.requests[0]).toMatchObject({ wire: 'openai-chat', dialect, status: 200, ended: true, aborted: false })
  })

  it('reads thinking, text, usage and a stream that says the same as the whole', async () => {
    const answers: Answer = {
      thinking: 'A question about weather…',
      text: 'It rains in Zürich. 🌧️',
      usage: { inputTokens: 100, outputTokens: 50, reasoningTokens: 20, cachedInputTokens: 40 },
    }
    const { openai } = client(dialect, { answers })
    const whole = await openai.chat.completions.create({ model: 'm', messages: [...messages] })
    const chunks = await chunksOf(dialect, answers)
    const streamed = chunks.map((chunk) => textOf(chunk.choices[0]?.delta.content)).join('')
    expect(visible(streamed)).toBe(answers.text)
    expect(visible(textOf(whole.choices[0]?.message.content))).toBe(answers.text)
    const usage = chunks.findLast((chunk) => chunk.usage)?.usage
    expect(usage).toEqual(whole.usage)
    const beside = dialect === 'xai' || dialect === 'perplexity'
    expect(usage).toMatchObject({ prompt_tokens: 100, completion_tokens: beside ? 30 : 50 })
    expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean)).toEqual(['stop'])
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1)
  })

  it.skipIf(dialect === 'perplexity')('calls two tools at once, whole and streamed', async () => {
    const toolCalls = [{ name: 'weather', arguments: { city: 'Zürich' } }, { name: 'weather', arguments: { city: 'Oslo' } }]
    const { openai, sim } = client(dialect, { answers: [{ toolCalls }, 'Both are cold.'] })
    const whole = await openai.chat.completions.create({ model: 'm', messages: [...messages], tools: [...tools] })
    const choice = whole.choices[0]!
    expect(choice.finish_reason).toBe('tool_calls')
    const calls = choice.message.tool_calls ?? []
    expect(calls.map((call) => call.type === 'function' && JSON.parse(call.function.arguments))).toEqual([{ city: 'Zürich' }, { city: 'Oslo' }])

    const back = { ...choice.message, reasoning_content: '' }
    const history = [...messages, back, ...calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: '3 °C' }))]
    const second = await openai.chat.completions.create({ model: 'm', messages: history, tools: [...tools] })
    expect(second.choices[0]?.message.content).toBe('Both are cold.')
    expect(sim.requests[1]?.neutral.text).toBe('3 °C')

    const chunks = await chunksOf(dialect, { toolCalls }, { tools: [...tools] })
    const assembled = new Map<number | string, { name: string; json: string }>()
    for (const call of chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])) {
      const key = call.index ?? call.id!
      const slot = assembled.get(key) ?? { name: '', json: '' }
      assembled.set(key, { name: slot.name + (call.function?.name ?? ''), json: slot.json + (call.function?.arguments ?? '') })
    }
    expect([...assembled.values()].map(({ name, json }) => [name, JSON.parse(json)]))
      .toEqual(toolCalls.map((call) => [call.name, call.arguments]))
  })

  it.each(errorCatalogue().filter((entry) => entry.wire === 'openai-chat' && entry.dialect === dialect).map((entry) => [entry.cause, entry] as const))(
    'throws the class that %s has',
    async (cause, entry) => {
      const { openai } = client(dialect, { answers: { error: cause } })
      const error: unknown = await openai.chat.completions.create({ model: 'm', messages: [...messages] }).catch((e: unknown) => e)
      const classes: { readonly [status: number]: abstract new(...input: never[]) => Error } = {
        400: OpenAI.BadRequestError,
        401: OpenAI.AuthenticationError,
        403: OpenAI.PermissionDeniedError,
        404: OpenAI.NotFoundError,
        422: OpenAI.UnprocessableEntityError,
        429: OpenAI.RateLimitError,
      }
      expect(error).toBeInstanceOf(classes[entry.status] ?? (entry.status >= 500 ? OpenAI.InternalServerError : OpenAI.APIError))
      expect(error).toMatchObject({ status: entry.status })
    },
  )
})

describe('what sets dialects apart', () => {
  const answer: Answer = {
    thinking: 'Hm.',
    text: 'Yes, of course.',
    usage: { inputTokens: 10, outputTokens: 8, reasoningTokens: 3, cachedInputTokens: 4 },
  }

  it('tells usage only where it was asked for, or always', async () => {
    const silent = await chunksOf('openai', answer, { stream_options: undefined })
    expect(silent.some((chunk) => chunk.usage)).toBe(false)
    for (const always of ['groq', 'together', 'deepseek', 'xai', 'mistral', 'fireworks', 'openrouter', 'perplexity']) {
      const chunks = await chunksOf(always, answer, { stream_options: undefined })
      expect(chunks.some((chunk) => chunk.usage), always).toBe(true)
    }
  })

  it('puts usage in the place that is each one’s own', async () => {
    const last = async (dialect: string) => (await chunksOf(dialect, answer)).at(-1)!
    expect((await last('openai')).choices).toEqual([])
    expect((await last('xai')).choices).toEqual([])
    expect((await last('openrouter')).choices).toHaveLength(1)
    expect(await last('deepseek')).toMatchObject({
      choices: [{ finish_reason: 'stop' }],
      usage: { prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 },
    })
    const groq = await last('groq') as Chunk & { x_groq: { usage: unknown } }
    expect(groq.x_groq.usage).toEqual(groq.usage)
    expect((await last('xai')).usage).toMatchObject({ completion_tokens: 5, total_tokens: 18 })
    expect((await last('openrouter')).usage).toMatchObject({ cost: expect.any(Number) })
  })

  it('counts usage up on every chunk, with the sources, for those who do', async () => {
    const citations = [{ kind: 'url_citation', url: 'https://example.com/a', title: 'A' }]
    const chunks = await chunksOf('perplexity', { content: [{ type: 'text', text: 'So it is said.', citations }] })
    const counts = chunks.map((chunk) => chunk.usage?.completion_tokens ?? -1)
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
    expect(counts.at(-1)).toBe(Math.ceil('So it is said.'.length / 4))
    for (const chunk of chunks) expect(chunk).toMatchObject({ citations: ['https://example.com/a'] })
    expect(chunks.at(-1)).toMatchObject({ object: 'chat.completion.done', choices: [{ message: { content: 'So it is said.' } }] })
  })

  it.each([
    ['groq', 'reasoning'], ['together', 'reasoning'], ['ollama', 'reasoning'], ['vllm', 'reasoning'], ['openrouter', 'reasoning'],
    ['deepseek', 'reasoning_content'], ['xai', 'reasoning_content'], ['fireworks', 'reasoning_content'], ['lmstudio', 'reasoning_content'],
  ])('%s thinks in %s', async (dialect, field) => {
    const chunks = await chunksOf(dialect, answer)
    const deltas = chunks.map((chunk) => (chunk.choices[0]?.delta as Record<string, string | null> | undefined)?.[field] ?? '')
    expect(deltas.join('')).toBe('Hm.')
  })

  it('hides the thinking of OpenAI, and puts Mistral’s and Perplexity’s into the content', async () => {
    expect(JSON.stringify(await chunksOf('openai', answer))).not.toContain('Hm.')
    const [, first] = await chunksOf('mistral', answer)
    expect(first?.choices[0]?.delta.content).toEqual([{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }])
    const perplexity = await chunksOf('perplexity', answer)
    expect(perplexity.map((chunk) => chunk.choices[0]?.delta.content).join('')).toBe('<think>\nHm.\n</think>\n\nYes, of course.')
  })

  it('leaves the index off Mistral’s calls, and sends them with the end', async () => {
    const chunks = await chunksOf('mistral', { toolCalls: [{ name: 'weather' }] }, { tools: [...tools] })
    const call = chunks.at(-1)?.choices[0]?.delta.tool_calls?.[0]
    expect(call).toEqual({ id: expect.stringMatching(/^[a-zA-Z0-9]{9}$/), function: { name: 'weather', arguments: '{}' } })
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
  })

  it('sends the comments of those who wait aloud', async () => {
    for (const [dialect, comment] of [['deepseek', ': keep-alive\n\n'], ['openrouter', ': OPENROUTER PROCESSING\n\n']] as const) {
      const { sim } = client(dialect)
      const response = await sim.fetch('https://api.test/v1/chat/completions', {
        method: 'POST',
        headers: { authorization: 'Bearer key' },
        body: JSON.stringify({ model: 'm', stream: true, messages }),
      })
      expect(await response.text()).toContain(comment)
    }
  })

  it('tells an error inside a 200 as each one does', async () => {
    const toldBy = async (dialect: string, answers: Answer): Promise<string> => {
      const { sim } = client(dialect, { answers })
      const response = await sim.fetch('https://api.test/v1/chat/completions', {
        method: 'POST',
        headers: { authorization: 'Bearer key' },
        body: JSON.stringify({ model: 'm', stream: true, messages }),
      })
      expect(response.status).toBe(200)
      return response.text()
    }
    const failed = await toldBy('groq', { error: 'tool_use_failed' })
    expect(failed).toMatch(/^event: error\ndata: \{"error":\{.*"failed_generation":.*"status_code":400\}\}\n\n$/)
    expect(await toldBy('lmstudio', { error: 'context_window' })).toMatch(/^event: error\ndata: .*greater than the context length/)
    const late: Answer = { text: 'One two', fault: { type: 'error_event', cause: 'overloaded' } }
    expect(await toldBy('openrouter', late)).toMatch(/"error":\{"code":529.*"finish_reason":"error".*\n\ndata: \[DONE\]\n\n$/)
    expect(await toldBy('vllm', late)).toMatch(/data: \{"error":\{.*"code":503\}\}\n\ndata: \[DONE\]\n\n$/)
    expect(await toldBy('openai', late)).toMatch(/data: \{"error":\{.*"code":"server_is_overloaded"\}\}\n\n$/)
  })
})
