// DeepSeek. api-docs.deepseek.com
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'

export const deepseek: Provider = {
  name: 'deepseek',
  baseUrl: 'https://api.deepseek.com',
  env: ['DEEPSEEK_API_KEY'],
  sign: bearer,
  // Its beta goes on, at another address and when it is asked to.
  prefill: false,
  wire: openaiChatKin({
    // Both are a 400, and only the words tell.
    faults: [
      ['content_policy', /content exists risk/i],
      ['not_found', /model not exist/i],
    ],
    fields: { topK: null, seed: null, parallelToolCalls: null, name: null, strict: null },
    formats: 'json_object',
    efforts: [[/./, 'none low high max']],
    effort: (level) => (level === 'none' ? { thinking: { type: 'disabled' } } : { thinking: { type: 'enabled' }, reasoning_effort: level }),
    adjust: (body, { note }) => {
      // While it thinks, which is the default, it refuses a tool call that is forced.
      const choice = body['tool_choice']
      if (choice !== undefined && choice !== 'auto' && choice !== 'none') {
        if (body['thinking'] === undefined) body['thinking'] = { type: 'disabled' }
        else if (body['reasoning_effort']) body['tool_choice'] = 'auto'
        note('toolChoice', body['reasoning_effort'] ? 'not while the model thinks: sent as auto' : 'sent with thinking off')
      }
      // A turn that called tools must say what it thought, or a 400 is the answer; an empty string will do.
      body.messages = body.messages.map((turn) => (turn['tool_calls'] && turn['reasoning_content'] === undefined ? { ...turn, reasoning_content: '' } : turn))
    },
  }),
}
