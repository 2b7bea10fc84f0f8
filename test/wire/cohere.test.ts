// Cohere's chat: parity, replay, what is sent, and what failures mean.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Hub } from '../../src/index.ts'
import { cohere } from '../../src/providers/cohere.ts'
import type { Message } from '../../src/types/message.ts'
import type { Tool } from '../../src/types/tool.ts'
import { encodingOf, fold, sent as sentTo, streamed as read, targetOf, whole as readWhole, type Raw, type Sent } from './gemini-fixtures.ts'

const { wire } = cohere
const target = targetOf('command-a-plus-05-2026', cohere)
const whole = (body: unknown): ReturnType<typeof fold> => readWhole(body, target)
const streamed = (bytes: Uint8Array, cuts?: readonly number[]): ReturnType<typeof fold> => read(bytes, cuts, target)
const sent = (request: Parameters<typeof sentTo>[0], mode: 'chat' | 'stream' = 'chat'): Sent => sentTo(request, target, { mode })

const words = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\n', 'é🙂', 'null', 'n', '[DONE]'))
const object = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }).map((it) => JSON.parse(JSON.stringify(it)) as { [key: string]: unknown })
const name = fc.stringMatching(/^[a-z_]{1,8}$/)
const args = fc.oneof(object.map((value) => JSON.stringify(value)), fc.constantFrom('null', '', '{}', 'nul', 'nonsense', '{"a":'))
const call = fc.record({ name, arguments: args })
const citation = fc.record({
  start: fc.nat(5), end: fc.nat(9), text: words, type: fc.constantFrom('TEXT_CONTENT', 'PLAN'),
  sources: fc.array(fc.record({ type: fc.constant('document'), id: name, document: fc.record({ title: words, url: words, snippet: words }) }), { maxLength: 2 }),
})
const usage = { billed_units: { input_tokens: 37, output_tokens: 21 }, tokens: { input_tokens: 1450, output_tokens: 63 }, cached_tokens: 1024 }

const message = fc.record({
  tool_plan: fc.option(words, { nil: undefined }),
  thinking: fc.option(words, { nil: undefined }),
  text: fc.option(words, { nil: undefined }),
  calls: fc.array(call, { maxLength: 3 }),
  citations: fc.array(citation, { maxLength: 2 }),
  finish_reason: fc.constantFrom('COMPLETE', 'MAX_TOKENS', 'TOOL_CALL', 'TIMEOUT'),
})
type Answer = typeof message extends fc.Arbitrary<infer T> ? T : never

const contentOf = ({ thinking, text }: Answer): Raw[] => [
  ...(thinking === undefined ? [] : [{ type: 'thinking', thinking }]),
  ...(text === undefined ? [] : [{ type: 'text', text }]),
]
const citationsOf = ({ text, citations }: Answer): readonly Raw[] => (text ? citations : [])

function bodyOf(answer: Answer): Raw {
  const tool_calls = answer.calls.map((fn, index) => ({ id: `${fn.name}_${index}`, type: 'function', function: fn }))
  const { tool_plan, finish_reason } = answer
  return { id: 'c1', finish_reason, usage, message: { role: 'assistant', content: contentOf(answer), tool_plan, tool_calls, citations: citationsOf(answer) } }
}

interface Manner {
  readonly size: number
  readonly newline: string
  /** Whether the events that end a thing are sent. */
  readonly ends: boolean
}

const manner = fc.record({ size: fc.integer({ min: 1, max: 9 }), newline: fc.constantFrom('\n', '\r\n'), ends: fc.boolean() })

