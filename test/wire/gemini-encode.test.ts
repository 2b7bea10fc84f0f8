// Gemini's generateContent, what is sent: turns, tools, results, and how hard to think by model family.
import { describe, expect, it } from 'vitest'
import { google } from '../../src/providers/google.ts'
import type { Message } from '../../src/types/message.ts'
import type { ChatRequest, Reasoning } from '../../src/types/request.ts'
import type { Tool } from '../../src/types/tool.ts'
import { sent, targetOf } from './gemini-fixtures.ts'

const user: Message = { role: 'user', content: 'hi' }
const look: Tool = { name: 'look', description: 'Looks', parameters: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] } }
const stop: Tool = { name: 'stop' }
const search = { native: { googleSearch: {} } }
const call = (id: string, name = 'look'): Message => ({ role: 'assistant', content: [{ type: 'tool_use', id, name, input: { q: id } }] })
const result = (toolUseId: string, content: string, isError?: boolean): Message => ({
  role: 'tool',
  content: [{ type: 'tool_result', toolUseId, content, ...(isError === undefined ? undefined : { isError }) }],
})

describe('where it goes', () => {
  it.each([
    ['gemini-3.6-flash', 'chat', '/models/gemini-3.6-flash:generateContent'],
    ['gemini-3.6-flash', 'stream', '/models/gemini-3.6-flash:streamGenerateContent?alt=sse'],
    ['models/gemini-3.6-flash', 'chat', '/models/gemini-3.6-flash:generateContent'],
    ['tunedModels/mine', 'stream', '/tunedModels/mine:streamGenerateContent?alt=sse'],
  ] as const)('%s, %s', (model, mode, path) => {
    expect(sent({}, targetOf(model), { mode }).path).toBe(path)
  })

  it('the version is part of the address, and the key of a header', async () => {
    const { baseUrl, sign } = google
    const config = { target: 'google/x' }
    expect(typeof baseUrl === 'function' && [baseUrl(config, 'x'), baseUrl({ ...config, api_version: 'v1' }, 'x')]).toEqual([
      'https://generativelanguage.googleapis.com/v1beta',
      'https://generativelanguage.googleapis.com/v1',
    ])
    const request = { method: 'POST' as const, url: 'https://h/', headers: {} }
    const signed = await sign(request, { type: 'key', value: 'SECRET' }, { target: targetOf(), now: 0, cache: new Map() })
    expect(signed).toEqual({ ...request, headers: { 'x-goog-api-key': 'SECRET' } })
  })
})

