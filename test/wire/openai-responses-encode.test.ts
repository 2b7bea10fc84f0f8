import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { azureResponses } from '../../src/providers/azure-responses.ts'
import { openaiResponses } from '../../src/providers/openai-responses.ts'
import { openrouterResponses } from '../../src/providers/openrouter-responses.ts'
import { xaiResponses } from '../../src/providers/xai-responses.ts'
import type { ContentBlock, Message } from '../../src/types/message.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import { openaiResponses as wire } from '../../src/wire/openai-responses.ts'
import { encode as encoded, encodingOf, nobody, whole, type Asked } from './openai-chat-kit.ts'
import { asking, bodyOf, outputs, plain, type Item } from './openai-responses-kit.ts'

const hi: Message = { role: 'user', content: 'hi' }
const encode = (request: Partial<ChatRequest>, asked: Asked = {}) => encoded({ messages: [hi], ...request }, { provider: plain, ...asked })
const inputOf = (messages: readonly Message[], asked: Asked = {}) => encode({ messages }, asked)['input'] as Item[]

/** What is said of every request that does not say it itself. */
const DEFAULTS = ['store', 'include']

describe('messages', () => {
  test('texts, pictures, documents and results', () => {
    const content: ContentBlock[] = [
      { type: 'text', text: 'what is this?' },
      { type: 'image', url: 'https://a.example/x.png', detail: 'low' },
      { type: 'image', data: 'AA==', mediaType: 'image/png' },
      { type: 'image', fileId: 'file_1' },
      { type: 'document', data: 'DD==', mediaType: 'application/pdf', title: 'd.pdf' },
      { type: 'document', url: 'https://a.example/d.pdf' },
      { type: 'document', fileId: 'file_2' },
      { type: 'document', text: 'words', title: 'T' },
    ]
    expect(inputOf([{ role: 'system', content: 'be terse' }, { role: 'user', content }])).toEqual([
      { role: 'system', content: 'be terse' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'what is this?' },
          { type: 'input_image', image_url: 'https://a.example/x.png', detail: 'low' },
          { type: 'input_image', image_url: 'data:image/png;base64,AA==' },
          { type: 'input_image', file_id: 'file_1' },
          { type: 'input_file', file_data: 'data:application/pdf;base64,DD==', filename: 'd.pdf' },
          { type: 'input_file', file_url: 'https://a.example/d.pdf' },
          { type: 'input_file', file_id: 'file_2' },
          { type: 'input_text', text: 'T\n\nwords' },
        ],
      },
    ])
  })

  test('results of tools may hold pictures, and what is said besides comes in its place', () => {
    const picture: ContentBlock = { type: 'image', url: 'https://a.example/x.png' }
    const result = (content: string | ContentBlock[]): ContentBlock => ({ type: 'tool_result', toolUseId: 'call_1', content })
    const two: ContentBlock[] = [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }]
    expect(inputOf([{ role: 'tool', content: [result('1'), result(two), result([picture]), { type: 'text', text: 'so?' }] }])).toEqual([
      { type: 'function_call_output', call_id: 'call_1', output: '1' },
      { type: 'function_call_output', call_id: 'call_1', output: 'a\nb' },
      { type: 'function_call_output', call_id: 'call_1', output: [{ type: 'input_image', image_url: 'https://a.example/x.png' }] },
      { role: 'user', content: 'so?' },
    ])
  })

  test("a provider's own item that the caller wrote is sent as it is", () => {
    const item = { type: 'mcp_approval_response', approval_request_id: 'a', approve: true }
    const native: ContentBlock = { type: 'native', kind: item.type, data: item }
    expect(inputOf([{ role: 'user', content: [native, { type: 'text', text: 'go on' }] }])).toEqual([item, { role: 'user', content: 'go on' }])
  })

  test("another model's answer: what it said and called, without what only it can read", () => {
    const notes: string[] = []
    const origin = { provider: 'other', model: 'm', state: { at: 0, item: { id: 'rs_1' } } }
    const content: ContentBlock[] = [
      { type: 'thinking', text: 'hm', signature: 's', origin },
      { type: 'text', text: 'a', origin },
      { type: 'text', text: 'b' },
      { type: 'redacted_thinking', data: 'd', origin },
      { type: 'native', kind: 'x', data: { secret: 1 }, origin },
      { type: 'tool_use', id: `toolu_${'x'.repeat(70)}`, name: 'f', input: { a: 1 } },
      { type: 'tool_use', id: 'call_2', name: 'f', invalid: { raw: '{"a"', error: 'e' } },
    ]
    expect(inputOf([{ role: 'assistant', content }, { role: 'tool', content: [{ type: 'tool_result', toolUseId: `toolu_${'x'.repeat(70)}`, content: '1' }] }], { notes })).toEqual([
      { role: 'assistant', content: 'a' },
      { role: 'assistant', content: 'b' },
      { type: 'function_call', call_id: 'x'.repeat(64), name: 'f', arguments: '{"a":1}' },
      { type: 'function_call', call_id: 'call_2', name: 'f', arguments: '{"a"' },
      { type: 'function_call_output', call_id: 'x'.repeat(64), output: '1' },
    ])
    expect(notes).toEqual(expect.arrayContaining(['thinking', 'redacted_thinking', 'native']))
  })

  test('sound is refused by name', () => {
    expect(() => inputOf([{ role: 'user', content: [{ type: 'audio', data: 'AA==', mediaType: 'audio/wav' }] }])).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })
})

