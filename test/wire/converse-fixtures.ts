// Hand-written Converse traffic, and what the tests of the dialect share.
import fc from 'fast-check'
import { assembler } from '../../src/core/assemble.ts'
import { repeating } from '../../src/core/repeat.ts'
import { encodeEvent } from '../../src/http/eventstream-encode.ts'
import { bedrock } from '../../src/providers/bedrock.ts'
import type { Delta } from '../../src/types/event.ts'
import type { Message } from '../../src/types/message.ts'
import type { ModelConfig } from '../../src/types/config.ts'
import type { Encoding, Target } from '../../src/types/provider.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import type { ChatResponse } from '../../src/types/response.ts'

export interface Raw {
  readonly [field: string]: unknown
}

export const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'

export function targetOf(model = SONNET, config: Partial<ModelConfig> = {}): Target {
  return { alias: 'm', provider: bedrock, model, baseUrl: 'https://bedrock.test', config: { target: `bedrock/${model}`, ...config } }
}

export function encodingOf(request: Partial<ChatRequest> = {}, target: Target = targetOf(), more: Partial<Encoding> = {}): Encoding {
  const messages: readonly Message[] = [{ role: 'user', content: 'hi' }]
  return { mode: 'chat', request: { messages, ...request }, extra: {}, target, note: () => undefined, details: { alias: 'm' }, ...more }
}

/** The body as the server sees it, its path, and which fields were noted. */
export function sent(request: Partial<ChatRequest>, target: Target = targetOf(), more: Partial<Encoding> = {}): { readonly path: string; readonly body: any; readonly notes: readonly string[] } {
  const notes: string[] = []
  const { path, body } = bedrock.wire.encode(encodingOf(request, target, { note: (field) => notes.push(field), ...more }))
  return { path, body: JSON.parse(JSON.stringify(body)), notes }
}

function fold(deltas: Iterable<Delta>): ChatResponse {
  const answer = assembler({ alias: 'm', target: targetOf(), request: { messages: [] }, attempts: [], startedAt: 1, now: () => 2 })
  for (const delta of deltas) answer.fold(delta)
  return answer.response()
}

export function whole(body: Raw): ChatResponse {
  return fold(bedrock.wire.decode(body, encodingOf()))
}

export interface Streamed {
  readonly response: ChatResponse
  readonly types: readonly string[]
  /** Bytes were left, or the terminal event did not come. */
  readonly truncated: boolean
}

/** The bytes, cut at the places that `cuts` names, decoded and folded. */
export function streamed(bytes: Uint8Array, cuts: readonly number[] = []): Streamed {
  const { framing, decoder } = bedrock.wire
  const deltas: Delta[] = []
  const frames = repeating(decoder(encodingOf()))
  const framer = framing.framer((data, event) => deltas.push(...frames.frame(data, event)))
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length]
  for (let i = 0; i + 1 < places.length; i++) framer.push(bytes.subarray(places[i], places[i + 1]))
  const left = framer.end()
  deltas.push(...frames.end())
  const types = deltas.map(({ type }) => type)
  return { response: fold(deltas), types, truncated: left || !types.includes('done') }
}

/** How a stream is written. */
export interface Manner {
  /** The lengths of the pieces into which text is cut. */
  readonly sizes: readonly number[]
  /** Padding, as AWS adds it against those who measure the length of frames. */
  readonly padded: boolean
  /** Events of kinds that nobody knows yet. */
  readonly noise: boolean
  readonly metadata: boolean
}

export const manner: fc.Arbitrary<Manner> = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
  padded: fc.boolean(),
  noise: fc.boolean(),
  metadata: fc.constant(true),
})

