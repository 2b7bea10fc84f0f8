// Relay's messages to those of Chat Completions.
import { relayError } from '../errors.ts'
import type { AudioBlock, ContentBlock, DocumentBlock, Media, Message, ToolResultBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import { isMintedBy } from './origin.ts'
import type { Kept } from './openai-chat-content.ts'
import type { ChatMessage, Dialect, Part } from './openai-dialect.ts'

export function chatMessages(dialect: Dialect, encoding: Encoding): ChatMessage[] {
  const sent: ChatMessage[] = []
  // What a tool's answer holds but a tool message cannot: it follows in a user message.
  let attached: Part[] = []
  for (const message of encoding.request.messages) {
    const blocks: readonly ContentBlock[] = typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content
    const rest = blocks.filter((block) => block.type !== 'tool_result')
    for (const block of blocks) if (block.type === 'tool_result') attached.push(...result(block, sent, { dialect, encoding }))
    if (rest.length === 0 && blocks.length) continue
    const role = message.role === 'tool' ? 'user' : message.role
    if (attached.length && role !== 'user') sent.push({ role: 'user', content: attached })
    const named = name(message, dialect, encoding)
    if (role === 'assistant') {
      const turn = assistant(rest, dialect, encoding)
      if (turn) sent.push({ ...turn, ...named })
      else encoding.note('messages', 'an assistant message has nothing that can be sent: left out')
    } else {
      const parts = rest.flatMap((block) => partsOf(block, dialect, encoding))
      sent.push({ role, content: content(role === 'user' ? [...attached, ...hints(parts)] : hints(parts), role), ...named })
    }
    attached = []
  }
  if (attached.length) sent.push({ role: 'user', content: attached })
  return sent
}

function name(message: Message, { fields }: Dialect, { note }: Encoding): { readonly name: string } | undefined {
  if (message.name === undefined || fields?.name !== null) return message.name === undefined ? undefined : { name: message.name }
  note('name', 'names of speakers are not known here: left out')
  return undefined
}

/** Pushes the tool's message; returns what must follow it. */
function result(block: ToolResultBlock, sent: ChatMessage[], { dialect, encoding }: { dialect: Dialect; encoding: Encoding }): Part[] {
  const { toolUseId, content } = block
  const parts = typeof content === 'string' ? [] : content.flatMap((inner) => partsOf(inner, dialect, encoding))
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part['text']] : []))
  const media = hints(parts).filter((part) => part.type !== 'text')
  const text = typeof content === 'string' ? content : texts.join('\n') || (media.length ? 'The result is attached.' : '')
  const id = dialect.toolId?.(toolUseId) ?? toolUseId
  sent.push({ role: 'tool', tool_call_id: id, content: text })
  return media.length ? [{ type: 'text', text: `Attached to the result of tool call ${id}:` }, ...media] : []
}

/** Text alone is a string: not every server takes a list of parts. */
function content(parts: readonly Part[], role: string): string | readonly Part[] {
  const plain = parts.every((part) => part.type === 'text' && Object.keys(part).length === 2)
  if (plain && (role !== 'user' || parts.length < 2)) return parts.map((part) => part['text']).join('\n\n')
  return parts
}

/** A cache hint goes onto the part before it. */
function hints(parts: readonly Part[]): Part[] {
  return parts.reduce<Part[]>((kept, part) => {
    const last = kept.at(-1)
    if (part.type !== 'cache_hint') kept.push(part)
    else if (last) kept[kept.length - 1] = { ...last, ...(part['mark'] as object) }
    return kept
  }, [])
}