describe('turns', () => {
  it('instructions have their own place; speakers of one kind in a row are one content', () => {
    const messages: Message[] = [
      { role: 'system', content: 'Be brief.' }, user, { role: 'user', content: [{ type: 'text', text: 'again' }] },
      { role: 'assistant', content: 'a' }, { role: 'system', content: 'Still.' }, { role: 'assistant', content: 'b' }, { role: 'assistant', content: '' }, user,
    ]
    expect(sent({ messages }).body).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'Still.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'hi' }, { text: 'again' }] },
        { role: 'model', parts: [{ text: 'a' }, { text: 'b' }] },
        { role: 'user', parts: [{ text: 'hi' }] },
      ],
      generationConfig: {},
    })
  })

  it('a model without instructions reads them from the user', () => {
    const { body } = sent({ messages: [{ role: 'system', content: 'Be brief.' }, user] }, targetOf('gemma-3-27b-it'))
    expect(body.contents).toEqual([{ role: 'user', parts: [{ text: 'Be brief.' }, { text: 'hi' }] }])
    expect(body).not.toHaveProperty('systemInstruction')
  })

  it('results of one turn are one content, right after their calls, named as their calls', () => {
    const two: Message = { role: 'assistant', content: [...(call('1').content as []), ...(call('2', 'stop').content as [])] }
    const last: Message = { role: 'user', content: [{ type: 'text', text: 'so?' }, { type: 'tool_result', toolUseId: '3', content: 'x', name: 'given' }] }
    const { body } = sent({ messages: [user, two, result('1', 'ok'), result('2', 'no', true), call('3'), last] })
    expect(body.contents.slice(2)).toMatchObject([
      { role: 'user', parts: [{ functionResponse: { id: '1', name: 'look', response: { output: 'ok' } } }, { functionResponse: { id: '2', name: 'stop', response: { error: 'no' } } }] },
      { role: 'model', parts: [{ functionCall: { id: '3' } }] },
      { role: 'user', parts: [{ functionResponse: { id: '3', name: 'given', response: { output: 'x' } } }] },
      { role: 'user', parts: [{ text: 'so?' }] },
    ])
  })

  it.each([
    ['{"a":1}', undefined, { a: 1 }],
    ['[1]', undefined, { output: '[1]' }],
    ['42', undefined, { output: '42' }],
    ['null', undefined, { output: 'null' }],
    ['{"$ref":"x"}', undefined, { output: '{"$ref":"x"}' }],
    ['{"error":"timeout"}', true, { error: 'timeout' }],
    ['{"a":1}', true, { error: '{"a":1}' }],
  ])('a result must be an object: %s', (content, isError, response) => {
    const { body } = sent({ messages: [call('1'), result('1', content, isError)] })
    expect(body.contents[1].parts[0].functionResponse.response).toEqual(response)
  })

  it('a picture that a tool gave back is inside its result from Gemini 3 on, and behind all results before', () => {
    const picture = { type: 'image' as const, data: 'AA==', mediaType: 'image/png' }
    const far = { type: 'image' as const, url: 'https://a.test/b.png' }
    const shot: Message = { role: 'tool', content: [{ type: 'tool_result', toolUseId: '1', content: [{ type: 'text', text: 'ok' }, picture, far] }] }
    const messages = [call('1'), shot, result('1', 'two'), user]
    const inside = { inlineData: { mimeType: 'image/png', data: 'AA==' } }
    const behind = { fileData: { mimeType: 'image/png', fileUri: 'https://a.test/b.png' } }
    const [, results, late] = sent({ messages }).body.contents
    expect(results.parts[0].functionResponse).toMatchObject({ response: { output: 'ok' }, parts: [inside] })
    expect(results.parts).toHaveLength(2)
    expect(late.parts).toEqual([behind, { text: 'hi' }])
    // Sounds are no part of a result; what a tool read is its text, with what it is called.
    const heard: Message = { role: 'tool', content: [{ type: 'tool_result', toolUseId: '1', content: [{ type: 'audio', data: 'AA==', mediaType: 'audio/wav' }, { type: 'document', title: 'Log', text: 'ok' }] }] }
    const [, said, sound] = sent({ messages: [call('1'), heard] }).body.contents
    expect(said.parts[0].functionResponse).toEqual(expect.objectContaining({ response: { output: 'Log\n\nok' } }))
    expect(sound.parts).toEqual([{ inlineData: { mimeType: 'audio/wav', data: 'AA==' } }])
    const old = sent({ messages: messages.slice(0, 3) }, targetOf('gemini-2.5-flash')).body.contents
    expect(old[1].parts[0].functionResponse).not.toHaveProperty('parts')
    expect(old.slice(2)).toEqual([{ role: 'user', parts: [inside, behind] }])
  })

  it.each([
    [{ type: 'image', url: 'data:image/webp;base64,AAEC' }, { inlineData: { mimeType: 'image/webp', data: 'AAEC' } }],
    [{ type: 'image', data: 'AA==' }, { inlineData: { mimeType: 'image/jpeg', data: 'AA==' } }],
    [{ type: 'image', url: 'https://a.test/x.png?y=1.z' }, { fileData: { mimeType: 'image/png', fileUri: 'https://a.test/x.png?y=1.z' } }],
    [{ type: 'document', fileId: 'https://files.test/files/abc' }, { fileData: { mimeType: 'application/pdf', fileUri: 'https://files.test/files/abc' } }],
    [{ type: 'document', url: 'https://a.test/clip.mp4' }, { fileData: { mimeType: 'video/mp4', fileUri: 'https://a.test/clip.mp4' } }],
    [{ type: 'document', text: 'words', title: 'T' }, { text: 'T\n\nwords' }],
    [{ type: 'audio', data: 'AA==', mediaType: 'audio/mpeg' }, { inlineData: { mimeType: 'audio/mpeg', data: 'AA==' } }],
    [{ type: 'native', kind: 'fileData', data: { fileData: { fileUri: 'gs://b/c' }, videoMetadata: { fps: 1 } } }, { fileData: { fileUri: 'gs://b/c' }, videoMetadata: { fps: 1 } }],
  ] as const)('%j', (block, part) => {
    expect(sent({ messages: [{ role: 'user', content: [block] }] }).body.contents[0].parts).toEqual([part])
  })

  it('says what it leaves out', () => {
    const messages: Message[] = [{ role: 'user', content: [{ type: 'cache_hint' }, { type: 'text', text: 'a' }] }, { role: 'assistant', content: [{ type: 'thinking', text: 'hm', signature: 'x' }, { type: 'text', text: 'b' }] }]
    const { body, notes } = sent({ messages })
    expect(notes).toEqual(['messages', 'messages'])
    expect(body.contents).toEqual([{ role: 'user', parts: [{ text: 'a' }] }, { role: 'model', parts: [{ text: 'b' }] }])
  })
})

