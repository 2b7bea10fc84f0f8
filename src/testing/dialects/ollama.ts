// Ollama: no key, reasoning in `reasoning`, a content in every delta, and a prompt too long that is cut in silence.
import { object } from '../read.ts'
import { openaiUsage } from '../wires/chat-dialect.ts'
import type { ChatDialect } from '../wires/chat-dialect.ts'
import { plainErrors } from './compatible.ts'

export const ollama: ChatDialect = {
  name: 'ollama',
  hosts: ['localhost:11434', '127.0.0.1:11434', 'ollama.com'],
  keyless: true,
  answerId: (mint) => `chatcmpl-${100 + mint.number(900)}`,
  callId: (mint) => mint.id('call_', 8, 'abcdefghijklmnopqrstuvwxyz0123456789'),
  reasoning: (reasoning) => ({ reasoning }),
  calls: 'whole',
  noLogprobs: true,
  usageAt: 'asked',
  usage: openaiUsage,
  head: () => ({ system_fingerprint: 'fp_ollama' }),
  choice: ({ index, delta, finish_reason }, { last }) => ({
    index,
    delta: last ? delta : { role: 'assistant', content: '', ...object(delta) },
    finish_reason,
  }),
  errors: {
    ...plainErrors,
    authentication: { status: 401, message: 'Unauthorized', type: 'api_error', means: 'authentication' },
    not_found: { status: 404, message: 'model "none" not found, try pulling it first', type: 'not_found_error', means: 'not_found' },
    invalid_request: { status: 400, message: 'invalid message content type: float64', type: 'invalid_request_error', means: 'invalid_request' },
    native: { status: 404, message: "model 'none' not found", body: { error: "model 'none' not found" }, means: 'not_found' },
    server_error: { status: 500, message: 'llama runner process has terminated: exit status 2', type: 'api_error', means: 'server_error' },
    overloaded: {
      status: 503,
      message: 'server busy, please try again. maximum pending requests exceeded',
      type: 'api_error',
      means: 'overloaded',
    },
  },
  rules: [],
}
