// Where an answer's words come from, as Gemini tells it: offsets count bytes.
import type { JsonObject, ReplyBlock } from '../endpoint.ts'
import type { Citation } from '../../types/message.ts'

interface Placed {
  readonly citation: Citation
  readonly segment: JsonObject
}

export function groundingOf(blocks: readonly ReplyBlock[], vertex: boolean): JsonObject {
  const given = blocks.find((block) => block.type === 'native' && block.data['groundingMetadata'] !== undefined)
  const cited = blocks.flatMap((block) => block.type === 'text' ? (block.citations ?? []).map((citation) => placed(block.text, citation)) : [])
  const found = cited.filter(({ citation }) => citation.kind !== 'citation')
  const quoted = cited.filter(({ citation }) => citation.kind === 'citation')
  return {
    ...(given?.type === 'native' ? { groundingMetadata: given.data['groundingMetadata'] } : {}),
    ...(found.length > 0 ? { groundingMetadata: grounding(found) } : {}),
    ...(quoted.length > 0 ? { citationMetadata: { [vertex ? 'citations' : 'citationSources']: quoted.map(quotation) } } : {}),
  }
}

function placed(text: string, citation: Citation): Placed {
  const { start = 0, end = text.length } = citation
  const bytes = (upTo: number): number => new TextEncoder().encode(text.slice(0, upTo)).length
  // A zero is left out.
  return { citation, segment: { ...(start > 0 ? { startIndex: bytes(start) } : {}), endIndex: bytes(end), text: text.slice(start, end) } }
}

function grounding(cited: readonly Placed[]): JsonObject {
  return {
    searchEntryPoint: { renderedContent: '<div></div>' },
    groundingChunks: cited.map(({ citation: { url = '', title = '' } }) => ({ web: { uri: url, title } })),
    groundingSupports: cited.map(({ segment }, i) => ({ segment, groundingChunkIndices: [i] })),
    webSearchQueries: ['simulated'],
  }
}

function quotation({ citation: { url, title }, segment: { text: _, ...segment } }: Placed): JsonObject {
  return { ...segment, ...(url === undefined ? {} : { uri: url }), ...(title === undefined ? {} : { title }) }
}
