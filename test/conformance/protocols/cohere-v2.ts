// Cohere's chat, version 2.
import { cohere } from '../../../src/providers/cohere.ts'
import { named, parsed, texts, type Protocol } from '../protocol.ts'

interface Body {
  readonly messages: readonly {
    readonly role: string
    readonly tool_call_id?: string
    readonly content?: string | readonly { readonly text?: string }[] | null
    readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[]
  }[]
  readonly tools?: readonly { readonly function: { readonly name: string; readonly description?: string; readonly parameters?: unknown } }[]
}

const PARAMS = { max_tokens: 'max_tokens', temperature: 'temperature', p: 'top_p', k: 'top_k', stop_sequences: 'stop', seed: 'seed' }

export const protocol: Protocol = {
  name: 'cohere-v2',
  slack: 0,
  providerFor: () => cohere,
  readBody: (body) => {
    const { messages, tools = [] } = body as Body
    const spoken = messages.filter(({ role }) => role !== 'tool' && role !== 'system')
    return {
      system: messages.flatMap(({ role, content }) => (role === 'system' ? texts(content) : [])),
      said: spoken.flatMap(({ role, content }) => texts(content).map((text) => ({ role, text }))),
      calls: messages.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id, function: { name, arguments: raw } }) => ({ id, name, arguments: parsed(raw) }))),
      results: messages.flatMap(({ role, tool_call_id: id = '', content }) => (role === 'tool' ? [{ id, text: texts(content).join('\n') }] : [])),
      tools: tools.map(({ function: { name, description, parameters: schema } }) => ({ name, description, schema })),
      params: named(body as object, PARAMS),
    }
  },
}
