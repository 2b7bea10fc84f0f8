// What `explain` owes: whatever the body does not carry as it was given is named, and so is whatever nobody gave.
import { describe, expect, it } from 'vitest'
import { Hub, RelayError, type ChatRequest, type ContentBlock, type Explanation, type Message, type ModelConfig } from '@relay/core'
import { simulator } from '@relay/core/testing'
import { partners, type Partner } from '../testing/partners.ts'

/** Models that take what others refuse, and the other way round. */
const FURTHER: readonly (readonly [of: string, model: string])[] = [
  ['openai', 'gpt-4.1'], ['openai', 'gpt-5'], ['openai', 'o3'], ['openai-responses', 'gpt-4.1'], ['azure', 'gpt-4o'], ['groq', 'openai/gpt-oss-120b'], ['groq', 'qwen/qwen3-32b'],
  ['xai', 'grok-4'], ['xai', 'grok-3'], ['perplexity', 'sonar-reasoning-pro'], ['mistral', 'magistral-medium'],
  ...['claude-3-5-haiku-20241022', 'claude-sonnet-4-5', 'claude-opus-4-6', 'claude-opus-4-8', 'claude-sonnet-5', 'claude-opus-5-5'].flatMap((model) => [
    ['anthropic', model], ['claude on vertex', model], ['converse', `us.anthropic.${model}-v1:0`], ['bedrock-invoke', `us.anthropic.${model}-v1:0`],
  ] as const),
  ['converse', 'amazon.nova-pro-v1:0'], ['converse', 'openai.gpt-oss-120b-1:0'], ['converse', 'mistral.mistral-large-2407-v1:0'], ['converse', 'meta.llama4-scout-17b-instruct-v1:0'],
  ['gemini', 'gemini-2.0-flash'], ['gemini', 'gemini-2.5-pro'], ['gemini', 'gemini-3-pro-preview'], ['gemini', 'gemma-3-27b-it'],
  ['others on vertex', 'meta/llama-4-maverick-17b-128e-instruct-maas'], ['others on vertex', 'xai/grok-4.1-fast-reasoning'],
  ['cohere', 'command-a-03-2025'], ['cohere', 'command-r7b-12-2024'], ['cohere', 'command-a-plus-05-2026'],
]

const seats: readonly (readonly [name: string, partner: Partner])[] = [
  ...partners.map((partner) => [partner.name, partner] as const),
  ...FURTHER.map(([of, model]) => {
    const partner = partners.find(({ name }) => name === of)!
    return [`${of} ${model}`, { ...partner, config: { ...partner.config, target: `${partner.provider.name}/${model}` } }] as const
  }),
]

type Json = { readonly [field: string]: unknown }

/** Every field of a body, wherever it stands, also of JSON in a text. */
function fieldsOf(value: unknown): (readonly [field: string, value: unknown])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([field, raw]) => {
    const held: unknown = typeof raw === 'string' && raw.startsWith('{') ? JSON.parse(raw) : raw
    return [[field, held] as const, ...fieldsOf(held)]
  })
}

/** Whether a field that is called so, in any of the APIs, holds the value. */
const holds = (field: RegExp, value: unknown) => (body: Json): boolean =>
  fieldsOf(body).some(([name, held]) => field.test(name) && [held, ...(Array.isArray(held) ? (held as unknown[]) : [])].some((one) => JSON.stringify(one) === JSON.stringify(value)))

const any = (...checks: readonly ((body: Json) => boolean)[]) => (body: Json): boolean => checks.some((check) => check(body))

const messages: readonly Message[] = [{ role: 'user', content: 'What is it, as JSON?' }]
const parameters = { type: 'object', properties: { city: { type: 'string', minLength: 2 }, deep: { type: 'object', properties: { a: { const: 'x' } } } }, required: ['city'] }
const tools = [{ name: 'look', description: 'Looks.', parameters }]
const calls: readonly Message[] = [
  ...messages,
  { role: 'assistant', content: [{ type: 'tool_use', id: 'call-of-another-company', name: 'look', input: { city: 'Oslo' } }] },
  { role: 'tool', content: [{ type: 'tool_result', toolUseId: 'call-of-another-company', content: 'no such city', isError: true }] },
]
const shape = { type: 'object', properties: { colour: { oneOf: [{ type: 'string', minLength: 3 }, { type: 'null' }] } }, required: ['colour'] }
const closed = { type: 'object', properties: { colour: { type: 'string' } }, required: ['colour'], additionalProperties: false }

const said = (block: ContentBlock): Partial<ChatRequest> => ({ messages: [{ role: 'user', content: [block, { type: 'text', text: 'What is it, as JSON?' }] }] })

type Case = readonly [name: string, request: Partial<ChatRequest>, notes: RegExp, carried: (body: Json) => boolean]

