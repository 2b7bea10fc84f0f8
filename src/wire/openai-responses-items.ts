// Relay's messages to the input items of Responses.
import { relayError } from '../errors.ts'
import type { ContentBlock, Media, ToolResultBlock, ToolUseBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import { addressOf, blocksOf, spoken, without, wordsOf } from './blocks.ts'
import { FOREIGN, UNKNOWN } from './fields.ts'
import type { ResponsesDialect } from './openai-responses.ts'
import { keptOf } from './origin.ts'

/** What the decoder keeps on a block for the next turn. */
export interface Kept {
  /** Where the item stood in its answer. */
  readonly at: number
  /** A `reasoning` item stood before it: neither is taken back without the other. */
  readonly thought?: true
  /** The server keeps the answer, and so knows its items by their ids. */
  readonly stored?: true
  /** The call was of a tool that takes free text. */
  readonly custom?: true
  /** The item's further fields, as they came. */
  readonly item: Fields
}

interface Fields {
  readonly [field: string]: unknown
}

type Item = { [field: string]: unknown }

interface Sheet {
  readonly items: Item[]
  /** Ids of calls of tools that take free text. */
  readonly custom: Set<string>
  readonly dialect: ResponsesDialect
  readonly encoding: Encoding
  /** The server is told to keep answers. */
  readonly stored: boolean
}

export function inputItems(dialect: ResponsesDialect, encoding: Encoding, stored: boolean): readonly Item[] {
  const sheet: Sheet = { items: [], custom: new Set(), dialect, encoding, stored }
  for (const { role, content } of encoding.request.messages) {
    if (role === 'assistant') answer(sheet, spoken(blocksOf(content), encoding.note))
    else said(sheet, role === 'tool' ? 'user' : role, blocksOf(content))
  }
  return sheet.items
}

/** A message of the system's or the user's: results of tools, and a provider's own items, stand by themselves. */
function said(sheet: Sheet, role: string, blocks: readonly ContentBlock[]): void {
  const { items, custom, encoding } = sheet
  let parts: Item[] = []
  const flush = (): void => {
    const [first] = parts
    const plain = parts.length === 1 && first && Object.keys(first).length === 2 && first['type'] === 'input_text'
    if (first) items.push({ role, content: plain ? first['text'] : parts })
    parts = []
  }
  for (const block of blocks) {
    if (block.type === 'tool_result') {
      flush()
      if (block.isError) encoding.note('messages', `isError: ${UNKNOWN}`)
      const type = custom.has(block.toolUseId) ? 'custom_tool_call_output' : 'function_call_output'
      items.push({ type, call_id: callId(block.toolUseId), output: outputOf(sheet, block) })
    } else if (block.type === 'native' && !block.origin) {
      flush()
      items.push({ ...(block.data as Fields) })
    } else part(parts, block, sheet)
  }
  flush()
  if (!blocks.length) encoding.note('messages', 'a message without content is left out')
}

function outputOf(sheet: Sheet, { content }: ToolResultBlock): unknown {
  if (typeof content === 'string') return content
  const parts: Item[] = []
  for (const block of content) part(parts, block, sheet)
  return parts.every(({ type }) => type === 'input_text') ? parts.map(({ text }) => text).join('\n') : parts
}

function part(parts: Item[], block: ContentBlock, { dialect, encoding: { note, details } }: Sheet): void {
  const source = (media: Media, name: string): Item => (media.fileId ? { file_id: media.fileId } : { [name]: addressOf(media) })
  const { type } = block
  const last = parts.at(-1)
  if (type === 'text' || type === 'refusal') {
    if (block.text) parts.push({ type: 'input_text', text: block.text })
  } else if (type === 'image') parts.push({ type: 'input_image', ...source(block, 'image_url'), detail: block.detail })
  else if (type === 'document') {
    const { text, title, url, fileId } = block
    without(text === undefined ? (url || fileId ? 'title context citations' : 'context citations') : 'citations', block, note)
    if (text !== undefined) parts.push({ type: 'input_text', text: wordsOf(block) })
    else if (url && !url.startsWith('data:')) parts.push({ type: 'input_file', file_url: url })
    else parts.push({ type: 'input_file', ...source(block, 'file_data'), filename: fileId ? undefined : (title ?? 'document.pdf') })
  } else if (type === 'audio') throw relayError('unsupported', 'Responses takes no audio: use `api_style: chat_completions`, or another model', details)
  else if (type === 'cache_hint' && dialect.cacheHint && last) Object.assign(last, dialect.cacheHint(block.ttl))
  else note(type, UNKNOWN)
}

/** An answer on its way back, item by item. */
function answer(sheet: Sheet, blocks: readonly ContentBlock[]): void {
  const { items, encoding } = sheet
  const leave = ({ type }: ContentBlock): void => encoding.note(type, FOREIGN)
  const steps = blocks.map((block) => ({ block, own: ownOf(block, sheet), goes: true })).filter(({ block, own }) => own || block.type !== 'thinking' || leave(block))
  // From the end: a reasoning item goes back only where what it led to follows it.
  steps.reduceRight<number | undefined>((next, step) => {
    const { block, own } = step
    if (block.type === 'thinking' && own) step.goes = next === own.at + 1 && replayable(own, sheet)
    return step.goes ? own?.at : undefined
  }, undefined)
  let open: number | undefined
  let thought: number | undefined
  for (const { block, own, goes } of steps) {
    const { at, item: { id, ...others } = {} } = own ?? {}
    // Where the reasoning before it does not go, an item goes back as if it were new, and so without its id.
    const item = own?.thought && thought !== at ? others : own?.item
    const same = own && open === at ? items.at(-1) : undefined
    open = undefined
    if (block.type === 'thinking') {
      if (goes) items.push({ ...item })
      else leave(block)
      thought = goes ? Number(at) + 1 : undefined
    } else if (block.type === 'text' || block.type === 'refusal') {
      const part = block.type === 'text' ? { type: 'output_text', text: block.text, annotations: [] } : { type: 'refusal', refusal: block.text }
      if (same) (same['content'] as Item[]).push(part)
      else if (own) items.push({ type: 'message', role: 'assistant', status: 'completed', content: [part], ...item })
      else if (block.text) items.push({ role: 'assistant', content: block.text })
      open = at
    } else if (block.type === 'tool_use') items.push(callItem(sheet, block, own && { ...own, ...(item && { item }) }))
    else if (block.type === 'native' && (own || !block.origin)) items.push({ ...(block.data as Fields) })
    else leave(block)
  }
}

function ownOf(block: ContentBlock, { encoding: { target } }: Sheet): Kept | undefined {
  const state = keptOf(block, target) as Kept | undefined
  return typeof state?.at === 'number' ? state : undefined
}

/** Without its encrypted content a reasoning item is a name that only a server which keeps answers knows. */
function replayable({ item, stored }: Kept, sheet: Sheet): boolean {
  const { encrypted_content: sealed, content } = item ?? {}
  return !!(stored ?? sheet.stored) || !!sealed || (Array.isArray(content) && content.length > 0)
}

function callItem({ custom }: Sheet, { id, name, input, invalid }: ToolUseBlock, kept: Kept | undefined): Item {
  const call_id = callId(id)
  if (kept?.custom) custom.add(id)
  const made = kept?.custom ? { type: 'custom_tool_call', input: input?.['input'] } : { type: 'function_call', arguments: invalid?.raw ?? JSON.stringify(input ?? {}) }
  return { ...made, call_id, name, ...kept?.item }
}

/** Other providers' ids may be longer than this API takes. */
function callId(id: string): string {
  return id.slice(-64)
}
