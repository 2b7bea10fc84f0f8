// The Messages dialect, what is sent: the conversation, what surrounds it, and what each family of models takes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encoded } from '../../src/core/encode.ts'
import type { ContentBlock, Message } from '../../src/types/message.ts'
import type { Tool } from '../../src/types/tool.ts'
import { anthropic } from '../../src/providers/anthropic.ts'
import { withBetas } from '../../src/wire/anthropic-encode.ts'
import { anthropicMessages } from '../../src/wire/anthropic-messages.ts'
import { encodingOf, sent, targetOf, type SentBody } from './anthropic-fixtures.ts'

const user = (...content: ContentBlock[]): Message => ({ role: 'user', content })
const model = (...content: ContentBlock[]): Message => ({ role: 'assistant', content })
const text = (text: string): ContentBlock => ({ type: 'text', text })
const call = (id: string, more: object = {}): ContentBlock => ({ type: 'tool_use', id, name: 'look', input: { q: 1 }, ...more })
const result = (toolUseId: string, content: string | ContentBlock[] = 'found'): ContentBlock => ({ type: 'tool_result', toolUseId, content })
const hint = (ttl?: '1h'): ContentBlock => ({ type: 'cache_hint', ...(ttl ? { ttl } : undefined) })
const told = (...messages: Message[]): ReturnType<typeof sent> => sent({ messages })
const look: Tool = { name: 'look', parameters: { type: 'object', properties: { q: { type: 'number' } } } }
const mint = (provider: string, model: string, state?: unknown): object => ({ origin: { provider, model, ...(state ? { state } : undefined) } })

describe('the request', () => {
  it('has its path, its version and its body', () => {
    const { path, headers, body } = anthropic.wire.encode(encodingOf({ maxTokens: 9, stop: 'END', temperature: 0.5 }, targetOf(), { mode: 'stream' }))
    expect({ path, headers, body: JSON.parse(JSON.stringify(body)) }).toEqual({
      path: '/v1/messages',
      headers: { 'anthropic-version': '2023-06-01' },
      body: {
        model: 'claude-sonnet-4-5',
        max_tokens: 9,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
        temperature: 0.5,
        stop_sequences: ['END'],
        stream: true,
      },
    })
  })

  it('does not repeat the version of a base URL that ends with it', () => {
    expect(anthropic.wire.encode(encodingOf({}, { ...targetOf(), baseUrl: 'https://gate.test/v1' })).path).toBe('/messages')
  })

  it('of a cloud that names the model in its URL has the version and the betas in the body', () => {
    const wire = anthropicMessages({ path: ({ target }) => `/model/${target.model}/invoke`, version: () => 'cloud-2023-05-31', lacks: () => ['url', 'schema'] })
    const target = targetOf('claude-sonnet-4-5', { ...anthropic, wire }, { headers: { 'Anthropic-Beta': 'a, b' } })
    const encoding = encodingOf({ headers: { 'anthropic-beta': 'c' }, tools: [{ ...look, strict: true }] }, target, { mode: 'stream' })
    const { path, headers, body } = withBetas(wire.encode(encoding), encoding)
    expect({ path, headers }).toEqual({ path: '/model/claude-sonnet-4-5/invoke', headers: undefined })
    expect(body).toMatchObject({ anthropic_version: 'cloud-2023-05-31', anthropic_beta: ['a', 'b', 'c'] })
    const plain = JSON.parse(JSON.stringify(body)) as object
    expect(Object.keys(plain)).not.toEqual(expect.arrayContaining(['model']))
    expect(plain).not.toHaveProperty('stream')
    expect(plain).not.toHaveProperty('tools.0.strict')
    expect(() => wire.encode(encodingOf({ messages: [user({ type: 'image', url: 'https://x.test/a.png' })] }, target))).toThrow(/put the bytes/)
  })

  it('goes out with the betas of the catalogue and of the request, and with the key in a header of its own', async () => {
    const target = targetOf('claude-opus-4-8', anthropic, { headers: { 'Anthropic-Beta': 'a' } })
    const plain = await encoded(encodingOf({ headers: { 'anthropic-beta': 'b,c' } }, target), () => expect.fail('nothing to fetch'))
    const { url, headers } = await anthropic.sign(plain, { type: 'key', value: 'secret' }, { target, now: 0, cache: new Map() })
    expect(url).toBe('https://api.test/v1/messages')
    expect(headers).toEqual({ 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'anthropic-beta': 'a,b,c', 'x-api-key': 'secret' })
  })

  it('takes what it has no name for from `params`, and `providerOptions` last', () => {
    const { body } = sent({ maxTokens: 5, providerOptions: { metadata: { user_id: 'u' }, max_tokens: 7 } }, undefined, { extra: { service_tier: 'auto', metadata: { a: 1 } } })
    expect(body).toMatchObject({ max_tokens: 7, service_tier: 'auto', metadata: { user_id: 'u', a: 1 } })
  })

  it('never holds the metadata of the request', () => {
    expect(JSON.stringify(sent({ metadata: { user_id: 'private' } }).body)).not.toContain('private')
  })
})