describe('tools', () => {
  const config = (request: Partial<ChatRequest>, model?: string): unknown => sent({ tools: [look, stop], ...request }, targetOf(model)).body.toolConfig

  it('functions stand in one entry; one without arguments has no schema', () => {
    const { body, notes } = sent({ tools: [look, search, stop, { name: 'none', parameters: { type: 'object', properties: {} } }], parallelToolCalls: false }, targetOf('gemini-2.5-pro'))
    expect(body.tools).toEqual([
      { functionDeclarations: [{ name: 'look', description: 'Looks', parametersJsonSchema: look.parameters }, { name: 'stop' }, { name: 'none' }] },
      { googleSearch: {} },
    ])
    expect(notes).toEqual(['parallelToolCalls'])
  })

  it.each([
    ['auto', undefined],
    ['none', { functionCallingConfig: { mode: 'NONE' } }],
    ['required', { functionCallingConfig: { mode: 'ANY' } }],
    [{ name: 'look' }, { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['look'] } }],
  ] as const)('%j', (toolChoice, want) => {
    expect(config({ toolChoice })).toEqual(want)
  })

  it('holds to a schema what asks for it, and what stands beside built-in tools', () => {
    expect(config({ tools: [{ ...look, strict: true }] })).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } })
    expect(config({ tools: [look, search] })).toEqual({ functionCallingConfig: { mode: 'VALIDATED' }, includeServerSideToolInvocations: true })
    expect(config({ tools: [look, search] }, 'gemini-2.5-flash')).toBeUndefined()
    expect(config({ tools: [search], toolChoice: 'required' })).toBeUndefined()
  })

  it('lowers what a schema says that is not known here, and says so', () => {
    const parameters = { $schema: 'x', type: 'object', properties: { n: { type: 'integer', exclusiveMinimum: 0, description: 'Count' }, c: { const: 'a' } } }
    const { body, notes } = sent({ tools: [{ name: 'f', parameters }] })
    expect(body.tools[0].functionDeclarations[0].parametersJsonSchema).toEqual({
      type: 'object',
      properties: { n: { type: 'integer', description: 'Count; exclusiveMinimum: 0' }, c: { enum: ['a'] } },
    })
    expect(notes).toEqual(['tools.f', 'tools.f', 'tools.f'])
  })
})