/** The frames of a stream that says what the body says. */
export function frames(body: Raw, { sizes, padded, noise, metadata }: Manner): Uint8Array[] {
  const out: Uint8Array[] = []
  let count = 0
  const emit = (event: string, payload: Raw): void => {
    count++
    out.push(encodeEvent(event, padded ? { ...payload, p: 'abcdefghijklmnopqrstuvwxyz'.slice(0, (count * 7) % 26) } : payload))
    if (noise && count % 3 === 0) out.push(encodeEvent('heartbeat', { now: count }))
  }
  const pieces = (text: string): string[] => {
    const units = [...text]
    const parts: string[] = []
    for (let at = 0, n = 0; at < units.length; n++) {
      const size = sizes[n % sizes.length] ?? 1
      parts.push(units.slice(at, (at += size)).join(''))
    }
    return parts
  }
  emit('messageStart', { role: 'assistant' })
  const { output, stopReason, additionalModelResponseFields, ...rest } = body as { output: { message: { content: readonly Raw[] } } } & Raw
  output.message.content.forEach((raw, contentBlockIndex) => {
    const delta = (value: Raw): void => emit('contentBlockDelta', { contentBlockIndex, delta: value })
    const start = (value: Raw): void => emit('contentBlockStart', { contentBlockIndex, start: value })
    const block = raw as { text?: string } & { readonly [kind: string]: Record<string, any> }
    if (block.text !== undefined) for (const text of pieces(block.text)) delta({ text })
    if (block['toolUse']) {
      const { input, ...rest } = block['toolUse']
      start({ toolUse: rest })
      const text = JSON.stringify(input)
      for (const piece of text === '{}' ? [''] : pieces(text)) delta({ toolUse: { input: piece } })
    }
    if (block['toolResult']) {
      const { content, ...rest } = block['toolResult']
      start({ toolResult: rest })
      for (const part of content) delta({ toolResult: [part] })
    }
    if (block['image']) {
      start({ image: { format: block['image']['format'] } })
      delta({ image: { source: block['image']['source'] } })
    }
    const { reasoningText, redactedContent } = block['reasoningContent'] ?? {}
    for (const text of pieces(reasoningText?.text ?? '')) delta({ reasoningContent: { text } })
    if (reasoningText?.signature) delta({ reasoningContent: { signature: reasoningText.signature } })
    if (redactedContent) delta({ reasoningContent: { redactedContent } })
    for (const citation of block['citationsContent']?.['citations'] ?? []) delta({ citation })
    for (const { text } of block['citationsContent']?.['content'] ?? []) for (const piece of pieces(text)) delta({ text: piece })
    emit('contentBlockStop', { contentBlockIndex })
  })
  emit('messageStop', { stopReason, additionalModelResponseFields })
  if (metadata) emit('metadata', rest)
  return out
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** Any text, the awkward kinds often. */
const words = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ' ', '"', '\\', '\n', 'é🙂', 'text', '{"a":1}', '}}'))
const id = fc.stringMatching(/^[\w-]{1,12}$/)
const object = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }).map((it) => JSON.parse(JSON.stringify(it)) as { [key: string]: unknown })
const base64 = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('base64'))
const place = fc.constantFrom({ documentChar: { documentIndex: 0, start: 0, end: 9 } }, { web: { url: 'https://a.test/', domain: 'a.test' } })
const citation = fc.record({ title: id, location: place, sourceContent: fc.array(fc.record({ text: words }), { maxLength: 2 }) }, { requiredKeys: ['location'] })
const part = fc.oneof(fc.record({ text: words }), fc.record({ json: object }))
const serverTool = fc.record({ toolUseId: id, name: id, type: fc.constant('server_tool_use'), input: object })
const serverResult = fc.record({ toolUseId: id, status: fc.constant('success'), type: fc.constant('x_result'), content: fc.array(part, { maxLength: 3 }) })

const block = fc.oneof(
  { weight: 3, arbitrary: fc.record({ text: words }) },
  fc.record({ toolUse: fc.record({ toolUseId: id, name: id, input: object }) }),
  fc.record({ toolUse: serverTool }),
  fc.record({ toolResult: serverResult }),
  fc.record({ reasoningContent: fc.record({ reasoningText: fc.record({ text: words, signature: base64 }) }) }),
  fc.record({ reasoningContent: fc.record({ redactedContent: base64 }) }),
  fc.record({ citationsContent: fc.record({ content: fc.array(fc.record({ text: words }), { maxLength: 2 }), citations: fc.array(citation, { maxLength: 2 }) }) }),
  fc.record({ image: fc.record({ format: fc.constant('png'), source: fc.record({ bytes: base64 }) }) }),
)

const count = fc.nat(9999)
const usage = fc.record({
  inputTokens: count,
  outputTokens: count,
  cacheReadInputTokens: count,
  cacheWriteInputTokens: count,
  cacheDetails: fc.constantFrom([], [{ ttl: '1h', inputTokens: 4 }, { ttl: '5m', inputTokens: 3 }]),
}, { requiredKeys: ['inputTokens', 'outputTokens'] })

/** Any answer that Converse may give. */
export const answer: fc.Arbitrary<Raw> = fc.record({
  output: fc.array(block, { maxLength: 5 }).map((content) => ({ message: { role: 'assistant', content } })),
  stopReason: fc.constantFrom('end_turn', 'tool_use', 'max_tokens', 'guardrail_intervened', 'never_heard_of'),
  usage,
  metrics: fc.record({ latencyMs: count }),
  trace: fc.constant({ guardrail: { actionReason: 'x' } }),
  additionalModelResponseFields: fc.constant({ stop_sequence: null }),
}, { requiredKeys: ['output', 'stopReason', 'usage'] })