describe('the conversation', () => {
  it('begins with its system messages apart, and later ones where the model takes them', () => {
    const system = (content: string): Message => ({ role: 'system', content })
    const messages = [system('a'), system('b'), user(text('q')), system('later'), user(text('r'))]
    expect(sent({ messages }, 'claude-opus-4-8').body).toMatchObject({
      system: [{ text: 'a' }, { text: 'b' }],
      messages: [{ role: 'user' }, { role: 'system', content: [{ type: 'text', text: 'later' }] }, { role: 'user' }],
    })
    const { body, notes } = sent({ messages }, 'claude-sonnet-5')
    expect(body.messages).toEqual([{ role: 'user', content: ['q', '<system>\nlater\n</system>', 'r'].map(text) }])
    expect(notes).toEqual(['messages'])
    expect(() => told({ role: 'system', content: [{ type: 'image', url: 'https://x.test/a.png' }] })).toThrow(/nothing but text/)
  })

  it('puts results first in the turn after their calls, whoever sends them', () => {
    const { body, notes } = told(user(text('q')), model(call('a'), call('b')), user(text('also')), { role: 'tool', content: [result('b')] }, user(result('a')))
    expect(body.messages[2]).toEqual({
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'b', content: 'found' },
        { type: 'tool_result', tool_use_id: 'a', content: 'found' },
        { type: 'text', text: 'also' },
      ],
    })
    expect(notes).toEqual([])
  })

  it('answers a call that nobody answered with an error and a note, but for the last, which is yours to answer', () => {
    const { body, notes } = told(user(text('q')), model(call('a'), call('b')), user(result('a'), text('go on')))
    expect(body.messages[2]?.content).toMatchObject([{ tool_use_id: 'a' }, { tool_use_id: 'b', is_error: true }, { type: 'text' }])
    expect(notes).toEqual(['messages'])
    expect(() => told(user(text('q')), model(call('a')))).toThrow(/`look` \(a\): add its tool_result/)
  })

  it('sends arguments that did not parse as the text they are, and their error as the result', () => {
    const { body } = told(user(text('q')), model({ type: 'tool_use', id: 'a', name: 'look', invalid: { raw: '{"q":', error: 'cut' } }))
    expect(body.messages.slice(1)).toEqual([
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'look', input: { invalid_arguments: '{"q":' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', is_error: true, content: 'cut' }] },
    ])
  })

  it('spells ids as the API wants them: one id for a call and its result, no id twice', () => {
    const ids = fc.array(fc.oneof(fc.string(), fc.constantFrom('a', 'a.b', 'a:b', 'a_b', '')), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(ids, (given) => {
        const messages = [user(text('q')), ...given.flatMap((id) => [model(call(id)), user(result(id, `of ${id}`))])]
        const { body } = sent({ messages })
        expect(sent({ messages }).body).toEqual(body)
        const calls = body.messages.flatMap(({ content }) => content.filter(({ type }) => type === 'tool_use'))
        const results = body.messages.flatMap(({ content }) => content.filter(({ type }) => type === 'tool_result'))
        expect(results.map((each) => each.tool_use_id)).toEqual(calls.map((each) => each.id))
        expect(results.map((each) => each.content)).toEqual(given.map((id) => `of ${id}`))
        expect(new Set(calls.map((each) => each.id)).size).toBe(given.length)
        for (const { id } of calls) expect(id).toMatch(/^[\w-]+$/)
      }),
    )
  })

  it('leaves out what says nothing, and keeps white space among words', () => {
    const { body } = told(user(text('q'), text('')), model(text('\n'), call('a')), user(result('a')), model(text(' '), text('x')), user(text(' ')), user(text('r')))
    expect(body.messages.map(({ content }) => content.map((each) => each.text ?? each.type))).toEqual([['q'], ['tool_use'], ['tool_result'], [' ', 'x'], ['r']])
  })
})

