// Chat Completions: the provider that a recording names, or the one that speaks for any server.
import { azure } from '../../../src/providers/azure.ts'
import { compatible } from '../../../src/providers/compatible.ts'
import { deepseek } from '../../../src/providers/deepseek.ts'
import { fireworks } from '../../../src/providers/fireworks.ts'
import { groq } from '../../../src/providers/groq.ts'
import { lmstudio } from '../../../src/providers/lmstudio.ts'
import { mistral } from '../../../src/providers/mistral.ts'
import { ollama } from '../../../src/providers/ollama.ts'
import { openai } from '../../../src/providers/openai.ts'
import { openrouter } from '../../../src/providers/openrouter.ts'
import { perplexity } from '../../../src/providers/perplexity.ts'
import { together } from '../../../src/providers/together.ts'
import { vllm } from '../../../src/providers/vllm.ts'
import { xai } from '../../../src/providers/xai.ts'
import type { Provider } from '../../../src/types/provider.ts'
import type { Echo, Protocol } from '../protocol.ts'

const VENDORS: { readonly [name: string]: Provider | undefined } = {
  deepseek, fireworks, groq, lmstudio, mistral, ollama, openrouter, perplexity, together, vllm, xai, 'ollama-cloud': ollama,
}

interface Body {
  readonly messages: readonly {
    readonly role: string
    readonly content?: string | readonly { readonly type: string; readonly text?: string }[] | null
    readonly tool_call_id?: string
    readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[]
  }[]
}

export const protocol: Protocol = {
  name: 'openai-chat',
  providerFor: ({ api }) => (api.startsWith('openai-compatible:') ? (VENDORS[api.slice(18)] ?? compatible) : api.startsWith('azure') ? azure : openai),
  readBody: (body): Echo => {
    const { messages } = body as Body
    return {
      calls: messages.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id, function: { name, arguments: raw } }) => ({ id, name, arguments: parsed(raw) }))),
      results: messages.flatMap(({ role, tool_call_id: id = '', content }) => (role === 'tool' ? [{ id, text: textOf(content) }] : [])),
    }
  },
}

function textOf(content: Body['messages'][number]['content']): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text = '' }) => text).join('\n')
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return raw
  }
}
