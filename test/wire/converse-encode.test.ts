// The Converse dialect, what is sent: the body of every kind of request, and what each family of models takes.
import { describe, expect, it } from 'vitest'
import type { ContentBlock, Message } from '../../src/types/message.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import { bedrock } from '../../src/providers/bedrock.ts'
import { encodingOf, sent, SONNET, targetOf } from './converse-fixtures.ts'

const user = (...content: ContentBlock[]): Message => ({ role: 'user', content })
const text = (words: string): ContentBlock => ({ type: 'text', text: words })
const call = (id: string, more: object = {}): Message => ({ role: 'assistant', content: [{ type: 'tool_use', id, name: 'look', input: { q: 1 }, ...more }] })
const result = (toolUseId: string, content: string | readonly ContentBlock[] = 'ok', isError?: boolean): Message =>
  ({ role: 'tool', content: [{ type: 'tool_result', toolUseId, content, ...(isError ? { isError } : {}) }] })
const messagesOf = (messages: readonly Message[], model?: string): any => sent({ messages }, targetOf(model)).body.messages
const contentOf = (...content: ContentBlock[]): any => messagesOf([user(...content)])[0].content

describe('path', () => {
  it.each([
    [SONNET, 'us.anthropic.claude-sonnet-4-5-20250929-v1%3A0'],
    ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/mi1d', 'arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fmi1d'],
    ["odd(*)!'", 'odd%28%2A%29%21%27'],
  ])('%s is one segment', (model, segment) => {
    expect(sent({}, targetOf(model)).path).toBe(`/model/${segment}/converse`)
    expect(sent({}, targetOf(model), { mode: 'stream' }).path).toBe(`/model/${segment}/converse-stream`)
  })
})

describe('body', () => {
  it('says only what was asked for', () => {
    expect(sent({}).body).toEqual({ messages: [{ role: 'user', content: [{ text: 'hi' }] }] })
  })

  it('has a place for every parameter', () => {
    const request: Partial<ChatRequest> = { maxTokens: 9, temperature: 0.2, stop: 'END', topK: 4 }
    const { body, notes } = sent({ ...request, seed: 1 }, targetOf('amazon.nova-pro-v1:0'))
    expect(body.inferenceConfig).toEqual({ maxTokens: 9, temperature: 0.2, stopSequences: ['END'] })
    expect(body.additionalModelRequestFields).toEqual({ inferenceConfig: { topK: 4 } })
    expect(notes).toEqual(['seed'])
  })

  it('merges what the catalogue and the request add, the request last', () => {
    const extra = { guardrailConfig: { guardrailIdentifier: 'a', guardrailVersion: '1' }, additionalModelRequestFields: { x: 1 } }
    const providerOptions = { guardrailConfig: { guardrailVersion: '2' }, additionalModelRequestFields: { y: 2 } }
    expect(sent({ topK: 3, providerOptions }, targetOf(), { extra }).body).toMatchObject({
      guardrailConfig: { guardrailIdentifier: 'a', guardrailVersion: '2' },
      additionalModelRequestFields: { top_k: 3, x: 1, y: 2 },
    })
  })
})

