// What a model says on Chat Completions: a `message` whole, or piece by piece as `delta`s.
import type { Delta } from '../types/event.ts'
import type { Citation, ContentBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import { present, type Fields } from './fields.ts'
import type { Splitter } from './openai-dialect.ts'

interface RawCall {
  readonly id?: string | null
  readonly index?: number | null
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null
  /** A tool that takes free text. */
  readonly custom?: { readonly name?: string; readonly input?: string } | null
  readonly extra_content?: unknown
}

/** Any field may be missing, null or empty. */
export interface RawMessage {
  readonly content?: string | readonly RawPart[] | null
  readonly refusal?: string | null
  readonly tool_calls?: readonly RawCall[] | null
  readonly function_call?: RawCall['function']
  readonly annotations?: readonly RawAnnotation[] | null
  readonly images?: readonly { readonly image_url?: { readonly url?: string } }[] | null
  readonly audio?: { readonly id?: string; readonly data?: string; readonly transcript?: string } | null
  readonly reasoning_content?: unknown
  readonly reasoning?: unknown
  readonly reasoning_details?: readonly RawDetail[] | null
  readonly extra_content?: unknown
}

interface RawAnnotation {
  readonly url_citation?: RawCitation
}

/** A whole body, or a chunk of a stream. Any field may be missing. */
export interface RawBody {
  readonly choices?: readonly RawChoice[] | null
  readonly id?: string
  readonly model?: string
  readonly created?: number
  readonly object?: string
  readonly error?: unknown
  readonly citations?: readonly string[] | null
  readonly search_results?: readonly RawCitation[] | null
  readonly usage?: Fields | null
  readonly [field: string]: unknown
}

export interface RawChoice {
  readonly index?: number | null
  readonly message?: RawMessage
  readonly delta?: RawMessage | null
  readonly finish_reason?: string | null
  readonly error?: unknown
  readonly usage?: Fields | null
  readonly [field: string]: unknown
}

/** A message, whole, or streamed as a delta. */
export interface Piece {
  readonly message: RawMessage
  readonly body: RawBody
  readonly streamed: boolean
}

export interface RawPart {
  readonly type?: string
  readonly text?: string
  readonly thinking?: readonly RawPart[]
  readonly signature?: string | null
}

/** Opaque reasoning, which must go back as it came: pieces with the same type and index are one. */
export interface RawDetail {
  readonly type?: string
  readonly index?: number
  readonly id?: string | null
  readonly [field: string]: unknown
}

export interface RawCitation {
  readonly url?: string
  readonly title?: string
  readonly content?: string
  readonly start_index?: number
  readonly end_index?: number
}

/** What Relay keeps on a block for the next turn, on its `origin.state`. */
export interface Kept {
  /** The field that the text goes back in. */
  readonly as?: string
  /** Fields of the message, or of the tool call, that go back as they came. */
  readonly with?: Fields
}

/** Blocks have fixed numbers, so that an answer folds to the same whichever way it came. */
export const THINKING = 0
export const TEXT = 1
export const BLOCKS: { [kind in 'thinking' | 'text' | 'refusal']: number } = { thinking: THINKING, text: TEXT, refusal: 2 }
const CALLS = 1000

/** A tool call while it arrives. */
interface Slot {
  readonly block: number
  readonly index: number | null | undefined
  id: string
  name: string
  custom?: boolean
}

/** What has been heard of an answer so far. */
export interface Heard {
  /** Where deltas go. */
  out: Delta[]
  readonly slots: Slot[]
  readonly said: { [kind in keyof typeof BLOCKS]?: true }
  readonly encoding: Encoding
  /** The number of the next block that is neither text nor thinking. */
  others: number
  /** The number of the text, where it is not the usual one. */
  text?: number
  /** What an ear remembers. */
  split?: Splitter
  thoughts?: { as?: string; readonly details: RawDetail[]; readonly kept: { [field: string]: unknown } }
  audio?: { readonly data: string[]; id: string; transcript: string }
  sources?: readonly Citation[]
  verdicts?: Fields
}

export function hear(heard: Heard, { message, streamed }: Piece): void {
  const { content, refusal, annotations, tool_calls: calls } = message
  if (!heard.split) say(heard, 'text', content)
  say(heard, 'refusal', refusal)
  for (const { url_citation: raw } of annotations ?? []) if (raw) cite(heard, cited('url_citation', raw))
  for (const raw of calls ?? []) call(heard, raw, streamed)
}

/** Free text, where every other tool has JSON, became the one argument `input`, which ends here. */
export function close({ out, slots }: Heard): void {
  for (const { block, custom, id } of slots) if (custom) out.push({ type: 'tool_call_delta', block, id, argumentsDelta: '"}' })
}

export function say({ out, said, text: other }: Heard, kind: keyof typeof BLOCKS, text: unknown): void {
  if (typeof text !== 'string' || !text) return
  said[kind] = true
  out.push({ type: `${kind}_delta`, block: (kind === 'text' && other) || BLOCKS[kind], text })
}

/** What was said so far was thinking. What is said from now on is another block. */
export function unsay(heard: Heard, text: string): void {
  if (text) heard.out.push({ type: 'block', block: TEXT, value: { type: 'thinking', text } })
  heard.text = heard.others++
}

/** A block that comes whole, and what goes back of it. */
export function other(heard: Heard, value: ContentBlock, kept?: Kept['with']): void {
  const block = heard.others++
  heard.out.push({ type: 'block', block, value })
  if (kept) keep(heard, block, { with: kept })
}

export function keep({ out }: Heard, block: number, state: Kept): void {
  out.push({ type: 'seal', block, state })
}

export function cite({ out, text = TEXT }: Heard, citation: Citation): void {
  out.push({ type: 'citation', block: text, citation })
}

export function cited(kind: string, raw: RawCitation): Citation {
  const { url, title, content, start_index: start, end_index: end } = raw
  return { kind, ...present({ url, title, citedText: content, start, end }), raw }
}

/** Finds the call that a piece belongs to: by an id that is known, by its index, or it is the latest. */
function slotOf(slots: Slot[], { id, index, name }: { readonly id: string; readonly index: Slot['index']; readonly name: string }): Slot | undefined {
  const known = id && slots.find((it) => it.id === id)
  if (known) return known
  // Some number every call 0: then a name begins another, and without ids a name that differs.
  if (index != null) return slots.findLast((it) => it.index === index && !(name && (it.id ? id : it.name && it.name !== name)))
  return id || name ? undefined : slots.at(-1)
}

export function call(heard: Heard, { index, function: made, custom, extra_content, ...raw }: RawCall, streamed: boolean): void {
  const { slots, out } = heard
  const id = raw.id ?? ''
  const name = (made ?? custom)?.name ?? ''
  let slot = streamed ? slotOf(slots, { id, index, name }) : undefined
  if (!slot) slots.push((slot = { block: CALLS + slots.length, index, id: '', name: '' }))
  const { block } = slot
  const free = !made && custom
  const written = free ? (slot.custom ? '' : '{"input":"') + JSON.stringify(custom.input ?? '').slice(1, -1) : made?.arguments || ''
  const argumentsDelta = typeof written === 'string' ? written : JSON.stringify(written)
  // A piece that its place in the stream assigns must not be taken for another that reads the same: with an id it is not.
  const told = (id && !slot.id) || index == null || free
  const fresh = !slot.name && name
  slot.id ||= id
  if (argumentsDelta || fresh || told) out.push({ type: 'tool_call_delta', block, ...(told && { id: slot.id }), ...(fresh && { name }), argumentsDelta })
  if (free && !slot.custom) keep(heard, block, { as: 'custom' })
  if (extra_content) keep(heard, block, { with: { extra_content } })
  slot.name ||= name
  slot.custom ||= !!free
}
