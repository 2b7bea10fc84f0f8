// Relay's messages to those of Chat Completions.
import type { AudioBlock, ContentBlock, DocumentBlock, ImageBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import { addressOf, blocksOf, reached, without, wordsOf } from './blocks.ts'
import { AS_TEXT, FOREIGN, UNKNOWN } from './fields.ts'
import type { Kept } from './openai-chat-content.ts'
import type { ChatMessage, Dialect, Part } from './openai-dialect.ts'
import { keptOf } from './origin.ts'

type Blocks = readonly ContentBlock[]

export function chatMessages(dialect: Dialect, encoding: Encoding): ChatMessage[] {
  const { toolId = String, fields } = dialect
  const sent: ChatMessage[] = []
  // What a tool's answer holds but a tool message cannot: it follows in a user message.
  const attached: Part[] = []
  const flush = (): void => {
    if (attached.length) sent.push({ role: 'user', content: attached.splice(0) })
  }
  for (const { role, content, name } of encoding.request.messages) {
    const rest = blocksOf(content).filter((block) => {
      if (block.type !== 'tool_result') return true
      const parts = partsOf(blocksOf(block.content), dialect, encoding)
      const media = parts.filter(({ type }) => type !== 'text')
      const id = toolId(block.toolUseId, encoding.note)
      if (block.isError) encoding.note('messages', `isError: ${UNKNOWN}`)
      if (media.length) encoding.note('messages', 'what a tool message cannot hold follows in a user message')
      sent.push({ role: 'tool', tool_call_id: id, content: parts.flatMap(({ text = [] }) => text).join('\n') || (media.length ? 'See the attachment.' : '') })
      if (media.length) attached.push({ type: 'text', text: `Attached to the result of ${id}:` }, ...media)
      return false
    })
    if (!rest.length) continue
    if (/^[as]/.test(role)) flush()
    const turn = role === 'assistant' ? assistant(rest, dialect, encoding) : spoken(role, [...attached.splice(0), ...partsOf(rest, dialect, encoding)])
    if (!turn) continue
    sent.push(turn)
    if (name !== undefined && (fields?.name !== null || encoding.note('name', UNKNOWN))) turn['name'] = name
  }
  flush()
  return sent
}

/** What is said to the model. Text alone is a string: not every server takes a list of parts. */
function spoken(role: string, parts: readonly Part[]): ChatMessage | undefined {
  const system = role === 'system'
  const plain = (system || parts.length < 2) && parts.every((part) => part.type === 'text' && Object.keys(part).length < 3)
  return parts.length ? { role: system ? role : 'user', content: plain ? parts.map(({ text }) => text).join('\n\n') : parts } : undefined
}

function partsOf(blocks: Blocks, dialect: Dialect, encoding: Encoding): Part[] {
  const parts: Part[] = []
  for (const block of blocks) {
    const { type } = block
    const last = parts.at(-1)
    if (type === 'text' || type === 'refusal') parts.push({ type: 'text', text: block.text })
    else if (type === 'image' || type === 'audio' || type === 'document') {
      without(type === 'document' && wordsOf(block) === undefined ? 'context citations' : 'citations', block, encoding.note)
      parts.push(mediaPart(block, dialect, encoding))
    } else if (type === 'cache_hint' && dialect.cacheHint && last) Object.assign(last, dialect.cacheHint(block.ttl))
    else encoding.note(type, UNKNOWN)
  }
  return parts.filter(({ text }) => text !== '')
}

type MediaBlock = ImageBlock | AudioBlock | DocumentBlock

function mediaPart(block: MediaBlock, dialect: Dialect, encoding: Encoding): Part {
  return mediaOf(block, dialect) ?? mediaPart(reached(block, encoding), dialect, encoding)
}

function mediaOf(block: MediaBlock, { file = pdf, bytes }: Dialect): Part | undefined {
  const { type, fileId } = block
  const url = addressOf(block) ?? ''
  if (type === 'document') {
    const text = wordsOf(block)
    return text !== undefined ? { type: 'text', text } : url ? file(url, block.title ?? 'document.pdf') : { type: 'file', file: { file_id: fileId } }
  }
  if (type === 'image') return url && !(bytes && /^http/.test(url)) ? { type: 'image_url', image_url: { url, detail: block.detail } } : undefined
  const [, format = '', data] = /^data:audio\/(?:x-)?([^;,]+).*?,(.*)$/s.exec(url) ?? []
  return data ? { type: 'input_audio', input_audio: { data, format: { mpeg: 'mp3', wave: 'wav' }[format] ?? format } } : undefined
}

function pdf(url: string, filename: string): Part | undefined {
  return url.startsWith('data:') ? { type: 'file', file: { filename, file_data: url } } : undefined
}

/** An answer on its way back. Undefined where nothing is left of it. */
function assistant(blocks: Blocks, { toolId = String, replay = again, noJson }: Dialect, { target, note }: Encoding): ChatMessage | undefined {
  const turn: { [field: string]: unknown } = {}
  const calls: unknown[] = []
  let content = ''
  for (const block of blocks) {
    const kept = keptOf(block, target) as Kept | undefined
    if (block.type === 'tool_use') {
      const { id, name, input = {}, invalid } = block
      if (invalid && noJson) note('messages', AS_TEXT)
      const written = invalid ? (noJson?.(invalid.raw) ?? invalid.raw) : JSON.stringify(input)
      const made = kept?.as ? { [kept.as]: { name, input: input['input'] } } : { function: { name, arguments: written } }
      calls.push({ id: toolId(id, note), type: kept?.as ?? 'function', ...made, ...kept?.with })
    } else if (block.type === 'text' || block.type === 'refusal') content += block.text
    else if (kept) replay(block, kept, turn)
    else if (block.type === 'audio' && block.transcript) content += block.transcript
    else note(block.type, FOREIGN)
  }
  if (calls.length) turn['tool_calls'] = calls
  return content || Object.keys(turn).length ? { role: 'assistant', content: content || (calls.length ? null : ''), ...turn } : undefined
}

function again(_block: ContentBlock, kept: Kept, turn: object): void {
  Object.assign(turn, kept.with)
}
