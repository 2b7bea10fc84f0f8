// The plainest question on each wire that the simulator speaks.
import type { Simulator } from '@relay/core/testing'

export interface Asking {
  readonly text?: string
  readonly stream?: boolean
  readonly signal?: AbortSignal
  /** Members of the body. */
  readonly more?: object
  /** Default: one at a host that says nothing. */
  readonly base?: string
  readonly headers?: Record<string, string>
  /** Whose way of speaking the wire it is, where the path depends on it. */
  readonly dialect?: string
}

interface Place {
  readonly path: (stream: boolean) => string
  readonly body: (text: string, stream: boolean) => object
}

const streamed = (stream: boolean): object => (stream ? { stream } : {})
const turn = (content: unknown) => ({ role: 'user', content })
const claude = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 100 }

const places: { readonly [wire: string]: Place } = {
  'openai-chat': {
    path: () => '/v1/chat/completions',
    body: (text, stream) => ({ model: 'm', messages: [turn(text)], ...streamed(stream) }),
  },
  'openai-responses': { path: () => '/v1/responses', body: (input, stream) => ({ model: 'm', input, ...streamed(stream) }) },
  'anthropic-messages': {
    path: () => '/v1/messages',
    body: (text, stream) => ({ model: 'm', max_tokens: 100, messages: [turn(text)], ...streamed(stream) }),
  },
  'vertex anthropic-messages': {
    path: (stream) => `/v1/projects/p/locations/global/publishers/anthropic/models/m:${stream ? 'streamRawPredict' : 'rawPredict'}`,
    body: (text, stream) => ({ anthropic_version: 'vertex-2023-10-16', max_tokens: 100, messages: [turn(text)], ...streamed(stream) }),
  },
  converse: {
    path: (stream) => `/model/m/converse${stream ? '-stream' : ''}`,
    body: (text) => ({ messages: [turn([{ text }])] }),
  },
  'bedrock-invoke': {
    path: (stream) => `/model/anthropic.claude-x/invoke${stream ? '-with-response-stream' : ''}`,
    body: (text) => ({ ...claude, messages: [turn(text)] }),
  },
  gemini: {
    path: (stream) => `/v1beta/models/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (text) => ({ contents: [{ role: 'user', parts: [{ text }] }] }),
  },
  cohere: { path: () => '/v2/chat', body: (text, stream) => ({ model: 'm', messages: [turn(text)], ...streamed(stream) }) },
}

export const wires: readonly string[] = Object.keys(places).filter((wire) => !wire.includes(' '))

/** What every wire's place to look for a key finds. */
export const keyed = { authorization: 'Bearer a-key-of-some-length', 'anthropic-version': '2023-06-01' }

export function ask({ fetch }: Simulator, wire: string, asking: Asking = {}): Promise<Response> {
  const { text = 'Grüezi 🌦 zäme', stream = false, signal, more, base = 'https://api.test', headers, dialect } = asking
  const place = places[`${dialect} ${wire}`] ?? places[wire]!
  return fetch(base + place.path(stream), {
    method: 'POST',
    headers: { ...keyed, ...headers },
    body: JSON.stringify({ ...place.body(text, stream), ...more }),
    ...(signal ? { signal } : {}),
  })
}
