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
import { named, parsed, texts, type Protocol } from '../protocol.ts'

const VENDORS: { readonly [name: string]: Provider | undefined } = {
  deepseek, fireworks, groq, lmstudio, mistral, ollama, openrouter, perplexity, together, vllm, xai, 'ollama-cloud': ollama,
}

interface Body {
  readonly messages: readonly {
    readonly role: string
    readonly content?: string | readonly { readonly type: string; readonly text?: string }[] | null
    readonly tool_call_id?: string
    readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[] | null
  }[]
  readonly tools?: readonly { readonly type?: string; readonly function?: { readonly name: string; readonly description?: string; readonly parameters?: unknown } }[] | null
}

const PARAMS = {
  max_tokens: 'max_tokens', max_completion_tokens: 'max_tokens', temperature: 'temperature', top_p: 'top_p', stop: 'stop', seed: 'seed', random_seed: 'seed',
  parallel_tool_calls: 'parallel_tool_calls',
}

export const protocol: Protocol = {
  name: 'openai-chat',
  providerFor: ({ api }) => (api.startsWith('openai-compatible:') ? (VENDORS[api.slice(18)] ?? compatible) : api.startsWith('azure') ? azure : openai),
  readBody: (body) => {
    const { messages, tools } = body as Body
    const system = (role: string): boolean => role === 'system' || role === 'developer'
    const spoken = messages.filter(({ role }) => role !== 'tool' && !system(role))
    return {
      system: messages.flatMap(({ role, content }) => (system(role) ? texts(content) : [])),
      said: spoken.flatMap(({ role, content }) => texts(content).map((text) => ({ role, text }))),
      calls: messages.flatMap(({ tool_calls }) => (tool_calls ?? []).map(({ id, function: { name, arguments: raw } }) => ({ id, name, arguments: parsed(raw) }))),
      results: messages.flatMap(({ role, tool_call_id: id = '', content }) => (role === 'tool' ? [{ id, text: texts(content).join('\n') }] : [])),
      tools: (tools ?? []).flatMap(({ function: it }) => (it ? [{ name: it.name, description: it.description, schema: it.parameters }] : [])),
      params: named(body as object, PARAMS),
    }
  },
}
