import { describe, expect, test } from 'vitest'
import { compatible } from '../../src/providers/compatible.ts'
import { deepseek } from '../../src/providers/deepseek.ts'
import { mistral } from '../../src/providers/mistral.ts'
import { openai } from '../../src/providers/openai.ts'
import { openrouter } from '../../src/providers/openrouter.ts'
import { perplexity } from '../../src/providers/perplexity.ts'
import type { ContentBlock, Message } from '../../src/types/message.ts'
import type { Provider } from '../../src/types/provider.ts'
import { encode, encodingOf, whole, type Asked } from './openai-chat-kit.ts'

const messagesOf = (messages: readonly Message[], asked?: Asked) => encode({ messages }, asked)['messages'] as { role: string; content: unknown; [field: string]: unknown }[]
const hi: Message = { role: 'user', content: 'hi' }

describe('messages', () => {
  test('text is a string, several texts of a user are parts, of a system one string', () => {
    const two = [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }] as const
    expect(messagesOf([{ role: 'system', content: two }, hi, { role: 'assistant', content: two }, { role: 'user', content: two }])).toEqual([
      { role: 'system', content: 'a\n\nb' },
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'ab' },
      { role: 'user', content: two },
    ])
  })

  test('pictures, sound and documents', () => {
    const content: ContentBlock[] = [
      { type: 'image', url: 'https://a.example/x.png', detail: 'low' },
      { type: 'image', data: 'AA==', mediaType: 'image/png' },
      { type: 'audio', data: 'BB==', mediaType: 'audio/mpeg' },
      { type: 'audio', url: 'data:audio/x-wav;base64,CC==' },
      { type: 'document', data: 'DD==', mediaType: 'application/pdf', title: 'd.pdf' },
      { type: 'document', fileId: 'f1' },
      { type: 'document', data: btoa('words'), mediaType: 'text/plain', title: 'T' },
      { type: 'document', text: 'words' },
    ]
    expect(messagesOf([{ role: 'user', content }])[0]?.content).toEqual([
      { type: 'image_url', image_url: { url: 'https://a.example/x.png', detail: 'low' } },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      { type: 'input_audio', input_audio: { data: 'BB==', format: 'mp3' } },
      { type: 'input_audio', input_audio: { data: 'CC==', format: 'wav' } },
      { type: 'file', file: { filename: 'd.pdf', file_data: 'data:application/pdf;base64,DD==' } },
      { type: 'file', file: { file_id: 'f1' } },
      { type: 'text', text: 'T\n\nwords' },
      { type: 'text', text: 'words' },
    ])
  })

  test.each([
    [openrouter, 'https://a.example/d.pdf', { type: 'file', file: { filename: 'd.pdf', file_data: 'https://a.example/d.pdf' } }],
    [mistral, 'https://a.example/d.pdf', { type: 'document_url', document_url: 'https://a.example/d.pdf', document_name: 'd.pdf' }],
    [perplexity, 'data:application/pdf;base64,DD==', { type: 'file_url', file_url: { url: 'DD==' }, file_name: 'd.pdf' }],
  ])('documents as each company takes them, %#', (provider, url, part) => {
    expect(messagesOf([{ role: 'user', content: [{ type: 'document', url, title: 'd.pdf' }] }], { provider })[0]?.content).toEqual([part])
  })

  test.each<ContentBlock>([
    { type: 'document', url: 'https://a.example/d.pdf' },
    { type: 'audio', url: 'https://a.example/s.wav' },
    { type: 'image', fileId: 'f1' },
  ])('what cannot be sent is an error that another model may not have: %j', (block) => {
    expect(() => messagesOf([{ role: 'user', content: [block] }], { provider: openai })).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining(block.type) as string, provider: 'openai' }),
    )
  })

  test('results of tools are messages of their own, what they hold besides text follows when all have answered', () => {
    const image: ContentBlock = { type: 'image', data: 'AA==', mediaType: 'image/png' }
    const result = (toolUseId: string, content: string | ContentBlock[]): ContentBlock => ({ type: 'tool_result', toolUseId, content })
    const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }
    const told = { type: 'text', text: 'Attached to the result of x:' }
    const answers = [{ role: 'tool', tool_call_id: 'x', content: 'see' }, { role: 'tool', tool_call_id: 'y', content: 'text' }]
    const x = result('x', [{ type: 'text', text: 'see' }, image])
    const y = result('y', 'text')
    expect(messagesOf([{ role: 'tool', content: [x] }, { role: 'tool', content: [y] }])).toEqual([...answers, { role: 'user', content: [told, picture] }])
    expect(messagesOf([{ role: 'user', content: [x] }, { role: 'user', content: [y, { type: 'text', text: 'go on' }] }])).toEqual([
      ...answers,
      { role: 'user', content: [told, picture, { type: 'text', text: 'go on' }] },
    ])
    expect(messagesOf([{ role: 'tool', content: [result('x', [image])] }, { role: 'assistant', content: 'ok' }]).map(({ role }) => role)).toEqual(['tool', 'user', 'assistant'])
  })

  test.each([
    [openai, '{"a":'],
    [compatible, '{"invalid_arguments":"{\\"a\\":"}'],
  ])('calls go back with their arguments, and those that are none as the server takes them', (provider, written) => {
    const content: ContentBlock[] = [
      { type: 'tool_use', id: 'x', name: 'f', input: { a: 1 } },
      { type: 'tool_use', id: 'y', name: 'g', invalid: { raw: '{"a":', error: 'cut' } },
    ]
    expect(messagesOf([{ role: 'assistant', content }], { provider })).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'x', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'y', type: 'function', function: { name: 'g', arguments: written } },
        ],
      },
    ])
  })

  test('names of speakers go where they are known', () => {
    const notes: string[] = []
    expect(messagesOf([{ ...hi, name: 'ann' }], { provider: openai })).toEqual([{ role: 'user', content: 'hi', name: 'ann' }])
    expect(messagesOf([{ ...hi, name: 'ann' }], { provider: compatible, notes })).toEqual([{ role: 'user', content: 'hi' }])
    expect(notes).toEqual(['name'])
  })

  test('a cache hint goes onto the part before it, where there is such a thing', () => {
    const content: ContentBlock[] = [{ type: 'text', text: 'a' }, { type: 'cache_hint', ttl: '1h' }]
    expect(messagesOf([{ role: 'system', content }], { provider: openrouter })[0]?.content).toEqual([{ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } }])
    expect(messagesOf([{ role: 'system', content }], { provider: openai })[0]?.content).toBe('a')
  })
})