describe('the replay law', () => {
  const replay = (output: readonly Item[], asked: Asked = {}, more: object = {}) => {
    const { response } = whole(bodyOf(output, more), asking())
    return inputOf([hi, response.message], asked).slice(1)
  }

  /** Without messages every item leads to something, so all that comes after nothing is lost: thoughts at the end. */
  const expected = (output: readonly Item[]): Item[] => {
    const last = output.findLastIndex(({ type }) => type !== 'reasoning')
    return output.slice(0, last + 1).map(({ status, ...item }) => (item.type === 'web_search_call' ? { ...item, status } : item) as Item)
  }
  const parsed = (items: readonly Item[]): unknown[] => items.map((item) => (item['arguments'] === undefined ? item : { ...item, arguments: JSON.parse(String(item['arguments'])) as unknown }))

  test('calls, tools of the provider and sealed thoughts go back as they came, each thought before what it led to', () => {
    fc.assert(
      fc.property(outputs, (output) => {
        const told = output.filter((item) => item.type !== 'message')
        expect(parsed(replay(told))).toEqual(parsed(expected(told)))
      }),
    )
  })

  test('a thought goes back only directly before what it led to, and that has its id only with the thought', () => {
    fc.assert(
      fc.property(outputs, fc.nat(6), (output, removed) => {
        const { response } = whole(bodyOf(output), asking())
        const content = response.content.filter((_, index) => index !== removed)
        const items = inputOf([hi, { role: 'assistant', content }]).slice(1)
        const ids = output.map(({ id }) => id)
        for (const [index, item] of items.entries()) {
          const before = items[index - 1]
          const place = ids.indexOf(item['id'])
          if (item.type === 'reasoning') expect(items[index + 1]).toBeDefined()
          // A thought whose own thought is gone goes without its id: there is nothing to find it by.
          if (before?.type === 'reasoning' && before['id'] !== undefined) expect(output[ids.indexOf(before['id']) + 1]?.['id'] ?? item['id']).toBe(item['id'])
          // A tool of the provider's cannot do without its id.
          if (place > 0 && output[place - 1]?.type === 'reasoning' && /^(message|function_call|custom_tool_call)$/.test(item.type)) expect(before?.type).toBe('reasoning')
        }
      }),
    )
  })

  const thought: Item = { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'sealed' }
  const call: Item = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"a":1}', namespace: 'n' }
  const custom: Item = { type: 'custom_tool_call', id: 'ct_1', call_id: 'call_2', name: 'g', input: 'say "hi"' }
  const speech: Item = {
    type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', phase: 'commentary',
    content: [{ type: 'output_text', text: 'a', annotations: [] }, { type: 'output_text', text: 'b', annotations: [] }],
  }

  test('a whole turn comes back item for item, and the results name what they are of', () => {
    const { response } = whole(bodyOf([thought, speech, call, custom]), asking())
    const results: Message = { role: 'tool', content: response.toolCalls.map(({ id }): ContentBlock => ({ type: 'tool_result', toolUseId: id, content: '1' })) }
    expect(inputOf([hi, response.message, results])).toEqual([
      hi, thought, speech, call, custom,
      { type: 'function_call_output', call_id: 'call_1', output: '1' },
      { type: 'custom_tool_call_output', call_id: 'call_2', output: '1' },
    ])
  })

  test('a history that went through JSON comes back the same', () => {
    const { response } = whole(bodyOf([thought, speech]), asking())
    expect(inputOf([JSON.parse(JSON.stringify(response.message)) as Message])).toEqual([thought, speech])
  })

  test.each<[string, Asked]>([
    ['another provider', { provider: { ...plain, name: 'somebody' } }],
    ['another model', { model: 'm2' }],
  ])('%s gets nothing that was sealed, and no ids', (_, asked) => {
    const sent = JSON.stringify(replay([thought, speech, call], asked))
    for (const secret of ['sealed', 'rs_1', 'msg_1', 'fc_1']) expect(sent).not.toContain(secret)
    expect(sent).toContain('call_1')
  })

  test('thoughts that are only a name go back where the server knows the name', () => {
    const { encrypted_content: _, ...bare } = thought
    const named = bare as Item
    expect(replay([named, call])).toEqual([{ ...call, id: undefined }].map((it) => JSON.parse(JSON.stringify(it)) as unknown))
    expect(replay([named, call], {}, { store: true })).toEqual([named, call])
    expect(replay([named, call], { extra: { store: true } })).toEqual([named, call])
  })

  test('thoughts that an open model shows whole go back whole', () => {
    const shown: Item = { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] }
    expect(replay([shown, call])).toEqual([shown, call])
  })
})

