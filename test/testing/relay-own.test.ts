// What only some wires say, and what Relay makes of it.
import { describe, expect, it } from 'vitest'
import { ContentPolicyError, Hub, RateLimitError, RelayError } from '@relay/core'
import type { ChatResponse } from '@relay/core'
import { simulator } from '@relay/core/testing'
import type { Answer } from '@relay/core/testing'
import { partners } from './partners.ts'

const messages = [{ role: 'user', content: 'Grüezi' }] as const

function asked(name: string, answers: Answer) {
  const { provider, dialect, config } = partners.find((one) => one.name === name)!
  const sim = simulator({ dialect, answers, chunk: 4 })
  const hub = new Hub({ models: { m: config }, defaults: { max_retries: 0 } }, { providers: [provider], fetch: sim.fetch })
  const request = { messages, maxTokens: 9999, reasoning: 'low' } as const
  return { chat: () => hub.chat('m', request), stream: () => hub.stream('m', request).response() }
}

/** Both ways, which must end alike. */
async function both(name: string, answers: Answer): Promise<readonly ChatResponse[]> {
  return [await asked(name, answers).chat(), await asked(name, answers).stream()]
}

async function failed(name: string, answers: Answer): Promise<readonly RelayError[]> {
  const { chat, stream } = asked(name, answers)
  const errors = [await chat().catch((e: unknown) => e), await stream().catch((e: unknown) => e)]
  for (const error of errors) expect(error).toBeInstanceOf(RelayError)
  return errors as RelayError[]
}

describe('Relay', () => {
  it('reads in the body of Google when to come back', async () => {
    for (const error of await failed('gemini', { error: { cause: 'rate_limit', retry: { delay: '7.5s' } } })) {
      expect(error).toBeInstanceOf(RateLimitError)
      expect(error.retryAfterMs).toBe(7500)
    }
  })

  it.each(['gemini', 'gemini on vertex'])('knows a blocked prompt of %s, with its reason', async (name) => {
    for (const error of await failed(name, { error: 'content_policy' })) {
      expect(error).toBeInstanceOf(ContentPolicyError)
      expect(error.data).toMatchObject({ blockReason: 'SAFETY' })
    }
  })

  it('hears the content filter of Azure, even where it speaks last', async () => {
    const completion = { violence: { filtered: true, severity: 'high' } }
    for (const filter of [{ completion }, { completion, late: true }]) {
      for (const response of await both('azure', { text: 'One two', filter })) {
        expect([response.text, response.finishReason]).toEqual(['One two', 'content_filter'])
        expect(response.metadata['contentFilters']).toMatchObject([{ source_type: 'prompt' }, { source_type: 'completion', content_filter_results: completion }])
      }
    }
    for (const error of await failed('azure', { error: 'content_policy' })) expect(error.data).toMatchObject({ hate: { filtered: true, severity: 'high' } })
  })

  it.each(['openai-responses', 'azure by responses'])('tells how an answer of %s ended', async (name) => {
    for (const response of await both(name, { refusal: 'Rather not.' })) {
      expect([response.finishReason, response.content]).toEqual(['content_filter', [{ type: 'refusal', text: 'Rather not.' }]])
    }
    for (const response of await both(name, { text: 'On and', finishReason: 'length' })) expect([response.finishReason, response.rawFinishReason]).toEqual(['length', 'max_output_tokens'])
    for (const response of await both(name, { text: 'On and', finishReason: 'content_filter' })) expect(response.rawFinishReason).toBe('content_filter')
    for (const error of await failed(name, { finishReason: 'error' })) expect(error.code).toBe('server_error')
  })

  it.each(['converse', 'bedrock-invoke'])('takes no frame of %s whose checksum is wrong', async (name) => {
    const error: unknown = await asked(name, { text: 'One two three', fault: { type: 'bad_crc', content: 2 } }).stream().catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'invalid_response', partial: { text: 'One two ' } })
  })

  it('keeps a plan of Cohere apart from its answer', async () => {
    for (const response of await both('cohere', { text: 'I will look it up.', toolCalls: [{ name: 'look' }] })) {
      expect([response.text, response.finishReason, response.toolCalls.map(({ name, arguments: given }) => [name, given])]).toEqual(['', 'tool_calls', [['look', {}]]])
      expect(response.content[0]).toMatchObject({ type: 'native', kind: 'tool_plan', data: { text: 'I will look it up.' } })
    }
  })

  it.each([['gemini', 'web'], ['converse', 'web'], ['openai-responses', 'url_citation'], ['cohere', 'document']])('cites as %s does, whole and streamed', async (name, kind) => {
    const citations = [{ kind, url: 'https://example.com/', title: 'Rain', citedText: 'rain', start: 8, end: 16 }]
    const [whole, streamed] = await both(name, { content: [{ type: 'text', text: 'Zürich: it rains.', citations }] })
    expect(whole!.content[0]).toMatchObject({ type: 'text', text: 'Zürich: it rains.', citations: [{ kind, url: 'https://example.com/', title: 'Rain' }] })
    if (name !== 'converse') expect(whole!.content[0]).toMatchObject({ citations: [{ start: 8, end: 16 }] })
    expect(streamed!.content).toEqual(whole!.content)
  })
})