const forced = any(holds(/choice/i, 'required'), holds(/choice/i, 'REQUIRED'), holds(/mode/, 'ANY'), holds(/choice/i, { type: 'any' }), holds(/choice/i, { any: {} }))
const chosen = (body: Json): boolean => fieldsOf(body).some(([field, held]) => /^(tool_?choice|functionCallingConfig)$/i.test(field) && JSON.stringify(held).includes('"look"'))

const thinks = (wanted: unknown) => any(holds(/effort|thinking_?level|reasoning_config/i, wanted), holds(/budget|max_tokens/i, wanted))

const CASES: readonly Case[] = [
  ['maxTokens', { maxTokens: 9 }, /^maxTokens$/, holds(/^max\w*tokens$/i, 9)],
  ['maxTokens, plenty', { maxTokens: 5000 }, /^maxTokens$/, holds(/^max\w*tokens$/i, 5000)],
  ['temperature', { temperature: 0.3 }, /^temperature$/, holds(/^temperature$/, 0.3)],
  ['temperature, hot', { temperature: 1.5 }, /^temperature$/, holds(/^temperature$/, 1.5)],
  ['topP', { topP: 0.6 }, /^topP$/, holds(/^(top_?p|p)$/i, 0.6)],
  ['topP beside temperature', { topP: 0.6, temperature: 0.3 }, /^topP$/, holds(/^(top_?p|p)$/i, 0.6)],
  ['topP, all', { topP: 1 }, /^topP$/, holds(/^(top_?p|p)$/i, 1)],
  ['topK', { topK: 7 }, /^topK$/, holds(/^(top_?k|k)$/i, 7)],
  ['stop', { stop: 'END' }, /^stop$/, holds(/^stop/, 'END')],
  ['stop, many', { stop: ['1', '2', '3', '4', '5', '6'] }, /^stop$/, holds(/^stop/, '6')],
  ['seed', { seed: 4242 }, /^seed$/, holds(/seed$/, 4242)],
  ['reasoning, a level', { reasoning: 'high' }, /^reasoning$/, thinks('high')],
  ['reasoning, the least', { reasoning: 'minimal' }, /^reasoning$/, thinks('minimal')],
  ['reasoning, the most', { reasoning: 'xhigh' }, /^reasoning$/, thinks('xhigh')],
  ['reasoning, a budget', { reasoning: 3000 }, /^reasoning$/, thinks(3000)],
  ['reasoning and a tool that must be called', { reasoning: 'medium', tools, toolChoice: 'required' }, /^(reasoning|toolChoice|tools)$/, (body) => thinks('medium')(body) && forced(body)],
  ['tools', { tools }, /^tools/, any(holds(/parameters|schema|json/i, parameters))],
  ['tools, strict', { tools: [{ ...tools[0]!, strict: true }] }, /^(tools|strict)/, (body) => holds(/parameters|schema|json/i, parameters)(body) && any(holds(/strict/, true), holds(/^mode$/, 'VALIDATED'))(body)],
  ['toolChoice none', { tools, toolChoice: 'none' }, /^(toolChoice|tools)$/, any(holds(/choice|mode/i, 'none'), holds(/choice|mode/i, 'NONE'), holds(/choice/, { type: 'none' }))],
  ['toolChoice required', { tools, toolChoice: 'required' }, /^(toolChoice|tools)$/, forced],
  ['toolChoice of one among two', { tools: [...tools, { name: 'other' }], toolChoice: { name: 'look' } }, /^(toolChoice|tools)$/, (body) => chosen(body) && holds(/^name$/, 'other')(body)],
  ['toolChoice without tools', { toolChoice: 'required' }, /^toolChoice$/, () => false],
  ['parallelToolCalls', { tools, parallelToolCalls: false }, /^(parallelToolCalls|tools)$/, any(holds(/parallel_tool_calls/, false), holds(/disable_parallel_tool_use/, true))],
  ['parallelToolCalls without tools', { parallelToolCalls: false }, /^parallelToolCalls$/, () => false],
  ['responseFormat, JSON', { responseFormat: 'json_object' }, /^responseFormat$/, any(holds(/^type$/, 'json_object'), holds(/mime/i, 'application/json'))],
  ['responseFormat, a schema', { responseFormat: { name: 'n', schema: shape } }, /^responseFormat$/, holds(/schema/i, shape)],
  ['responseFormat, a closed schema', { responseFormat: { name: 'n', schema: closed } }, /^responseFormat$/, holds(/schema/i, closed)],
  ['responseFormat beside tools', { responseFormat: { name: 'n', schema: closed }, tools }, /^responseFormat$/, holds(/schema/i, closed)],
  ['the name of who speaks', { messages: [{ role: 'user', name: 'ada', content: 'hi' }] }, /^name$/, holds(/^name$/, 'ada')],
  ['a result that is an error', { messages: calls, tools }, /^(messages|tool_result)$/, any(holds(/is_error/, true), holds(/status/, 'error'), holds(/response/, { error: 'no such city' }))],
  ['the id of a call', { messages: calls, tools }, /^messages$/, any(holds(/id$/i, 'call-of-another-company'), holds(/functionResponse/, { name: 'look', response: { error: 'no such city' } }))],
  ['a hint to cache', { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'cache_hint', ttl: '1h' }] }] }, /^(cache_hint|messages)$/, any(holds(/ttl/, '1h'))],
  ['how closely a picture is looked at', said({ type: 'image', data: 'iVBORw0KGgo=', mediaType: 'image/png', detail: 'low' }), /^messages$/, holds(/^detail$/, 'low')],
  ['what a file is called', said({ type: 'document', data: 'JVBERi0=', mediaType: 'application/pdf', title: 'Notes' }), /^messages$/, holds(/title|name/, 'Notes')],
  ['what a file is about', said({ type: 'document', data: 'JVBERi0=', mediaType: 'application/pdf', context: 'Of spring.' }), /^messages$/, holds(/^context$/, 'Of spring.')],
  ['that a text is to be cited', said({ type: 'document', text: 'Leaves.', citations: true }), /^messages$/, any(holds(/^enabled$/, true), (body) => 'documents' in body)],
  ['what a tool gave back that is no part of a result', { tools, messages: [...calls.slice(0, 2), { role: 'tool', content: [{ type: 'tool_result', toolUseId: 'call-of-another-company', content: [{ type: 'native', kind: 'map', data: {}, origin: { provider: 'x', model: 'y' } }] }] }] }, /^(messages|tool_result|native)$/, () => false],
  ["another's thinking", { messages: [...messages, { role: 'assistant', content: [{ type: 'thinking', text: 'Hm.', signature: 's', origin: { provider: 'x', model: 'y' } }, { type: 'text', text: 'It.' }] }, ...messages] }, /^(messages|thinking)$/, holds(/./, 'Hm.')],
  ['a later system message', { messages: [...messages, { role: 'assistant', content: 'It.' }, { role: 'system', content: 'Be brief.' }, ...messages] }, /^messages$/, (body) => /It\..*Be brief\..*What is it/s.test(JSON.stringify(body['messages'] ?? body['input'] ?? body['contents']))],
]