describe('replay', () => {
  const thought: ContentBlock = { type: 'thinking', text: 'hm', signature: 'c2ln' }
  const block = { type: 'thinking', thinking: 'hm', signature: 'c2ln' }

  it.each<readonly [string, object, boolean]>([
    ['of nobody in particular', {}, true],
    ['of the model', mint('anthropic', 'claude-sonnet-4-5'), true],
    ['of the model by its dated name', mint('anthropic', 'claude-sonnet-4-5-20250929'), true],
    ['of the model in another cloud', mint('bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'), true],
    ['of the model in a third', mint('vertex', 'claude-sonnet-4-5@20250929'), true],
    ['of another model', mint('anthropic', 'claude-opus-4-8'), false],
    ['of another maker', mint('openai', 'gpt-5'), false],
  ])('thinking %s', (_who, origin, kept) => {
    const { body, notes } = told(user(text('q')), model({ ...thought, ...origin }, text('a')), user(text('r')))
    expect(body.messages[1]?.content).toEqual([...(kept ? [block] : []), text('a')])
    expect(notes).toEqual(kept ? [] : ['messages'])
  })

  it('hidden thinking, native blocks and the state of calls go back to who made them alone', () => {
    const blocks = (origin: object, state: object): ContentBlock[] => [
      { type: 'redacted_thinking', data: 'xyz', ...origin },
      { type: 'native', kind: 'server_tool_use', data: { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }, ...origin },
      { ...call('a'), ...state } as ContentBlock,
    ]
    const state = { toolset_name: 'desk', caller: { type: 'direct' } }
    const own = told(user(text('q')), model(...blocks(mint('anthropic', 'claude-sonnet-4-5'), mint('anthropic', 'claude-sonnet-4-5', state))), user(result('a')))
    expect(own.body.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'redacted_thinking', data: 'xyz' },
          { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
          { ...state, type: 'tool_use', id: 'a', name: 'look', input: { q: 1 } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'found', toolset_name: 'desk' }] },
    ])
    const foreign = told(user(text('q')), model(...blocks(mint('openai', 'gpt-5'), mint('openai', 'gpt-5', state))), user(result('a')))
    expect(foreign.body.messages[1]?.content).toEqual([{ type: 'tool_use', id: 'a', name: 'look', input: { q: 1 } }])
  })

  it('unsigned thinking is dropped with a note each', () => {
    const unsigned = { type: 'thinking', text: 'hm' } as const
    const { body, notes } = told(user(text('q')), model(unsigned, unsigned, text('a')), user(text('r')), model(unsigned, text('b')), user(text('s')))
    expect(JSON.stringify(body)).not.toContain('thinking')
    expect(notes).toEqual(['messages', 'messages', 'messages'])
  })
})