describe('generation', () => {
  it('parameters, defaults that have no name here, and the caller\'s last word', () => {
    const request = { maxTokens: 9, temperature: 0, topP: 1, topK: 3, seed: 4, stop: 'x', providerOptions: { generationConfig: { topK: 5 }, safetySettings: [1] } }
    const { body } = sent(request, targetOf(), { extra: { labels: { a: 'b' } } })
    expect(body).toMatchObject({
      generationConfig: { maxOutputTokens: 9, temperature: 0, topP: 1, topK: 5, seed: 4, stopSequences: ['x'] },
      labels: { a: 'b' },
      safetySettings: [1],
    })
  })

  it('JSON, with a schema and without', () => {
    expect(sent({ responseFormat: 'json_object' }).body.generationConfig).toEqual({ responseMimeType: 'application/json' })
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    expect(sent({ responseFormat: { schema } }).body.generationConfig).toEqual({ responseMimeType: 'application/json', responseJsonSchema: schema })
  })

  it.each([
    ['gemini-2.5-flash', 'auto', true],
    ['gemini-2.5-flash', 'none', true],
    ['gemini-3.8-flash', 'auto', false],
    ['gemini-3.8-flash', 'required', true],
    ['gemini-3.8-flash', { name: 'look' }, true],
  ] as const)('JSON beside functions, %s and %j: in words where the API refuses them together', (model, toolChoice, words) => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    const { body, notes } = sent({ tools: [look], toolChoice, responseFormat: { schema } }, targetOf(model))
    expect(body.generationConfig).toEqual(words ? {} : { responseMimeType: 'application/json', responseJsonSchema: schema })
    expect(JSON.stringify(body['systemInstruction'] ?? '').includes('JSON Schema')).toBe(words)
    expect(notes.includes('responseFormat')).toBe(words)
  })

  it('what a cache holds is not said again', () => {
    const request = { messages: [{ role: 'system' as const, content: 's' }, user], tools: [look], toolChoice: 'required' as const, providerOptions: { cachedContent: 'cachedContents/a' } }
    const { body, notes } = sent(request)
    expect(Object.keys(body)).toEqual(['contents', 'generationConfig', 'cachedContent'])
    expect(notes).toEqual(['systemInstruction', 'tools', 'toolConfig'])
  })

  const level = (thinkingLevel: string): object => ({ thinkingLevel, includeThoughts: true })
  const budget = (thinkingBudget: number): object => ({ thinkingBudget, includeThoughts: true })
  it.each<[model: string, asked: Reasoning, sent: object | undefined, noted: boolean]>([
    ['gemini-2.0-flash', 'high', undefined, true],
    ['gemini-2.0-flash', 'none', undefined, false],
    ['gemini-1.5-pro', 'none', undefined, false],
    ['gemini-2.5-pro', 'none', { thinkingBudget: 128 }, true],
    ['gemini-2.5-pro', 'xhigh', budget(32_768), true],
    ['gemini-2.5-pro', 50_000, budget(32_768), true],
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }, true],
    ['gemini-2.5-flash', 0, { thinkingBudget: 0 }, false],
    ['gemini-2.5-flash', 'low', budget(1024), true],
    ['gemini-2.5-flash', 'medium', budget(8192), true],
    ['gemini-2.5-flash', 'high', budget(24_576), true],
    ['gemini-2.5-flash', -1, budget(-1), false],
    ['gemini-2.5-flash-lite', 100, budget(512), true],
    ['gemini-3-pro-image', 'low', budget(1024), true],
    ['gemini-3-pro-preview', 'low', level('low'), false],
    ['gemini-3-pro-preview', 'medium', level('high'), true],
    ['gemini-3-pro-preview', 'none', { thinkingLevel: 'low' }, true],
    ['gemini-3.1-pro-preview', 'medium', level('medium'), false],
    ['gemini-3-flash-preview', 'minimal', level('minimal'), false],
    ['gemini-3.6-flash', 'none', { thinkingLevel: 'minimal' }, true],
    ['gemini-3.7-flash', 'minimal', level('low'), true],
    ['gemini-3.8-flash-lite', 'minimal', level('minimal'), false],
    ['gemini-flash-latest', 'minimal', level('low'), true],
    ['gemini-3.8-flash', 'xhigh', level('high'), true],
    ['gemini-4-hydrogen', 'xhigh', level('xhigh'), false],
    ['gemini-3.8-flash', 500, level('low'), true],
    ['gemini-3.8-flash', 5000, level('medium'), true],
    ['gemini-3.8-flash', 99_999, level('high'), true],
    ['gemini-3.8-flash', -1, { includeThoughts: true }, true],
    ['models/gemini-3-flash', 'high', level('high'), false],
  ])('%s thinks %s', (model, reasoning, thinkingConfig, noted) => {
    const { body, notes } = sent({ reasoning }, targetOf(model))
    expect(body.generationConfig.thinkingConfig).toEqual(thinkingConfig)
    expect(notes).toEqual(noted ? ['reasoning'] : [])
  })
})