describe('turns', () => {
  it('holds system messages apart, and joins neighbours of one role', () => {
    const { body, notes } = sent({
      messages: [
        { role: 'system', content: [text('Be brief.'), { type: 'cache_hint', ttl: '1h' }] },
        user(text('a')), user(text('b')), { role: 'assistant', content: 'c' }, { role: 'system', content: 'Later.' }, user(text('d')),
      ],
    })
    expect(body.system).toEqual([{ text: 'Be brief.' }, { cachePoint: { type: 'default', ttl: '1h' } }, { text: 'Later.' }])
    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
      { role: 'assistant', content: [{ text: 'c' }] },
      { role: 'user', content: [{ text: 'd' }] },
    ])
    expect(notes).toEqual(['messages'])
  })

  it('drops what is blank, and space at the end of an answer to go on from', () => {
    expect(messagesOf([user(text('a'), text(' \n')), { role: 'assistant', content: ' ' }, user(text('b')), { role: 'assistant', content: 'so \n' }])).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
      { role: 'assistant', content: [{ text: 'so' }] },
    ])
  })

  it('puts results first, in the turn after their calls, with a name for every error', () => {
    const history = [user(text('go')), call('t1'), user(text('and?')), result('t1', [text('x'), { type: 'image', data: 'AA==', mediaType: 'image/png' }, { type: 'cache_hint' }], true)]
    expect(messagesOf(history).slice(1)).toEqual([
      { role: 'assistant', content: [{ toolUse: { toolUseId: 't1', name: 'look', input: { q: 1 } } }] },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 't1', content: [{ text: 'x' }, { image: { format: 'png', source: { bytes: 'AA==' } } }], status: 'error' } },
          { text: 'and?' },
          { cachePoint: { type: 'default' } },
        ],
      },
    ])
    // Only some models know `status`.
    expect(messagesOf(history, 'meta.llama3-3-70b-instruct-v1:0')[2].content[0].toolResult).not.toHaveProperty('status')
    expect(messagesOf([user(text('go')), call('t1'), result('t1', '', true)])[2].content[0].toolResult.content).toEqual([{ text: 'error' }])
    expect(messagesOf([user(text('go')), call('t1'), result('t1', '')])[2].content[0].toolResult.content).toEqual([{ text: '' }])
  })

  it('answers calls that nobody answered, and never asks with one at the end', () => {
    const broken = call('t2', { input: undefined, invalid: { raw: '{"q":', error: 'Unexpected end' } })
    const [, second, third] = messagesOf([user(text('go')), broken, user(text('well?'))])
    expect(second.content).toEqual([{ toolUse: { toolUseId: 't2', name: 'look', input: { invalid_arguments: '{"q":' } } }])
    expect(third.content).toEqual([{ toolResult: { toolUseId: 't2', content: [{ text: 'Unexpected end' }], status: 'error' } }, { text: 'well?' }])
    expect(messagesOf([user(text('go')), call('t1'), user(text('never mind'))])[2].content[0].toolResult.content).toEqual([{ text: 'The tool was not run.' }])
    expect(messagesOf([user(text('go')), broken]).at(-1)).toMatchObject({ role: 'user' })
    expect(() => messagesOf([user(text('go')), call('t1')])).toThrow(/end with a call of `look` \(t1\): add its tool_result/)
  })

  it('keeps four places to cache up to, the longest first', () => {
    const hint = (ttl?: '1h'): ContentBlock => ({ type: 'cache_hint', ...(ttl ? { ttl } : {}) })
    const system: Message = { role: 'system', content: [text('s'), hint('1h'), text('t'), hint('1h')] }
    const { body, notes } = sent({ messages: [system, user(hint(), text('a'), hint('1h'), text('b'), hint(), text('c'), hint('1h'))] })
    const point = (ttl?: string): object => ({ cachePoint: { type: 'default', ...(ttl ? { ttl } : {}) } })
    expect(body.system).toEqual([{ text: 's' }, point('1h'), { text: 't' }])
    expect(body.messages[0].content).toEqual([{ text: 'a' }, point('1h'), { text: 'b' }, point(), { text: 'c' }, point()])
    expect(notes).toEqual(['cache_hint', 'cache_hint', 'cache_hint'])
  })

  it.each([
    ['tooluse_AbC', SONNET, 'tooluse_AbC'],
    ['functions.look:0', SONNET, 'functions.look:0'],
    ['fc_1|call 2', SONNET, expect.stringMatching(/^[a-z\d]{9}$/)],
    ['x'.repeat(65), SONNET, expect.stringMatching(/^[a-z\d]{9}$/)],
    ['toolu_01', 'mistral.mistral-large-2407-v1:0', expect.stringMatching(/^[a-z\d]{9}$/)],
    ['tooluse_AbC', 'mistral.mistral-large-2407-v1:0', 'tooluse_AbC'],
    ['abcDEF123', 'mistral.mistral-large-2407-v1:0', 'abcDEF123'],
  ])('the id %s for %s', (id, model, spelled) => {
    const [, { content }, { content: results }] = messagesOf([user(text('go')), call(id), result(id)], model)
    expect(content[0].toolUse.toolUseId).toEqual(spelled)
    expect(results[0].toolResult.toolUseId).toBe(content[0].toolUse.toolUseId)
  })
})

