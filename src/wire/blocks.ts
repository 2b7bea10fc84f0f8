// What every wire does with blocks: text as a block, bytes as an address, an address as bytes.
import { relayError } from '../errors.ts'
import type { ContentBlock, DocumentBlock, Media } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import { FOREIGN, RESPELLED, UNKNOWN } from './fields.ts'

export function blocksOf(content: string | readonly ContentBlock[]): readonly ContentBlock[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

/** What a model said, for those who take words and calls alone from one: of a sound its transcript. */
export function spoken(blocks: readonly ContentBlock[], note: Encoding['note']): readonly ContentBlock[] {
  return blocks.flatMap((block): readonly ContentBlock[] => {
    if (block.type === 'audio' && block.transcript) return [{ type: 'text', text: block.transcript }]
    if (!/^(image|audio|document)$/.test(block.type)) return [block]
    note(block.type, FOREIGN)
    return []
  })
}

/** Says which of its fields a medium goes without. */
export function without(fields: string, block: ContentBlock, note: Encoding['note']): void {
  for (const field of fields.split(' ')) if ({ ...block }[field as 'type']) note('messages', `${field}: ${UNKNOWN}`)
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

/**
 * The same with its bytes in the place of its address.
 * @throws InvalidRequestError that lets another model answer.
 */
export function reached<Block extends Media & { readonly type: string }>({ url, ...block }: Block, { reach, details }: Pick<Encoding, 'reach' | 'details'>): Omit<Block, 'url'> {
  const found = url && /^https?:/.test(url) ? reach?.(url) : undefined
  if (!found) throw relayError('unsupported', `this ${block.type} cannot be sent from here: put the bytes into \`data\`, with their \`mediaType\``, details)
  return { ...block, ...found, mediaType: block.mediaType || found.mediaType || TYPES[block.type] || '' }
}

/** What is most likely, where nobody says. */
const TYPES: { readonly [block: string]: string } = { image: 'image/png', document: 'application/pdf', audio: 'audio/mpeg' }

/** An id that is not taken as it is, as nine letters and digits: the same for the same, every time. */
export function nine(id: string, note: Encoding['note']): string {
  note('messages', RESPELLED)
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (const letter of id) {
    a = Math.imul(a ^ letter.charCodeAt(0), 2654435761)
    b = Math.imul(b ^ letter.charCodeAt(0), 1597334677)
  }
  return ((a >>> 0) * 0x200000 + (b >>> 11)).toString(36).padStart(9, '0').slice(-9)
}

/** Ids of calls as they are sent. */
export interface Ids {
  readonly call: (id: string) => string
  /** A result is of the latest call that has its id. */
  readonly result: (id: string) => string
}

/** No two calls of a conversation are alike: whoever answered before may count anew in each answer. */
export function idsOf(note: Encoding['note'], spell: (id: string) => string = String): Ids {
  const sent = new Map<string, string>()
  const taken = new Set<string>()
  return {
    call(given) {
      let id = spell(given)
      while (taken.has(id)) id = spell(`${id}_`)
      if (id !== given) note('messages', RESPELLED)
      taken.add(id)
      sent.set(given, id)
      return id
    },
    result: (given) => sent.get(given) ?? spell(given),
  }
}
