// Builds encodings for Chat Completions, and reads answers with the real framer, decoder and assembler.
import { assembler } from '../../src/core/assemble.ts'
import { repeating } from '../../src/core/repeat.ts'
import { openaiChat } from '../../src/wire/openai-chat.ts'
import type { Dialect } from '../../src/wire/openai-dialect.ts'
import type { ModelConfig } from '../../src/types/config.ts'
import type { Encoding, Provider, Target, WireRequest } from '../../src/types/provider.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import type { ChatResponse } from '../../src/types/response.ts'

export const nobody: Omit<Provider, 'wire'> = { name: 'nobody', env: [], sign: (request) => request }

export interface Asked {
  readonly provider?: Provider
  readonly model?: string
  readonly mode?: Encoding['mode']
  readonly extra?: Encoding['extra']
  readonly config?: Partial<ModelConfig>
  readonly notes?: string[]
}

export function speaking(dialect: Dialect): Provider {
  return { ...nobody, wire: openaiChat(dialect) }
}

export function encodingOf(request: Partial<ChatRequest>, { provider = speaking({}), model = 'm', mode = 'chat', extra = {}, config, notes }: Asked = {}): Encoding {
  const target: Target = { alias: 'a', provider, model, baseUrl: 'https://host.example', config: { target: `${provider.name}/${model}`, ...config } }
  const note = (field: string): void => void notes?.push(field)
  return { mode, request: { messages: [], ...request }, extra, target, note, details: { provider: provider.name, model, alias: 'a', status: 200 } }
}

export function encode(request: Partial<ChatRequest>, asked?: Asked): WireRequest['body'] {
  const encoding = encodingOf(request, asked)
  // What goes over the wire, so that a field that is `undefined` is a field that is not there.
  return JSON.parse(JSON.stringify(encoding.target.provider.wire.encode(encoding).body)) as WireRequest['body']
}

export interface Read {
  readonly response: ChatResponse
  readonly complete: boolean
}

function begin(encoding: Encoding): ReturnType<typeof assembler> {
  return assembler({ alias: 'a', target: encoding.target, request: encoding.request, attempts: [], startedAt: 0, now: () => 1 })
}

export function whole(body: unknown, encoding: Encoding): Read {
  const answer = begin(encoding)
  for (const delta of encoding.target.provider.wire.decode(body, encoding)) answer.fold(delta)
  return { response: answer.response(), complete: answer.complete() }
}

/** Cuts the text's bytes at `cuts`, and reads them as they would arrive. */
export function streamed(text: string, encoding: Encoding, cuts: readonly number[] = []): Read {
  const answer = begin(encoding)
  const { wire } = encoding.target.provider
  const decoder = repeating(wire.decoder(encoding))
  const framer = wire.framing.framer((data, event) => {
    for (const delta of decoder.frame(data, event)) answer.fold(delta)
  })
  const bytes = new TextEncoder().encode(text)
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  for (const [index, place] of [...places, bytes.length].entries()) framer.push(bytes.subarray(places[index - 1] ?? 0, place))
  framer.end()
  for (const delta of decoder.end()) answer.fold(delta)
  return { response: answer.response(), complete: answer.complete() }
}

export const events = (...chunks: readonly unknown[]): string => chunks.map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`).join('')

/** A chunk with one delta. */
export const chunk = (delta: unknown, finish: string | null = null): unknown => ({
  id: 'r1',
  model: 'm-1',
  created: 7,
  choices: [{ index: 0, delta, finish_reason: finish }],
})