describe('media', () => {
  it('takes bytes, data URLs and S3', () => {
    expect(contentOf(
      { type: 'image', data: 'AA==', mediaType: 'image/jpg' },
      { type: 'image', url: 'data:image/webp;base64,BB==' },
      { type: 'image', url: 's3://bucket/key.png' },
      { type: 'audio', data: 'CC==', mediaType: 'audio/mpeg' },
    )).toEqual([
      { image: { format: 'jpeg', source: { bytes: 'AA==' } } },
      { image: { format: 'webp', source: { bytes: 'BB==' } } },
      { image: { format: 'png', source: { s3Location: { uri: 's3://bucket/key.png' } } } },
      { audio: { format: 'mp3', source: { bytes: 'CC==' } } },
    ])
  })

  it('names documents as they may be named, each once, with a text beside them', () => {
    const pdf = { type: 'document', data: 'JVBERi0', mediaType: 'application/pdf' } as const
    const { body, notes } = sent({
      messages: [user({ ...pdf, title: 'Plan_v1.0 (final).pdf', context: 'C', citations: true }, { ...pdf, title: 'Plan v1 0 (final) pdf' }, pdf, pdf, { type: 'document', text: 'plain', title: 'Größe' })],
    })
    const [first, ...rest] = body.messages[0].content
    expect(first.document).toEqual({ format: 'pdf', name: 'Plan v1 0 (final) pdf', source: { bytes: 'JVBERi0' }, context: 'C', citations: { enabled: true } })
    expect(rest.map((part: any) => part.document?.name ?? part.text)).toEqual(['Plan v1 0 (final) pdf 2', 'document', 'document 2', 'Größe', 'See the document.'])
    expect(rest[3].document).toMatchObject({ format: 'txt', source: { text: 'plain' } })
    expect(notes).toEqual(['messages'])
  })

  it.each([
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
    ['application/vnd.ms-excel', 'xls'],
    ['application/msword', 'doc'],
    ['text/markdown', 'md'],
    ['text/plain', 'txt'],
    ['text/csv', 'csv'],
    ['text/html', 'html'],
  ])('%s is %s', (mediaType, format) => {
    expect(contentOf({ type: 'document', data: 'AA==', mediaType }, text('x'))[0].document.format).toBe(format)
  })

  it.each<[ContentBlock, string, RegExp]>([
    [{ type: 'image', url: 'https://a.test/x.png' }, 'unsupported', /image cannot be sent from here/],
    [{ type: 'document', fileId: 'file-1' }, 'unsupported', /document cannot be sent from here/],
    [{ type: 'image', data: 'AA==' }, 'invalid_request', /wants its `mediaType`/],
  ])('%j is refused', (block, code, message) => {
    const ask = (): unknown => bedrock.wire.encode(encodingOf({ messages: [user(block)] }))
    expect(ask).toThrow(expect.objectContaining({ code, alias: 'm', message: expect.stringMatching(message) }))
  })

  it('passes on what only Converse knows', () => {
    const guarded = { guardContent: { text: { text: 'x', qualifiers: ['query'] } } }
    expect(contentOf({ type: 'native', kind: 'guardContent', data: guarded }, { type: 'native', kind: 'web_search', data: { type: 'web_search' } })).toEqual([guarded])
  })
})

describe('thinking', () => {
  const stamp = { provider: 'bedrock', model: SONNET, endpoint: 'https://bedrock.test' }
  const replayed = (block: ContentBlock, model?: string): any => messagesOf([user(text('a')), { role: 'assistant', content: [block, text('b')] }, user(text('c'))], model)[1].content.slice(0, -1)
  const sealed = (origin: object): ContentBlock => ({ type: 'thinking', text: 'hm', signature: 's', origin: { ...stamp, ...origin } })
  const QWEN = 'qwen.qwen3-32b-v1:0'

  it.each<[string, ContentBlock, string, boolean]>([
    ['its own', sealed({}), SONNET, true],
    ['one that the caller vouches for', { type: 'thinking', text: 'hm', signature: 's' }, SONNET, true],
    ['the same model\'s from another cloud', sealed({ provider: 'anthropic', model: 'claude-sonnet-4-5', endpoint: 'https://api.anthropic.com' }), SONNET, true],
    ['the same model\'s through another profile', sealed({ model: SONNET.replace('us.', 'global.') }), SONNET, true],
    ['another model\'s', sealed({ model: 'us.anthropic.claude-opus-4-6-v1' }), SONNET, false],
    ['another company\'s', sealed({ provider: 'x', model: 'y' }), SONNET, false],
    ['unsigned', { type: 'thinking', text: 'hm' }, SONNET, false],
    ['unsigned, where no signature is known', { type: 'thinking', text: 'hm', origin: { ...stamp, model: QWEN } }, QWEN, true],
    ['of a model without a family', sealed({ model: 'other', provider: 'x' }), QWEN, false],
  ])('%s', (_, block, model, kept) => {
    const { text: words, signature } = block as { text: string; signature?: string }
    expect(replayed(block, model)).toEqual(kept ? [{ reasoningContent: { reasoningText: { text: words, ...(signature ? { signature } : {}) } } }] : [])
  })

  it('hidden thinking of another cloud is put into base64 once more', () => {
    const hidden = (origin: object): ContentBlock => ({ type: 'redacted_thinking', data: 'RXU4', origin: { ...stamp, ...origin } })
    expect(replayed(hidden({ state: { encoded: true } }))).toEqual([{ reasoningContent: { redactedContent: 'RXU4' } }])
    // InvokeModel is the same cloud, and hands it out as the model's own API does.
    expect(replayed(hidden({}))).toEqual([{ reasoningContent: { redactedContent: btoa('RXU4') } }])
    expect(replayed(hidden({ provider: 'anthropic', model: 'claude-sonnet-4-5' }))).toEqual([{ reasoningContent: { redactedContent: btoa('RXU4') } }])
    expect(replayed(hidden({ model: 'else' }))).toEqual([])
  })
})

