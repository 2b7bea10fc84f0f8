// The items of a Responses answer, whole or piece by piece, to deltas.
import { parsed } from '../json/event.ts'
import type { Delta } from '../types/event.ts'
import type { Encoding } from '../types/provider.ts'
import { at, present } from './fields.ts'
import type { Kept } from './openai-responses-items.ts'

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
  readonly blocks: Map<number, Said>
  readonly types: (string | undefined)[]
  refused?: boolean
  /** The server keeps the answer. */
  stored?: boolean
  readonly encoding: Encoding
}

interface Said {
  text: string
  /** The part that was heard last. */
  part: number
  cites: number
}

type Kind = 'text' | 'thinking' | 'refusal' | 'call' | 'input'

/** What the events that bring more of an item bring more of. */
const KINDS: { readonly [event: string]: Kind | undefined } = {
  'output_text.delta': 'text',
  'refusal.delta': 'refusal',
  'reasoning_summary_text.delta': 'thinking',
  'reasoning_text.delta': 'thinking',
  'function_call_arguments.delta': 'call',
  'custom_tool_call_input.delta': 'input',
}

export function silence(encoding: Encoding): Heard {
  return { out: [], blocks: new Map(), types: [], encoding }
}

/** What an event says of an item. */
export function hear(heard: Heard, event: RawPiece, name: string): void {
  const { item = {}, output_index: index = 0, content_index = 0, summary_index: part = content_index, delta: text = '', annotation } = event
  const block = index * STRIDE + content_index
  const { [name]: kind } = KINDS
  if (name === 'output_item.added') open(heard, index, item)
  else if (name === 'output_item.done') close(heard, index, item)
  else if (annotation) cite(heard, block, annotation)
  else if (kind === 'thinking') say(heard, kind, { block: index * STRIDE + (name[10] === 's' ? 0 : 1), part, text })
  else if (kind && heard.types[index] !== WRAPPER) say(heard, kind, { block, text })
}

function blockOf({ blocks }: Heard, block: number): Said {
  let said = blocks.get(block)
  if (!said) blocks.set(block, (said = { text: '', part: 0, cites: 0 }))
  return said
}

interface Piece {
  readonly block: number
  readonly text: string
  readonly part?: number
}

function say(heard: Heard, kind: Kind, { block, text, part = 0 }: Piece): void {
  const fresh = !heard.blocks.has(block)
  const said = blockOf(heard, block)
  // Between two parts there is a paragraph's end.
  if (said.text && said.part !== part) text = `\n\n${text}`
  said.part = part
  said.text += text
  if (kind === 'refusal') heard.refused = true
  // Free text, where every other tool has JSON: it becomes the one argument `input`.
  const argumentsDelta = kind === 'input' ? (fresh ? '{"input":"' : '') + JSON.stringify(text).slice(1, -1) : text
  heard.out.push(kind === 'call' || kind === 'input' ? { type: 'tool_call_delta', block, argumentsDelta } : { type: `${kind}_delta`, block, text })
}

/** What the whole says beyond what has been said of it: all, where the pieces never came. */
function rest(heard: Heard, kind: Kind, { block, text = '' }: Partial<Piece> & Pick<Piece, 'block'>): void {
  const { text: had, part } = heard.blocks.get(block) ?? { text: '', part: 0 }
  if (text !== had && text.startsWith(had)) say(heard, kind, { block, part, text: text.slice(had.length) })
}

function cite(heard: Heard, block: number, raw: RawAnnotation): void {
  const { type = '', url, title, filename, start_index: start, end_index: end } = raw
  blockOf(heard, block).cites++
  heard.out.push({ type: 'citation', block, citation: { kind: type, ...present({ url, title: title ?? filename, start, end }), raw } })
}

/** An item has begun. */
function open({ out, types, encoding: { request } }: Heard, index: number, { type, call_id, id = '', name = '' }: RawItem): void {
  if (types[index] === type || types[index] === WRAPPER) return
  types[index] = type
  if (!isCall(type)) return
  // Some models call a function `parallel` that nobody declared, with the calls that they mean inside.
  const declared = request.tools?.some((tool) => 'name' in tool && tool.name === name)
  if (/^(multi_tool_use\.)?parallel$/.test(name) && !declared) types[index] = WRAPPER
  else out.push({ type: 'tool_call_delta', block: index * STRIDE, id: call_id ?? id, name, argumentsDelta: '' })
}

