// What a model says on Chat Completions: a `message` whole, or piece by piece as `delta`s.
import type { Delta } from '../types/event.ts'
import type { Citation } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import type { Dialect, Splitter } from './openai-dialect.ts'
import { at } from './openai-usage.ts'

interface RawCall {
  readonly id?: string | null
  readonly index?: number | null
  readonly type?: string
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null
  readonly custom?: { readonly name?: string; readonly input?: string } | null
  readonly extra_content?: unknown
}

interface RawPart {
  readonly type?: string
  readonly text?: string
  readonly thinking?: readonly RawPart[]
  readonly signature?: string | null
}

export interface RawMessage {
  readonly content?: string | readonly RawPart[] | null
  readonly reasoning_content?: unknown
  readonly reasoning?: unknown
  readonly reasoning_details?: readonly Detail[] | null
  readonly refusal?: string | null
  readonly tool_calls?: readonly RawCall[] | null
  readonly function_call?: RawCall['function']
  readonly annotations?: readonly { readonly url_citation?: RawCitation }[] | null
  readonly images?: readonly { readonly image_url?: { readonly url?: string } }[] | null
  readonly audio?: { readonly id?: string; readonly data?: string; readonly transcript?: string } | null
  readonly extra_content?: unknown
}

export interface RawCitation {
  readonly url?: string
  readonly title?: string
  readonly content?: string
  readonly start_index?: number
  readonly end_index?: number
}

/** Opaque reasoning, which must go back as it came: pieces with the same type and index are one. */
interface Detail {
  readonly type?: string
  readonly index?: number
  readonly id?: string | null
  readonly [field: string]: unknown
}

/** Blocks have fixed numbers, so that an answer folds to the same whichever way it came. */
const THINKING = 0
export const TEXT = 1
const REFUSAL = 2
const OTHERS = 3
const CALLS = 1000

/** A tool call while it arrives. */
interface Slot {
  readonly block: number
  readonly index: number | null | undefined
  id: string
  named: boolean
  custom?: boolean
}

/** What has been heard of an answer so far. */
export interface Heard {
  /** Where deltas go. */
  out: Delta[]
  readonly slots: Slot[]
  refused: boolean
  /** Anything at all was said. */
  spoke: boolean
  readonly split: Splitter | undefined
  readonly details: Detail[]
  /** The field that the thinking came in. */
  as?: string
  thought: boolean
  readonly kept: { [field: string]: unknown }
  readonly audio: { id: string; readonly data: string[]; transcript: string; readonly mediaType: string }
  others: number
}

export function silence({ splitter }: Dialect, { request, extra }: Encoding): Heard {
  const format = at(request.providerOptions, 'audio.format') ?? at(extra, 'audio.format') ?? 'wav'
  return {
    out: [],
    slots: [],
    refused: false,
    spoke: false,
    split: splitter?.(),
    details: [],
    thought: false,
    kept: {},
    audio: { id: '', data: [], transcript: '', mediaType: `audio/${format}` },
    others: OTHERS,
  }
}

export function hear(heard: Heard, message: RawMessage, streamed: boolean): void {
  const { content, refusal, audio, function_call: legacy } = message
  reasoning(heard, message, streamed)
  if (Array.isArray(content)) for (const part of content as readonly RawPart[]) partial(heard, part)
  else if (heard.split && typeof content === 'string') for (const [kind, text] of heard.split(content, false)) say(heard, kind, text)
  else say(heard, 'text', content)
  say(heard, 'refusal', refusal)
  for (const raw of message.annotations ?? []) {
    if (raw.url_citation) heard.out.push({ type: 'citation', block: TEXT, citation: cited('url_citation', raw.url_citation) })
    else other(heard, { type: 'native', kind: 'annotation', data: raw }, { annotations: [raw] })
  }
  for (const { image_url } of message.images ?? []) if (image_url?.url) other(heard, { type: 'image', url: image_url.url })
  if (audio?.data) heard.audio.data.push(audio.data)
  heard.audio.id ||= audio?.id ?? ''
  heard.audio.transcript += audio?.transcript ?? ''
  for (const raw of message.tool_calls ?? []) call(heard, raw, streamed)
  if (legacy?.name || legacy?.arguments) call(heard, { index: 0, function: legacy }, streamed)
}

/** Hands over what was held back. */
export function close(heard: Heard): void {
  const { out, slots, split, audio } = heard
  for (const [kind, text] of split?.('', true) ?? []) say(heard, kind, text)
  for (const { block, custom, id } of slots) if (custom) out.push({ type: 'tool_call_delta', block, id, argumentsDelta: '"}' })
  const { id, data, transcript, mediaType } = audio
  if (data.length) other(heard, { type: 'audio', data: joined(data), mediaType, transcript }, { audio: { id } })
}

function say(heard: Heard, kind: 'text' | 'thinking' | 'refusal', text: unknown): void {
  if (typeof text !== 'string' || !text) return
  heard.spoke = true
  if (kind === 'thinking') heard.thought = true
  if (kind === 'refusal') heard.refused = true
  const block = { thinking: THINKING, text: TEXT, refusal: REFUSAL }[kind]
  heard.out.push({ type: `${kind}_delta`, block, text })
}