describe('what a model said goes back to it, and to nobody else', () => {
  const loop = (provider: Provider, message: object, asked: Asked = {}) => {
    const { response } = whole({ choices: [{ message, finish_reason: 'stop' }] }, encodingOf({}, { provider }))
    return messagesOf([response.message], { provider, ...asked })[0]
  }
  const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }
  const details = [{ type: 'reasoning.text', text: 'Hm', signature: 's', index: 0 }, { type: 'reasoning.encrypted', data: 'd', index: 1 }]

  test.each<[Provider, object, object]>([
    [compatible, { content: 'a', reasoning: 'Hm' }, { content: 'a', reasoning: 'Hm' }],
    [compatible, { content: 'a', reasoning: 'Hm', reasoning_content: 'Hm' }, { content: 'a', reasoning_content: 'Hm' }],
    [deepseek, { content: null, reasoning_content: 'Hm', tool_calls: [call] }, { content: null, reasoning_content: 'Hm', tool_calls: [call] }],
    [openrouter, { content: 'a', reasoning: 'Hm', reasoning_details: details }, { content: 'a', reasoning_details: details }],
    [mistral, { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }], signature: 's' }, { type: 'text', text: 'a' }] }, { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }], signature: 's' }, { type: 'text', text: 'a' }] }],
    [compatible, { content: null, tool_calls: [{ ...call, extra_content: { google: { thought_signature: 's' } } }] }, { content: null, tool_calls: [{ ...call, extra_content: { google: { thought_signature: 's' } } }] }],
    [compatible, { content: null, tool_calls: [call], extra_content: { google: { thought_signature: 's' } } }, { content: null, tool_calls: [call], extra_content: { google: { thought_signature: 's' } } }],
    [openai, { content: null, tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'run', input: 'ls' } }] }, { content: null, tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'run', input: 'ls' } }] }],
    [openai, { content: null, audio: { id: 'au', data: 'AA==', transcript: 'hi' } }, { content: '', audio: { id: 'au' } }],
    [openrouter, { content: 'a', annotations: [{ type: 'file', file: { hash: 'h' } }, { type: 'file', file: { hash: 'i' } }] }, { content: 'a', annotations: [{ type: 'file', file: { hash: 'h' } }, { type: 'file', file: { hash: 'i' } }] }],
  ])('to its own model as it came, %#', (provider, message, sent) => {
    expect(loop(provider, message)).toEqual({ role: 'assistant', ...sent })
  })

  test('to another model only what anyone can read', () => {
    const notes: string[] = []
    expect(loop(openrouter, { content: 'a', reasoning: 'Hm', reasoning_details: details }, { model: 'other', notes })).toEqual({ role: 'assistant', content: 'a' })
    expect(loop(openrouter, { content: 'a', reasoning: 'Hm' }, { provider: compatible })).toEqual({ role: 'assistant', content: 'a' })
    expect(notes).toEqual(['thinking'])
  })

  test('a message of which nothing is left is left out', () => {
    expect(messagesOf([hi, { role: 'assistant', content: [{ type: 'thinking', text: 'Hm' }] }, hi])).toEqual([hi, hi])
  })

  test('a turn that called tools says what it thought, if only nothing', () => {
    expect(messagesOf([{ role: 'assistant', content: [{ type: 'tool_use', id: 'x', name: 'f', input: {} }] }], { provider: deepseek })[0]).toMatchObject({ reasoning_content: '' })
  })

  test('ids of calls that another provider made are replaced, alike for the call and its result', () => {
    const sent = messagesOf(
      [
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_01', name: 'f', input: {} }, { type: 'tool_use', id: 'toolu_02', name: 'f', input: {} }, { type: 'tool_use', id: 'abcDEF123', name: 'f', input: {} }] },
        { role: 'tool', content: [{ type: 'tool_result', toolUseId: 'toolu_01', content: 'a' }, { type: 'tool_result', toolUseId: 'toolu_02', content: 'b' }] },
      ],
      { provider: mistral },
    )
    const [assistant, first, second] = sent as unknown as [{ content: unknown; tool_calls: { id: string }[] }, { tool_call_id: string }, { tool_call_id: string }]
    const ids = assistant.tool_calls.map(({ id }) => id)
    expect(ids).toEqual([first.tool_call_id, second.tool_call_id, 'abcDEF123'])
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9]{9}$/)
    expect(assistant.content).toBe('')
  })

  test('turns alternate where they must', () => {
    expect(messagesOf([{ role: 'system', content: 's' }, hi, hi, { role: 'user', content: [{ type: 'image', url: 'https://a.example/x.png' }] }, { role: 'assistant', content: 'a' }], { provider: perplexity })).toEqual([
      { role: 'system', content: 's' },
      { role: 'user', content: [{ type: 'text', text: 'hi\n\nhi' }, { type: 'image_url', image_url: { url: 'https://a.example/x.png' } }] },
      { role: 'assistant', content: 'a' },
    ])
  })
})

