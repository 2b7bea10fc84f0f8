// OpenAI's own Chat Completions: hidden reasoning, usage on demand, and reasoning models that refuse the old parameters.
import type { ErrorFacts, ErrorTable } from '../endpoint.ts'
import { list, number, object, objects, text } from '../read.ts'
import { openaiUsage } from '../wires/chat-dialect.ts'
import type { ChatDialect, Rule } from '../wires/chat-dialect.ts'
import { onlyKnows, strictSchemas, wrong } from '../wires/openai-chat-rules.ts'
import { efforts } from './openai-models.ts'

export const CHAT_FIELDS: readonly string[] = [
  'model', 'messages', 'max_completion_tokens', 'max_tokens', 'temperature', 'top_p', 'frequency_penalty',
  'presence_penalty', 'logit_bias', 'logprobs', 'top_logprobs', 'n', 'stop', 'seed', 'stream', 'stream_options',
  'reasoning_effort', 'verbosity', 'response_format', 'tools', 'tool_choice', 'parallel_tool_calls', 'prediction',
  'modalities', 'audio', 'web_search_options', 'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options',
  'safety_identifier', 'user', 'store', 'metadata', 'service_tier', 'moderation', 'functions', 'function_call',
]

const errors: ErrorTable = {
  authentication: {
    status: 401,
    message: 'Incorrect API key provided: sk-wrong**********0000. You can find your API key at https://platform.openai.com/account/api-keys.',
    type: 'invalid_request_error',
    code: 'invalid_api_key',
    means: 'authentication',
  },
  missing_key: {
    status: 401,
    message: "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
      + '(i.e. Authorization: Bearer YOUR_KEY).',
    type: 'invalid_request_error',
    means: 'authentication',
  },
  invalid_organization: {
    status: 401,
    message: 'No such organization: org-none.',
    type: 'invalid_request_error',
    code: 'invalid_organization',
    means: 'authentication',
  },
  permission: {
    status: 403,
    message: 'Country, region, or territory not supported',
    type: 'request_forbidden',
    code: 'unsupported_country_region_territory',
    means: 'permission',
  },
  rate_limit: {
    status: 429,
    message: 'Rate limit reached for gpt-5.4-mini in organization org-1 on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.',
    type: 'requests',
    code: 'rate_limit_exceeded',
    means: 'rate_limit',
  },
  rate_limit_tokens: {
    status: 429,
    message: 'Rate limit reached for gpt-5.4-mini in organization org-1 on tokens per min (TPM): Limit 200000, Used 199000, Requested 2000. Please try again in 300ms.',
    type: 'tokens',
    code: 'rate_limit_exceeded',
    means: 'rate_limit',
  },
  slow_down: {
    status: 429,
    message: 'Slow down: your request rate has increased too quickly.',
    type: 'rate_limit_error',
    code: 'slow_down',
    means: 'rate_limit',
  },
  tokens_per_minute: {
    status: 429,
    message: 'Request too large for gpt-5.4-mini in organization org-1 on tokens per min (TPM): Limit 30000, Requested 40962. The input or output tokens must be reduced in order to run successfully.',
    type: 'tokens',
    code: 'rate_limit_exceeded',
    means: 'request_too_large',
  },
  ...quotas(),
  context_window: {
    status: 400,
    message: "This model's maximum context length is 128000 tokens. However, your messages resulted in 150000 tokens. Please reduce the length of the messages.",
    type: 'invalid_request_error',
    param: 'messages',
    code: 'context_length_exceeded',
    means: 'context_window',
  },
  content_policy: {
    status: 400,
    message: 'Invalid prompt: your prompt was flagged as potentially violating our usage policy.',
    type: 'invalid_request_error',
    code: 'invalid_prompt',
    means: 'content_policy',
  },
  content_policy_violation: {
    status: 400,
    message: 'Your request was rejected as a result of our safety system.',
    type: 'invalid_request_error',
    code: 'content_policy_violation',
    means: 'content_policy',
  },
  invalid_request: {
    status: 400,
    message: "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an integer instead.",
    type: 'invalid_request_error',
    param: 'messages[0].content',
    code: 'invalid_type',
    means: 'invalid_request',
  },
  unsupported_parameter: {
    ...wrong(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
      'unsupported_parameter',
    ),
    means: 'invalid_request',
  },
  invalid_function_parameters: {
    ...wrong(
      "Invalid schema for function 'lookup': In context=(), 'additionalProperties' is required to be supplied and to be false.",
      'tools[0].function.parameters',
      'invalid_function_parameters',
    ),
    means: 'invalid_request',
  },
  request_too_large: {
    status: 413,
    message: 'Request Entity Too Large',
    body: '<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n</body>\r\n</html>\r\n',
    means: 'request_too_large',
  },
  not_found: {
    status: 404,
    message: 'The model `gpt-0` does not exist or you do not have access to it.',
    type: 'invalid_request_error',
    code: 'model_not_found',
    means: 'not_found',
  },
  timeout: { status: 408, message: 'Request timed out.', type: 'server_error', means: 'server_error' },
  overloaded: {
    status: 503,
    message: 'The server is currently overloaded. Please try again later.',
    type: 'service_unavailable_error',
    code: 'server_is_overloaded',
    means: 'overloaded',
  },
  server_error: {
    status: 500,
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
    means: 'server_error',
  },
  bad_gateway: {
    status: 502,
    message: 'Bad gateway',
    body: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n',
    means: 'server_error',
  },
}