describe('tools', () => {
  const parameters = { type: 'object', properties: { q: { type: 'integer', minimum: 1 } }, required: ['q'] }
  const tools = [{ name: 'look', description: 'Looks.', parameters }]

  it('declares them, and chooses', () => {
    const { body } = sent({ tools: [...tools, { name: 'now', description: ' ' }, { native: { systemTool: { name: 'nova_grounding' } } }] })
    expect(body.toolConfig).toEqual({
      tools: [
        { toolSpec: { name: 'look', description: 'Looks.', inputSchema: { json: parameters } } },
        { toolSpec: { name: 'now', inputSchema: { json: { type: 'object', properties: {} } } } },
        { systemTool: { name: 'nova_grounding' } },
      ],
    })
    expect(sent({ tools, toolChoice: 'required' }).body.toolConfig.toolChoice).toEqual({ any: {} })
    expect(sent({ tools, toolChoice: { name: 'look' } }).body.toolConfig.toolChoice).toEqual({ tool: { name: 'look' } })
    expect(sent({ tools, toolChoice: 'none' }).body).not.toHaveProperty('toolConfig')
  })

  it('declares the tools of earlier calls where there are none now', () => {
    const messages = [user(text('go')), call('t1'), result('t1')]
    const named = sent({ messages })
    expect(named.body.toolConfig).toEqual({ tools: [{ toolSpec: { name: 'look', inputSchema: { json: { type: 'object', properties: {} } } } }] })
    const none = sent({ messages, tools, toolChoice: 'none' })
    expect(none.body.toolConfig.tools).toHaveLength(1)
    expect(none.notes).toEqual(['toolChoice'])
  })

  it('is strict where the model can be held to it', () => {
    const strict = [{ name: 'look', parameters, strict: true }]
    expect(sent({ tools: strict }).body.toolConfig.tools[0].toolSpec).toEqual({
      name: 'look',
      inputSchema: { json: { type: 'object', properties: { q: { type: 'integer', description: 'minimum: 1' } }, required: ['q'], additionalProperties: false } },
      strict: true,
    })
    const { body, notes } = sent({ tools: strict }, targetOf('us.amazon.nova-2-lite-v1:0'))
    expect(body.toolConfig.tools[0].toolSpec).toEqual({ name: 'look', inputSchema: { json: parameters } })
    expect(notes).toEqual(['tools'])
  })

  it('refuses a name that cannot be', () => {
    expect(() => sent({ tools: [{ name: 'a b' }] })).toThrow(/tool `a b`: a name is made of/)
  })
})

describe('shape', () => {
  const schema = { type: 'object', properties: { n: { type: 'integer', maximum: 9 }, at: { type: 'string', format: 'date' }, id: { type: 'string', format: 'slug' } }, required: ['n'] }

  it('is held by AWS, the schema as text', () => {
    const { textFormat } = sent({ responseFormat: { name: 'out', schema } }).body.outputConfig
    expect(textFormat).toMatchObject({ type: 'json_schema', structure: { jsonSchema: { name: 'out' } } })
    expect(JSON.parse(textFormat.structure.jsonSchema.schema)).toEqual({
      type: 'object',
      properties: { n: { type: 'integer', description: 'maximum: 9' }, at: { type: 'string', format: 'date' }, id: { type: 'string', description: 'other format: "slug"' } },
      required: ['n'],
      additionalProperties: false,
    })
  })

  it.each(['amazon.nova-pro-v1:0', 'us.anthropic.claude-opus-4-8', 'anthropic.claude-3-haiku-20240307-v1:0', 'meta.llama3-3-70b-instruct-v1:0'])('is asked for in words of %s', (model) => {
    const { body, notes } = sent({ responseFormat: { schema } }, targetOf(model))
    expect(body).not.toHaveProperty('outputConfig')
    expect(body.system[0].text).toContain(JSON.stringify(schema))
    expect(notes).toEqual(['responseFormat'])
    expect(sent({ responseFormat: 'json_object' }, targetOf(model)).body.system[0].text).toContain('one JSON object')
    expect(sent({ responseFormat: 'text' }, targetOf(model)).body).not.toHaveProperty('system')
  })
})

