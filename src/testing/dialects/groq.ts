// Groq: reasoning in `reasoning`, whole tool calls, usage twice on the last chunk, and calls that fail inside a 200.
import { objects, text } from '../read.ts'
import { openaiFailure, openaiUsage, uuid } from '../wires/chat-dialect.ts'
import type { ChatDialect, Rule } from '../wires/chat-dialect.ts'
import { rejects, wrong } from '../wires/openai-chat-rules.ts'
import { plainErrors } from './compatible.ts'

const unnamed: Rule = (body) => {
  for (const [i, message] of objects(body['messages']).entries()) {
    if (message['name'] === undefined) continue
    const role = text(message['role'])
    return wrong(`'messages.${i}' : for 'role:${role}' the following must be satisfied[('messages.${i}' : property 'name' is unsupported)]`)
  }
  return undefined
}

const notBoth: Rule = (body) => {
  const format = (body['response_format'] as { type?: unknown } | undefined)?.type
  const json = format === 'json_object' || format === 'json_schema'
  return json && objects(body['tools']).length > 0 ? wrong('json mode cannot be combined with tool/function calling') : undefined
}

export const groq: ChatDialect = {
  name: 'groq',
  hosts: ['api.groq.com'],
  answerId: (mint) => `chatcmpl-${uuid(mint)}`,
  callId: (mint) => mint.id('fc_', 32, '0123456789abcdef'),
  reasoning: (reasoning) => ({ reasoning }),
  calls: 'whole',
  // The order of a call's members is theirs.
  call: ({ id, type, function: named, index }) => ({ id, type, function: named, index }),
  usageAt: 'last',
  usage: (usage) => ({
    queue_time: 0.01,
    ...openaiUsage(usage),
    prompt_time: 0.01,
    completion_time: 0.1,
    total_time: 0.11,
    ...(usage.cachedInputTokens > 0 ? { prompt_tokens_details: { cached_tokens: usage.cachedInputTokens } } : {}),
    ...(usage.reasoningTokens > 0 ? { completion_tokens_details: { reasoning_tokens: usage.reasoningTokens } } : {}),
  }),
  head: () => ({ system_fingerprint: 'fp_simulated' }),
  chunk: (chunk, { first, last, usage, reply }) => {
    const id = `req_${reply.id.slice(-12)}`
    if (first) return { ...chunk, x_groq: { id, seed: 1 } }
    return last ? { ...chunk, x_groq: { id, usage } } : chunk
  },
  body: (body, reply) => ({ ...body, usage_breakdown: null, x_groq: { id: `req_${reply.id.slice(-12)}` }, service_tier: 'on_demand' }),
  headers: (mint) => ({
    'x-request-id': mint.id('req_', 26),
    'x-ratelimit-limit-requests': '14400',
    'x-ratelimit-limit-tokens': '6000',
    'x-ratelimit-remaining-requests': '14399',
    'x-ratelimit-remaining-tokens': '5900',
    'x-ratelimit-reset-requests': '6s',
    'x-ratelimit-reset-tokens': '1.2s',
  }),
  errors: {
    ...plainErrors,
    authentication: {
      status: 401,
      message: 'Invalid API Key',
      type: 'invalid_request_error',
      code: 'invalid_api_key',
      means: 'authentication',
    },
    rate_limit: {
      status: 429,
      message: 'Rate limit reached for model `openai/gpt-oss-120b` in organization `org_1` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Used 5900, Requested 300. Please try again in 2s.',
      type: 'tokens',
      code: 'rate_limit_exceeded',
      means: 'rate_limit',
    },
    // A quota of tokens a minute that one request is too large for: it says rate limit, and waiting cannot help.
    tokens_per_minute: {
      status: 413,
      message: 'Request too large for model `openai/gpt-oss-120b` in organization `org_1` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size and try again.',
      type: 'tokens',
      code: 'rate_limit_exceeded',
      means: 'request_too_large',
    },
    capacity: {
      status: 498,
      message: 'Flex tier capacity exceeded, please try again later.',
      type: 'capacity_exceeded',
      code: 'capacity_exceeded',
      means: 'rate_limit',
    },
    context_window: {
      status: 400,
      message: 'Please reduce the length of the messages or completion.',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
      means: 'context_window',
    },
    not_found: {
      status: 404,
      message: 'The model `none` does not exist or you do not have access to it.',
      type: 'invalid_request_error',
      code: 'model_not_found',
      means: 'not_found',
    },
    tool_use_failed: {
      status: 400,
      message: "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.",
      type: 'invalid_request_error',
      code: 'tool_use_failed',
      more: { failed_generation: '{"name": "lookup", "arguments": {"q": 1}}' },
      inside: true,
      means: 'invalid_response',
    },
    overloaded: { status: 503, message: 'Service unavailable', type: 'internal_server_error', means: 'overloaded' },
    server_error: { status: 500, message: 'Internal server error', type: 'internal_server_error', means: 'server_error' },
  },
  // Members that have nothing to say are left out.
  failure: ({ message, type, param, code, more }) => ({
    error: { message, type: type ?? 'invalid_request_error', ...(param ? { param } : {}), ...(code ? { code } : {}), ...more },
  }),
  failureFrames: (facts) => {
    const { error } = openaiFailure(facts) as { error: object }
    return [{ event: 'error', data: { error: { ...error, status_code: facts.status } } }]
  },
  rules: [
    rejects(['logprobs', 'top_logprobs', 'logit_bias'], (field) => wrong(`property '${field}' is unsupported`)),
    rejects(['n'], () => wrong("'n' : number must be at most 1"), (body) => body['n'] !== 1),
    unnamed,
    notBoth,
  ],
}
