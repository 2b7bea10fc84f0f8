// What every wire does with blocks: text as a block, bytes as an address, an address as bytes.
import type { ContentBlock, DocumentBlock, Media } from '../types/message.ts'

export function blocksOf(content: string | readonly ContentBlock[]): readonly ContentBlock[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

/** Where the bytes are: at an address, or in a `data:` one. */
export function addressOf({ url, data, mediaType }: Media): string | undefined {
  return url ?? (data && `data:${mediaType};base64,${data}`)
}

/** The bytes in base64 and what they are, whether they stand by themselves or in a `data:` address. */
export function bytesOf({ url = '', data, mediaType }: Media): { readonly data: string | undefined; readonly mediaType: string | undefined } {
  const [, type, bytes] = /^data:([^;,]*)[^,]*,(.*)$/s.exec(url) ?? []
  return { data: data ?? bytes, mediaType: mediaType ?? type }
}

export function unpacked(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)))
}

/** What a document says, under its title, where that is text. */
export function wordsOf({ title, context, text, ...media }: DocumentBlock): string | undefined {
  const { data, mediaType = '' } = bytesOf(media)
  const words = text ?? (data && mediaType.startsWith('text/') ? unpacked(data) : undefined)
  return words === undefined ? undefined : [title, context, words].filter(Boolean).join('\n\n')
}
