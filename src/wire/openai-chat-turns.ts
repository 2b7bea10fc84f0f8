// Relay's messages to those of Chat Completions.
import { relayError } from '../errors.ts'
import type { AudioBlock, ContentBlock, DocumentBlock, ImageBlock, ToolResultBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import type { Kept } from './openai-chat-content.ts'
import type { ChatMessage, Dialect, Part } from './openai-dialect.ts'
import { isMintedBy } from './origin.ts'

type Blocks = readonly ContentBlock[]

export function chatMessages(dialect: Dialect, encoding: Encoding): ChatMessage[] {
  const sent: ChatMessage[] = []
  // What a tool's answer holds but a tool message cannot: it follows in a user message.
  let attached: Part[] = []
  const flush = (): void => {
    if (attached.length) sent.push({ role: 'user', content: attached })
    attached = []
  }
  for (const { role, content, name } of encoding.request.messages) {
    const blocks: Blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content
    const rest = blocks.filter((block) => block.type !== 'tool_result' || void attached.push(...result(block, sent, { dialect, encoding })))
    if (!rest.length) continue
    if (role === 'assistant' || role === 'system') flush()
    const turn = role === 'assistant' ? assistant(rest, dialect, encoding) : heard(role, [...attached, ...partsOf(rest, dialect, encoding)])
    if (role !== 'assistant') attached = []
    if (!turn) continue
    sent.push(turn)
    if (name === undefined) continue
    if (dialect.fields?.name === null) encoding.note('name', 'not known here: left out')
    else turn['name'] = name
  }
  flush()
  return sent
}

/** Pushes the tool's message; returns what must follow it. */
function result({ toolUseId, content }: ToolResultBlock, sent: ChatMessage[], { dialect, encoding }: { dialect: Dialect; encoding: Encoding }): Part[] {
  const parts = partsOf(typeof content === 'string' ? [{ type: 'text', text: content }] : content, dialect, encoding)
  const media = parts.filter(({ type }) => type !== 'text')
  const text = parts.flatMap((part) => (part.type === 'text' ? [part['text']] : [])).join('\n')
  const id = dialect.toolId?.(toolUseId) ?? toolUseId
  sent.push({ role: 'tool', tool_call_id: id, content: text || (media.length ? 'See the attachment.' : '') })
  return media.length ? [{ type: 'text', text: `Attached to the result of ${id}:` }, ...media] : []
}

/** What is said to the model. Text alone is a string: not every server takes a list of parts. */
function heard(role: string, parts: readonly Part[]): ChatMessage | undefined {
  const system = role === 'system'
  const plain = (system || parts.length < 2) && parts.every((part) => part.type === 'text' && Object.keys(part).length < 3)
  const content = plain ? parts.map((part) => part['text']).join('\n\n') : parts
  return parts.length ? { role: system ? role : 'user', content } : undefined
}

function partsOf(blocks: Blocks, dialect: Dialect, encoding: Encoding): Part[] {
  const parts: Part[] = []
  for (const block of blocks) {
    const { type } = block
    const last = parts.at(-1)
    if (type === 'text' || type === 'refusal') {
      if (block.text) parts.push({ type: 'text', text: block.text })
    } else if (type === 'image' || type === 'audio' || type === 'document') parts.push(media(block, dialect, encoding))
    else if (type === 'cache_hint' && dialect.cacheHint && last) parts[parts.length - 1] = { ...last, ...dialect.cacheHint(block.ttl ?? '5m') }
    else encoding.note(type, 'not known here: left out')
  }
  return parts
}

function media(block: ImageBlock | AudioBlock | DocumentBlock, { file = pdf }: Dialect, { target, details }: Encoding): Part {
  const { type, data, mediaType = '', fileId, url = data && `data:${mediaType};base64,${data}` } = block
  let part: Part | undefined
  if (type === 'document') {
    const text = block.text ?? (data && mediaType.startsWith('text/') ? unpacked(data) : undefined)
    if (text !== undefined) part = { type: 'text', text: block.title ? `${block.title}\n\n${text}` : text }
    else part = url ? file(url, block.title ?? 'document.pdf') : { type: 'file', file: { file_id: fileId } }
  } else if (url && type === 'image') {
    part = { type: 'image_url', image_url: { url, ...(block.detail && { detail: block.detail }) } }
  } else if (url) {
    const [, format = '', bytes] = /^data:audio\/(?:x-)?([^;,]+).*?,(.*)$/s.exec(url) ?? []
    if (bytes) part = { type: 'input_audio', input_audio: { data: bytes, format: { mpeg: 'mp3', wave: 'wav' }[format] ?? format } }
  }
  if (part) return part
  throw relayError('unsupported', `${target.provider.name} takes this ${type} as base64 only: set \`data\` and \`mediaType\``, details)
}

function unpacked(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)))
}

function pdf(url: string, filename: string): Part | undefined {
  return url.startsWith('data:') ? { type: 'file', file: { filename, file_data: url } } : undefined
}

/** An answer on its way back. Undefined where nothing is left of it. */
function assistant(blocks: Blocks, { toolId }: Dialect, { target, note }: Encoding): ChatMessage | undefined {
  const fields: { [field: string]: unknown } = {}
  const thoughts: Part[] = []
  const calls: unknown[] = []
  let text = ''
  for (const block of blocks) {
    const kept = isMintedBy(block, target) ? (block.origin?.state as Kept | undefined) : undefined
    const as = kept?.as
    if (block.type === 'text' || block.type === 'refusal') text += block.text
    else if (block.type === 'tool_use') {
      const { id, name, input, invalid } = block
      const made = { name, arguments: invalid?.raw ?? JSON.stringify(input ?? {}) }
      const call = as ? { type: as, [as]: { name, input: input?.['input'] } } : { type: 'function', function: made }
      calls.push({ id: toolId?.(id) ?? id, ...call, ...kept?.with })
      continue
    } else if (block.type === 'thinking' && as) {
      if (as !== 'content') fields[as] = `${fields[as] ?? ''}${block.text}`
      else thoughts.push({ type: 'thinking', thinking: [{ type: 'text', text: block.text }], ...(block.signature && { signature: block.signature }) })
    } else if (!kept) note(block.type, 'another model made it, or it is not known here: left out')
    for (const [field, value] of Object.entries(kept?.with ?? {})) {
      const before = fields[field]
      fields[field] = Array.isArray(before) ? before.concat(value) : value
    }
  }
  if (calls.length) fields['tool_calls'] = calls
  else if (!text && !Object.keys(fields).length) return undefined
  const said = text || (calls.length ? null : '')
  return { role: 'assistant', content: thoughts.length ? [...thoughts, ...(text ? [{ type: 'text', text }] : [])] : said, ...fields }
}
