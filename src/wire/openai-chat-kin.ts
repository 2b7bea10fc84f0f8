// Chat Completions of those who imitate it: thinking in whatever field it comes, and forms that the original has left behind.
import type { Wire } from '../types/provider.ts'
import { call, other } from './openai-chat-content.ts'
import { thinking } from './openai-chat-ears.ts'
import { openaiChat } from './openai-chat.ts'
import type { ChatMessage, Dialect, Ear, Part } from './openai-dialect.ts'

/** One company's Chat Completions, where models think aloud. */
export function openaiKin({ ears = [], adjust, ...dialect }: Dialect = {}): Wire {
  return openaiChat({
    ...dialect,
    ears: [thinking, ...ears, leftBehind],
    replay,
    adjust: (body, encoding) => {
      body.messages = body.messages.map(inParts)
      adjust?.(body, encoding)
    },
  })
}

/** Calls as they were before there were tools, and annotations that cite nothing. */
const leftBehind: Ear = (heard, piece) => {
  const { function_call: made, annotations } = piece?.message ?? {}
  if (made?.name || made?.arguments) call(heard, { index: 0, function: made }, !!piece?.streamed)
  for (const raw of annotations ?? []) if (!raw.url_citation) other(heard, { type: 'native', kind: 'annotation', data: raw }, { annotations: [raw] })
}

const replay: NonNullable<Dialect['replay']> = (block, { as }, turn) => {
  if (block.type !== 'thinking' || !as) return
  const { text, signature } = block
  const before = turn[as] ?? ''
  // A list is made a part of the content, below.
  if (as === 'thoughts') turn[as] = [before, { type: 'thinking', thinking: [{ type: 'text', text }], signature }].flat().filter(Boolean)
  else turn[as] = `${before}${text}`
}

/** Thoughts that came as parts of the content, before its text, go back so. */
function inParts({ thoughts, ...turn }: ChatMessage): ChatMessage {
  const { content } = turn
  const said: readonly Part[] = content ? [{ type: 'text', text: content }] : []
  return thoughts ? { ...turn, content: [...(thoughts as readonly Part[]), ...said] } : turn
}
