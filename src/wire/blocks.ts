// What every wire does with blocks: text as a block, bytes as an address, an address as bytes.
import { relayError } from '../errors.ts'
import type { ContentBlock, DocumentBlock, Media } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'

export function blocksOf(content: string | readonly ContentBlock[]): readonly ContentBlock[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

/** Where the bytes are: at an address, or in a `data:` one. */
export function addressOf({ url, data, mediaType }: Media): string | undefined {
  return url ?? (data && `data:${mediaType};base64,${data}`)
}

/** The bytes in base64 and what they are, whether they stand by themselves or in a `data:` address. */
export function bytesOf(media: Media): { readonly data?: string; readonly mediaType?: string } {
  const [, mediaType, data] = /^data:([^;,]*)[^,]*,(.*)$/s.exec(media.url ?? '') ?? []
  return data === undefined ? media : { data, mediaType: media.mediaType || mediaType || '' }
}

export function unpacked(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)))
}

/** What a document says, under its title, where that is text. */
export function wordsOf({ title, context, text, ...media }: DocumentBlock): string | undefined {
  const { data, mediaType } = bytesOf(media)
  const words = text ?? (data && mediaType?.startsWith('text/') ? unpacked(data) : undefined)
  return words === undefined ? words : [title, context, words].filter(Boolean).join('\n\n')
}

/** @throws InvalidRequestError that lets another model answer. */
export function unsupported(type: string, { target, details }: Encoding): never {
  throw relayError('unsupported', `${target.provider.name} takes no ${type} like this: give its bytes as \`data\` and its \`mediaType\``, details)
}
