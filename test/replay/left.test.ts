// What one model left in the history that the next could stumble over: what it showed or ran, ids that it used twice, a thought that was cut off.
import { describe, expect, it } from 'vitest'
import { Hub } from '@relay/core'
import type { ContentBlock, Message } from '@relay/core'
import { simulator } from '@relay/core/testing'
import { seats } from './seats.ts'

const bytes = 'iVBORw0KGgo='
const origin = { provider: 'bedrock', model: 'us.amazon.nova-premier-v1:0', endpoint: 'https://bedrock-runtime.us-east-1.amazonaws.com' }
const use = { toolUseId: 'tooluse_x', name: 'nova_code_interpreter', input: {}, type: 'server_tool_use' }
const shown: readonly ContentBlock[] = [
  { type: 'image', data: bytes, mediaType: 'image/png' },
  { type: 'audio', data: bytes, mediaType: 'audio/wav', transcript: 'Spoken words.' },
  { type: 'native', kind: 'toolUse', data: { toolUse: use }, origin },
  { type: 'native', kind: 'toolResult', data: { toolResult: { toolUseId: 'tooluse_x', content: [{ json: {} }], status: 'success', type: 'nova_code_interpreter_result' } }, origin },
]
const history: readonly Message[] = [{ role: 'user', content: 'Show me.' }, { role: 'assistant', content: [...shown, { type: 'text', text: 'There.' }] }, { role: 'user', content: 'And now?' }]

describe('what another model showed', () => {
  it.each(seats.map((seat) => [seat.name, seat] as const))('is no error to %s', async (name, { provider, config }) => {
    const sim = simulator({ answers: 'Now this.' })
    const hub = new Hub({ models: { m: config }, defaults: { max_retries: 0 } }, { providers: [provider], fetch: sim.fetch })
    expect((await hub.chat('m', { messages: history })).text).toBe('Now this.')
    const [{ body } = { body: undefined }] = sim.requests
    const sent = JSON.stringify(body)
    expect(sent).toContain('There.')
    expect(sent).not.toContain('nova_code_interpreter')
    // Gemini alone takes pictures and sounds from a model.
    if (/gemini/.test(name)) expect(sent).toContain(bytes)
    else expect([sent.includes('Spoken words.'), sent.includes(bytes)]).toEqual([true, false])
    const [{ notes } = { notes: [] }] = await hub.explain('m', { messages: history })
    expect(notes.some(({ field }) => /^(native|messages|image)$/.test(field))).toBe(true)
  })
})

/** A server that counts its calls anew in each answer, and one whose thought was cut off before it was signed. */
const loop = (city: string): readonly Message[] => [
  { role: 'assistant', content: [{ type: 'tool_use', id: 'call_0', name: 'weather', input: { city } }] },
  { role: 'tool', content: [{ type: 'tool_result', toolUseId: 'call_0', content: `3 °C in ${city}` }] },
]
const tools = [{ name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }]

describe('calls of one id', () => {
  it.each(seats.map((seat) => [seat.name, seat] as const))('are told apart for %s', async (name, { provider, config }) => {
    const sim = simulator({ answers: 'Cold.' })
    const hub = new Hub({ models: { m: config }, defaults: { max_retries: 0 } }, { providers: [provider], fetch: sim.fetch })
    await hub.chat('m', { messages: [{ role: 'user', content: 'And there?' }, ...loop('Oslo'), ...loop('Bern')], tools })
    const [request] = sim.requests
    expect(request?.neutral.turns.flatMap(({ toolResults = [] }) => toolResults.map(({ text }) => text))).toEqual(['3 °C in Oslo', '3 °C in Bern'])
    if (!/^(anthropic|bedrock|cohere|vertex.claude)/.test(name)) return
    const ids = [...JSON.stringify(request?.body).matchAll(/"(?:tool_?use_?id|tool_call_id|id)":"([^"]+)"/gi)].map(([, id]) => id)
    expect(ids).toEqual([ids[0], ids[0], ids[2], ids[2]])
    expect(new Set(ids).size).toBe(2)
  })
})

it.each(seats.filter(({ name }) => /claude|nova/.test(name)).map((seat) => [seat.name, seat] as const))('thinking that was cut off is no error to %s', async (_, { provider, config }) => {
  const hub = new Hub({ models: { m: config }, defaults: { max_retries: 0 } }, { providers: [provider], fetch: simulator({ answers: 'Yes.' }).fetch })
  const thinking = { type: 'thinking', text: 'Perhaps', origin: { provider: provider.name, model: config.target.replace(/^\w+\//, '') } } as const
  const messages: readonly Message[] = [{ role: 'user', content: 'Is it?' }, { role: 'assistant', content: [thinking, { type: 'text', text: 'It' }] }, { role: 'user', content: 'Go on.' }]
  expect((await hub.chat('m', { messages })).text).toBe('Yes.')
})