async function planOf({ provider, config }: Partner, request: Partial<ChatRequest>, more: { readonly mode?: 'chat' | 'stream'; readonly params?: ModelConfig['params'] } = {}): Promise<Explanation | undefined> {
  const { mode, params } = more
  const hub = new Hub({ models: { m: { ...config, ...(params && { params }) } } }, { providers: [provider], fetch: simulator().fetch })
  try {
    return (await hub.explain('m', { messages, ...request }, mode))[0]
  } catch (error) {
    // An error before anything is sent says it louder than a note does.
    if (error instanceof RelayError && error.code === 'unsupported') return undefined
    throw error
  }
}

/** What is there of itself: who is asked, what is asked, and that it is a stream. */
const GIVEN = /^(model|messages|input|contents|anthropic_version|inferenceConfig|generationConfig|stream)$/

/** The names that the API has for what a note names. */
const NAMES: { readonly [field: string]: string } = { max_tokens: 'maxTokens' }

describe.each(seats)('%s', (_, partner) => {
  it.each(CASES)('%s', async (_name, request, field, carried) => {
    for (const mode of ['chat', 'stream'] as const) {
      const plan = await planOf(partner, request, { mode })
      if (!plan) continue
      const named = plan.notes.some((note) => field.test(note.field))
      expect(named || carried(plan.body as Json), `${JSON.stringify(plan.body)} ${JSON.stringify(plan.notes)}`).toBe(true)
    }
  })

  it('what nobody asked for is named too', async () => {
    for (const mode of ['chat', 'stream'] as const) {
      const { body, notes } = (await planOf(partner, {}, { mode }))!
      const filled = Object.keys(body as Json).filter((field) => !GIVEN.test(field) && JSON.stringify((body as Json)[field]) !== '{}')
      expect(filled.filter((field) => !notes.some((note) => note.field === (NAMES[field] ?? field)))).toEqual([])
    }
  })

  it('what the catalogue fills in is named as that', async () => {
    const { notes } = (await planOf(partner, {}, { params: { max_tokens: 2000, service_tier: 'x' } }))!
    expect(notes).toEqual(expect.arrayContaining([{ field: 'maxTokens', why: expect.stringContaining('catalogue') }, { field: 'service_tier', why: expect.stringContaining('catalogue') }]))
  })

  it('nothing is said of a plain question, and nothing twice', async () => {
    const defaults = /^(maxTokens|store|include|credential)$/
    expect((await planOf(partner, { maxTokens: 5000 }))!.notes.filter(({ field }) => !defaults.test(field))).toEqual([])
    const again = [...calls, ...calls, ...calls]
    const said = (await planOf(partner, { messages: again, tools: [{ ...tools[0]!, strict: true }] }))!.notes.map(({ field, why }) => `${field}: ${why}`)
    expect(said).toEqual([...new Set(said)])
  })
})
