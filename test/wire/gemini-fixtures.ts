// Hand-written generateContent traffic, and what the tests of the dialect share.
import fc from 'fast-check'
import { assembler } from '../../src/core/assemble.ts'
import { repeating } from '../../src/core/repeat.ts'
import { google } from '../../src/providers/google.ts'
import type { Delta } from '../../src/types/event.ts'
import type { Message } from '../../src/types/message.ts'
import type { Encoding, Provider, Target } from '../../src/types/provider.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import type { ChatResponse } from '../../src/types/response.ts'

export interface Raw {
  readonly [field: string]: unknown
}

export function targetOf(model = 'gemini-3.6-flash', provider: Provider = google): Target {
  return { alias: 'm', provider, model, baseUrl: 'https://api.test/v1beta', config: { target: `x/${model}` } }
}

export function encodingOf(request: Partial<ChatRequest> = {}, target: Target = targetOf(), more: Partial<Encoding> = {}): Encoding {
  const messages: readonly Message[] = [{ role: 'user', content: 'hi' }]
  return { mode: 'chat', request: { messages, ...request }, extra: {}, target, note: () => undefined, details: { alias: 'm' }, ...more }
}

export interface Sent {
  readonly path: string
  readonly body: any
  readonly notes: readonly string[]
}

/** The request as the server sees it, and what was noted. */
export function sent(request: Partial<ChatRequest>, target: Target = targetOf(), more: Partial<Encoding> = {}): Sent {
  const notes: string[] = []
  const { body, path } = target.provider.wire.encode(encodingOf(request, target, { note: (field) => notes.push(field), ...more }))
  return { path, body: JSON.parse(JSON.stringify(body)), notes }
}

export function fold(deltas: Iterable<Delta>, target: Target = targetOf()): ChatResponse & { readonly done: boolean } {
  const answer = assembler({ alias: 'm', target, request: { messages: [] }, attempts: [], startedAt: 1, now: () => 2 })
  for (const delta of deltas) answer.fold(delta)
  return { ...answer.response(), done: answer.complete() }
}

export function whole(body: unknown, target: Target = targetOf()): ReturnType<typeof fold> {
  return fold(target.provider.wire.decode(body, encodingOf({}, target)), target)
}

/** The bytes, cut at the places that `cuts` names, decoded and folded. */
export function streamed(bytes: Uint8Array, cuts: readonly number[] = [], target: Target = targetOf()): ReturnType<typeof fold> {
  const { framing, decoder } = target.provider.wire
  const deltas: Delta[] = []
  const frames = repeating(decoder(encodingOf({ }, target, { mode: 'stream' })))
  const framer = framing.framer((data, event) => deltas.push(...frames.frame(data, event)))
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length]
  for (let i = 0; i + 1 < places.length; i++) framer.push(bytes.subarray(places[i], places[i + 1]))
  framer.end()
  return fold([...deltas, ...frames.end()], target)
}

export function events(chunks: readonly unknown[], newline = '\r\n'): Uint8Array {
  return new TextEncoder().encode(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}${newline}${newline}`).join(''))
}

const words = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '"', '\\', '\n', 'é🙂', '{"a":1}', '[DONE]', '\r\n{'))
const id = fc.stringMatching(/^[a-z0-9]{8}$/)
const signature = fc.base64String({ minLength: 4, maxLength: 24 })
const object = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }).map((it) => JSON.parse(JSON.stringify(it)) as { [key: string]: unknown })
const signed = (part: fc.Arbitrary<Raw>): fc.Arbitrary<Raw> =>
  fc.tuple(part, fc.option(signature, { nil: undefined })).map(([raw, thoughtSignature]) => (thoughtSignature ? { ...raw, thoughtSignature } : raw))

const part: fc.Arbitrary<Raw> = fc.oneof(
  { weight: 4, arbitrary: signed(fc.record({ text: words })) },
  { weight: 2, arbitrary: signed(fc.record({ text: words, thought: fc.constant(true) })) },
  { weight: 3, arbitrary: signed(fc.record({ id, name: id, args: object }, { requiredKeys: ['name', 'args'] }).map((functionCall) => ({ functionCall }))) },
  signed(fc.record({ executableCode: fc.record({ language: fc.constant('PYTHON'), code: words, id }) })),
  fc.record({ codeExecutionResult: fc.record({ outcome: fc.constant('OUTCOME_OK'), output: words, id }) }),
  signed(fc.record({ toolResponse: fc.record({ id, toolType: fc.constant('GOOGLE_SEARCH_WEB'), response: object }) })),
  signed(fc.record({ inlineData: fc.record({ mimeType: fc.constant('image/png'), data: signature }) })),
)

/** The parts of an answer. */
export const parts: fc.Arbitrary<readonly Raw[]> = fc.array(part, { maxLength: 7 })

export const usageMetadata = { promptTokenCount: 41, cachedContentTokenCount: 8, candidatesTokenCount: 12, thoughtsTokenCount: 57, totalTokenCount: 110 }

export function bodyOf(content: readonly Raw[], candidate: Raw = {}): Raw {
  return {
    candidates: [{ content: { role: 'model', parts: content }, finishReason: 'STOP', index: 0, ...candidate }],
    usageMetadata,
    modelVersion: 'gemini-3.6-flash-001',
    responseId: 'r1',
  }
}

/** How a server may spread an answer over events. */
export interface Manner {
  /** Lengths of the pieces that text comes in. */
  readonly sizes: readonly number[]
  /** Parts in an event. */
  readonly together: number
  /** Whether a signature comes with an empty piece of its own. */
  readonly late: boolean
  readonly newline: string
}

export const manner: fc.Arbitrary<Manner> = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
  together: fc.integer({ min: 1, max: 3 }),
  late: fc.boolean(),
  newline: fc.constantFrom('\n', '\r\n', '\r'),
})

export function render(content: readonly Raw[], { sizes, together, late, newline }: Manner, candidate: Raw = {}): Uint8Array {
  let turn = 0
  const pieces = content.flatMap((one): Raw[] => {
    const { text, thoughtSignature, ...rest } = one
    if (typeof text !== 'string') return [one]
    const cut: Raw[] = []
    for (let at = 0; at < text.length; ) {
      const size = sizes[turn++ % sizes.length] ?? 1
      cut.push({ text: text.slice(at, at + size), ...rest })
      at += size
    }
    if (thoughtSignature === undefined) return cut
    const last = cut.pop()
    return late || !last ? [...cut, ...(last ? [last] : []), { text: '', ...rest, thoughtSignature }] : [...cut, { ...last, thoughtSignature }]
  })
  const named = { modelVersion: 'gemini-3.6-flash-001', responseId: 'r1' }
  const chunks: Raw[] = []
  for (let at = 0; at < pieces.length; at += together) {
    const one = { content: { role: 'model', parts: pieces.slice(at, at + together) }, index: 0 }
    chunks.push({ candidates: [one], usageMetadata: { promptTokenCount: 41, thoughtsTokenCount: 3 }, ...named })
  }
  const end = { content: { role: 'model', parts: [{ text: '' }] }, finishReason: 'STOP', index: 0, ...candidate }
  return events([...chunks, { candidates: [end], usageMetadata, ...named }], newline)
}
