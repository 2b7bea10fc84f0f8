// Hand-written Messages traffic, and what the tests of the dialect share.
import fc from 'fast-check'
import { assembler } from '../../src/core/assemble.ts'
import { repeating } from '../../src/core/repeat.ts'
import { anthropic } from '../../src/providers/anthropic.ts'
import type { Delta } from '../../src/types/event.ts'
import type { Message } from '../../src/types/message.ts'
import type { Encoding, Provider, Target } from '../../src/types/provider.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import type { ChatResponse } from '../../src/types/response.ts'

export interface Raw {
  readonly [field: string]: unknown
}

export function targetOf(model = 'claude-sonnet-4-5', provider: Provider = anthropic, config: object = {}): Target {
  return { alias: 'm', provider, model, baseUrl: 'https://api.test', config: { target: `x/${model}`, ...config } }
}

export function encodingOf(request: Partial<ChatRequest> = {}, target: Target = targetOf(), more: Partial<Encoding> = {}): Encoding {
  const messages: readonly Message[] = [{ role: 'user', content: 'hi' }]
  return { mode: 'chat', request: { messages, ...request }, extra: {}, target, note: () => undefined, details: { alias: 'm' }, ...more }
}

export interface SentBlock {
  readonly type: string
  readonly id?: string
  readonly name?: string
  readonly text?: string
  readonly tool_use_id?: string
  readonly content?: unknown
  readonly cache_control?: { readonly ttl?: string }
}

export interface SentBody {
  readonly messages: readonly { readonly role: string; readonly content: readonly SentBlock[] }[]
  readonly system?: readonly SentBlock[]
  readonly tools?: readonly SentBlock[]
  readonly thinking?: { readonly type: string; readonly budget_tokens?: number }
  readonly [field: string]: unknown
}

/** The body as the server sees it, and what was noted. */
export function sent(request: Partial<ChatRequest>, model?: string, more: Partial<Encoding> = {}): { readonly body: SentBody; readonly notes: readonly string[] } {
  const notes: string[] = []
  const note = (field: string): unknown => field === 'maxTokens' || notes.push(field)
  const { body } = anthropic.wire.encode(encodingOf(request, targetOf(model), { note, ...more }))
  return { body: JSON.parse(JSON.stringify(body)) as SentBody, notes }
}

export function fold(deltas: Iterable<Delta>, target: Target = targetOf()): ChatResponse {
  const answer = assembler({ alias: 'm', target, request: { messages: [] }, attempts: [], startedAt: 1, now: () => 2 })
  for (const delta of deltas) answer.fold(delta)
  return answer.response()
}

export function whole(message: Raw): ChatResponse {
  return fold(anthropic.wire.decode(message, encodingOf()))
}

/** The bytes, cut at the places that `cuts` names, decoded and folded. */
export function streamed(bytes: Uint8Array, cuts: readonly number[] = []): ChatResponse {
  const { framing, decoder } = anthropic.wire
  const deltas: Delta[] = []
  const frames = repeating(decoder(encodingOf()))
  const framer = framing.framer((data, event) => deltas.push(...frames.frame(data, event)))
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length]
  for (let i = 0; i + 1 < places.length; i++) framer.push(bytes.subarray(places[i], places[i + 1]))
  framer.end()
  return fold([...deltas, ...frames.end()])
}

/** Any text, the awkward kinds often. */
const words = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ' ', '"', '\\', '\n', 'é🙂', 'text_delta', '{"a":1}', '}}'))
const some = words.filter((text) => text.length > 0)
const id = fc.stringMatching(/^[\w-]{1,12}$/)
// Through JSON, which knows no -0.
const object = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }).map((it) => JSON.parse(JSON.stringify(it)) as Raw)
const citation = fc.oneof(
  fc.record({ type: fc.constant('char_location'), cited_text: words, document_index: fc.nat(3), document_title: some }),
  fc.record({ type: fc.constant('web_search_result_location'), cited_text: words, url: some, title: some, encrypted_index: id }),
)
const caller = fc.constantFrom({}, { caller: { type: 'direct' } }, { caller: { type: 'code_execution_20250825', tool_id: 'srvtoolu_1' } })

