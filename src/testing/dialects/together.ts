// Together: reasoning in `reasoning`, cached tokens at the top of usage, and a 403 for a prompt that is too long.
import { objects } from '../read.ts'
import { openaiUsage } from '../wires/chat-dialect.ts'
import type { ChatDialect } from '../wires/chat-dialect.ts'
import { rejects, wrong } from '../wires/openai-chat-rules.ts'
import { plainErrors } from './compatible.ts'

export const together: ChatDialect = {
  name: 'together',
  hosts: ['api.together.xyz', 'api.together.ai'],
  answerId: (mint) => `${mint.id('', 7)}-${mint.id('', 6)}-${mint.id('', 16, '0123456789abcdef')}`,
  callId: (mint) => mint.id('call_', 24),
  reasoning: (reasoning) => ({ reasoning }),
  usageAt: 'last',
  usage: (usage) => ({ ...openaiUsage(usage), cached_tokens: usage.cachedInputTokens }),
  choice: (choice) => ({ ...choice, seed: null, text: (choice['delta'] as { content?: string }).content ?? '' }),
  chunk: (chunk, { last }) => last ? chunk : { ...chunk, usage: null },
  message: (message) => ({ ...message, tool_calls: message['tool_calls'] ?? [] }),
  body: (body) => ({
    ...body,
    prompt: [],
    choices: objects(body['choices']).map((choice) => ({ ...choice, seed: 1 })),
  }),
  errors: {
    ...plainErrors,
    authentication: {
      status: 401,
      message: 'Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys.',
      type: 'invalid_request_error',
      code: 'invalid_api_key',
      means: 'authentication',
    },
    quota: {
      status: 402,
      message: 'Credit limit exceeded, please navigate to https://api.together.ai/settings/billing to add credit.',
      type: 'credit_limit',
      means: 'quota',
    },
    // A 403 says something else here.
    permission: { status: 401, message: 'You do not have access to this model.', type: 'invalid_request_error', means: 'authentication' },
    // Not a matter of keys: the prompt and `max_tokens` together are longer than the window.
    context_window: {
      status: 403,
      message: 'This request exceeds the context window: `inputs` tokens + `max_new_tokens` must be <= 32769.',
      type: 'invalid_request_error',
      means: 'context_window',
    },
    context_window_422: {
      status: 422,
      message: 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 32769. Given: 32000 `inputs` tokens and 4096 `max_new_tokens`',
      type: 'invalid_request_error',
      param: 'max_tokens',
      means: 'context_window',
    },
    plain_text: {
      status: 400,
      message: 'Unable to parse the request.',
      body: { error: 'Unable to parse the request.' },
      means: 'invalid_request',
    },
  },
  rules: [
    rejects(['logprobs'], () => wrong("'logprobs' must be an integer", 'logprobs'), (body) => typeof body['logprobs'] !== 'number'),
  ],
}
