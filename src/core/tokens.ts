// Guesses at token counts, for when a provider has not counted: four characters to a token.
import type { ContentBlock } from '../types/message.ts'
import type { ChatRequest } from '../types/request.ts'

/** An estimate from a count of characters. */
export function tokensOf(characters: number): number {
  return Math.ceil(characters / 4)
}

/** An estimate of what a request's text and tools come to. Media are not counted. */
export function estimateInput({ messages, tools = [] }: ChatRequest): number {
  let characters = tools.length && JSON.stringify(tools).length
  for (const { content } of messages) {
    characters += typeof content === 'string' ? content.length : content.reduce((sum, block) => sum + lengthOf(block), 0)
  }
  return tokensOf(characters)
}

function lengthOf(block: ContentBlock): number {
  if (block.type === 'tool_use') return block.name.length + JSON.stringify(block.input ?? block.invalid?.raw ?? '').length
  if (block.type !== 'tool_result') return 'text' in block ? (block.text?.length ?? 0) : 0
  return typeof block.content === 'string' ? block.content.length : block.content.reduce((sum, inner) => sum + lengthOf(inner), 0)
}