describe('families', () => {
  const HIDDEN = 'arn:aws:bedrock:us-east-1:1:application-inference-profile/x'
  const native = (request: Partial<ChatRequest>, model: string, config = {}): readonly [unknown, unknown, readonly string[]] => {
    const { body, notes } = sent(request, targetOf(model, config))
    return [body.additionalModelRequestFields, body.inferenceConfig, notes]
  }

  it.each<[string, Partial<ChatRequest>, unknown, unknown, readonly string[]]>([
    [SONNET, { reasoning: 2000, maxTokens: 4000 }, { thinking: { type: 'enabled', budget_tokens: 2000 } }, { maxTokens: 4000 }, []],
    ['us.anthropic.claude-opus-4-8', { reasoning: 'high' }, { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } }, undefined, []],
    ['us.anthropic.claude-opus-5', { reasoning: 'none' }, { thinking: { type: 'disabled' } }, undefined, []],
    [SONNET, { reasoning: 'none', temperature: 0.1 }, undefined, { temperature: 0.1 }, []],
    [SONNET, { reasoning: 'low', temperature: 0.1, topK: 9 }, { thinking: { type: 'enabled', budget_tokens: 2048 } }, undefined, ['reasoning', 'temperature', 'topK']],
    [SONNET, { temperature: 0.1, topP: 0.5, topK: 9 }, { top_k: 9 }, { temperature: 0.1 }, ['topP']],
    ['us.anthropic.claude-sonnet-5', { temperature: 0.1, topP: 0.5, topK: 9 }, undefined, undefined, ['temperature', 'topP', 'topK']],
    [SONNET, { tools: [{ name: 'a' }], toolChoice: 'required', reasoning: 'low' }, undefined, undefined, ['reasoning']],
    [SONNET, { tools: [{ name: 'a' }], parallelToolCalls: false }, { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }, undefined, []],
    [SONNET, { tools: [{ name: 'a' }], toolChoice: { name: 'a' }, parallelToolCalls: false }, { tool_choice: { type: 'tool', name: 'a', disable_parallel_tool_use: true } }, undefined, []],
    ['us.amazon.nova-2-lite-v1:0', { reasoning: 'minimal', temperature: 0.1 }, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } }, { temperature: 0.1 }, ['reasoning']],
    ['us.amazon.nova-2-lite-v1:0', { reasoning: 'xhigh', temperature: 0.1, topP: 1, maxTokens: 5, topK: 1 }, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }, undefined, ['reasoning', 'temperature', 'topP', 'maxTokens', 'topK']],
    ['us.amazon.nova-2-lite-v1:0', { reasoning: 5000 }, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } }, undefined, ['reasoning']],
    ['amazon.nova-pro-v1:0', { reasoning: 'high' }, undefined, undefined, ['reasoning']],
    ['openai.gpt-oss-120b-1:0', { reasoning: 'high', topK: 2 }, { reasoning_effort: 'high', top_k: 2 }, undefined, []],
    ['qwen.qwen3-32b-v1:0', { reasoning: 'low' }, { reasoning_config: 'low' }, undefined, []],
    ['moonshot.kimi-k2-thinking', { reasoning: 'low', parallelToolCalls: true }, undefined, undefined, ['parallelToolCalls', 'reasoning']],
  ])('%s with %j', (model, request, fields, inference, notes) => {
    expect(native(request, model)).toEqual([fields, inference, notes])
    // A profile of one's own does not tell what it is: `inherit_from` does.
    if (!/nova-2/.test(model)) expect(native(request, HIDDEN, { inherit_from: `bedrock/${model}` })).toEqual([fields, inference, notes])
  })

  it('does not think in a tool loop that began without it', () => {
    const messages = [user(text('go')), call('t1'), result('t1')]
    expect(native({ messages, reasoning: 'low' }, SONNET)).toEqual([undefined, undefined, ['reasoning', 'tools']])
    const began: Message = { role: 'assistant', content: [{ type: 'thinking', text: 'hm', signature: 's' }, ...(call('t1').content as ContentBlock[])] }
    expect(native({ messages: [user(text('go')), began, result('t1'), call('t2'), result('t2')], reasoning: 'low' }, SONNET)[0]).toHaveProperty('thinking')
  })

  it('says where a call cannot be forced', () => {
    expect(() => sent({ tools: [{ name: 'a' }], toolChoice: 'required' }, targetOf('us.anthropic.claude-opus-5-5'))).toThrow(/cannot be made to call a tool/)
  })
})