function render(answer: Answer, { size, newline, ends }: Manner): Uint8Array {
  const events: Raw[] = [{ type: 'message-start', id: 'c1', delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } } }]
  const pieces = (text: string): string[] => text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
  const say = (type: string, message: Raw, index?: number): unknown => events.push({ type, index, delta: { message } })
  for (const tool_plan of pieces(answer.tool_plan ?? '')) say('tool-plan-delta', { tool_plan })
  contentOf(answer).forEach((block, index) => {
    const key = block['type'] as string
    say('content-start', { content: { type: key, [key]: '' } }, index)
    for (const text of pieces(block[key] as string)) say('content-delta', { content: { [key]: text } }, index)
    if (ends) events.push({ type: 'content-end', index })
  })
  citationsOf(answer).forEach((citations, index) => {
    say('citation-start', { citations }, index)
    if (ends) events.push({ type: 'citation-end', index })
  })
  answer.calls.forEach((fn, index) => {
    say('tool-call-start', { tool_calls: { id: `${fn.name}_${index}`, type: 'function', function: { name: fn.name, arguments: '' } } }, index)
    for (const text of pieces(fn.arguments)) say('tool-call-delta', { tool_calls: { function: { arguments: text } } }, index)
    if (ends) events.push({ type: 'tool-call-end', index })
  })
  events.push({ type: 'message-end', delta: { finish_reason: answer.finish_reason, usage } })
  const frames = events.map((event) => `event: ${event['type']}${newline}data: ${JSON.stringify(event)}${newline}${newline}`)
  return new TextEncoder().encode(`${frames.join('')}data: [DONE]${newline}${newline}`)
}

