// DeepSeek: reasoning that must come back, cache hits and misses in usage, and comments while a request waits.
import { list, object, objects, text } from '../read.ts'
import { openaiUsage, uuid } from '../wires/chat-dialect.ts'
import type { ChatDialect, Rule } from '../wires/chat-dialect.ts'
import { strictSchemas, wrong } from '../wires/openai-chat-rules.ts'
import { plainErrors } from './compatible.ts'

const code = 'invalid_request_error'

/** Thinking is on unless it is turned off. */
function thinks(body: object): boolean {
  const { model, thinking } = body as { readonly model?: unknown; readonly thinking?: unknown }
  const type = object(thinking)['type']
  return type === undefined ? !/deepseek-chat/.test(text(model)) : type === 'enabled'
}

const replayed: Rule = (body) => {
  if (!thinks(body)) return undefined
  const lost = objects(body['messages']).some((message) =>
    message['role'] === 'assistant' && list(message['tool_calls']).length > 0 && typeof message['reasoning_content'] !== 'string'
  )
  return lost ? wrong('The `reasoning_content` in the thinking mode must be passed back to the API.', null, code) : undefined
}

const choices: Rule = (body) => {
  const choice = body['tool_choice']
  const forced = choice !== undefined && choice !== 'auto' && choice !== 'none'
  return forced && thinks(body) ? wrong('deepseek-reasoner does not support this tool_choice', null, code) : undefined
}

const formats: Rule = (body) => {
  const { type } = object(body['response_format'])
  if (type === 'json_schema') return wrong('This response_format type is unavailable now', null, code)
  const silent = type === 'json_object' && !/json/i.test(JSON.stringify(body['messages']))
  return silent ? wrong("Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.", null, code) : undefined
}

export const deepseek: ChatDialect = {
  name: 'deepseek',
  hosts: ['api.deepseek.com'],
  answerId: uuid,
  callId: (mint) => mint.id('call_00_', 24),
  opening: { role: 'assistant', content: null, reasoning_content: '' },
  reasoning: (reasoning_content) => ({ reasoning_content }),
  usageAt: 'last',
  usage: (usage) => ({
    ...openaiUsage(usage),
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    prompt_cache_hit_tokens: usage.cachedInputTokens,
    prompt_cache_miss_tokens: usage.inputTokens - usage.cachedInputTokens,
  }),
  head: () => ({ system_fingerprint: 'fp_simulated' }),
  choice: (choice, { first, last }) => {
    const delta = object(choice['delta'])
    const alternating = first || last || 'tool_calls' in delta ? delta : { content: null, reasoning_content: null, ...delta }
    return { ...choice, delta: alternating }
  },
  message: ({ tool_calls: calls, ...message }) => ({
    ...message,
    ...(calls === undefined ? {} : { tool_calls: objects(calls).map((call, index) => ({ index, ...call })) }),
  }),
  keepAlive: 'keep-alive',
  finish: { error: 'insufficient_system_resource' },
  errors: {
    ...plainErrors,
    authentication: {
      status: 401,
      message: 'Authentication Fails, Your api key: ****0000 is invalid',
      type: 'authentication_error',
      code,
      means: 'authentication',
    },
    quota: { status: 402, message: 'Insufficient Balance', type: 'unknown_error', code, means: 'quota' },
    // No code of its own: only the words tell.
    context_window: {
      status: 400,
      message: "This model's maximum context length is 131072 tokens. However, you requested 150000 tokens (150000 in the messages, 0 in the completion). Please reduce the length of the messages or completion.",
      type: 'invalid_request_error',
      code,
      means: 'context_window',
    },
    content_policy: {
      status: 400,
      message: 'Content Exists Risk',
      type: 'invalid_request_error',
      code,
      means: 'content_policy',
    },
    unprocessable: {
      status: 422,
      message: 'Failed to deserialize the JSON body into the target type: messages[0]: missing field `role` at line 1 column 40',
      type: 'invalid_request_error',
      code,
      means: 'invalid_request',
    },
    not_found: { status: 400, message: 'Model Not Exist', type: 'invalid_request_error', code, means: 'not_found' },
    overloaded: { status: 503, message: 'Service is too busy.', type: 'service_unavailable_error', means: 'overloaded' },
  },
  rules: [replayed, choices, formats, strictSchemas],
}
