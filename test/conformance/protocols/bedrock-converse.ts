// Converse, as AWS Bedrock speaks it.
import { bedrock } from '../../../src/providers/bedrock.ts'
import type { Echo, Protocol } from '../protocol.ts'

interface Body {
  readonly messages: readonly {
    readonly content: readonly {
      readonly toolUse?: { readonly toolUseId: string; readonly name: string; readonly input: unknown; readonly type?: string }
      readonly toolResult?: { readonly toolUseId: string; readonly content: readonly { readonly text?: string; readonly json?: unknown }[]; readonly type?: string }
    }[]
  }[]
}

export const protocol: Protocol = {
  name: 'bedrock-converse',
  providerFor: () => bedrock,
  readBody: (body): Echo => {
    const blocks = (body as Body).messages.flatMap(({ content }) => content)
    return {
      calls: blocks.flatMap(({ toolUse }) => (toolUse && toolUse.type !== 'server_tool_use' ? [{ id: toolUse.toolUseId, name: toolUse.name, arguments: toolUse.input }] : [])),
      results: blocks.flatMap(({ toolResult }) => {
        if (!toolResult || toolResult.type) return []
        return [{ id: toolResult.toolUseId, text: toolResult.content.map(({ text, json }) => text ?? JSON.stringify(json)).join('\n') }]
      }),
    }
  },
}
