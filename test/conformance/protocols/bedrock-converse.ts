// Converse, as AWS Bedrock speaks it.
import { bedrock } from '../../../src/providers/bedrock.ts'
import { named, texts, type Protocol } from '../protocol.ts'

interface Body {
  readonly system?: unknown
  readonly messages: readonly {
    readonly role: string
    readonly content: readonly {
      readonly text?: string
      readonly toolUse?: { readonly toolUseId: string; readonly name: string; readonly input: unknown; readonly type?: string }
      readonly toolResult?: { readonly toolUseId: string; readonly content: readonly { readonly text?: string; readonly json?: unknown }[]; readonly type?: string }
    }[]
  }[]
  readonly toolConfig?: { readonly tools?: readonly { readonly toolSpec?: { readonly name: string; readonly description?: string; readonly inputSchema: { readonly json: unknown } } }[] }
  readonly inferenceConfig?: object
}

export const protocol: Protocol = {
  name: 'bedrock-converse',
  slack: 0,
  providerFor: () => bedrock,
  readBody: (body) => {
    const { system, messages, toolConfig, inferenceConfig = {} } = body as Body
    const blocks = messages.flatMap(({ content }) => content)
    return {
      system: texts(system),
      said: messages.flatMap(({ role, content }) => texts(content).map((text) => ({ role, text }))),
      calls: blocks.flatMap(({ toolUse }) => (toolUse && toolUse.type !== 'server_tool_use' ? [{ id: toolUse.toolUseId, name: toolUse.name, arguments: toolUse.input }] : [])),
      results: blocks.flatMap(({ toolResult }) => {
        if (!toolResult || toolResult.type) return []
        return [{ id: toolResult.toolUseId, text: toolResult.content.map(({ text, json }) => text ?? JSON.stringify(json)).join('\n') }]
      }),
      tools: (toolConfig?.tools ?? []).flatMap(({ toolSpec }) => (toolSpec ? [{ name: toolSpec.name, description: toolSpec.description, schema: toolSpec.inputSchema.json }] : [])),
      params: named(inferenceConfig, { maxTokens: 'max_tokens', temperature: 'temperature', topP: 'top_p', stopSequences: 'stop' }),
    }
  },
}