describe('parity', () => {
  it('a stream folds to what the whole body folds to, however it is spread and its bytes are cut', () => {
    fc.assert(
      fc.property(message, manner, fc.array(fc.nat(4000), { maxLength: 12 }), (answer, how, cuts) => {
        const bytes = render(answer, how)
        expect(streamed(bytes, cuts.map((cut) => cut % (bytes.length + 1)))).toEqual(whole(bodyOf(answer)))
      }),
      { numRuns: 400 },
    )
  })

  it('is whole with its last event, and not before', () => {
    fc.assert(
      fc.property(message, manner, (answer, how) => {
        const text = new TextDecoder().decode(render(answer, how))
        const before = text.slice(0, text.lastIndexOf('event: message-end'))
        expect(streamed(new TextEncoder().encode(before)).done).toBe(false)
        expect(streamed(new TextEncoder().encode(text)).done).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})

describe('replay', () => {
  it('plan, thinking, calls and ids go back as they came', () => {
    fc.assert(
      fc.property(message, manner, (answer, how) => {
        const { message: said, toolCalls } = streamed(render(answer, how))
        const told = JSON.parse(JSON.stringify(said)) as typeof said
        const results = toolCalls.map(({ id }): Message => ({ role: 'tool', content: [{ type: 'tool_result', toolUseId: id, content: 'ok' }] }))
        const [, back, ...answers] = sent({ messages: [{ role: 'user', content: 'q' }, told, ...results] }).body.messages
        expect(back === undefined).toBe(told.content.length === 0)
        if (back === undefined) return
        const content = contentOf(answer).filter((block) => block[block['type'] as string] !== '')
        expect(back.content ?? []).toEqual(content.length || toolCalls.length ? content : '')
        expect(back.tool_plan).toBe(answer.tool_plan || undefined)
        expect((back.tool_calls ?? []).map(({ id }: { id: string }) => id)).toEqual(answer.calls.map((fn, index) => `${fn.name}_${index}`))
        expect(answers).toEqual(toolCalls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'ok' })))
      }),
      { numRuns: 200 },
    )
  })

  it('thinking and plans of others stay behind', () => {
    const { message: said } = whole(bodyOf({ tool_plan: 'p', thinking: 't', text: 'x', calls: [], citations: [], finish_reason: 'COMPLETE' }))
    const { body, notes } = sentTo({ messages: [said] }, targetOf('command-r7b', cohere))
    expect(body.messages).toEqual([{ role: 'assistant', content: [{ type: 'text', text: 'x' }] }])
    expect(notes).toEqual(['messages', 'messages'])
  })
})

describe('decoding', () => {
  const answer: Answer = { tool_plan: 'I will look.', thinking: undefined, text: 'x', calls: [], citations: [], finish_reason: 'COMPLETE' }

  it('counts what the model read, and tells what is billed', () => {
    const { usage: counted, metadata, content } = whole(bodyOf(answer))
    expect(counted).toEqual({
      inputTokens: 1450, outputTokens: 63, cachedInputTokens: 1024, cacheWriteTokens: 0, reasoningTokens: 0, totalTokens: 1513, billedInputTokens: 37, billedOutputTokens: 21,
    })
    expect(metadata).toEqual({ billedUnits: usage.billed_units })
    expect(content).toMatchObject([{ type: 'native', kind: 'tool_plan', data: { text: 'I will look.' } }, { type: 'text', text: 'x' }])
  })

  it.each([['tokens besides', usage], ['nothing besides', { billed_units: usage.billed_units, cached_tokens: 30 }]])('costs what is billed, with %s', async (_, counts) => {
    const cost = { input_per_1m: 1_000_000, output_per_1m: 10_000_000, cached_input_per_1m: 1 }
    const models = { m: { target: 'cohere/command-a', credential: { type: 'literal', value: 'a-key' }, cost } } as const
    const hub = new Hub({ models }, { providers: [cohere], fetch: async () => Response.json({ ...bodyOf(answer), usage: counts }) })
    const { cost: paid } = await hub.chat('m', { messages: [{ role: 'user', content: 'hi' }] })
    expect(paid).toMatchObject({ inputUsd: 37, cachedInputUsd: 0, outputUsd: 210, totalUsd: 247 })
  })

  it('where only what is billed is told, that is what counts', () => {
    const { usage: counted } = whole({ ...bodyOf(answer), usage: { billed_units: { input_tokens: 5, output_tokens: 2 }, cached_tokens: 9 } })
    expect(counted).toMatchObject({ inputTokens: 5, outputTokens: 2, cachedInputTokens: 5 })
  })

  it.each([['COMPLETE', 'stop'], ['STOP_SEQUENCE', 'stop'], ['MAX_TOKENS', 'length'], ['TOOL_CALL', 'tool_calls'], ['ERROR', 'error'], ['TIMEOUT', 'error'], ['NEW', 'other']])('%s is %s', (raw, reason) => {
    expect(whole({ message: {}, finish_reason: raw })).toMatchObject({ finishReason: reason, rawFinishReason: raw })
  })

  it.each([['null', { arguments: {} }], ['', { arguments: {} }], ['nul', { invalid: { raw: 'nul' } }], ['[1]', { invalid: { raw: '[1]' } }]])('arguments that say %j', (said, want) => {
    const one = { ...answer, calls: [{ name: 'f', arguments: said }] }
    for (const { toolCalls } of [whole(bodyOf(one)), ...[1, 9].map((size) => streamed(render(one, { size, newline: '\n', ends: false })))]) expect(toolCalls).toMatchObject([want])
  })

  it('a failure after the start is one', () => {
    const end = { type: 'message-end', delta: { finish_reason: 'ERROR', error: 'the model broke' } }
    expect(() => streamed(new TextEncoder().encode(`data: ${JSON.stringify(end)}\n\n`))).toThrow(expect.objectContaining({ code: 'server_error', message: 'the model broke' }))
    expect(() => whole({ id: 'x' })).toThrow(expect.objectContaining({ code: 'invalid_response' }))
    expect(() => wire.decoder(encodingOf({}, target)).frame('{"type":', '')).toThrow(expect.objectContaining({ code: 'invalid_response' }))
  })
})

describe('what is sent', () => {
  const look: Tool = { name: 'look', description: 'Looks', parameters: { type: 'object', properties: { q: { type: 'string', minLength: 1 } }, required: ['q'] } }
  const stop: Tool = { name: 'stop' }
  const user: Message = { role: 'user', content: 'hi' }

  it('by its own names', () => {
    const { path, body, notes } = sent({ maxTokens: 5, temperature: 0, topP: 1, topK: 0, seed: 1, stop: ['1', '2', '3', '4', '5', '6'], parallelToolCalls: false, providerOptions: { safety_mode: 'OFF' } }, 'stream')
    expect(path).toBe('/chat')
    expect(body).toEqual({
      model: 'command-a-plus-05-2026', messages: [user], max_tokens: 5, temperature: 0, p: 0.99, k: 0, seed: 1, stop_sequences: ['1', '2', '3', '4', '5'], safety_mode: 'OFF', stream: true,
    })
    expect(notes).toEqual(['stop', 'parallelToolCalls', 'topP'])
    expect(sent({ temperature: 1.5 })).toMatchObject({ body: { temperature: 1 }, notes: ['temperature'] })
  })

  it.each([
    ['none', { type: 'disabled' }], [0, { type: 'disabled' }], ['low', { type: 'enabled', token_budget: 2048 }], ['high', { type: 'enabled' }], [700, { type: 'enabled', token_budget: 700 }],
  ] as const)('reasoning %s', (reasoning, thinking) => {
    expect(sent({ reasoning }).body.thinking).toEqual(thinking)
  })

  it.each([
    ['command-a-03-2025', false], ['command-r7b-12-2024', false], ['command-r-plus-08-2024', false], ['command-r', false], ['command', false], ['command-a-translate-08-2025', false],
    ['command-a-vision-07-2025', false], ['command-a-reasoning-08-2025', true], ['command-a-plus-05-2026', true], ['my-own-model', true],
  ] as const)('%s thinks: %s', (model, thinks) => {
    const { body, notes } = sentTo({ reasoning: 500 }, targetOf(model, cohere))
    expect([body.thinking, notes]).toEqual(thinks ? [{ type: 'enabled', token_budget: 500 }, []] : [undefined, ['reasoning']])
    expect(sentTo({ reasoning: 'none' }, targetOf(model, cohere))).toMatchObject({ notes: [], ...(thinks && { body: { thinking: { type: 'disabled' } } }) })
  })

  it.each([
    ['auto', undefined, 2], ['none', 'NONE', 2], ['required', 'REQUIRED', 2], [{ name: 'stop' }, 'REQUIRED', 1],
  ] as const)('toolChoice %j', (toolChoice, choice, count) => {
    const { body } = sent({ tools: [look, stop], toolChoice })
    expect([body.tool_choice, body.tools.length]).toEqual([choice, count])
  })

  it('tools are strict all together or not at all', () => {
    const fn = (tools: readonly Tool[]): unknown[] => {
      const { body, notes } = sent({ tools })
      return [body.strict_tools, body.tools[0].function.parameters.properties.q, notes]
    }
    expect(fn([{ ...look, strict: true }])).toEqual([true, { type: 'string', description: 'minLength: 1' }, ['tools.look']])
    expect(fn([{ ...look, strict: true }, { name: 'now', strict: true }])[0]).toBeUndefined()
    expect(fn([{ ...look, strict: true }, stop])).toEqual([undefined, { type: 'string', minLength: 1 }, ['tools']])
  })

  it('documents to be cited have a place of their own, but beside JSON', () => {
    const messages: Message[] = [{ role: 'user', content: [{ type: 'document', text: 'Fjords.', title: 'Oslo' }, { type: 'text', text: 'Where?' }] }]
    expect(sent({ messages }).body).toMatchObject({ messages: [{ role: 'user', content: 'Where?' }], documents: [{ id: '0', data: { title: 'Oslo', text: 'Fjords.' } }] })
    const json = sent({ messages, responseFormat: { schema: { type: 'object', properties: { n: { type: 'number', minimum: 1 } }, required: ['n'] } } })
    expect(json.body).not.toHaveProperty('documents')
    expect(json.body.messages[0].content).toBe('Oslo\n\nFjords.\n\nWhere?')
    expect(json.body.response_format).toEqual({ type: 'json_object', json_schema: { type: 'object', properties: { n: { type: 'number', description: 'minimum: 1' } }, required: ['n'] } })
    // The API takes no format beside tools.
    const beside = sent({ messages, responseFormat: 'json_object', tools: [{ name: 'look' }] })
    expect(beside.body.response_format).toBeUndefined()
    expect(beside.body.messages[0]).toMatchObject({ role: 'system', content: expect.stringContaining('one JSON object') })
    expect(beside.notes).toContain('responseFormat')
  })

  it('a schema with an object that requires nothing is told in words', () => {
    const open = { type: 'object', properties: { deep: { type: 'object', properties: { a: {} } } }, required: ['deep'] }
    const { body, notes } = sent({ responseFormat: { schema: open } })
    expect(body.response_format).toEqual({ type: 'json_object' })
    expect(body.messages[0]).toMatchObject({ role: 'system', content: expect.stringContaining(JSON.stringify(open)) })
    expect(notes).toContain('responseFormat')
  })

  it('pictures, results with documents, and what cannot be sent', () => {
    const image: Message = { role: 'user', content: [{ type: 'image', data: 'AA==', mediaType: 'image/png', detail: 'low' }, { type: 'text', text: 'what?' }] }
    const result: Message = { role: 'tool', content: [{ type: 'tool_result', toolUseId: 'a', content: [{ type: 'text', text: 't' }, { type: 'document', text: 'd' }, { type: 'image', data: 'AA==' }] }] }
    const { body, notes } = sent({ messages: [{ role: 'system', content: 's' }, image, result] })
    expect(body.messages).toEqual([
      { role: 'system', content: 's' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } }, { type: 'text', text: 'what?' }] },
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 't' }, { type: 'document', document: { data: { text: 'd' } } }] },
    ])
    expect(notes).toEqual(['tool_result'])
    for (const block of [{ type: 'document', data: 'AA==' }, { type: 'image', fileId: 'f' }] as const) {
      expect(() => sent({ messages: [{ role: 'user', content: [block] }] })).toThrow(expect.objectContaining({ code: 'unsupported' }))
    }
  })
})