describe('parameters', () => {
  const all = { maxTokens: 9, temperature: 0, topP: 0.5, topK: 3, stop: ['x'], seed: 1, parallelToolCalls: false }

  test('have the names of the wire; a zero and a false are values; what belongs to tools goes with tools', () => {
    const { messages: _, ...body } = encode({ messages: [hi], ...all })
    expect(body).toEqual({ model: 'm', max_tokens: 9, temperature: 0, top_p: 0.5, top_k: 3, stop: ['x'], seed: 1 })
    expect(encode({ ...all, tools: [{ name: 'f' }] })).toMatchObject({ parallel_tool_calls: false })
  })

  test('that a company does not know are left out, and said', () => {
    const notes: string[] = []
    const { messages: _, ...body } = encode({ messages: [hi], ...all, tools: [{ name: 'f' }] }, { provider: deepseek, notes })
    expect(Object.keys(body)).toEqual(['model', 'tools', 'max_tokens', 'temperature', 'top_p', 'stop'])
    expect(notes).toEqual(['topK', 'seed', 'parallelToolCalls'])
    expect(encode({ seed: 1 }, { provider: mistral })).toMatchObject({ random_seed: 1 })
  })

  test('of the catalogue that Relay has no name for go along, and `providerOptions` have the last word', () => {
    const body = encode({ temperature: 1, providerOptions: { temperature: undefined, a: { c: [3] }, stream_options: null } }, { mode: 'stream', extra: { a: { b: 1, c: [1, 2] }, user: 'u' } })
    expect(body).toEqual({ model: 'm', messages: [], stream: true, stream_options: null, user: 'u', a: { b: 1, c: [3] } })
  })

  test('a stream asks for its usage where that is known', () => {
    expect(encode({}, { mode: 'stream' })).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(encode({}, { mode: 'stream', provider: mistral })).toEqual({ model: 'm', messages: [], stream: true })
    expect(encode({})).not.toHaveProperty('stream')
  })

  test('tools, those of the caller and those of the provider', () => {
    const body = encode({ tools: [{ name: 'f', description: 'd', strict: true }, { native: { type: 'web_search' } }], toolChoice: { name: 'f' } })
    expect(body).toMatchObject({
      tools: [{ type: 'function', function: { name: 'f', description: 'd', strict: true, parameters: { type: 'object', properties: {} } } }, { type: 'web_search' }],
      tool_choice: { type: 'function', function: { name: 'f' } },
    })
    expect(encode({ toolChoice: 'required', tools: [{ name: 'f' }] })).toMatchObject({ tool_choice: 'required' })
    expect(encode({ toolChoice: 'required' })).not.toHaveProperty('tool_choice')
  })
})

