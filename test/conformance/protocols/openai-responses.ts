// Responses: the provider that a recording names, or the one that set the format.
import { azureResponses } from '../../../src/providers/azure-responses.ts'
import { openaiResponses } from '../../../src/providers/openai-responses.ts'
import type { Echo, Protocol } from '../protocol.ts'

type Item = { readonly type?: string; readonly [field: string]: unknown }

export const protocol: Protocol = {
  name: 'openai-responses',
  // One stream under this name is of Chat Completions.
  providerFor: ({ id, api }) => (id.includes('azure-deepseek-reasoning.1.chunks') ? undefined : api.startsWith('azure') ? azureResponses : openaiResponses),
  readBody: (body): Echo => {
    const { input } = body as { readonly input: string | readonly Item[] }
    const items = typeof input === 'string' ? [] : input
    return {
      calls: items.flatMap((item) => {
        const { type, call_id, name, arguments: made, input: text } = item
        if (type === 'function_call') return [{ id: String(call_id), name: String(name), arguments: parsed(made) }]
        return type === 'custom_tool_call' ? [{ id: String(call_id), name: String(name), arguments: { input: text } }] : []
      }),
      results: items.flatMap(({ type, call_id, output }) =>
        type === 'function_call_output' || type === 'custom_tool_call_output' ? [{ id: String(call_id), text: textOf(output) }] : [],
      ),
    }
  },
}

function textOf(output: unknown): string {
  return typeof output === 'string' ? output : (output as readonly { readonly text?: string }[]).map(({ text = '' }) => text).join('\n')
}

function parsed(raw: unknown): unknown {
  try {
    return JSON.parse(String(raw))
  } catch {
    return raw
  }
}
