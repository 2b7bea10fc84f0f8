// Bedrock, read by AWS's own client: what it makes of bodies and of binary frames is the judgement.
import {
  BedrockRuntimeServiceException, ConverseCommand, ConverseStreamCommand, InvokeModelCommand, InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import type { ContentBlock, ConverseCommandInput, ConverseStreamOutput, Message } from '@aws-sdk/client-bedrock-runtime'
import { describe, expect, it } from 'vitest'
import { errorCatalogue } from '@relay/core/testing'
import type { Answer, Fault } from '@relay/core/testing'
import { client } from './aws-client.ts'

const modelId = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const question: Message = { role: 'user', content: [{ text: 'How is the weather in Zürich? 🌦' }] }
const toolConfig: ConverseCommandInput['toolConfig'] = {
  tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } } } } } }],
}
const input = { modelId, messages: [question] }

const rich: Answer = {
  content: [
    { type: 'thinking', text: 'Sunny? Let me look…' },
    { type: 'redacted_thinking', data: btoa('hidden') },
    { type: 'text', text: 'It rains. 🌧️', citations: [{ kind: 'web', url: 'https://example.com/', title: 'Weather', citedText: 'rain' }] },
    { type: 'tool_use', name: 'weather', arguments: { city: 'Zürich' } },
    { type: 'tool_use', name: 'now' },
  ],
  usage: { inputTokens: 100, cachedInputTokens: 30, cacheWriteTokens: 20, cacheWrite1hTokens: 5, outputTokens: 60 },
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

/** The events of a stream, and how it ended. */
async function events(answers: Answer, more: Partial<ConverseCommandInput> = {}): Promise<{ all: ConverseStreamOutput[]; error: unknown }> {
  const all: ConverseStreamOutput[] = []
  try {
    const { stream } = await client({ answers }).bedrock.send(new ConverseStreamCommand({ ...input, ...more }))
    for await (const event of stream!) all.push(event)
    return { all, error: undefined }
  } catch (error) {
    return { all, error }
  }
}

/** The blocks that a stream's events make, put together by hand as the documentation says. */
function folded(all: readonly ConverseStreamOutput[]): unknown[] {
  const blocks: Record<number, { start?: object; text: string; thought: string; signature: string; hidden: number[]; input: string; citations: unknown[] }> = {}
  for (const { contentBlockStart: start, contentBlockDelta: delta } of all) {
    const index = start?.contentBlockIndex ?? delta?.contentBlockIndex
    if (index === undefined) continue
    const block = (blocks[index] ??= { text: '', thought: '', signature: '', hidden: [], input: '', citations: [] })
    if (start?.start?.toolUse) block.start = start.start.toolUse
    const { text = '', reasoningContent: thought, toolUse, citation } = delta?.delta ?? {}
    block.text += text
    block.thought += thought?.text ?? ''
    block.signature += thought?.signature ?? ''
    block.hidden.push(...(thought?.redactedContent ?? []))
    block.input += toolUse?.input ?? ''
    if (citation) block.citations.push(citation)
  }
  return Object.values(blocks).map(({ start, text, thought, signature, hidden, input, citations }) => {
    if (start) return { toolUse: { ...start, input: JSON.parse(input || '{}') as unknown } }
    if (hidden.length > 0) return { reasoningContent: { redactedContent: Uint8Array.from(hidden) } }
    if (signature) return { reasoningContent: { reasoningText: { text: thought, signature } } }
    return citations.length > 0 ? { citationsContent: { content: [{ text }], citations } } : { text }
  })
}

describe('Converse', () => {
  it('echoes, and remembers who asked and what', async () => {
    const { bedrock, sim } = client()
    const { output, stopReason, $metadata } = await bedrock.send(new ConverseCommand(input))
    expect(output?.message).toEqual({ role: 'assistant', content: question.content })
    expect([stopReason, $metadata.requestId]).toEqual(['end_turn', expect.stringMatching(/^[\da-f-]{36}$/)])
    expect(sim.requests[0]).toMatchObject({ wire: 'converse', dialect: 'bedrock', status: 200, neutral: { model: modelId, text: question.content![0]!.text } })
    expect(JSON.stringify(sim.requests)).not.toContain('AKIDEXAMPLE')
  })

  it('streams the very blocks that a whole answer has', async () => {
    const { output, usage } = await client({ answers: rich }).bedrock.send(new ConverseCommand({ ...input, toolConfig }))
    const { all } = await events(rich, { toolConfig })
    const blocks = output!.message!.content!.map(({ ...block }) => block)
    expect(folded(all)).toEqual(blocks)
    expect(blocks.map((block) => Object.keys(block as object)[0])).toEqual(['reasoningContent', 'reasoningContent', 'citationsContent', 'toolUse', 'toolUse'])
    expect(all[0]).toEqual({ messageStart: { role: 'assistant' } })
    expect(all.at(-2)).toEqual({ messageStop: { stopReason: 'tool_use' } })
    expect(all.at(-1)?.metadata?.usage).toEqual(usage)
    expect(usage).toMatchObject({
      inputTokens: 50,
      cacheReadInputTokens: 30,
      cacheWriteInputTokens: 20,
      outputTokens: 60,
      totalTokens: 160,
      cacheDetails: [{ ttl: '1h', inputTokens: 5 }, { ttl: '5m', inputTokens: 15 }],
    })
  })

  it('goes through a tool loop with thinking that comes back as it went', async () => {
    const { bedrock } = client({ answers: [{ thinking: 'I need a tool.', toolCalls: [{ name: 'weather' }] }, 'Cold.'] })
    const additionalModelRequestFields = { thinking: { type: 'enabled', budget_tokens: 1024 } }
    const loop = async (content: ContentBlock[]): Promise<string | undefined> => {
      const results: Message = { role: 'user', content: content.flatMap(({ toolUse }) => toolUse ? [{ toolResult: { toolUseId: toolUse.toolUseId, content: [{ text: '3 °C' }] } }] : []) }
      const messages = [question, { role: 'assistant', content } as const, results]
      return (await bedrock.send(new ConverseCommand({ ...input, messages, toolConfig, additionalModelRequestFields, inferenceConfig: { maxTokens: 2048 } }))).output?.message?.content?.[0]?.text
    }
    const first = await bedrock.send(new ConverseCommand({ ...input, toolConfig, additionalModelRequestFields, inferenceConfig: { maxTokens: 2048 } }))
    const [thought, call] = first.output!.message!.content!
    expect(await loop([thought!, call!])).toBe('Cold.')
    const { text = '', signature = '' } = thought!.reasoningContent!.reasoningText!
    await expect(loop([{ reasoningContent: { reasoningText: { text: `${text}!`, signature } } }, call!])).rejects.toThrow(/Invalid `signature`/)
    await expect(loop([call!])).rejects.toThrow(/Expected `thinking` or `redacted_thinking`, but found `tool_use`/)
  })

  it.each(errorCatalogue().filter((entry) => entry.wire === 'converse').map((entry) => [entry.cause, entry] as const))(
    'throws the exception that %s is',
    async (cause, { status, headers, body }) => {
      const { bedrock } = client({ answers: { error: cause } })
      const error: unknown = await bedrock.send(new ConverseCommand(input)).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(BedrockRuntimeServiceException)
      expect(error).toMatchObject({ name: headers['x-amzn-errortype']?.split(':')[0], message: (JSON.parse(body) as { message: string }).message, $metadata: { httpStatusCode: status } })
    },
  )

  it.each([['rate_limit', 'ThrottlingException'], ['overloaded', 'ServiceUnavailableException'], ['server_error', 'InternalServerException'], ['model_stream_error', 'ModelStreamErrorException']])(
    'tells %s by an exception inside of the stream',
    async (cause, name) => {
      const { all, error } = await events({ text: 'One two three', fault: { type: 'error_event', cause, content: 1 } })
      expect(folded(all)).toEqual([{ text: 'One' }])
      expect(error).toMatchObject({ name })
    },
  )

  it('breaks a frame whose checksum is wrong', async () => {
    const { all, error } = await events({ text: 'One two three', fault: { type: 'bad_crc', content: 1 } })
    expect(folded(all)).toEqual([{ text: 'One' }])
    expect(String(error)).toMatch(/checksum/)
  })

  it.each<[string, Fault]>([['in pieces of any size', { type: 'split', bytes: 7 }], ['byte by byte', { type: 'split', bytes: 1 }]])('reads frames that come %s', async (_, fault) => {
    expect(folded((await events({ ...rich, fault }, { toolConfig })).all)).toEqual(folded((await events(rich, { toolConfig })).all))
  })
})

describe('InvokeModel', () => {
  const body = JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages: [{ role: 'user', content: 'Grüezi' }] })

  it('carries a message of Claude, and its events', async () => {
    const { bedrock } = client({ answers: { text: 'Grüezi zäme 🌦' } })
    const whole = await bedrock.send(new InvokeModelCommand({ modelId, body, contentType: 'application/json' }))
    expect(JSON.parse(text(whole.body))).toMatchObject({ id: expect.stringMatching(/^msg_bdrk_/), content: [{ type: 'text', text: 'Grüezi zäme 🌦' }], stop_reason: 'end_turn' })
    const { body: stream } = await bedrock.send(new InvokeModelWithResponseStreamCommand({ modelId, body, contentType: 'application/json' }))
    const seen: Record<string, unknown>[] = []
    for await (const { chunk } of stream!) seen.push(JSON.parse(text(chunk?.bytes)) as Record<string, unknown>)
    expect(seen.map((event) => (event['delta'] as { text?: string } | undefined)?.text ?? '').join('')).toBe('Grüezi zäme 🌦')
    expect(seen.at(-1)).toMatchObject({ type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 2 } })
  })

  it('throws what comes inside of the stream', async () => {
    const { bedrock } = client({ answers: { text: 'One two', fault: { type: 'error_event', cause: 'timeout', content: 1 } } })
    const { body: stream } = await bedrock.send(new InvokeModelWithResponseStreamCommand({ modelId, body, contentType: 'application/json' }))
    await expect((async () => { for await (const { chunk } of stream!) expect(chunk).toBeDefined() })()).rejects.toMatchObject({ name: 'ModelTimeoutException' })
  })

  it.each<[string, object, object, number[]]>([
    ['amazon.titan-embed-text-v2:0', { inputText: 'Hello there', dimensions: 256 }, { inputTextTokenCount: 3, embeddingsByType: { float: expect.any(Array) } }, [256]],
    ['amazon.titan-embed-text-v1', { inputText: 'Hello there' }, { inputTextTokenCount: 3 }, [1536]],
    ['amazon.nova-2-multimodal-embeddings-v1:0', { taskType: 'SINGLE_EMBEDDING', singleEmbeddingParams: { text: { value: 'x' } } }, { embeddings: [{ embeddingType: 'TEXT' }] }, [3072]],
    ['cohere.embed-english-v3', { texts: ['a', 'b'], input_type: 'search_query' }, { response_type: 'embeddings_floats' }, [1024, 1024]],
    ['cohere.embed-v4:0', { texts: ['a'], input_type: 'search_query' }, { response_type: 'embeddings_by_type' }, [1536]],
  ])('embeds with %s', async (id, asked, shape, lengths) => {
    const response = await client().bedrock.send(new InvokeModelCommand({ modelId: id, body: JSON.stringify(asked), contentType: 'application/json' }))
    const answer = JSON.parse(text(response.body)) as { embedding?: number[]; embeddings?: { float?: number[][] } | (number[] | { embedding: number[] })[] }
    expect(answer).toMatchObject(shape)
    const list = answer.embedding ? [answer.embedding] : Array.isArray(answer.embeddings) ? answer.embeddings.map((one) => 'embedding' in one ? one.embedding : one) : answer.embeddings!.float!
    expect(list.map((vector) => vector.length)).toEqual(lengths)
    for (const vector of list) expect(Math.hypot(...vector)).toBeCloseTo(1)
  })
})