function isCall(type = ''): boolean {
  return /^(function|custom_tool)_call$/.test(type)
}

/** An item is whole: what the pieces did not say, and what goes back with it. */
export function close(heard: Heard, index: number, item: RawItem): void {
  const { out, types, stored } = heard
  const { status: _, ...whole } = item
  const { type = '' } = item
  const block = index * STRIDE
  const kept: Kept = { at: index, item: whole, ...(types[index - 1] === 'reasoning' && { thought: true }), ...(stored && { stored }) }
  open(heard, index, item)
  if (type === 'message') message(heard, kept, item)
  else if (type === 'reasoning') reasoning(heard, kept, item)
  else if (types[index] === WRAPPER) {
    types[index] = CLOSED
    unwrap(out, block, item)
  } else if (isCall(type)) call(heard, kept, item)
  else out.push({ type: 'block', block, value: { type: 'native', kind: type, data: item } }, { type: 'seal', block, state: { ...kept, item: {} } })
}

function message(heard: Heard, kept: Kept, { content }: RawItem): void {
  const { type: _type, content: _content, role: _role, ...item } = kept.item
  content?.forEach(({ text, refusal, annotations }, part) => {
    const block = kept.at * STRIDE + part
    if (refusal) rest(heard, 'refusal', { block, text: refusal })
    if (!text) return
    rest(heard, 'text', { block, text })
    for (const raw of annotations?.slice(blockOf(heard, block).cites) ?? []) cite(heard, block, raw)
    heard.out.push({ type: 'seal', block, state: { ...kept, item } })
  })
}

/** Several parts of a summary are one item, and one block; what a model shows of its thoughts themselves is another. */
function reasoning(heard: Heard, kept: Kept, { summary, content }: RawItem): void {
  const base = kept.at * STRIDE
  let block = base
  for (const [n, list] of [summary, content].entries()) {
    const text = list?.map((part) => part.text ?? '').join('\n\n')
    if (!text) continue
    block = base + n
    rest(heard, 'thinking', { block, text })
  }
  // What is sealed must be there, and is thinking even where none of it is shown.
  if (!heard.blocks.has(block)) say(heard, 'thinking', { block, text: '' })
  heard.out.push({ type: 'seal', block, state: kept })
}

function call(heard: Heard, kept: Kept, { type, arguments: made, input = '' }: RawItem): void {
  const { type: _type, call_id: _id, name: _name, arguments: _made, input: _input, ...item } = kept.item
  const block = kept.at * STRIDE
  const custom = type !== 'function_call'
  if (custom) {
    if (!heard.blocks.has(block)) say(heard, 'input', { block, text: '' })
    rest(heard, 'input', { block, text: input })
    heard.out.push({ type: 'tool_call_delta', block, argumentsDelta: '"}' })
    heard.types[kept.at] = CLOSED
  } else rest(heard, 'call', { block, text: typeof made === 'string' ? made : JSON.stringify(made ?? {}) })
  heard.out.push({ type: 'seal', block, state: { ...kept, item, ...(custom && { custom }) } })
}

/** The calls inside, or the call as it is where there are none. */
function unwrap(out: Delta[], block: number, { call_id: id = '', name = '', arguments: made }: RawItem): void {
  const uses = at(parsed(String(made)), 'tool_uses')
  if (!Array.isArray(uses) || !uses.length) return void out.push({ type: 'tool_call_delta', block, id, name, argumentsDelta: String(made) })
  uses.forEach((use: unknown, n) => {
    const inner = String(at(use, 'recipient_name')).replace(/^functions\./, '')
    out.push({ type: 'tool_call_delta', block: block + n, id: `${id}_${n}`, name: inner, argumentsDelta: JSON.stringify(at(use, 'parameters') ?? {}) })
  })
}