const block: fc.Arbitrary<Raw> = fc.oneof(
  fc.record({ type: fc.constant('text'), text: some }),
  fc.record({ type: fc.constant('text'), text: some, citations: fc.array(citation, { minLength: 1, maxLength: 3 }) }),
  fc.record({ type: fc.constant('thinking'), thinking: words, signature: some }),
  fc.record({ type: fc.constant('redacted_thinking'), data: some }),
  fc.record({ type: fc.constant('server_tool_use'), id, name: id, input: object }),
  fc.record({ type: fc.constant('web_search_tool_result'), tool_use_id: id, content: fc.array(object, { maxLength: 2 }) }),
  fc.record({ type: fc.constant('compaction'), content: words }),
  fc.record({ type: fc.constant('fallback'), from: object, to: object }),
)
const call = fc.tuple(fc.record({ type: fc.constant('tool_use'), name: id, input: object }), caller).map(([use, by]): Raw => ({ ...use, ...by }))
const usage = fc.record({
  input_tokens: fc.nat(9999),
  output_tokens: fc.nat(9999),
  cache_read_input_tokens: fc.nat(9999),
  cache_creation_input_tokens: fc.nat(9999),
  cache_creation: fc.record({ ephemeral_1h_input_tokens: fc.nat(99), ephemeral_5m_input_tokens: fc.nat(99) }),
  output_tokens_details: fc.record({ thinking_tokens: fc.nat(99) }),
  service_tier: fc.constantFrom('standard', null),
})
const ending = fc.constantFrom<Raw>(
  { stop_reason: 'end_turn' },
  { stop_reason: 'tool_use', container: { id: 'container_1' } },
  { stop_reason: 'stop_sequence', stop_sequence: '###' },
  { stop_reason: 'refusal', stop_details: { type: 'refusal', category: null } },
  { stop_reason: 'pause_turn' },
  { stop_reason: 'a_new_one', stop_sequence: null },
)

/** Whole messages, as the API would answer. */
export const message: fc.Arbitrary<Raw> = fc
  .record({ id, blocks: fc.array(fc.oneof(block, call), { maxLength: 6 }), usage, ending })
  .map(({ id, blocks, usage, ending }) => {
    const content = blocks.map((raw, index) => (raw['type'] === 'tool_use' ? { id: `toolu_${index}`, ...raw } : raw))
    return { id: `msg_${id}`, type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content, usage, ...ending }
  })

/** How a stream may say the same: sizes of its pieces, where noise goes, how lines end. */
export const manner = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
  noise: fc.boolean(),
  newline: fc.constantFrom('\n', '\r\n'),
  named: fc.boolean(),
  early: fc.boolean(),
})

type Manner = typeof manner extends fc.Arbitrary<infer T> ? T : never

/** The events that the API would have streamed the message in. */
export function render(message: Raw, { sizes, noise, newline, named, early }: Manner): Uint8Array {
  const { content, usage, stop_reason, stop_sequence, stop_details, container, ...head } = message as Raw & { content: readonly Raw[] }
  const events: Raw[] = []
  const pieces = (text: string): string[] => {
    const out: string[] = []
    for (let at = 0, i = 0; at < text.length; i++) out.push(text.slice(at, (at += sizes[i % sizes.length]!)))
    return out
  }
  const event = (raw: Raw): void => void events.push(raw, ...(noise ? [{ type: 'ping' }, { type: 'invented_later', index: 0 }] : []))
  const { output_tokens, output_tokens_details, ...known } = usage as Raw
  event({ type: 'message_start', message: { ...head, content: [], stop_reason: null, usage: { ...known, output_tokens: 1 } } })
  content.forEach((raw, index) => {
    const delta = (fields: Raw): void => event({ type: 'content_block_delta', index, delta: fields })
    const start = (fields: Raw): void => event({ type: 'content_block_start', index, content_block: { ...raw, ...fields } })
    const { type, text, thinking, signature, input, citations } = raw
    if (type === 'text') {
      start({ text: '', ...(citations ? { citations: [] } : undefined) })
      for (const each of (citations as Raw[] | undefined) ?? []) delta({ type: 'citations_delta', citation: each })
      for (const piece of pieces(String(text))) delta({ type: 'text_delta', text: piece })
    } else if (type === 'thinking') {
      start({ thinking: '', signature: '' })
      for (const piece of pieces(String(thinking))) delta({ type: 'thinking_delta', thinking: piece })
      delta({ type: 'signature_delta', signature })
    } else if (type === 'compaction') {
      start({ content: null })
      delta({ type: 'compaction_delta', content: raw['content'] })
    } else if (input !== undefined && !early) {
      start({ input: {} })
      delta({ type: 'input_json_delta', partial_json: '' })
      for (const piece of Object.keys(input as Raw).length ? pieces(JSON.stringify(input)) : []) delta({ type: 'input_json_delta', partial_json: piece })
    } else start({})
    if (noise) delta({ type: 'invented_delta', text: 'x' })
    event({ type: 'content_block_stop', index })
  })
  event({ type: 'message_delta', delta: { stop_reason, stop_sequence, stop_details, container }, usage: { output_tokens, output_tokens_details } })
  events.push({ type: 'message_stop' })
  const lines = events.map((raw) => `${named ? `event: ${String(raw['type'])}${newline}` : ''}data: ${JSON.stringify(raw)}${newline}${newline}`)
  return new TextEncoder().encode(lines.join(''))
}
