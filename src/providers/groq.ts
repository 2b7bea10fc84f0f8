// Groq: open models, fast. console.groq.com/docs/openai
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { at } from '../wire/fields.ts'
import { worded } from '../wire/format.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'

export const groq: Provider = {
  name: 'groq',
  baseUrl: 'https://api.groq.com/openai/v1',
  env: ['GROQ_API_KEY'],
  sign: bearer,
  anew: /gpt-oss|compound/,
  wire: openaiChatKin({
    fields: { maxTokens: 'max_completion_tokens', topK: null, name: null },
    efforts: [
      [/qwen/, 'none default'],
      [/gpt-oss/, 'low medium high'],
    ],
    // JSON and tools do not go together here.
    adjust: (body, { request: { responseFormat = 'text' }, note }) => {
      if (!body['tools'] || !body['response_format']) return
      delete body['response_format']
      body.messages = [{ role: 'system', content: worded(responseFormat, note) }, ...body.messages]
    },
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
