// Gemini, read by Google's own client: what it makes of an answer is the judgement.
import { ApiError, FinishReason, GoogleGenAI, ThinkingLevel } from '@google/genai'
import type { Content, GenerateContentResponse, Tool } from '@google/genai'
import { describe, expect, it } from 'vitest'
import { errorCatalogue, simulator } from '@relay/core/testing'
import type { Answer, SimulatorOptions } from '@relay/core/testing'

const model = 'gemini-3.8-flash'
const question: Content = { role: 'user', parts: [{ text: 'How is the weather in Zürich? 🌦' }] }
const tools: Tool[] = [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } } } }] }]
const config = { thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW }, tools }

function client(options: SimulatorOptions = {}, vertex = false) {
  const sim = simulator({ chunk: 3, ...options })
  const httpOptions = { fetch: sim.fetch as typeof fetch, retryOptions: { attempts: 1 } }
  const ai = vertex
    ? new GoogleGenAI({ vertexai: true, apiKey: 'an-express-key-of-some-length', httpOptions })
    : new GoogleGenAI({ apiKey: 'AIza-a-key-of-some-length', apiVersion: 'v1beta', httpOptions })
  return { sim, models: ai.models }
}

async function streamed(answers: Answer, vertex = false): Promise<GenerateContentResponse[]> {
  const all: GenerateContentResponse[] = []
  for await (const chunk of await client({ answers }, vertex).models.generateContentStream({ model, contents: [question], config })) all.push(chunk)
  return all
}

/** What is said in parts of one kind. */
const said = (all: readonly GenerateContentResponse[], thought: boolean): string =>
  all.flatMap((one) => one.candidates?.[0]?.content?.parts ?? []).filter((part) => (part.thought === true) === thought).map((part) => part.text ?? '').join('')

const rich: Answer = {
  content: [
    { type: 'thinking', text: 'Sunny? Let me look…' },
    { type: 'text', text: 'Zürich: it rains. 🌧️', citations: [{ kind: 'web', url: 'https://example.com/', title: 'Weather', start: 8, end: 16 }] },
    { type: 'tool_use', name: 'weather', arguments: { city: 'Zürich' } },
    { type: 'tool_use', name: 'now' },
  ],
  usage: { inputTokens: 100, cachedInputTokens: 30, outputTokens: 60, reasoningTokens: 25 },
}

describe.each([['the Gemini API', false], ['Vertex AI', true]] as const)('the Google client on %s', (_, vertex) => {
  it('reads an echo', async () => {
    const { models, sim } = client({}, vertex)
    const response = await models.generateContent({ model, contents: [question] })
    expect(response.text).toBe(question.parts![0]!.text)
    expect(response).toMatchObject({ modelVersion: model, candidates: [{ finishReason: FinishReason.STOP }] })
    expect(sim.requests[0]).toMatchObject({ wire: 'gemini', dialect: vertex ? 'vertex' : 'google', status: 200, ended: true })
    expect(JSON.stringify(sim.requests)).not.toMatch(/AIza-a|express-key/)
  })

  it('reads the same in a stream and in a whole', async () => {
    const whole = await client({ answers: rich }, vertex).models.generateContent({ model, contents: [question], config })
    const chunks = await streamed(rich, vertex)
    expect(said(chunks, true)).toBe('Sunny? Let me look…')
    expect(said(chunks, false)).toBe('Zürich: it rains. 🌧️')
    expect([said([whole], true), said([whole], false)]).toEqual([said(chunks, true), said(chunks, false)])
    const calls = chunks.flatMap((chunk) => chunk.functionCalls ?? [])
    expect(calls).toEqual(whole.functionCalls)
    expect(calls).toMatchObject([{ name: 'weather', args: { city: 'Zürich' } }, { name: 'now', args: {} }])
    expect(chunks.at(-1)?.usageMetadata).toEqual(whole.usageMetadata)
    expect(whole.usageMetadata).toMatchObject({ promptTokenCount: 100, cachedContentTokenCount: 30, candidatesTokenCount: 35, thoughtsTokenCount: 25, totalTokenCount: 160 })
    const parts = whole.candidates![0]!.content!.parts!
    expect(parts.map((part) => part.thoughtSignature !== undefined)).toEqual([false, false, true, false])
    // Bytes, not characters: `ü` is two of them.
    expect(whole.candidates![0]!.groundingMetadata?.groundingSupports).toEqual([{ segment: { startIndex: 9, endIndex: 17, text: 'it rains' }, groundingChunkIndices: [0] }])
  })

  it('goes through a tool loop, and is refused without its signature', async () => {
    const { models } = client({ answers: [{ thinking: 'I need a tool.', toolCalls: [{ name: 'weather' }] }, 'Cold.'] }, vertex)
    const first = await models.generateContent({ model, contents: [question], config })
    const content = first.candidates![0]!.content!
    const { id, name } = first.functionCalls![0]!
    const loop = (answer: Content) => models.generateContent({
      model,
      config,
      contents: [question, answer, { role: 'user', parts: [{ functionResponse: { ...(id ? { id } : {}), name: name!, response: { output: '3 °C' } } }] }],
    })
    expect((await loop(content)).text).toBe('Cold.')
    const bare = { ...content, parts: content.parts!.map(({ thoughtSignature: _, ...part }) => part) }
    await expect(loop(bare)).rejects.toThrow(/missing a thought_signature in functionCall parts/)
    const other = { ...content, parts: content.parts!.map((part) => part.functionCall ? { ...part, thoughtSignature: btoa('else') } : part) }
    await expect(loop(other)).rejects.toThrow(/Thought signature is not valid/)
  })

  it.each(errorCatalogue().filter((entry) => entry.wire === 'gemini' && entry.dialect === (vertex ? 'vertex' : 'google')).map((entry) => [entry.cause, entry] as const))(
    'says what %s is',
    async (cause, { status, body }) => {
      const asked = client({ answers: { error: cause } }, vertex).models.generateContent({ model, contents: [question] })
      if (status === 200) {
        expect((await asked).promptFeedback?.blockReason).toMatch(/SAFETY|PROHIBITED_CONTENT/)
        return
      }
      const error: unknown = await asked.catch((e: unknown) => e)
      expect(error).toBeInstanceOf(ApiError)
      expect(error).toMatchObject({ status, message: expect.stringContaining((JSON.parse(body) as { error: { status: string } }).error.status) })
    },
  )
})

describe('the Google client', () => {
  it('sees a prompt that is blocked in the first chunk of a stream', async () => {
    const [first, ...rest] = await streamed({ error: 'content_policy' })
    expect(first?.promptFeedback?.blockReason).toBe('SAFETY')
    expect([first?.candidates, rest]).toEqual([undefined, []])
  })

  it('is told when to come back in the body of an error', async () => {
    const { models } = client({ answers: { error: { cause: 'rate_limit', retry: { delay: '7s' } } } })
    const error: unknown = await models.generateContent({ model, contents: [question] }).catch((e: unknown) => e)
    expect(String(error)).toContain('"retryDelay":"7s"')
    expect(String(error)).not.toContain('34.4s')
  })

  it('embeds', async () => {
    const { embeddings } = await client().models.embedContent({ model: 'gemini-embedding-001', contents: ['rain in Oslo', 'rain in Bern'], config: { outputDimensionality: 64 } })
    const [a = [], b = []] = embeddings!.map((one) => one.values!)
    expect([a.length, b.length]).toEqual([64, 64])
    expect(a.reduce((sum, value, i) => sum + value * b[i]!, 0)).toBeGreaterThan(0.4)
  })
})
