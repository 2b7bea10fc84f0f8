// Responses: the provider that a recording names, or the one that set the format.
import { azureResponses } from '../../../src/providers/azure-responses.ts'
import { openaiResponses } from '../../../src/providers/openai-responses.ts'
import { xaiResponses } from '../../../src/providers/xai-responses.ts'
import { named, parsed, texts, type Protocol } from '../protocol.ts'

interface Item {
  readonly type?: string
  readonly role?: string
  readonly content?: unknown
  readonly [field: string]: unknown
}

interface Body {
  readonly instructions?: string | null
  readonly input?: string | readonly Item[]
  readonly tools?: readonly { readonly type: string; readonly name: string; readonly description?: string; readonly parameters?: unknown }[]
}

const PARAMS = { max_output_tokens: 'max_tokens', temperature: 'temperature', top_p: 'top_p', parallel_tool_calls: 'parallel_tool_calls' }

export const protocol: Protocol = {
  name: 'openai-responses',
  providerFor: ({ api }) => (api.startsWith('azure') ? azureResponses : api.endsWith(':xai') ? xaiResponses : openaiResponses),
  readBody: (body) => {
    const { instructions, input = [], tools = [] } = body as Body
    const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input
    const messages = items.filter((item: Item): item is Item & { readonly role: string } => item.role !== undefined && (item.type ?? 'message') === 'message')
    const system = (role: string): boolean => role === 'system' || role === 'developer'
    return {
      system: [...texts(instructions), ...messages.flatMap(({ role, content }) => (system(role) ? texts(content) : []))],
      said: messages.flatMap(({ role, content }) => (system(role) ? [] : texts(content).map((text) => ({ role, text })))),
      calls: items.flatMap(({ type, call_id, name, arguments: made, input: text }: Item) => {
        if (type === 'function_call') return [{ id: String(call_id), name: String(name), arguments: parsed(made) }]
        return type === 'custom_tool_call' ? [{ id: String(call_id), name: String(name), arguments: { input: text } }] : []
      }),
      results: items.flatMap(({ type, call_id, output }: Item) =>
        type === 'function_call_output' || type === 'custom_tool_call_output' ? [{ id: String(call_id), text: texts(output).join('\n') }] : [],
      ),
      tools: tools.flatMap(({ type, name, description, parameters: schema }) => (type === 'function' ? [{ name, description, schema }] : [])),
      params: named(body as object, PARAMS),
    }
  },
}
