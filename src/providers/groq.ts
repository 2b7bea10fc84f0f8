// Groq: open models, fast. console.groq.com/docs/openai
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { at } from '../wire/fields.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'

export const groq: Provider = {
  name: 'groq',
  baseUrl: 'https://api.groq.com/openai/v1',
  env: ['GROQ_API_KEY'],
  sign: bearer,
  wire: openaiChatKin({
    fields: { maxTokens: 'max_completion_tokens', topK: null, name: null },
    efforts: [
      [/qwen/, 'none default'],
      [/gpt-oss/, 'low medium high'],
    ],
    // Compound systems count here alone.
    usage: (body) => at(body, 'x_groq.usage'),
    faults: [
      // What the model wrote was no valid call: another try may be.
      ['invalid_response', /tool_use_failed/],
      // Over the allowance of a minute, or of a body: not the model's window.
      ['request_too_large', /^413/],
    ],
  }),
}
