// A conversation that ends with the beginning of an answer: Claude up to 4.5 goes on from it, wherever it is served, and no later one does.
import { describe, expect, it } from 'vitest'
import { Hub, type ChatRequest, type Message, type ModelConfig } from '@relay/core'
import { providers } from '@relay/core/providers'
import { simulator } from '@relay/core/testing'

const credential = { type: 'literal', value: 'a-key-of-some-length' } as const
const PLACES: readonly (readonly [place: string, of: (model: string) => ModelConfig])[] = [
  ['anthropic', (model) => ({ target: `anthropic/claude-${model}`, credential })],
  ['vertex', (model) => ({ target: `vertex/claude-${model}`, project: 'p', location: 'us', credential })],
  ['invoke', (model) => ({ target: `bedrock/us.anthropic.claude-${model}-v1:0`, region: 'us-east-1', api_style: 'invoke', credential })],
  ['converse', (model) => ({ target: `bedrock/us.anthropic.claude-${model}-v1:0`, region: 'us-east-1', credential })],
]

const messages: Message[] = [{ role: 'user', content: 'Name a colour.' }, { role: 'assistant', content: 'My colour is \n' }]

function stage(config: ModelConfig, other?: ModelConfig) {
  const sim = simulator({ answers: 'blue' })
  const models = { m: config, ...(other && { other }) }
  const groups = other ? { any: { members: ['m', 'other'] } } : {}
  return { sim, hub: new Hub({ models, groups, defaults: { max_retries: 0 } }, { providers, fetch: sim.fetch }) }
}

async function explained(config: ModelConfig, more: Partial<ChatRequest> = {}) {
  const [plan] = await stage(config).hub.explain('m', { messages, ...more })
  return { sent: JSON.stringify(plan?.body), fields: plan?.notes.map(({ field }) => field) }
}

describe.each(PLACES)('%s', (_, of) => {
  it.each(['sonnet-4-5', 'opus-4-1', 'haiku-4-5-20251001', '3-5-haiku-20241022'])('%s goes on from it, without the space at its end', async (model) => {
    const { hub, sim } = stage(of(model))
    expect((await hub.chat('m', { messages })).text).toBe('blue')
    expect(sim.requests[0]?.neutral.turns.at(-1)).toMatchObject({ role: 'assistant', text: 'My colour is' })
    expect((await explained(of(model))).fields).toContain('messages')
  })

  it.each(['sonnet-4-6', 'opus-4-7', 'sonnet-5', 'opus-5-5', 'fable-5-1'])('%s is not asked', async (model) => {
    const { hub, sim } = stage(of(model))
    await expect(hub.chat('m', { messages })).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('the last message must be a user') })
    expect(sim.requests).toEqual([])
  })

  it('a group asks the next member', async () => {
    const { hub } = stage(of('opus-5-5'), of('sonnet-4-5'))
    const { attempts, text } = await hub.chat('any', { messages })
    expect([text, attempts.map(({ alias, cause }) => [alias, cause])]).toEqual(['blue', [['m', 'unsupported'], ['other', undefined]]])
  })

  it('thinking gives way to it, and says so', async () => {
    const { sent, fields } = await explained(of('sonnet-4-5'), { reasoning: 'high', maxTokens: 9000 })
    expect(sent).not.toContain('thinking')
    expect(fields).toContain('reasoning')
  })
})

it('a blank at the end does not go, nor does a schema', async () => {
  const [, of] = PLACES[0]!
  const schema = { type: 'object', properties: { a: { type: 'string' } } }
  const content = [{ type: 'text', text: '{' }, { type: 'text', text: ' ' }] as const
  const { sent, fields } = await explained(of('sonnet-4-5'), { messages: [messages[0]!, { role: 'assistant', content }], responseFormat: { schema } })
  expect(JSON.parse(sent)).toMatchObject({ messages: [{}, { content: [{ type: 'text', text: '{' }] }] })
  expect(sent).not.toContain('output_config')
  expect(fields).toContain('responseFormat')
})

it('what a server tool has begun is no beginning of an answer: it goes on', async () => {
  const [, of] = PLACES[0]!
  const data = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }
  const content = [{ type: 'native', kind: 'server_tool_use', data }, { type: 'text', text: 'Searching' }] as const
  const { sent } = await explained(of('opus-5-5'), { messages: [messages[0]!, { role: 'assistant', content }] })
  expect(sent).toContain('srvtoolu_1')
})
