// The vLLM server: the current reasoning field, every nullable member spelt out, and error codes that are numbers.
import { objects } from '../read.ts'
import { openaiUsage } from '../wires/chat-dialect.ts'
import type { ChatDialect } from '../wires/chat-dialect.ts'
import { localErrors } from './compatible.ts'

export const vllm: ChatDialect = {
  name: 'vllm',
  hosts: ['localhost:8000', '127.0.0.1:8000'],
  keyless: true,
  answerId: (mint) => mint.id('chatcmpl-', 16, '0123456789abcdef'),
  callId: (mint) => mint.id('chatcmpl-tool-', 16, '0123456789abcdef'),
  reasoning: (reasoning) => ({ reasoning }),
  usageAt: 'asked',
  usage: (usage) => ({
    ...openaiUsage(usage),
    prompt_tokens_details: usage.cachedInputTokens > 0 ? { cached_tokens: usage.cachedInputTokens } : null,
    ...(usage.reasoningTokens > 0 ? { completion_tokens_details: { reasoning_tokens: usage.reasoningTokens } } : {}),
  }),
  choice: (choice, { last }) => ({ ...choice, ...(last ? { stop_reason: null } : {}), token_ids: null }),
  chunk: (chunk, { first }) => first ? { ...chunk, prompt_token_ids: null } : chunk,
  message: (message) => ({ refusal: null, annotations: null, audio: null, function_call: null, tool_calls: [], reasoning: null, ...message }),
  body: (body) => ({
    ...body,
    service_tier: null,
    system_fingerprint: null,
    prompt_logprobs: null,
    prompt_token_ids: null,
    kv_transfer_params: null,
    choices: objects(body['choices']).map((choice) => ({ ...choice, stop_reason: null, token_ids: null })),
  }),
  finish: { error: 'abort' },
  errors: {
    ...localErrors(),
    authentication: { status: 401, message: 'Unauthorized', body: { error: 'Unauthorized' }, means: 'authentication' },
    context_window: {
      status: 400,
      message: "You passed 40000 input tokens and requested 1024 output tokens. However, the model's context length is only 32768 tokens, resulting in a maximum input length of 31744 tokens. Please reduce the length of the input prompt.",
      type: 'BadRequestError',
      param: 'input_tokens',
      code: 400,
      means: 'context_window',
    },
    context_window_old: {
      status: 400,
      message: "This model's maximum context length is 32768 tokens. However, you requested 40962 tokens in the messages, Please reduce the length of the messages.",
      body: {
        object: 'error',
        message: "This model's maximum context length is 32768 tokens. However, you requested 40962 tokens in the messages, Please reduce the length of the messages.",
        type: 'BadRequestError',
        param: null,
        code: 400,
      },
      means: 'context_window',
    },
    invalid_request: {
      status: 400,
      message: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
      type: 'BadRequestError',
      code: 400,
      means: 'invalid_request',
    },
    not_found: { status: 404, message: 'The model `none` does not exist.', type: 'NotFoundError', param: 'model', code: 404, means: 'not_found' },
    overloaded: { status: 503, message: 'The server is overloaded.', type: 'ServiceUnavailableError', code: 503, means: 'overloaded' },
    server_error: { status: 500, message: 'Internal server error', type: 'InternalServerError', code: 500, means: 'server_error' },
  },
  failure: ({ message, type, param, code, status }) => ({
    error: { message, type: type ?? 'BadRequestError', param: param ?? null, code: typeof code === 'number' ? code : status },
  }),
  failureFrames: ({ message, type, param, status }) => [
    { data: { error: { message, type: type ?? 'InternalServerError', param: param ?? null, code: status } } },
    { data: '[DONE]' },
  ],
  rules: [],
}
