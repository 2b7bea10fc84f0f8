// Servers that refuse what they do not know: they are asked again without it, and not sent it any more.
import { describe, expect, it } from 'vitest'
import { Hub, type ChatRequest, type RelayConfig } from '@relay/core'
import { providers } from '@relay/core/providers'
import { simulator } from '@relay/core/testing'

const REFUSALS: readonly (readonly [status: number, body: string])[] = [
  [400, '{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error","param":null,"code":null}}'],
  [422, '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]}'],
  [400, '{"object":"error","message":"[{\'loc\': (\'body\', \'stream_options\'), \'msg\': \'extra fields not permitted\'}]","type":"BadRequestError","code":400}'],
  [400, '{"error":"unknown field `stream_options`"}'],
  [400, 'unknown field stream_options'],
]

const asked: ChatRequest = { messages: [{ role: 'user', content: 'hi' }] }

function stage(target: string, [status, text]: (typeof REFUSALS)[number], more: Partial<RelayConfig> = {}) {
  const sim = simulator({ answers: 'Hello there.' })
  const bodies: { readonly stream_options?: unknown }[] = []
  const base_url = target.startsWith('azure') ? 'https://r.openai.azure.com/openai/v1' : 'https://old.test/v1'
  const hub = new Hub({ models: { m: { target, base_url, credential: { type: 'literal', value: 'a-key-of-some-length' } } }, ...more }, {
    providers,
    fetch: async (input, init) => {
      const body = JSON.parse(String(init?.body)) as (typeof bodies)[number]
      bodies.push(body)
      return body.stream_options ? new Response(text, { status }) : sim.fetch(input, init)
    },
  })
  return { hub, bodies }
}

describe.each(['compatible/m', 'vllm/m', 'azure/m'])('%s', (target) => {
  it.each(REFUSALS)('%i %s', async (...refusal) => {
    const { hub, bodies } = stage(target, refusal)
    const { text, attempts, usage } = await hub.stream('m', asked).response()
    expect([text, attempts.map(({ kind, ok, status }) => [kind, ok, status])]).toEqual(['Hello there.', [['first', false, refusal[0]], ['retry', true, undefined]]])
    expect(usage.outputTokens).toBeGreaterThan(0)
    expect((await hub.stream('m', asked).response()).attempts).toHaveLength(1)
    expect((await hub.chat('m', asked)).attempts).toHaveLength(1)
    expect(bodies.map((body) => 'stream_options' in body)).toEqual([true, false, false, false])
  })
})

describe('it is asked no second time', () => {
  it.each<readonly [name: string, target: string, refusal: (typeof REFUSALS)[number], request: Partial<ChatRequest>, more: Partial<RelayConfig>]>([
    ['for another field', 'compatible/m', [400, '{"error":{"message":"Unrecognized request argument supplied: seed"}}'], {}, {}],
    ['for another reason', 'compatible/m', [429, '{"error":{"message":"too many requests with stream_options"}}'], {}, { defaults: { max_retries: 0 } }],
    ['where the caller insists', 'compatible/m', REFUSALS[0]!, { providerOptions: { stream_options: { include_usage: true } } }, {}],
    ['where the budget is used up', 'compatible/m', REFUSALS[0]!, {}, { defaults: { max_attempts: 1 } }],
    ['of a company that knows it', 'openai/m', REFUSALS[0]!, {}, {}],
  ])('%s', async (_, target, refusal, request, more) => {
    const { hub, bodies } = stage(target, refusal, more)
    await expect(hub.stream('m', { ...asked, ...request }).response()).rejects.toMatchObject({ status: refusal[0] })
    expect(bodies).toHaveLength(1)
  })
})