describe('failures', () => {
  it.each([
    [400, 'too many tokens: size limit exceeded by 25836 tokens. Try using shorter or fewer inputs.', 'context_window'],
    [400, 'too many tokens: max tokens must be less than or equal to 4096', 'invalid_request'],
    [400, 'invalid request: message must be at least 1 token long', 'invalid_request'],
    [401, 'invalid api token', 'authentication'],
    [402, 'Please add or update your payment method to continue', 'quota'],
    [404, "model 'x' not found, make sure the correct model ID was used", 'not_found'],
    [422, 'unprocessable', 'invalid_request'],
    [429, 'You are past the per minute request limit, please wait and try again later.', 'rate_limit'],
    [429, 'You are using a Trial key, which is limited to 1000 API calls / month.', 'quota'],
    [498, 'invalid token', 'authentication'],
    [498, 'blocked output', 'content_policy'],
    [503, 'service unavailable', 'overloaded'],
    [500, 'internal', 'server_error'],
    [504, 'timeout', 'server_error'],
  ])('%i %s', (status, said, code) => {
    const text = JSON.stringify({ id: 'x', message: said })
    expect(wire.fault({ status, text, json: JSON.parse(text), details: { alias: 'm' } })).toMatchObject({ code, message: said, status, alias: 'm' })
  })

  it.each([
    ['You are past the per minute request limit, please wait and try again later.', 'rate_limit', 429],
    ['You are using a Trial key, which is limited to 20 API calls / minute.', 'rate_limit', 429],
    ['trial token rate limit exceeded, limit is 100000 tokens per minute', 'rate_limit', 429],
    ['You are using a Trial key, which is limited to 1000 API calls / month.', 'quota', 402],
    ['The service is overloaded, please try again later.', 'overloaded', 503],
    ['internal server error, this has been reported to our developers.', 'server_error', 500],
  ])('inside of a 200: %s', (message, code, status) => {
    for (const read of [(): unknown => whole({ message }), (): unknown => whole({ id: 'x', message })]) {
      expect(read).toThrow(expect.objectContaining({ code, message, status }))
    }
  })
})
