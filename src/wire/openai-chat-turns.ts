// Relay's messages to those of Chat Completions.
import { relayError } from '../errors.ts'
import type { AudioBlock, ContentBlock, DocumentBlock, ImageBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import { addressOf, blocksOf, wordsOf } from './blocks.ts'
import { UNKNOWN } from './fields.ts'
import type { Kept } from './openai-chat-content.ts'
import type { ChatMessage, Dialect, Part } from './openai-dialect.ts'
import { isMintedBy } from './origin.ts'

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
      const text = parts.flatMap((part) => part['text'] ?? []).join('\n')
      const id = toolId(block.toolUseId)
      sent.push({ role: 'tool', tool_call_id: id, content: text || (media.length ? 'See the attachment.' : '') })
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
function spoken(said: string, parts: readonly Part[]): ChatMessage | undefined {
  const system = said === 'system'
  const plain = (system || parts.length < 2) && parts.every((part) => part.type === 'text' && Object.keys(part).length < 3)
  return parts.length ? { role: system ? said : 'user', content: plain ? parts.map((part) => part['text']).join('\n\n') : parts } : undefined
}

function partsOf(blocks: readonly ContentBlock[], dialect: Dialect, encoding: Encoding): Part[] {
  const parts: Part[] = []
  for (const block of blocks) {
    const { type } = block
    const last = parts.at(-1)
    if (type === 'text' || type === 'refusal') {
      if (block.text) parts.push({ type: 'text', text: block.text })
    } else if (type === 'image' || type === 'audio' || type === 'document') parts.push(media(block, dialect, encoding))
    else if (type === 'cache_hint' && dialect.cacheHint && last) Object.assign(last, dialect.cacheHint(block.ttl ?? '5m'))
    else encoding.note(type, UNKNOWN)
  }
  return parts
}

function media(block: ImageBlock | AudioBlock | DocumentBlock, { file = pdf }: Dialect, { target, details }: Encoding): Part {
  const { type, fileId } = block
  const url = addressOf(block)
  let part: Part | undefined
  if (type === 'document') {
    const text = wordsOf(block)
    part = text !== undefined ? { type: 'text', text } : url ? file(url, block.title ?? 'document.pdf') : { type: 'file', file: { file_id: fileId } }
  } else if (url && type === 'image') part = { type: 'image_url', image_url: { url, detail: block.detail } }
  else {
    const [, format = '', data] = /^data:audio\/(?:x-)?([^;,]+).*?,(.*)$/s.exec(url ?? '') ?? []
    if (data) part = { type: 'input_audio', input_audio: { data, format: { mpeg: 'mp3', wave: 'wav' }[format] ?? format } }
  }
  if (part) return part
  throw relayError('unsupported', `${target.provider.name} takes this ${type} as base64 only: set \`data\` and \`mediaType\``, details)
}

function pdf(url: string, filename: string): Part | undefined {
  return url.startsWith('data:') ? { type: 'file', file: { filename, file_data: url } } : undefined
}

/** An answer on its way back. Undefined where nothing is left of it. */
function assistant(blocks: readonly ContentBlock[], { toolId = String, replay }: Dialect, { target, note }: Encoding): ChatMessage | undefined {
  const fields: { [field: string]: unknown } = {}
  const calls: unknown[] = []
  let text = ''
  for (const block of blocks) {
    const kept = isMintedBy(block, target) ? (block.origin?.state as Kept | undefined) : undefined
    const { as = '', with: more = {} } = kept ?? {}
    if (block.type === 'tool_use') {
      const { id, name, input = {}, invalid } = block
      const call = as ? { type: as, [as]: { name, input: input['input'] } } : { type: 'function', function: { name, arguments: invalid?.raw ?? JSON.stringify(input) } }
      calls.push({ id: toolId(id), ...call, ...more })
      continue
    }
    if (block.type === 'text' || block.type === 'refusal') text += block.text
    else if (kept) replay?.(block, kept, fields)
    else note(block.type, "another model's, or not known here: left out")
    for (const [field, value] of Object.entries(more)) {
      const before = fields[field]
      fields[field] = Array.isArray(before) ? before.concat(value) : value
    }
  }
  if (calls.length) fields['tool_calls'] = calls
  return text || Object.keys(fields).length ? { role: 'assistant', content: text || (calls.length ? null : ''), ...fields } : undefined
}
