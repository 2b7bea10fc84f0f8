// OpenAI's own Responses: what it says of failures, and in which headers.
import type { ErrorTable } from '../endpoint.ts'
import { openaiFailure } from '../wires/chat-dialect.ts'
import { wrong } from '../wires/openai-chat-rules.ts'
import type { ResponsesDialect } from '../wires/openai-responses-dialect.ts'
import { openai } from './openai.ts'

const window = 'Your input exceeds the context window of this model. Please adjust your input and try again.'

/** Of what is told inside the 200, once a stream has begun. */
const inside: ErrorTable = {
  context_window_in_stream: { ...wrong(window, 'input', 'context_length_exceeded'), inside: true, means: 'context_window' },
  quota_in_stream: { ...openai.errors['quota']!, inside: true },
  bio_policy: {
    ...wrong('This request was flagged for a potential biological risk.', null, 'bio_policy'),
    inside: true,
    means: 'content_policy',
  },
}

export const responsesErrors: ErrorTable = {
  ...openai.errors,
  context_window: { ...wrong(window, 'input', 'context_length_exceeded'), means: 'context_window' },
  invalid_request: {
    ...wrong("Invalid type for 'input[0].content': expected one of an array of objects or string, but got an integer instead.", 'input[0].content', 'invalid_type'),
    means: 'invalid_request',
  },
  // A 404 under Chat Completions.
  not_found: { ...wrong("The requested model 'gpt-0' does not exist.", 'model', 'model_not_found'), means: 'not_found' },
  unsupported_parameter: {
    ...wrong("Unsupported parameter: 'temperature' is not supported with this model.", 'temperature'),
    means: 'invalid_request',
  },
  lonely_reasoning: {
    ...wrong("Item 'rs_68c42de022c8' of type 'reasoning' was provided without its required following item.", 'input'),
    means: 'invalid_request',
  },
  previous_response_not_found: {
    ...wrong("Previous response with id 'resp_none' not found.", 'previous_response_id', 'previous_response_not_found'),
    means: 'not_found',
  },
  ...inside,
}

export const openaiResponses: ResponsesDialect = {
  name: 'openai',
  at: (url) => url.host === 'api.openai.com' || url.host.endsWith('.api.openai.com'),
  key: ({ headers }) => /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1],
  errors: responsesErrors,
  headers: (mint) => openai.headers?.(mint) ?? {},
  failure: (facts) => facts.body ?? openaiFailure(facts),
  more: () => ({ service_tier: 'default' }),
  cached: ({ cachedInputTokens, cacheWriteTokens }) => ({
    cached_tokens: cachedInputTokens,
    ...(cacheWriteTokens > 0 ? { cache_write_tokens: cacheWriteTokens } : {}),
  }),
}
