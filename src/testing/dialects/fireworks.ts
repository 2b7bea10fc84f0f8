// Fireworks: usage on the last chunk, errors that name their object, and an edge that fails in words of its own.
import { openaiFailure, openaiUsage, uuid } from '../wires/chat-dialect.ts'
import type { ChatDialect } from '../wires/chat-dialect.ts'
import { strictSchemas } from '../wires/openai-chat-rules.ts'
import { plainErrors } from './compatible.ts'

export const fireworks: ChatDialect = {
  name: 'fireworks',
  hosts: ['api.fireworks.ai'],
  answerId: uuid,
  callId: (mint) => mint.id('call_', 24),
  reasoning: (reasoning_content) => ({ reasoning_content }),
  usageAt: 'last',
  usage: (usage) => ({
    ...openaiUsage(usage),
    ...(usage.cachedInputTokens > 0 ? { prompt_tokens_details: { cached_tokens: usage.cachedInputTokens } } : {}),
  }),
  chunk: (chunk, { last }) => last ? chunk : { ...chunk, usage: null },
  errors: {
    ...plainErrors,
    authentication: { status: 401, message: 'The API key you provided is invalid.', type: 'error', code: 'UNAUTHORIZED', means: 'authentication' },
    quota: { status: 402, message: 'Account is out of credits.', type: 'error', code: 'PAYMENT_REQUIRED', means: 'quota' },
    context_window: {
      status: 400,
      message: 'The prompt is too long: 150000, model maximum context length: 131071',
      type: 'invalid_request_error',
      code: 'invalid_request_error',
      means: 'context_window',
    },
    suspended: {
      status: 412,
      message: 'Account is suspended.',
      type: 'error',
      code: 'PRECONDITION_FAILED',
      means: 'permission',
    },
    not_found: {
      status: 404,
      message: 'Model not found, inaccessible, and/or not deployed',
      type: 'error',
      code: 'NOT_FOUND',
      means: 'not_found',
    },
    edge: {
      status: 500,
      message: 'Execution of the request failed',
      body: { fault: { faultstring: 'Execution of the request failed', detail: { errorcode: 'steps.ExecutionFailed' } } },
      means: 'server_error',
    },
    overloaded: { status: 503, message: 'The service is overloaded.', type: 'error', code: 'SERVICE_UNAVAILABLE', means: 'overloaded' },
  },
  failure: (facts) => openaiFailure({ ...facts, more: { object: 'error', ...facts.more } }),
  rules: [strictSchemas],
}