function partsOf(block: ContentBlock, dialect: Dialect, { note, target, details }: Encoding): readonly Part[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return block.text ? [{ type: 'text', text: block.text }] : []
    case 'image': {
      const { detail } = block
      return [{ type: 'image_url', image_url: { url: address(block), ...(detail ? { detail } : undefined) } }]
    }
    case 'audio':
      return [{ type: 'input_audio', input_audio: sound(block) }]
    case 'document':
      return [documentPart(block, dialect)]
    case 'cache_hint':
      if (dialect.cacheHint) return [{ type: 'cache_hint', mark: dialect.cacheHint(block.ttl ?? '5m') }]
      note('cache_hint', 'what is cached is not for the caller to say here: left out')
      return []
    default:
      note(block.type, 'not for this server, or not in this place: left out')
      return []
  }
  function address({ url, data, mediaType, fileId }: Media): string {
    if (url !== undefined) return url
    if (data === undefined) throw unsupported(`${block.type}s by file id (\`${fileId}\`)`)
    return `data:${mediaType ?? 'application/octet-stream'};base64,${data}`
  }
  function sound(audio: AudioBlock): { readonly data: string; readonly format: string } {
    const [, kind = '', data] = /^data:audio\/(?:x-)?([^;,]+).*?,(.*)$/s.exec(address(audio)) ?? []
    if (data === undefined) throw unsupported('audio by address')
    return { data, format: { mpeg: 'mp3', wave: 'wav' }[kind] ?? kind }
  }
  function documentPart(file: DocumentBlock, { file: make = pdf }: Dialect): Part {
    if (file.text !== undefined) return { type: 'text', text: file.title ? `${file.title}\n\n${file.text}` : file.text }
    if (file.fileId !== undefined) return { type: 'file', file: { file_id: file.fileId } }
    const url = address(file)
    const part = make(url, file.title ?? 'document.pdf')
    if (!part) throw unsupported('documents by address')
    return part
  }
  function unsupported(what: string): Error {
    return relayError('unsupported', `${target.provider.name} takes no ${what} on Chat Completions: send the bytes as base64, or use another model`, details)
  }
}

function pdf(url: string, filename: string): Part | undefined {
  return url.startsWith('data:') ? { type: 'file', file: { filename, file_data: url } } : undefined
}

/** An answer on its way back. Undefined where nothing is left of it. */
function assistant(blocks: readonly ContentBlock[], { toolId }: Dialect, { target, note }: Encoding): ChatMessage | undefined {
  const fields: { [field: string]: unknown } = {}
  const thoughts: Part[] = []
  const calls: unknown[] = []
  let text = ''
  for (const block of blocks) {
    const kept = isMintedBy(block, target) ? (block.origin?.state as Kept | undefined) : undefined
    if (block.type === 'text' || block.type === 'refusal') text += block.text
    else if (block.type === 'tool_use') {
      const { id, name, input, invalid } = block
      const args = invalid?.raw ?? JSON.stringify(input ?? {})
      const call = kept?.as ? { type: kept.as, [kept.as]: { name, input: input?.['input'] } } : { type: 'function', function: { name, arguments: args } }
      calls.push({ id: toolId?.(id) ?? id, ...call, ...kept?.with })
      continue
    } else if (block.type === 'thinking' && kept?.as === 'content') {
      const { signature } = block
      thoughts.push({ type: 'thinking', thinking: [{ type: 'text', text: block.text }], ...(signature === undefined ? undefined : { signature }) })
    } else if (block.type === 'thinking' && kept?.as) fields[kept.as] = `${fields[kept.as] ?? ''}${block.text}`
    else if (!kept) note(block.type, 'what another model made, or this server does not take back, is left out')
    for (const [field, value] of Object.entries(kept?.with ?? {})) {
      const before = fields[field]
      fields[field] = Array.isArray(before) && Array.isArray(value) ? [...(before as unknown[]), ...(value as unknown[])] : value
    }
  }
  if (calls.length) fields['tool_calls'] = calls
  if (!text && !Object.keys(fields).length) return undefined
  if (thoughts.length) return { role: 'assistant', content: text ? [...thoughts, { type: 'text', text }] : thoughts, ...fields }
  return { role: 'assistant', content: text || (calls.length ? null : ''), ...fields }
}