/** Each of the ways in which money runs out: all of them 429, none of them worth a retry. */
function quotas(): ErrorTable {
  const messages: { readonly [code: string]: string } = {
    insufficient_quota: 'You exceeded your current quota, please check your plan and billing details.',
    credit_balance_exhausted: 'Your credit balance is exhausted.',
    organization_spend_limit_exceeded: "Your organization's spend limit has been reached.",
    project_spend_limit_exceeded: "Your project's spend limit has been reached.",
    organization_usage_limit_exceeded: "Your organization's usage limit has been reached.",
  }
  return Object.fromEntries(Object.entries(messages).map(([code, message]) => [
    code === 'insufficient_quota' ? 'quota' : code,
    { status: 429, message, type: 'insufficient_quota', code, means: 'quota' },
  ]))
}

export const reasoningModels: Rule = (body) => {
  const model = text(body['model'])
  const accepted = efforts(model)
  const effort = text(body['reasoning_effort'])
  if (accepted === undefined) {
    return effort === '' ? undefined : wrong('Unrecognized request argument supplied: reasoning_effort')
  }
  if (effort !== '' && !accepted.includes(effort)) {
    const values = accepted.map((value) => `'${value}'`).join(', ')
    const message = `Unsupported value: 'reasoning_effort' does not support '${effort}' with this model. Supported values are: ${values}.`
    return wrong(message, 'reasoning_effort', 'unsupported_value')
  }
  if (body['max_tokens'] !== undefined) return unsupported('max_tokens', " Use 'max_completion_tokens' instead.")
  for (const field of ['frequency_penalty', 'presence_penalty', 'logit_bias']) {
    if (body[field] !== undefined) return unsupported(field)
  }
  if (/^o[34]/.test(model) && body['stop'] !== undefined) return unsupported('stop')
  const thinks = (effort || accepted[0]) !== 'none'
  if (/^gpt-5\.6/.test(model) && thinks && list(body['tools']).length > 0) {
    return wrong(`Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. Please use /v1/responses instead.`, 'reasoning_effort')
  }
  if (!thinks) return undefined
  if (body['logprobs'] === true || body['top_logprobs'] !== undefined) return unsupported('logprobs')
  for (const field of ['temperature', 'top_p']) {
    const value = body[field]
    if (value !== undefined && value !== null && value !== 1) {
      const message = `Unsupported value: '${field}' does not support ${String(value)} with this model. Only the default (1) value is supported.`
      return wrong(message, field, 'unsupported_value')
    }
  }
  return undefined
}

function unsupported(field: string, instead = ''): ErrorFacts {
  const message = `Unsupported parameter: '${field}' is not supported with this model.${instead}`
  return wrong(message, field, 'unsupported_parameter')
}

