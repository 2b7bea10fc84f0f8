// Grok's company, xAI: reasoning tokens beside the completion's, no finish_reason until the end, and errors that are bare text.
import { openaiUsage, uuid } from '../wires/chat-dialect.ts'
import type { ChatDialect } from '../wires/chat-dialect.ts'
import { rejects, wrong } from '../wires/openai-chat-rules.ts'
import { plainErrors } from './compatible.ts'

const INVALID = 'Client specified an invalid argument'

export const xai: ChatDialect = {
  name: 'xai',
  hosts: ['api.x.ai'],
  answerId: uuid,
  callId: (mint) => mint.id('call_', 8, '0123456789'),
  reasoning: (reasoning_content) => ({ reasoning_content }),
  calls: 'whole',
  noLogprobs: true,
  usageAt: 'own',
  usage: (usage) => ({
    ...openaiUsage(usage),
    completion_tokens: usage.outputTokens - usage.reasoningTokens,
    prompt_tokens_details: {
      text_tokens: usage.inputTokens,
      audio_tokens: 0,
      image_tokens: 0,
      cached_tokens: usage.cachedInputTokens,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    num_sources_used: 0,
    cost_in_usd_ticks: usage.totalTokens * 10_000,
  }),
  head: () => ({ system_fingerprint: 'fp_simulated' }),
  choice: ({ index, delta, finish_reason }, { last }) => ({ index, delta, ...(last ? { finish_reason } : {}) }),
  message: (message) => ({ ...message, refusal: message['refusal'] ?? null }),
  errors: {
    ...plainErrors,
    // A bad key is a bad argument here.
    authentication: {
      status: 400,
      message: 'Incorrect API key provided: xa***00. You can obtain an API key from https://console.x.ai.',
      code: INVALID,
      means: 'authentication',
    },
    context_window: {
      status: 400,
      message: "This model's maximum prompt length is 131072 but the request contains 150000 tokens.",
      code: INVALID,
      means: 'context_window',
    },
    invalid_request: {
      status: 400,
      message: 'Model grok-4 does not support parameter presencePenalty.',
      code: INVALID,
      means: 'invalid_request',
    },
    not_found: {
      status: 404,
      message: 'The model none does not exist or your team does not have access to it.',
      code: 'Some requested entity was not found',
      means: 'not_found',
    },
    rate_limit: {
      status: 429,
      message: 'Too many requests for team. Please slow down.',
      code: 'Some resource has been exhausted',
      means: 'rate_limit',
    },
    server_error: {
      status: 500,
      message: 'Internal server error.',
      code: 'Internal error',
      means: 'server_error',
    },
    overloaded: {
      status: 503,
      message: 'The service is currently unavailable.',
      code: 'The service is currently unavailable',
      means: 'overloaded',
    },
  },
  failure: ({ message, code }) => ({ code: code ?? INVALID, error: message }),
  rules: [
    rejects(
      ['presence_penalty', 'frequency_penalty', 'stop'],
      (field) => ({ ...wrong(`Argument not supported on this model: ${field}`), code: INVALID }),
      (body) => /grok-(4|3-mini)(?!.*non-reasoning)/.test(String(body['model'])),
    ),
  ],
}
