// Anthropic's Messages, and a gateway that passes them on.
import { anthropic } from '../../../src/providers/anthropic.ts'
import type { Protocol } from '../protocol.ts'

interface Block {
  readonly type: string
  readonly id?: string
  readonly name?: string
  readonly input?: unknown
  readonly tool_use_id?: string
  readonly content?: string | readonly { readonly text?: string }[]
}

interface Body {
  readonly messages?: readonly { readonly content: string | readonly Block[] }[]
}

export const protocol: Protocol = {
  name: 'anthropic-messages',
  bar: 1,
  providerFor: () => anthropic,
  readBody: (body) => {
    const blocks = ((body as Body).messages ?? []).flatMap(({ content }) => (typeof content === 'string' ? [] : content))
    const said = ({ content = '' }: Block): string => (typeof content === 'string' ? content : content.map(({ text = '' }) => text).join(''))
    return {
      calls: blocks.flatMap(({ type, id = '', name = '', input }) => (type === 'tool_use' ? [{ id, name, arguments: input }] : [])),
      results: blocks.flatMap((block) => (block.type === 'tool_result' ? [{ id: block.tool_use_id ?? '', text: said(block) }] : [])),
    }
  },
}
