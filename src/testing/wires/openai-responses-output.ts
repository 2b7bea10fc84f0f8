// The items of a Responses answer, and the events that tell of them.
import type { Citation } from '../../types/message.ts'
import type { JsonObject, Mint, ReplyBlock } from '../endpoint.ts'
import { object, objects } from '../read.ts'

const HEX = '0123456789abcdef'

export interface Making {
  readonly mint: Mint
  /** What was thought goes out, sealed. */
  readonly sealed: boolean
  /** A summary of it goes out. */
  readonly shown: boolean
}

/** What an answer is made of. Whatever follows thinking belongs to it from then on. */
export function outputOf(blocks: readonly ReplyBlock[], making: Making): JsonObject[] {
  const { mint } = making
  const items: JsonObject[] = []
  let thought: string | undefined
  const push = (item: JsonObject): void => {
    if (thought !== undefined) mint.remember(String(item['id']), thought)
    if (thought !== undefined) mint.remember(String(item['id']), 'reasoned')
    items.push(item)
  }
  for (const block of blocks) {
    const last = items.at(-1)
    if (block.type === 'thinking' || block.type === 'redacted_thinking') {
      const item = reasoning(block, making)
      thought = String(item['id'])
      items.push(item)
    } else if (block.type === 'tool_use') push(call(block, mint))
    else if (block.type === 'native') push({ id: mint.id('nat_', 48, HEX), ...block.data })
    else if (last?.['type'] === 'message') (last['content'] as JsonObject[]).push(partOf(block))
    else push({ id: mint.id('msg_', 48, HEX), type: 'message', status: 'completed', content: [partOf(block)], role: 'assistant' })
  }
  return items
}

function reasoning(block: Extract<ReplyBlock, { type: 'thinking' | 'redacted_thinking' }>, { mint, sealed, shown }: Making): JsonObject {
  const [words, encrypted_content] = block.type === 'thinking' ? [block.text, block.signature] : ['', block.data]
  mint.remember(encrypted_content, 'sealed')
  const summary = shown && words !== '' ? [{ type: 'summary_text', text: words }] : []
  return { id: mint.id('rs_', 48, HEX), type: 'reasoning', ...(sealed ? { encrypted_content } : {}), summary }
}

function call({ id, name, json }: Extract<ReplyBlock, { type: 'tool_use' }>, mint: Mint): JsonObject {
  return { id: mint.id('fc_', 48, HEX), type: 'function_call', status: 'completed', arguments: json, call_id: id, name }
}

function partOf(block: Extract<ReplyBlock, { type: 'text' | 'refusal' }>): JsonObject {
  if (block.type === 'refusal') return { type: 'refusal', refusal: block.text }
  return { type: 'output_text', annotations: (block.citations ?? []).map(annotationOf), logprobs: [], text: block.text }
}

function annotationOf({ url = '', title = '', start = 0, end = 0, raw }: Citation): JsonObject {
  return raw === undefined ? { type: 'url_citation', end_index: end, start_index: start, title, url } : object(raw)
}

/** An event without its number. */
export interface ItemEvent {
  readonly data: JsonObject
  readonly content?: boolean
}

/** How a stream tells of one item. */
export function* eventsOf(item: JsonObject, output_index: number, mint: Mint): Generator<ItemEvent> {
  const { id: item_id, type, content, summary, arguments: json } = item
  const tell = (kind: string, data: JsonObject, said = false): ItemEvent =>
    ({ data: { type: `response.${kind}`, output_index, ...data }, content: said })
  const spoken = (kind: string, piece: string, place: JsonObject): ItemEvent =>
    tell(`${kind}.delta`, { item_id, ...place, delta: piece, obfuscation: mint.id('', 1 + mint.number(15)) }, true)
  yield tell('output_item.added', { item: begun(item, mint) }, !KNOWN.includes(String(type)))
  for (const [content_index, part] of objects(content).entries()) {
    const refusal = part['type'] === 'refusal'
    const [kind, field] = refusal ? ['refusal', 'refusal'] : ['output_text', 'text']
    const place = { content_index }
    yield tell('content_part.added', { item_id, ...place, part: { ...part, [field]: '', ...(refusal ? {} : { annotations: [] }) } })
    for (const piece of mint.pieces(String(part[field]))) yield spoken(kind, piece, refusal ? place : { ...place, logprobs: [] })
    for (const [annotation_index, annotation] of objects(part['annotations']).entries()) {
      yield tell('output_text.annotation.added', { item_id, ...place, annotation_index, annotation })
    }
    yield tell(`${kind}.done`, { item_id, ...place, [field]: part[field], ...(refusal ? {} : { logprobs: [] }) })
    yield tell('content_part.done', { item_id, ...place, part })
  }
  for (const [summary_index, part] of objects(summary).entries()) {
    const place = { summary_index }
    yield tell('reasoning_summary_part.added', { item_id, ...place, part: { ...part, text: '' } })
    for (const piece of mint.pieces(String(part['text']))) yield spoken('reasoning_summary_text', piece, place)
    yield tell('reasoning_summary_text.done', { item_id, ...place, text: part['text'] })
    yield tell('reasoning_summary_part.done', { item_id, ...place, part })
  }
  if (type === 'function_call') {
    for (const piece of mint.pieces(String(json))) yield spoken('function_call_arguments', piece, {})
    yield tell('function_call_arguments.done', { item_id, arguments: json })
  }
  yield tell('output_item.done', { item })
}

const KNOWN = ['message', 'reasoning', 'function_call']

/** An item before anything of it has come. What seals it is another value yet, that nobody takes back. */
function begun(item: JsonObject, mint: Mint): JsonObject {
  switch (item['type']) {
    case 'message':
      return { ...item, status: 'in_progress', content: [] }
    case 'reasoning':
      return { ...item, summary: [], ...(item['encrypted_content'] === undefined ? {} : { encrypted_content: mint.id('gAAAA', 60) }) }
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' }
    default:
      return item
  }
}
