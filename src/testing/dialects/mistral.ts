// Mistral: thinking as typed content, calls without an index, ids of nine characters, and no patience with other fields.
import type { ErrorFacts, JsonObject } from '../endpoint.ts'
import { list, objects, text } from '../read.ts'
import { openaiUsage, said } from '../wires/chat-dialect.ts'
import type { ChatDialect, Rule } from '../wires/chat-dialect.ts'
import { onlyKnows } from '../wires/openai-chat-rules.ts'
import { plainErrors } from './compatible.ts'

const FIELDS = [
  'model', 'messages', 'max_tokens', 'temperature', 'top_p', 'stream', 'stop', 'random_seed', 'metadata', 'n',
  'presence_penalty', 'frequency_penalty', 'response_format', 'tools', 'tool_choice', 'parallel_tool_calls', 'prediction',
  'prompt_mode', 'reasoning_effort', 'safe_prompt', 'prompt_cache_key', 'service_tier', 'guardrails',
]

function rejected(facts: ErrorFacts): ErrorFacts {
  return { ...facts, more: { raw_status_code: facts.status } }
}

/** 422, in the words of the library that checks the body. */
function extra(field: string): ErrorFacts {
  const detail = [{ type: 'extra_forbidden', loc: ['body', field], msg: 'Extra inputs are not permitted', input: null }]
  const body = { object: 'error', message: { detail }, type: 'invalid_request_error', param: null, code: null }
  return { status: 422, message: 'Extra inputs are not permitted', body }
}

const shortIds: Rule = (body) => {
  for (const message of objects(body['messages'])) {
    const ids = [...objects(message['tool_calls']).map((call) => text(call['id'])), text(message['tool_call_id'])]
    const odd = ids.find((id) => id !== '' && !/^[a-zA-Z0-9]{9}$/.test(id))
    if (odd !== undefined) {
      const rule = `Tool call id was ${odd} but must be a-z, A-Z, 0-9, with a length of 9.`
      return rejected({ status: 400, message: rule, type: 'invalid_function_call', code: '3280' })
    }
  }
  return undefined
}

const turnOrder: Rule = (body) => {
  const messages = objects(body['messages'])
  const last = messages.at(-1) ?? {}
  if (last['role'] === 'assistant' && last['prefix'] !== true) {
    const rule = 'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant'
    return rejected({ status: 400, message: rule, type: 'invalid_request_message_order', code: '3230' })
  }
  const empty = messages.some((message) =>
    message['role'] === 'assistant' && list(message['tool_calls']).length === 0
    && (message['content'] === undefined || message['content'] === null || message['content'] === '')
  )
  if (!empty) return undefined
  const rule = 'Assistant message must have either content or tool_calls, but not none.'
  return rejected({ status: 400, message: rule, type: 'invalid_request_assistant_message', code: '3240' })
}

function thinkingPart(thinking: string, more: JsonObject = {}): JsonObject {
  return { type: 'thinking', thinking: [{ type: 'text', text: thinking }], ...more }
}

export const mistral: ChatDialect = {
  name: 'mistral',
  hosts: ['api.mistral.ai'],
  answerId: (mint) => mint.id('', 32, '0123456789abcdef'),
  callId: (mint) => mint.id('', 9),
  reasoning: (thinking) => ({ content: [thinkingPart(thinking)] }),
  calls: 'last',
  call: ({ id, function: named }) => ({ id, function: named }),
  noLogprobs: true,
  usageAt: 'last',
  usage: (usage) => ({
    ...openaiUsage(usage),
    ...(usage.cachedInputTokens > 0 ? { prompt_tokens_details: { cached_tokens: usage.cachedInputTokens } } : {}),
  }),
  message: (message, { blocks }) => {
    const thinking = said(blocks, 'thinking')
    const words = said(blocks, 'text')
    const parts = [thinkingPart(thinking, { closed: true }), ...(words === '' ? [] : [{ type: 'text', text: words }])]
    return { ...message, content: thinking === '' ? words : parts, tool_calls: message['tool_calls'] ?? null }
  },
  headers: (mint) => ({
    'mistral-correlation-id': mint.id('', 32, '0123456789abcdef'),
    'x-ratelimit-limit-tokens-minute': '500000',
    'x-ratelimit-remaining-tokens-minute': '499000',
    'x-ratelimit-limit-req-minute': '60',
    'x-ratelimit-remaining-req-minute': '59',
  }),
  errors: {
    ...plainErrors,
    authentication: { status: 401, message: 'Unauthorized', body: { detail: 'Invalid API Key' }, means: 'authentication' },
    missing_key: {
      status: 401,
      message: 'Unauthorized',
      body: { message: 'Unauthorized', request_id: '0000000000000000' },
      means: 'authentication',
    },
    rate_limit: { ...rejected({ status: 429, message: 'Rate limit exceeded', type: 'rate_limited', code: '1300' }), means: 'rate_limit' },
    context_window: {
      ...rejected({
        status: 400,
        message: 'Prompt contains 150000 tokens and 0 draft tokens, too large for model with 131072 maximum context length',
        type: 'invalid_request_prompt',
        code: '3051',
      }),
      means: 'context_window',
    },
    invalid_request: { ...extra('max_completion_tokens'), means: 'invalid_request' },
    validation: {
      status: 422,
      message: 'Field required',
      body: { detail: [{ type: 'missing', loc: ['body', 'messages'], msg: 'Field required', input: null }] },
      means: 'invalid_request',
    },
    not_found: { ...rejected({ status: 400, message: 'Invalid model: none', type: 'invalid_model', code: '1500' }), means: 'not_found' },
    overloaded: { ...rejected({ status: 503, message: 'Service unavailable.', type: 'unreachable_backend', code: '1100' }), means: 'overloaded' },
    server_error: { ...rejected({ status: 500, message: 'Service unavailable.', type: 'internal_server_error', code: '3000' }), means: 'server_error' },
  },
  failure: ({ message, type, param, code, more }) => ({
    object: 'error', message, type: type ?? null, param: param ?? null, code: code ?? null, ...more,
  }),
  rules: [onlyKnows(FIELDS, extra), shortIds, turnOrder],
}