describe('what can be attached', () => {
  it.each<readonly [ContentBlock, object]>([
    [{ type: 'image', url: 'https://x.test/a.png' }, { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } }],
    [{ type: 'image', url: 'data:image/png;base64,AAAA' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }],
    [{ type: 'image', data: 'AAAA', mediaType: 'image/jpg' }, { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' } }],
    [{ type: 'image', fileId: 'file_1' }, { type: 'image', source: { type: 'file', file_id: 'file_1' } }],
    [
      { type: 'document', data: 'JVBE', mediaType: 'application/pdf', title: 'T', context: 'C', citations: true },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' }, title: 'T', context: 'C', citations: { enabled: true } },
    ],
    [{ type: 'document', text: 'plain' }, { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'plain' } }],
    [{ type: 'document', data: 'aMO2bQ==', mediaType: 'text/csv' }, { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'höm' } }],
    [{ type: 'native', kind: 'search_result', data: { source: 's', title: 't', content: [] } }, { type: 'search_result', source: 's', title: 't', content: [] }],
    [{ type: 'refusal', text: 'no' }, { type: 'text', text: 'no' }],
    [{ type: 'audio', transcript: 'hello' }, { type: 'text', text: 'hello' }],
    [result('a', [text('t'), { type: 'image', fileId: 'f' }]), { type: 'tool_result', tool_use_id: 'a', content: [text('t'), { type: 'image', source: { type: 'file', file_id: 'f' } }] }],
    [result('a', ''), { type: 'tool_result', tool_use_id: 'a' }],
    [{ ...result('a', 'bad'), isError: true } as ContentBlock, { type: 'tool_result', tool_use_id: 'a', content: 'bad', is_error: true }],
  ])('%j', (block, want) => {
    expect(told(user(block)).body.messages).toEqual([{ role: 'user', content: [want] }])
  })

  it('or not', () => {
    expect(() => told(user({ type: 'audio', data: 'AAAA', mediaType: 'audio/wav' }))).toThrow(expect.objectContaining({ code: 'unsupported', alias: 'm' }))
    expect(() => told(user({ type: 'image', data: 'AAAA' }))).toThrow(/mediaType/)
    expect(() => told(user({ type: 'document' }))).toThrow(/needs a `url`/)
  })
})

describe('cache hints', () => {
  const marks = (body: SentBody): string[] => {
    const found: string[] = []
    const all = [...(body.tools ?? []), ...(body.system ?? []), ...body.messages.flatMap(({ content }) => content)]
    for (const { cache_control, ...block } of all) if (cache_control) found.push(`${block.text ?? block.name ?? block.type} ${cache_control.ttl ?? '5m'}`)
    return found
  }

  it.each<readonly [string, readonly Message[], readonly string[]]>([
    ['after a block', [user(text('a'), hint(), text('b'))], ['a 5m']],
    ['first in a message: the message before', [user(text('a')), model(text('b')), user(hint('1h'), text('c'))], ['b 1h']],
    ['first of all: the tools', [user(hint(), text('a'))], ['look 5m']],
    ['in a system message', [{ role: 'system', content: [text('s'), hint('1h')] }, user(text('a'))], ['s 1h']],
    ['after thinking: the block before it', [user(text('a')), model({ type: 'thinking', text: 'h', signature: 's' }, hint(), text('b')), user(text('c'))], ['a 5m']],
    ['inside a result: the result', [user(text('a')), model(call('x')), user(result('x', [text('r'), hint()]), text('c'))], ['tool_result 5m']],
    ['an hour after five minutes: five minutes', [user(text('a'), hint(), text('b'), hint('1h'))], ['a 5m', 'b 5m']],
    ['an hour before five minutes', [user(text('a'), hint('1h'), text('b'), hint())], ['a 1h', 'b 5m']],
    ['more than four: the first and the last three', [user(...'abcdef'.split('').flatMap((it) => [text(it), hint()]))], ['a 5m', 'd 5m', 'e 5m', 'f 5m']],
    ['twice at one place', [user(text('a'), hint(), hint())], ['a 5m']],
  ])('%s', (_where, messages, want) => {
    expect(marks(sent({ messages, tools: [look] }).body)).toEqual(want)
  })

  it('with nothing before them they are not lost', () => {
    expect(marks(told(user(hint(), text('a'))).body)).toEqual(['a 5m'])
  })

  it('leave a place to the automatic one', () => {
    const messages = [user(...'abcde'.split('').flatMap((it) => [text(it), hint()]))]
    expect(marks(sent({ messages, providerOptions: { cache_control: { type: 'ephemeral' } } }).body)).toEqual(['a 5m', 'd 5m', 'e 5m'])
  })
})

