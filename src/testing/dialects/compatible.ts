// A server of no company in particular that speaks Chat Completions: the plain form of everything.
import type { ErrorTable } from '../endpoint.ts'
import { openaiUsage } from '../wires/chat-dialect.ts'
import type { ChatDialect } from '../wires/chat-dialect.ts'
import { strictSchemas, wrong } from '../wires/openai-chat-rules.ts'

/** What every company's errors build on: each gives its own words for some. */
export const plainErrors: ErrorTable = {
  authentication: {
    status: 401,
    message: 'Invalid API key provided.',
    type: 'invalid_request_error',
    code: 'invalid_api_key',
    means: 'authentication',
  },
  permission: {
    status: 403,
    message: 'You are not allowed to use this model.',
    type: 'permission_error',
    means: 'permission',
  },
  rate_limit: {
    status: 429,
    message: 'Rate limit reached. Please try again later.',
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    means: 'rate_limit',
  },
  quota: { status: 402, message: 'Insufficient balance.', type: 'billing_error', means: 'quota' },
  context_window: {
    status: 400,
    message: "This model's maximum context length is 32768 tokens. However, you requested 40962 tokens.",
    type: 'invalid_request_error',
    param: 'messages',
    code: 'context_length_exceeded',
    means: 'context_window',
  },
  content_policy: {
    status: 400,
    message: 'The request was rejected by the content filter.',
    type: 'invalid_request_error',
    code: 'content_filter',
    means: 'content_policy',
  },
  invalid_request: { ...wrong('Invalid value for a parameter.', 'temperature', 'invalid_value'), means: 'invalid_request' },
  request_too_large: {
    status: 413,
    message: 'Request Entity Too Large',
    type: 'invalid_request_error',
    means: 'request_too_large',
  },
  not_found: {
    status: 404,
    message: 'The model `none` does not exist.',
    type: 'invalid_request_error',
    code: 'model_not_found',
    means: 'not_found',
  },
  timeout: { status: 408, message: 'Request timed out.', type: 'timeout', means: 'server_error' },
  overloaded: {
    status: 503,
    message: 'The server is overloaded. Please try again later.',
    type: 'service_unavailable',
    means: 'overloaded',
  },
  server_error: { status: 500, message: 'Internal server error.', type: 'server_error', means: 'server_error' },
}

/** The same for a server at home: nobody there to be paid, and nobody who minds what is said. */
export function localErrors(): ErrorTable {
  const absent = ['permission', 'quota', 'content_policy']
  return Object.fromEntries(Object.entries(plainErrors).filter(([cause]) => !absent.includes(cause)))
}

export const compatible: ChatDialect = {
  name: 'compatible',
  hosts: [],
  keyless: true,
  answerId: (mint) => mint.id('chatcmpl-', 24),
  callId: (mint) => mint.id('call_', 24),
  reasoning: (reasoning_content) => ({ reasoning_content }),
  annotations: true,
  usageAt: 'asked',
  usage: (usage) => ({
    ...openaiUsage(usage),
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  }),
  errors: plainErrors,
  rules: [strictSchemas],
}
