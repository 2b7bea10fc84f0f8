// The wires of the clouds and the protocols that stand alone: binary streams, signatures, tools, vectors and rankings.
import { Hub, type Message, type ModelConfig, type Provider } from '@relay/core'
import { azure, azureResponses, bedrock, bedrockInvoke, cohere, google, openaiResponses, vertex } from '@relay/core/providers'
import { sources } from '@relay/core/secrets'
import { simulator, type Scripted, type Simulator } from '@relay/core/testing'
import type { Cases } from '../kit.ts'
import { WEATHER } from '../stage.ts'

interface Seat {
  readonly provider: Provider
  readonly config: Omit<ModelConfig, 'credential'>
  /** The place of the secret, and how it begins. */
  readonly key: readonly [header: string, start: string]
}

const AWS = ['authorization', 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-west-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature='] as const
const ENV = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'TOKENEXAMPLE==',
  AZURE_API_KEY: 'azure-key',
  GEMINI_API_KEY: 'gemini-key',
  COHERE_API_KEY: 'cohere-key',
  OPENAI_API_KEY: 'openai-key',
}
const foundry = 'https://relay.openai.azure.com/openai/v1'

const SEATS: { readonly [name: string]: Seat } = {
  converse: { provider: bedrock, config: { target: 'bedrock/eu.amazon.nova-pro-v1:0', region: 'eu-west-1' }, key: AWS },
  invoke: { provider: bedrockInvoke, config: { target: 'bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0', region: 'eu-west-1', api_style: 'invoke' }, key: AWS },
  azure: { provider: azure, config: { target: 'azure/gpt-4.1', base_url: foundry }, key: ['api-key', 'azure-key'] },
  'azure responses': { provider: azureResponses, config: { target: 'azure/gpt-4.1', base_url: foundry, api_style: 'responses' }, key: ['api-key', 'azure-key'] },
  gemini: { provider: google, config: { target: 'google/gemini-2.5-flash' }, key: ['x-goog-api-key', 'gemini-key'] },
  'vertex gemini': { provider: vertex, config: { target: 'vertex/gemini-2.5-flash', project: 'p', location: 'europe-west4' }, key: ['authorization', 'Bearer of the machine'] },
  'vertex claude': { provider: vertex, config: { target: 'vertex/claude-sonnet-4-5@20250929', project: 'p', location: 'global' }, key: ['authorization', 'Bearer of the machine'] },
  cohere: { provider: cohere, config: { target: 'cohere/command-a-03-2025' }, key: ['authorization', 'Bearer cohere-key'] },
  responses: { provider: openaiResponses, config: { target: 'openai/gpt-4.1', api_style: 'responses' }, key: ['authorization', 'Bearer openai-key'] },
}

interface World {
  readonly hub: Hub
  readonly sim: Simulator
  /** The headers that were sent to providers. */
  readonly sent: { readonly [name: string]: string }[]
}

/** A hub on a machine of Google's, whose metadata server is there for whoever asks. */
function world({ provider, config }: Seat, answers: readonly Scripted[]): World {
  const sim = simulator({ answers, dialect: provider.name })
  const sent: { readonly [name: string]: string }[] = []
  const hub = new Hub(
    { models: { m: config } },
    {
      providers: [provider],
      env: ENV,
      runtime: { now: () => Date.UTC(2026, 10, 22, 12) },
      secrets: sources(),
      fetch: async (input, init) => {
        if (String(input).startsWith('http://metadata.google.internal/')) {
          return Response.json({ access_token: 'of the machine', expires_in: 3600 }, { headers: { 'metadata-flavor': 'Google' } })
        }
        sent.push(init?.headers as { readonly [name: string]: string })
        return sim.fetch(input, init)
      },
    },
  )
  return { hub, sim, sent }
}

const messages: readonly Message[] = [{ role: 'user', content: 'How is the weather in Zürich? 🌦' }]

const cases: Cases = (t) => {
  for (const [name, seat] of Object.entries(SEATS)) {
    t.test(`${name}: whole, streamed and through a tool`, async (assert) => {
      const toolCalls = [{ name: 'get_weather', arguments: { city: 'Zürich' } }]
      const { hub, sim, sent } = world(seat, ['It rains. 🌧️', { text: 'It rains. 🌧️', fault: { type: 'split', bytes: 7 } }, { toolCalls, fault: { type: 'split', bytes: 1 } }, 'Cold.'])
      const whole = await hub.chat('m', { messages })
      const streamed = await hub.stream('m', { messages }).response()
      assert.equal(whole.text, 'It rains. 🌧️')
      assert.deepEqual([streamed.text, streamed.finishReason, streamed.usage], [whole.text, 'stop', whole.usage])
      const call = await hub.stream('m', { messages, tools: [WEATHER] }).response()
      assert.deepEqual(call.toolCalls.map((one) => one.arguments), [{ city: 'Zürich' }])
      const results: Message = { role: 'tool', content: call.toolCalls.map(({ id }) => ({ type: 'tool_result', toolUseId: id, content: '3 °C' })) }
      assert.equal((await hub.chat('m', { messages: [...messages, call.message, results], tools: [WEATHER] })).text, 'Cold.')
      assert.deepEqual(sim.requests.map(({ status }) => status), [200, 200, 200, 200])
      const [header, start] = seat.key
      assert.ok(sent.length === 4 && sent.every((headers) => headers[header]?.startsWith(start)), JSON.stringify(sent[0]))
    })
  }

  t.test('vectors and rankings, signed and not', async (assert) => {
    for (const [name, target] of [['converse', 'bedrock/amazon.titan-embed-text-v2:0'], ['gemini', 'google/gemini-embedding-001'], ['cohere', 'cohere/embed-v4.0']] as const) {
      const seat = SEATS[name] as Seat
      const { hub } = world({ ...seat, config: { ...seat.config, target } }, [{}, {}])
      const { embeddings } = await hub.embed('m', { input: ['one', 'two'] })
      assert.deepEqual(embeddings.map((vector) => vector.length > 0), [true, true])
    }
    for (const [name, target] of [['converse', 'bedrock/cohere.rerank-v3-5:0'], ['cohere', 'cohere/rerank-v4.0-pro']] as const) {
      const seat = SEATS[name] as Seat
      const { hub } = world({ ...seat, config: { ...seat.config, target } }, [{ scores: [0.1, 0.9] }])
      const { results } = await hub.rerank('m', { query: 'which', documents: ['a', 'b'] })
      assert.deepEqual(results.map(({ document }) => document), ['b', 'a'])
    }
  })
}

export default cases
