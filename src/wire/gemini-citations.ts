// Where an answer's words come from: grounding and citations, placed in the text.
import type { Delta } from '../types/event.ts'
import type { Citation } from '../types/message.ts'
import { present } from './fields.ts'

/** The two places in which a candidate names its sources. */
export interface RawSources {
  /** `citations` on one platform, `citationSources` on the other. */
  readonly citationMetadata?: { readonly citations?: readonly RawCitation[]; readonly citationSources?: readonly RawCitation[] }
  readonly groundingMetadata?: {
    readonly groundingChunks?: readonly { readonly [kind: string]: RawSource | undefined }[]
    readonly groundingSupports?: readonly { readonly segment?: Segment; readonly groundingChunkIndices?: readonly number[] }[]
  }
}

interface RawSource {
  readonly uri?: string
  readonly title?: string
  readonly text?: string | undefined
}

/** Offsets count the bytes of the text, not its characters. */
interface Segment {
  readonly startIndex?: number
  readonly endIndex?: number
  readonly text?: string | undefined
}

interface RawCitation extends Segment, RawSource {}

interface Place {
  readonly block: number
  readonly start?: number
  readonly end?: number
}

/** Only once the text is whole can a place in it be found. `texts` holds the text blocks by number. */
export function citationsOf(sources: readonly RawSources[], texts: ReadonlyMap<number, string>): Delta[] {
  if (!texts.size) return []
  const out: Delta[] = []
  const told = new Set<string>()
  const cite = (segment: Segment, citation: Citation): void => {
    const { block, ...place } = placed(segment, texts)
    const delta: Delta = { type: 'citation', block, citation: { ...citation, ...place } }
    // Chunks may say again what earlier ones said.
    const size = told.size
    if (told.add(JSON.stringify(delta)).size > size) out.push(delta)
  }
  const source = (kind: string, { uri: url, title, text: citedText }: RawSource): Citation => ({ kind, ...present({ url, title, citedText }) })
  for (const { citationMetadata, groundingMetadata } of sources) {
    for (const raw of citationMetadata?.citations ?? citationMetadata?.citationSources ?? []) {
      // A citation's text is its source's, not the answer's.
      cite({ ...raw, text: undefined }, { ...source('citation', raw), raw })
    }
    for (const support of groundingMetadata?.groundingSupports ?? []) {
      for (const index of support.groundingChunkIndices ?? []) {
        const chunk = groundingMetadata?.groundingChunks?.[index] ?? {}
        const [kind = 'web', about] = Object.entries(chunk)[0] ?? []
        cite(support.segment ?? {}, { ...source(kind, about ?? {}), raw: { ...support, chunk } })
      }
    }
  }
  return out
}

/** In the block whose text says so, else at the end of the last one, nowhere in particular. */
function placed({ startIndex = 0, endIndex = 0, text }: Segment, texts: ReadonlyMap<number, string>): Place {
  const decoder = new TextDecoder()
  let last = 0
  for (const [block, whole] of texts) {
    last = block
    const bytes = new TextEncoder().encode(whole)
    if (endIndex > bytes.length) continue
    const [start, end] = [startIndex, endIndex].map((at) => decoder.decode(bytes.subarray(0, at)).length)
    if (end && (text === undefined || whole.slice(start, end) === text)) return { block, start: start ?? 0, end }
  }
  return { block: last }
}
