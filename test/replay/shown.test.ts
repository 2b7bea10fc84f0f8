// What a model showed, played or ran with tools of its provider's, in the history of any other.
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