describe('the body', () => {
  test('keeps nothing on the server, and asks for thoughts that can be sent back', () => {
    expect(encode({})).toEqual({ model: 'm', input: [hi], store: false, include: ['reasoning.encrypted_content'] })
  })

  test.each<[object, object]>([
    [{ store: true }, { store: true }],
    [{ previous_response_id: 'resp_1' }, { store: true, previous_response_id: 'resp_1' }],
    [{ conversation: 'conv_1' }, { store: true, conversation: 'conv_1' }],
    [{ background: true }, { store: true, background: true }],
    [{ store: false, background: false }, { store: false, background: false, include: ['reasoning.encrypted_content'] }],
  ])('%j keeps what must be kept', (told, body) => {
    expect(encode({ providerOptions: { ...told } })).toEqual({ model: 'm', input: [hi], ...body })
    expect(encode({}, { extra: { ...told } })).toEqual({ model: 'm', input: [hi], ...body })
  })

  test('parameters, and those that there are none for', () => {
    const notes: string[] = []
    expect(encode({ maxTokens: 99, temperature: 0.5, topP: 0.9, topK: 4, stop: 'x', seed: 1, parallelToolCalls: false }, { notes, mode: 'stream' })).toMatchObject({
      max_output_tokens: 99, temperature: 0.5, top_p: 0.9, stream: true,
    })
    expect(notes).toEqual([...DEFAULTS, 'topK', 'stop', 'seed'])
    for (const field of ['topK', 'top_k', 'stop', 'seed', 'parallel_tool_calls', 'stream_options']) expect(encode({ topK: 4, stop: 'x', seed: 1, parallelToolCalls: false })).not.toHaveProperty(field)
  })

  test('what the provider is told comes last', () => {
    expect(encode({ reasoning: 'low', providerOptions: { reasoning: { summary: 'auto' }, include: ['x'] } }, { extra: { text: { verbosity: 'low' } } })).toMatchObject({
      reasoning: { effort: 'low', summary: 'auto' }, include: ['x'], text: { verbosity: 'low' },
    })
  })

  test('tools are flat, and say whether they are strict', () => {
    const own = { type: 'web_search' }
    const free = { type: 'custom', name: 'sql' }
    const tools = [{ name: 'f', description: 'd', parameters: { type: 'object' }, strict: true }, { name: 'g' }, { native: own }, { native: free }]
    expect(encode({ tools, parallelToolCalls: false })).toMatchObject({
      parallel_tool_calls: false,
      tools: [
        { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        { type: 'function', name: 'g', parameters: { type: 'object', properties: {} }, strict: false },
        own,
        free,
      ],
    })
    const choice = (toolChoice: ChatRequest['toolChoice']) => encode({ tools, ...(toolChoice && { toolChoice }) })['tool_choice']
    expect(['auto', 'required', { name: 'g' }, { name: 'web_search' }, { name: 'sql' }].map((it) => choice(it as 'auto'))).toEqual([
      'auto', 'required', { type: 'function', name: 'g' }, { type: 'web_search' }, { type: 'custom', name: 'sql' },
    ])
  })

  test('a schema is flat, and held to where it is closed', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
    const notes: string[] = []
    expect(encode({ responseFormat: { schema } }, { notes })['text']).toEqual({ format: { type: 'json_schema', name: 'response', schema, strict: true } })
    expect(notes.splice(0)).toEqual(DEFAULTS)
    const open = { type: 'object', properties: { a: { type: 'string' } } }
    expect(encode({ responseFormat: { name: 'n', schema: open } }, { notes })['text']).toEqual({ format: { type: 'json_schema', name: 'n', schema: open, strict: false } })
    expect(notes).toEqual([...DEFAULTS, 'responseFormat'])
  })

  test('JSON alone is asked for in words too', () => {
    expect(encode({ responseFormat: 'json_object' })).toMatchObject({ text: { format: { type: 'json_object' } }, input: [{ role: 'system' }, hi] })
    expect(encode({ responseFormat: 'json_object', messages: [{ role: 'user', content: 'as json' }] })['input']).toHaveLength(1)
  })

  test.each<[Provider, string, ChatRequest['reasoning'], unknown]>([
    [openaiResponses, 'gpt-5', 'none', { effort: 'minimal' }],
    [openaiResponses, 'gpt-5.1', 'minimal', { effort: 'low' }],
    [openaiResponses, 'gpt-6-sol', 5000, { effort: 'medium' }],
    [openaiResponses, 'gpt-4o', 'high', undefined],
    [azureResponses, 'my-deployment', 'xhigh', { effort: 'xhigh' }],
    [azureResponses, 'gpt-4o', 'high', undefined],
    [openrouterResponses, 'a/b', 5000, { max_tokens: 5000 }],
    [xaiResponses, 'grok-4.6', 'xhigh', { effort: 'xhigh' }],
    [xaiResponses, 'grok-4.5', 'xhigh', { effort: 'high' }],
  ])('how hard to think, %#', (provider, model, reasoning, sent) => {
    expect(encode(reasoning === undefined ? {} : { reasoning }, { provider, model })['reasoning']).toEqual(sent)
  })

  test.each<[string, Partial<ChatRequest>, Asked['config'], boolean]>([
    ['gpt-5', {}, undefined, true],
    ['gpt-4o', {}, undefined, false],
    ['gpt-5-chat-latest', {}, undefined, false],
    ['gpt-4o', {}, { capabilities: { thinking: true } }, true],
    ['ft:unknown', { reasoning: 'low' }, undefined, true],
    ['gpt-5', {}, { capabilities: { thinking: false } }, false],
  ])('sealed thoughts of %s are asked for: %#', (model, request, config, asked) => {
    expect('include' in encode(request, { provider: openaiResponses, model, ...(config && { config }) })).toBe(asked)
  })

  test('a model that reasons is not told how to sample, and no answer is shorter than the API allows', () => {
    const notes: string[] = []
    const body = encode({ temperature: 0, topP: 0.5, maxTokens: 5 }, { provider: openaiResponses, model: 'gpt-5', notes })
    expect(body).toMatchObject({ max_output_tokens: 16 })
    expect(body).not.toHaveProperty('temperature')
    expect(notes).toEqual([...DEFAULTS, 'maxTokens', 'temperature', 'topP'])
    expect(encode({ temperature: 0 }, { provider: openaiResponses, model: 'gpt-5.1' })).toHaveProperty('temperature', 0)
    expect(encode({ temperature: 0, reasoning: 'low' }, { provider: openaiResponses, model: 'gpt-5.1' })).not.toHaveProperty('temperature')
  })

  test('a cache hint goes onto the part before it where the company knows such a thing', () => {
    const content: ContentBlock[] = [{ type: 'text', text: 'a' }, { type: 'cache_hint', ttl: '1h' }]
    const provider = { ...nobody, wire: wire({ cacheHint: (ttl) => ({ mark: ttl }) }) }
    expect(inputOf([{ role: 'user', content }], { provider })).toEqual([{ role: 'user', content: [{ type: 'input_text', text: 'a', mark: '1h' }] }])
    const notes: string[] = []
    expect(inputOf([{ role: 'user', content }], { notes })).toEqual([{ role: 'user', content: 'a' }])
    expect(notes).toEqual(['cache_hint', ...DEFAULTS])
  })

  test('the path', () => {
    const encoding = encodingOf({ messages: [hi] }, { provider: plain })
    expect(plain.wire.encode(encoding).path).toBe('/responses')
  })
})
