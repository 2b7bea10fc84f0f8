// Anthropic's Messages, and a gateway that passes them on.
import { anthropic } from '../../../src/providers/anthropic.ts'
import { named, texts, type Protocol, type Reading } from '../protocol.ts'

interface Block {
  readonly type: string
  readonly text?: string
  readonly id?: string
  readonly name?: string
  readonly input?: unknown
  readonly tool_use_id?: string
  readonly content?: unknown
}

interface Body {
  readonly system?: unknown
  readonly messages?: readonly { readonly role: string; readonly content: string | readonly Block[] }[]
  readonly tools?: readonly { readonly type?: string; readonly name: string; readonly description?: string; readonly input_schema?: unknown }[]
}

export const protocol: Protocol = { name: 'anthropic-messages', slack: 0, providerFor: () => anthropic, readBody }

const PARAMS = { max_tokens: 'max_tokens', temperature: 'temperature', top_p: 'top_p', top_k: 'top_k', stop_sequences: 'stop' }

export function readBody(body: unknown): Reading {
  const { system, messages = [], tools = [] } = body as Body
  const blocks = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content))
  return {
    system: texts(system),
    said: messages.flatMap(({ role, content }) => texts(content).map((text) => ({ role, text }))),
    calls: blocks.flatMap(({ type, id = '', name = '', input }) => (type === 'tool_use' ? [{ id, name, arguments: input }] : [])),
    results: blocks.flatMap(({ type, tool_use_id: id = '', content }) => (type === 'tool_result' ? [{ id, text: texts(content).join('') }] : [])),
    tools: tools.flatMap(({ type = 'custom', name, description, input_schema: schema }) => (type === 'custom' ? [{ name, description, schema }] : [])),
    params: named(body as object, PARAMS),
  }
}
