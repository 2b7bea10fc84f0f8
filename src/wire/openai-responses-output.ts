// The items of a Responses answer, whole or piece by piece, to deltas.
import type { Delta } from '../types/event.ts'
import type { Citation } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import type { Kept } from './openai-responses-items.ts'
import { at } from './openai-usage.ts'

export interface RawAnnotation {
  readonly type?: string
  readonly url?: string
  readonly title?: string
  readonly filename?: string
  readonly start_index?: number
  readonly end_index?: number
}

interface RawPart {
  readonly text?: string
  readonly refusal?: string
  readonly annotations?: readonly RawAnnotation[] | null
}

export interface RawItem {
  readonly type?: string
  readonly id?: string
  readonly call_id?: string
  readonly name?: string
  readonly arguments?: unknown
  readonly input?: string
  readonly content?: readonly RawPart[] | null
  readonly summary?: readonly RawPart[] | null
  readonly [field: string]: unknown
}

/** An event of a stream that says more of an item. */
export interface RawPiece {
  readonly item?: RawItem
  readonly output_index?: number
  readonly content_index?: number
  readonly summary_index?: number
  readonly delta?: string
  readonly annotation?: RawAnnotation
}

/** Blocks are numbered by where their item stands in the output, so that an answer folds to the same whichever way it came. */
const STRIDE = 1000

/** The types of an item that is not what it says, and of one of which no more is heard. */
const WRAPPER = 'wrapper'
const CLOSED = 'closed'

/** What has been heard of an answer so far, by output index or by block: item ids change on their way through gateways. */
export interface Heard {
  /** Where deltas go. */
  out: Delta[]
  readonly said: Map<number, string>
  readonly cites: Map<number, number>
  /** The part of a block that was heard last. */
  readonly parts: Map<number, number>
  readonly types: (string | undefined)[]
  refused: boolean
  stored: boolean
  readonly declared: readonly string[]
}

interface Piece {
  readonly type: 'text_delta' | 'thinking_delta' | 'refusal_delta' | 'tool_call_delta'
  readonly block: number
  readonly text: string
}

export function silence({ request }: Encoding): Heard {
  const declared = (request.tools ?? []).map((tool) => ('name' in tool ? tool.name : ''))
  return { out: [], said: new Map(), cites: new Map(), parts: new Map(), types: [], refused: false, stored: false, declared }
}

/** What an event says of an item. */
export function hear(heard: Heard, event: RawPiece, kind: string): void {
  const { item = {}, output_index: index = 0, content_index = 0, summary_index, delta: text = '', annotation } = event
  const base = index * STRIDE
  const block = base + content_index
  switch (kind) {
    case 'output_item.added':
      return open(heard, index, item)
    case 'output_item.done':
      return close(heard, index, item)
    case 'output_text.delta':
      return say(heard, { type: 'text_delta', block, text })
    case 'output_text.annotation.added':
      return annotation && cite(heard, block, annotation)
    case 'refusal.delta':
      heard.refused = true
      return say(heard, { type: 'refusal_delta', block, text })
    case 'reasoning_summary_text.delta':
      return think(heard, { block: base, part: summary_index ?? 0, text })
    case 'reasoning_text.delta':
      return think(heard, { block: base + 1, part: content_index, text })
    case 'function_call_arguments.delta':
      return heard.types[index] === WRAPPER ? undefined : say(heard, { type: 'tool_call_delta', block: base, text })
    case 'custom_tool_call_input.delta':
      return sayCustom(heard, base, text)
  }
}

function say({ out, said }: Heard, { type, block, text }: Piece): void {
  said.set(block, (said.get(block) ?? '') + text)
  out.push(type === 'tool_call_delta' ? { type, block, argumentsDelta: text } : { type, block, text })
}

/** Between two parts there is a paragraph's end. */
function think(heard: Heard, { block, part, text }: { readonly block: number; readonly part: number; readonly text: string }): void {
  const gap = heard.said.get(block) && heard.parts.get(block) !== part ? '\n\n' : ''
  heard.parts.set(block, part)
  say(heard, { type: 'thinking_delta', block, text: gap + text })
}

/** Free text, where every other tool has JSON: it becomes the one argument `input`. */
function sayCustom({ out, said }: Heard, block: number, text: string): void {
  const had = said.get(block)
  said.set(block, (had ?? '') + text)
  out.push({ type: 'tool_call_delta', block, argumentsDelta: (had === undefined ? '{"input":"' : '') + JSON.stringify(text).slice(1, -1) })
}

function cite({ out, cites }: Heard, block: number, raw: RawAnnotation): void {
  cites.set(block, (cites.get(block) ?? 0) + 1)
  out.push({ type: 'citation', block, citation: cited(raw) })
}

/** What the whole says beyond what has been said of it: all, where the pieces never came. */
function rest(heard: Heard, piece: Piece): void {
  const had = heard.said.get(piece.block) ?? ''
  if (piece.text !== had && piece.text.startsWith(had)) say(heard, { ...piece, text: piece.text.slice(had.length) })
}