describe('tools', () => {
  it('have an object as their schema, and a strict one is closed', () => {
    const { body } = sent({ tools: [{ name: 'now' }, { name: 'go', description: 'd', strict: true, parameters: { properties: { to: { type: 'object' } } } }, { native: { type: 'web_search_20260318', name: 'web_search' } }] })
    expect(body.tools).toEqual([
      { name: 'now', input_schema: { type: 'object', properties: {} } },
      {
        name: 'go',
        description: 'd',
        strict: true,
        input_schema: { type: 'object', additionalProperties: false, properties: { to: { type: 'object', additionalProperties: false } } },
      },
      { type: 'web_search_20260318', name: 'web_search' },
    ])
    expect(() => sent({ tools: [{ name: 'a.b' }] })).toThrow(expect.objectContaining({ code: 'tool_schema' }))
  })

  it.each([
    [{ toolChoice: 'auto' }, { type: 'auto' }],
    [{ toolChoice: 'required' }, { type: 'any' }],
    [{ toolChoice: 'none' }, { type: 'none' }],
    [{ toolChoice: { name: 'look' } }, { type: 'tool', name: 'look' }],
    [{ parallelToolCalls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [{ parallelToolCalls: false, toolChoice: 'required' }, { type: 'any', disable_parallel_tool_use: true }],
    [{ parallelToolCalls: false, toolChoice: 'none' }, { type: 'none' }],
    [{ parallelToolCalls: true }, undefined],
    [{}, undefined],
  ] as const)('%j', (request, want) => {
    expect(sent({ tools: [look], ...request }).body.tool_choice).toEqual(want)
    expect(sent(request).body.tool_choice).toBeUndefined()
  })
})

describe('a shape for the answer', () => {
  const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 1 }, when: { type: 'string', format: 'int-date' }, all: { type: 'array', minItems: 2, items: {} } } }

  it('is a format where the model can be held to one', () => {
    expect(sent({ responseFormat: { schema } }).body.output_config).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          additionalProperties: false,
          properties: {
            n: { type: 'integer', description: 'minimum: 1' },
            when: { type: 'string', description: 'other format: "int-date"' },
            all: { type: 'array', items: {}, description: 'at least: 2' },
          },
        },
      },
    })
  })

  it('says so where it closes a dictionary', () => {
    const open = { type: 'object', properties: { words: { type: 'object', additionalProperties: { type: 'string' } } } }
    const said = (schema: { readonly [keyword: string]: unknown }): string[] => {
      const notes: string[] = []
      sent({ responseFormat: { schema } }, undefined, { note: (field, why) => field === 'responseFormat' && notes.push(why) })
      return notes
    }
    const [closed, empty] = [expect.stringContaining('objects are closed'), expect.stringContaining('it will be empty')]
    expect(said(open)).toEqual([empty, closed])
    expect(said({ ...open, additionalProperties: true, properties: {} })).toEqual([closed])
    expect(said({ ...open, additionalProperties: false, properties: {} })).toEqual([])
  })

  it('and is asked for where it cannot', () => {
    for (const [request, name] of [[{ responseFormat: { schema } }, 'claude-3-5-haiku-latest'], [{ responseFormat: 'json_object' }, 'claude-opus-5']] as const) {
      const { body, notes } = sent(request, name)
      expect(body.output_config).toBeUndefined()
      expect(body.system?.at(-1)?.text).toMatch(/JSON/)
      expect(notes).toEqual(['responseFormat'])
    }
  })
})