const ranges: Rule = (body) => {
  const stops = list(body['stop']).length
  if (stops > 4) {
    const message = `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${stops} instead.`
    return wrong(message, 'stop', 'array_above_max_length')
  }
  for (const [field, low, high] of [['temperature', 0, 2], ['top_p', 0, 1]] as const) {
    const value = number(body[field])
    if (value === undefined || (value >= low && value <= high)) continue
    const [side, sign, limit] = value < low ? ['below minimum', '>=', low] : ['above maximum', '<=', high]
    const message = `Invalid '${field}': decimal ${side} value. Expected a value ${sign} ${limit}, but got ${value} instead.`
    return wrong(message, field, value < low ? 'decimal_below_min_value' : 'decimal_above_max_value')
  }
  return undefined
}

/** Fields that only make sense beside another. */
const pairs: Rule = (body) => {
  if (body['stream'] !== true && body['stream_options'] !== undefined) {
    return wrong("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  }
  if (list(body['tools']).length === 0) {
    for (const field of ['parallel_tool_calls', 'tool_choice']) {
      if (body[field] === undefined || body[field] === 'none') continue
      return wrong(`Invalid value for '${field}': '${field}' is only allowed when 'tools' are specified.`, field)
    }
  }
  if (body['top_logprobs'] !== undefined && body['logprobs'] !== true) {
    return wrong("'logprobs' must be true when 'top_logprobs' is set.", 'top_logprobs')
  }
  const wantsJson = object(body['response_format'])['type'] === 'json_object'
  if (wantsJson && !/json/i.test(JSON.stringify(body['messages']))) {
    const message = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    return wrong(message, 'messages')
  }
  return undefined
}

const contents: Rule = (body) => {
  for (const [i, tool] of objects(body['tools']).entries()) {
    const name = tool['type'] === 'custom' ? object(tool['custom'])['name'] : object(tool['function'])['name']
    if (/^[a-zA-Z0-9_-]{1,64}$/.test(text(name))) continue
    const param = `tools[${i}].function.name`
    const rule = "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
    return wrong(`Invalid '${param}': string does not match pattern. ${rule}`, param, 'invalid_value')
  }
  for (const [i, message] of objects(body['messages']).entries()) {
    if (message['role'] !== 'tool') continue
    const alien = objects(message['content']).find((part) => part['type'] !== 'text')
    if (alien === undefined) continue
    const rule = `Image URLs are only allowed for messages with role 'user', but this message with role 'tool' contains an image URL.`
    return wrong(`Invalid 'messages[${i}]'. ${rule}`, `messages[${i}]`, 'invalid_value')
  }
  return undefined
}

/** What its models refuse, wherever they are hosted. */
export const openaiRules: readonly Rule[] = [ranges, pairs, contents]

export const openai: ChatDialect = {
  name: 'openai',
  hosts: ['api.openai.com'],
  answerId: (mint) => mint.id('chatcmpl-', 29),
  callId: (mint) => mint.id('call_', 24),
  opening: { role: 'assistant', content: '', refusal: null },
  annotations: true,
  usageAt: 'asked',
  usage: (usage) => ({
    ...openaiUsage(usage),
    prompt_tokens_details: {
      cached_tokens: usage.cachedInputTokens,
      audio_tokens: 0,
      ...(usage.cacheWriteTokens > 0 ? { cache_write_tokens: usage.cacheWriteTokens } : {}),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }),
  head: () => ({ service_tier: 'default', system_fingerprint: null }),
  chunk: (chunk, { options, mint }) => ({
    ...chunk,
    ...(options['include_usage'] === true ? { usage: null } : {}),
    ...(options['include_obfuscation'] === false ? {} : { obfuscation: mint.id('', 1 + mint.number(15)) }),
  }),
  message: (message) => ({ refusal: null, annotations: [], ...message }),
  headers: (mint) => ({
    'x-request-id': mint.id('req_', 32, '0123456789abcdef'),
    'openai-version': '2020-10-01',
    'openai-organization': 'org-simulated',
    'openai-processing-ms': '42',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-remaining-requests': '9999',
    'x-ratelimit-reset-requests': '6ms',
    'x-ratelimit-limit-tokens': '200000',
    'x-ratelimit-remaining-tokens': '199000',
    'x-ratelimit-reset-tokens': '300ms',
  }),
  errors,
  rules: [
    onlyKnows(CHAT_FIELDS, (field) => wrong(`Unknown parameter: '${field}'.`, field, 'unknown_parameter')),
    reasoningModels, ...openaiRules, strictSchemas,
  ],
}