/** An item has begun. */
function open({ out, types, declared }: Heard, index: number, { type, call_id, id = '', name = '' }: RawItem): void {
  if (types[index] === type || types[index] === WRAPPER) return
  types[index] = type
  if (!isCall(type)) return
  // Some models call a function `parallel` that nobody declared, with the calls that they mean inside.
  if (/^(multi_tool_use\.)?parallel$/.test(name) && !declared.includes(name)) types[index] = WRAPPER
  else out.push({ type: 'tool_call_delta', block: index * STRIDE, id: call_id ?? id, name, argumentsDelta: '' })
}

function isCall(type = ''): boolean {
  return /^(function|custom_tool)_call$/.test(type)
}

/** An item is whole: what the pieces did not say, and what goes back with it. */
export function close(heard: Heard, index: number, item: RawItem): void {
  const { out, types } = heard
  const { type = '' } = item
  const block = index * STRIDE
  const kept: Kept = { at: index, ...(types[index - 1] === 'reasoning' && { thought: true }), ...(heard.stored && { stored: true }) }
  open(heard, index, item)
  if (type === 'message') message(heard, kept, item)
  else if (type === 'reasoning') reasoning(heard, kept, item)
  else if (types[index] === WRAPPER) {
    types[index] = CLOSED
    unwrap(out, block, item)
  }
  else if (isCall(type)) call(heard, kept, item)
  else out.push({ type: 'block', block, value: { type: 'native', kind: type, data: item } }, { type: 'seal', block, state: kept })
}

function message(heard: Heard, kept: Kept, { content, type: _type, role: _role, status: _status, ...item }: RawItem): void {
  content?.forEach(({ text, refusal, annotations }, part) => {
    const block = kept.at * STRIDE + part
    if (refusal) {
      heard.refused = true
      rest(heard, { type: 'refusal_delta', block, text: refusal })
    }
    if (!text) return
    rest(heard, { type: 'text_delta', block, text })
    for (const raw of annotations?.slice(heard.cites.get(block)) ?? []) cite(heard, block, raw)
    heard.out.push({ type: 'seal', block, state: { ...kept, item } satisfies Kept })
  })
}

/** Several parts of a summary are one item, and one block; what a model shows of its thoughts themselves is another. */
function reasoning(heard: Heard, kept: Kept, { status: _, ...item }: RawItem): void {
  const block = kept.at * STRIDE
  const [summary = '', content = ''] = [item.summary, item.content].map((list) => list?.map(({ text = '' }) => text).join('\n\n'))
  rest(heard, { type: 'thinking_delta', block, text: summary })
  rest(heard, { type: 'thinking_delta', block: block + 1, text: content })
  const sealed = content ? block + 1 : block
  // What is sealed must be there, and is thinking even where none of it is shown.
  if (!heard.said.has(sealed)) say(heard, { type: 'thinking_delta', block: sealed, text: '' })
  heard.out.push({ type: 'seal', block: sealed, state: { ...kept, item } satisfies Kept })
}

function call(heard: Heard, kept: Kept, { type, call_id: _id, name: _name, status: _status, arguments: made, input, ...item }: RawItem): void {
  const { out, said, types } = heard
  const block = kept.at * STRIDE
  if (type === 'function_call') rest(heard, { type: 'tool_call_delta', block, text: typeof made === 'string' ? made : JSON.stringify(made ?? {}) })
  else {
    const had = said.get(block)
    if (had === undefined || input?.startsWith(had)) sayCustom(heard, block, input?.slice(had?.length) ?? '')
    out.push({ type: 'tool_call_delta', block, argumentsDelta: '"}' })
    types[kept.at] = CLOSED
  }
  out.push({ type: 'seal', block, state: { ...kept, item, ...(type !== 'function_call' && { custom: true }) } satisfies Kept })
}

/** The calls inside, or the call as it is where there are none. */
function unwrap(out: Delta[], block: number, { call_id: id = '', name = '', arguments: made }: RawItem): void {
  let uses: unknown
  try {
    uses = at(JSON.parse(String(made)), 'tool_uses')
  } catch {
    uses = []
  }
  if (!Array.isArray(uses) || !uses.length) return void out.push({ type: 'tool_call_delta', block, id, name, argumentsDelta: String(made) })
  uses.forEach((use: unknown, n) => {
    const inner = String(at(use, 'recipient_name')).replace(/^functions\./, '')
    out.push({ type: 'tool_call_delta', block: block + n, id: `${id}_${n}`, name: inner, argumentsDelta: JSON.stringify(at(use, 'parameters') ?? {}) })
  })
}

function cited(raw: RawAnnotation): Citation {
  const { type = '', url, title, filename, start_index: start, end_index: end } = raw
  const known = Object.entries({ url, title: title ?? filename, start, end }).filter(([, value]) => value !== undefined && value !== null)
  return { kind: type, ...Object.fromEntries(known), raw }
}