/** Of the fields that hold thinking one is read: some servers send the same text in several. */
function reasoning(heard: Heard, message: RawMessage, streamed: boolean): void {
  const { kept, details } = heard
  const { reasoning_details: pieces, extra_content } = message
  const field = (['reasoning_content', 'reasoning'] as const).find((it) => typeof message[it] === 'string' && message[it])
  if (field) think(heard, field, message[field])
  else for (const { text, summary } of pieces ?? []) say(heard, 'thinking', text ?? summary)
  if (streamed) for (const piece of pieces ?? []) merge(details, piece)
  else details.push(...(pieces ?? []))
  if (pieces?.length) kept['reasoning_details'] = details
  if (extra_content) kept['extra_content'] = extra_content
  if (pieces?.length || extra_content) keep(heard)
}

function think(heard: Heard, field: string, text: unknown): void {
  say(heard, 'thinking', text)
  if (!text || heard.as === field) return
  heard.as = field
  keep(heard)
}

/** Opaque state stands on the thinking, and goes back in the fields that it came in. */
function keep(heard: Heard): void {
  const { as, kept, details, out, thought } = heard
  if (!thought) out.push({ type: 'thinking_delta', block: THINKING, text: '' })
  heard.thought = true
  out.push({ type: 'seal', block: THINKING, state: { ...(as && !details.length && { as }), with: kept } })
}

function partial(heard: Heard, { type, text, thinking, signature }: RawPart): void {
  if (type === 'text') say(heard, 'text', text)
  if (type !== 'thinking') return
  for (const inner of thinking ?? []) think(heard, 'content', inner.text)
  if (signature) heard.out.push({ type: 'seal', block: THINKING, signature })
}

function other(heard: Heard, value: Extract<Delta, { type: 'block' }>['value'], kept?: object): void {
  const block = heard.others++
  heard.spoke = true
  heard.out.push({ type: 'block', block, value })
  if (kept) heard.out.push({ type: 'seal', block, state: { with: kept } })
}

export function cited(kind: string, raw: RawCitation): Citation {
  const { url, title, content, start_index: start, end_index: end } = raw
  const known = Object.entries({ url, title, citedText: content, start, end }).filter(([, value]) => value !== undefined && value !== null)
  return { kind, ...Object.fromEntries(known), raw }
}

/** Pieces of base64, each of which may be padded. */
function joined(pieces: readonly string[]): string {
  return pieces.slice(0, -1).some((piece) => piece.length % 4 || piece.endsWith('=')) ? btoa(pieces.map(atob).join('')) : pieces.join('')
}

function merge(details: Detail[], piece: Detail): void {
  const { type, index, id } = piece
  const place = index === undefined ? -1 : details.findIndex((it) => it.type === type && it.index === index && (!id || !it.id || it.id === id))
  const old = details[place]
  if (!old) return void details.push(piece)
  const news = Object.entries(piece).filter(([, value]) => value !== null && value !== '')
  const grown = news.map(([field, value]) => [field, /^(text|summary|data)$/.test(field) ? `${(old[field] as string | undefined) ?? ''}${value as string}` : value])
  details[place] = { ...old, ...(Object.fromEntries(grown) as Detail) }
}

/** Finds the call that a piece belongs to: by an id that is known, by its index, or it is the latest. */
function slotOf({ slots }: Heard, { id, index, function: made, custom }: RawCall, streamed: boolean): Slot {
  const name = made?.name || custom?.name
  let slot = streamed && id ? slots.find((it) => it.id === id) : undefined
  if (streamed && !slot && typeof index === 'number') {
    slot = slots.findLast((it) => it.index === index)
    // Some number every call 0.
    if (slot?.id && id && name) slot = undefined
  } else if (streamed && !slot && !id && !name) slot = slots.at(-1)
  if (!slot) slots.push((slot = { block: CALLS + slots.length, index, id: '', named: false }))
  return slot
}

function call(heard: Heard, raw: RawCall, streamed: boolean): void {
  const slot = slotOf(heard, raw, streamed)
  const { out } = heard
  const { block } = slot
  const custom = raw.type === 'custom' || slot.custom ? (raw.custom ?? {}) : undefined
  const written = raw.function?.arguments
  let argumentsDelta = typeof written === 'string' ? written : written ? JSON.stringify(written) : ''
  // Free text, where every other tool has JSON: it becomes the one argument `input`.
  if (custom) argumentsDelta = (slot.custom ? '' : '{"input":"') + JSON.stringify(custom.input ?? '').slice(1, -1)
  const name = slot.named ? undefined : (custom ?? raw.function)?.name
  // A piece that its place in the stream assigns must not be taken for another that reads the same: with an id it is not.
  const told = (raw.id && !slot.id) || typeof raw.index !== 'number' || custom
  slot.id ||= raw.id || ''
  slot.named ||= !!name
  if (argumentsDelta || name || told) {
    out.push({ type: 'tool_call_delta', block, ...(told && { id: slot.id }), ...(name && { name }), argumentsDelta })
  }
  if (custom && !slot.custom) out.push({ type: 'seal', block, state: { as: 'custom' } })
  if (custom) slot.custom = true
  if (raw.extra_content) out.push({ type: 'seal', block, state: { with: { extra_content: raw.extra_content } } })
}