describe('structured output', () => {
  const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
  const open = { type: 'object', properties: { a: closed, b: { type: 'string' } }, required: ['a'], additionalProperties: false }
  const formatOf = (responseFormat: NonNullable<Parameters<typeof encode>[0]['responseFormat']>, provider?: Provider) => encode({ messages: [hi], responseFormat }, provider && { provider })

  test('is held to strictly where the schema lets it', () => {
    expect(formatOf({ schema: closed })['response_format']).toEqual({ type: 'json_schema', json_schema: { name: 'response', schema: closed, strict: true } })
    expect(formatOf({ name: 'n', schema: open })['response_format']).toEqual({ type: 'json_schema', json_schema: { name: 'n', schema: open, strict: false } })
    expect(formatOf({ schema: open, strict: true })['response_format']).toMatchObject({ json_schema: { strict: true } })
  })

  test('is told to the model where schemas are not known', () => {
    const body = formatOf({ schema: closed }, deepseek)
    expect(body['response_format']).toEqual({ type: 'json_object' })
    expect(body['messages']).toEqual([{ role: 'system', content: expect.stringContaining(JSON.stringify(closed)) as string }, hi])
  })

  test('a JSON object is asked for in words, unless the prompt does; where only schemas are known, by one', () => {
    expect(formatOf('json_object')['messages']).toEqual([{ role: 'system', content: 'Answer with one JSON object and nothing else: no prose, no code fence.' }, hi])
    expect(encode({ messages: [{ role: 'user', content: 'as json' }], responseFormat: 'json_object' })['messages']).toHaveLength(1)
    expect(formatOf('json_object', perplexity)['response_format']).toMatchObject({ json_schema: { schema: { type: 'object' } } })
    expect(formatOf('text')).not.toHaveProperty('response_format')
  })
})
