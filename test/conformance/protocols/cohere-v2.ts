// Cohere's chat, version 2.
import { cohere } from '../../../src/providers/cohere.ts'
import type { Echo, Protocol } from '../protocol.ts'

interface Body {
  readonly messages: readonly {
    readonly role: string
    readonly tool_call_id?: string
    readonly content?: string | readonly { readonly text?: string }[] | null
    readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[]
  }[]
}

export const protocol: Protocol = {
  name: 'cohere-v2',
  bar: 1,
  providerFor: () => cohere,
  readBody: (body): Echo => {
    const { messages } = body as Body
    return {
      calls: messages.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id, function: { name, arguments: raw } }) => ({ id, name, arguments: JSON.parse(raw) as unknown }))),
      results: messages.flatMap(({ role, tool_call_id: id = '', content }) => {
        if (role !== 'tool') return []
        return [{ id, text: typeof content === 'string' ? content : (content ?? []).map(({ text = '' }) => text).join('\n') }]
      }),
    }
  },
}
