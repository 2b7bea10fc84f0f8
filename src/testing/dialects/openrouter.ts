// OpenRouter: comments while it waits, reasoning twice over, a price on the usage, and errors inside a 200.
import type { ErrorFacts, JsonObject } from '../endpoint.ts'
import { object, objects } from '../read.ts'
import { openaiUsage, said } from '../wires/chat-dialect.ts'
import type { ChatDialect } from '../wires/chat-dialect.ts'
import { plainErrors } from './compatible.ts'

const FORMAT = 'anthropic-claude-v1'

function failure({ message, code, status, more }: ErrorFacts): JsonObject {
  return { error: { code: typeof code === 'number' ? code : status, message, ...more }, user_id: 'user_simulated' }
}

/** The same error with the name that the newer answers give it. */
function typed(error_type: string, more: JsonObject = {}): { readonly more: JsonObject } {
  return { more: { metadata: { error_type, ...more } } }
}

/** The word of the company behind it. */
function ownWord(reason: unknown): unknown {
  return reason === 'stop' ? 'completed' : reason
}

export const openrouter: ChatDialect = {
  name: 'openrouter',
  hosts: ['openrouter.ai'],
  answerId: (mint) => `gen-1790000000-${mint.id('', 20)}`,
  callId: (mint) => mint.id('call_', 24),
  reasoning: (text) => ({
    reasoning: text,
    reasoning_details: [{ type: 'reasoning.text', text, format: FORMAT, index: 0 }],
  }),
  sealed: (signature) => ({ reasoning: null, reasoning_details: [{ type: 'reasoning.text', signature, format: FORMAT, index: 0 }] }),
  redacted: (data) => ({ reasoning: null, reasoning_details: [{ type: 'reasoning.encrypted', data, format: FORMAT, index: 0 }] }),
  annotations: true,
  usageAt: 'choice',
  usage: (usage) => {
    const [prompt, completions] = [usage.inputTokens / 1e6, usage.outputTokens * 4 / 1e6]
    return {
      ...openaiUsage(usage),
      cost: Number((prompt + completions).toFixed(9)),
      is_byok: false,
      prompt_tokens_details: {
        cached_tokens: usage.cachedInputTokens,
        cache_write_tokens: usage.cacheWriteTokens,
        audio_tokens: 0,
      },
      cost_details: {
        upstream_inference_cost: null,
        upstream_inference_prompt_cost: prompt,
        upstream_inference_completions_cost: completions,
      },
      completion_tokens_details: { reasoning_tokens: usage.reasoningTokens, image_tokens: 0 },
    }
  },
  head: () => ({ provider: 'Simulated' }),
  choice: ({ index, delta, finish_reason, logprobs }) => ({
    index,
    // Every delta repeats the role, and a content where there is none.
    delta: { role: 'assistant', content: '', ...object(delta) },
    finish_reason,
    native_finish_reason: ownWord(finish_reason),
    logprobs,
  }),
  message: (message, { blocks }) => {
    const details = blocks.flatMap((block, index): JsonObject[] => {
      if (block.type === 'thinking') {
        return [{ type: 'reasoning.text', text: block.text, signature: block.signature, format: FORMAT, index }]
      }
      return block.type === 'redacted_thinking' ? [{ type: 'reasoning.encrypted', data: block.data, format: FORMAT, index }] : []
    })
    const calls = objects(message['tool_calls']).map((call, index) => ({ index, ...call }))
    return {
      ...message,
      refusal: message['refusal'] ?? null,
      reasoning: said(blocks, 'thinking') || null,
      ...(details.length > 0 ? { reasoning_details: details } : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    }
  },
  body: (body) => ({
    ...body,
    choices: objects(body['choices']).map((choice) => ({ ...choice, native_finish_reason: ownWord(choice['finish_reason']) })),
  }),
  keepAlive: 'OPENROUTER PROCESSING',
  headers: (mint) => ({ 'x-generation-id': mint.id('gen-1790000000-', 20) }),
  errors: {
    ...plainErrors,
    authentication: { status: 401, message: 'User not found.', means: 'authentication' },
    missing_key: { status: 401, message: 'No auth credentials found', means: 'authentication' },
    permission: {
      status: 403,
      message: 'Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys',
      ...typed('permission_denied'),
      means: 'permission',
    },
    // Not a bad key: the input was looked at.
    content_policy: {
      status: 403,
      message: 'Your chosen model requires moderation and your input was flagged.',
      more: { metadata: { reasons: ['violence'], flagged_input: 'How do I…', provider_name: 'OpenAI', model_slug: 'openai/gpt-5.4-mini' } },
      means: 'content_policy',
    },
    content_policy_violation: {
      status: 400,
      message: 'The request violates the content policy.',
      ...typed('content_policy_violation'),
      means: 'content_policy',
    },
    rate_limit: {
      status: 429,
      message: 'Provider returned error',
      more: { metadata: { provider_name: 'Google', raw: 'google/gemini-3:free is temporarily rate-limited upstream. Please retry shortly.' } },
      means: 'rate_limit',
    },
    quota: {
      status: 402,
      message: 'Insufficient credits. Add more using https://openrouter.ai/settings/credits',
      means: 'quota',
    },
    // The one 402 that passes by itself.
    in_flight_budget: {
      status: 402,
      message: 'Your in-flight requests exhaust your budget. Retry when they have ended.',
      ...typed('payment_required', { limit_source: 'openrouter_in_flight_budget', reason: 'in_flight_budget_exhausted' }),
      means: 'rate_limit',
    },
    context_window: {
      status: 400,
      message: "This endpoint's maximum context length is 131072 tokens. However, you requested about 150000 tokens (150000 of text input). Please reduce the length of either one.",
      ...typed('context_length_exceeded'),
      means: 'context_window',
    },
    not_found: { status: 404, message: 'No endpoints found for none/none.', means: 'not_found' },
    invalid_request: { status: 400, message: 'none is not a valid model ID', means: 'invalid_request' },
    timeout: { status: 524, message: 'Provider timed out', ...typed('timeout'), means: 'server_error' },
    bad_gateway: { status: 502, message: 'Provider returned an invalid response', ...typed('provider_unavailable'), means: 'overloaded' },
    overloaded: { status: 529, message: 'Provider is overloaded', ...typed('provider_overloaded'), means: 'overloaded' },
    no_provider: { status: 503, message: 'There is no available model provider that meets your routing requirements', means: 'overloaded' },
  },
  failure,
  failureFrames: (facts, chunk) => {
    const { error } = failure(facts)
    const choice = { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: 'error', native_finish_reason: 'error', logprobs: null }
    return [{ data: { ...chunk, error, choices: [choice] } }, { data: '[DONE]' }]
  },
  rules: [],
}
