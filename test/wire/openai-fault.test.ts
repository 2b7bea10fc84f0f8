import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/errors.ts'
import { compatible } from '../../src/providers/compatible.ts'
import { fireworks } from '../../src/providers/fireworks.ts'
import { groq } from '../../src/providers/groq.ts'
import { openrouter } from '../../src/providers/openrouter.ts'
import { together } from '../../src/providers/together.ts'
import { xaiResponses } from '../../src/providers/xai-responses.ts'
import { xai } from '../../src/providers/xai.ts'
import type { Provider } from '../../src/types/provider.ts'

const faultOf = (status: number, body: unknown, provider: Provider = compatible, details: object = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  return provider.wire.fault({ status, text, json, headers: new Headers(), details: { status, ...details } })
}

describe('what a failure is', () => {
  const error = (message: string, more: object = {}) => ({ error: { message, ...more } })
  test.each<[ErrorCode, number, unknown, Provider?]>([
    ['context_window', 400, error("This model's maximum context length is 8192 tokens.", { code: 'context_length_exceeded' })],
    ['context_window', 400, error("This model's maximum context length is 1048565 tokens.", { code: 'invalid_request_error' })],
    ['context_window', 400, { code: 'x', error: "This model's maximum prompt length is 131072 but the request contains 200000 tokens." }],
    ['context_window', 400, { code: 'x', error: "This model's maximum prompt length is 131072 but the request contains 200000 tokens." }, xaiResponses],
    ['authentication', 400, { code: 'invalid-argument', error: 'Incorrect API key provided.' }, xaiResponses],
    ['context_window', 400, error('You passed 9 input tokens. However, the model’s context length is only 8 tokens', { type: 'BadRequestError', code: 400 })],
    ['context_window', 400, error('the request exceeds the available context size', { type: 'exceed_context_size_error' })],
    ['context_window', 422, error('`inputs` tokens + `max_new_tokens` must be <= 4097')],
    ['context_window', 400, error('Your request exceeded model token limit: 8192 (requested: 9000)')],
    ['context_window', 400, error('prompt too long; exceeded max context length by 9 tokens')],
    ['context_window', 400, error('The total length of all messages is too long.', { type: 'too_many_prompt_tokens', code: 400 })],
    ['context_window', 403, error('input and max_tokens'), together],
    ['context_window', 400, error('too much', { metadata: { error_type: 'token_limit_exceeded' } }), openrouter],
    ['request_too_large', 413, error('Request too large for model on tokens per minute (TPM): Limit 6000, Requested 9000, reduce the length of the messages', { type: 'tokens', code: 'rate_limit_exceeded' }), groq],
    ['request_too_large', 429, error('Request too large for gpt on tokens per min. Limit 30000 tokens per minute', { type: 'tokens', code: 'rate_limit_exceeded' })],
    ['rate_limit', 429, error('Rate limit reached', { type: 'requests', code: 'rate_limit_exceeded' })],
    ['rate_limit', 429, error('slow down', { code: 'slow_down' })],
    ['rate_limit', 498, error('flex is full', { code: 'capacity_exceeded' }), groq],
    ['rate_limit', 429, { object: 'error', message: 'Requests rate limit exceeded', type: 'rate_limited', code: '1300' }],
    ['rate_limit', 402, error('held back', { metadata: { limit_source: 'openrouter_in_flight_budget', reason: 'in_flight_budget_exhausted' } }), openrouter],
    ['quota', 429, error('You exceeded your current quota', { type: 'insufficient_quota', code: 'insufficient_quota' })],
    ['quota', 429, error('spent', { code: 'project_spend_limit_exceeded' })],
    ['quota', 402, error('Insufficient Balance')],
    ['quota', 429, error('Insufficient balance or no resource package. Please recharge.', { code: '1113' })],
    ['content_policy', 400, error('filtered', { code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } })],
    ['content_policy', 400, error('flagged', { code: 'invalid_prompt' })],
    ['content_policy', 403, error('Forbidden', { code: 403, metadata: { reasons: ['violence'] } }), openrouter],
    ['content_policy', 403, error('Forbidden', { code: 403, metadata: { flagged_input: 'x' } }), openrouter],
    ['permission', 403, error('Forbidden', { code: 403, metadata: { reasons: [], flagged_input: null } }), openrouter],
    ['content_policy', 403, error('Your input was flagged', { code: 403, metadata: { reasons: ['violence'], flagged_input: 'x' } }), openrouter],
    ['invalid_request', 400, error('the prompt is empty', { metadata: { error_type: 'invalid_prompt' } }), openrouter],
    ['authentication', 401, { detail: 'Unauthorized' }],
    ['authentication', 400, { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xx' }, xai],
    ['permission', 403, error('not from your country')],
    ['permission', 412, error('account suspended'), fireworks],
    ['not_found', 404, error('no such model', { code: 'model_not_found' })],
    ['invalid_response', 400, error('bad call', { code: 'tool_use_failed', failed_generation: '{}' }), groq],
    ['invalid_request', 400, error("Unsupported parameter: 'max_tokens'", { code: 'unsupported_parameter' })],
    ['invalid_request', 422, { detail: [{ loc: ['body', 'store'], msg: 'Extra inputs are not permitted', type: 'extra_forbidden' }] }],
    ['overloaded', 503, error('busy', { type: 'service_unavailable_error', code: 'server_is_overloaded' })],
    ['overloaded', 529, ''],
    ['server_error', 500, { fault: { faultstring: 'oops', detail: { errorcode: 'x' } } }],
    ['server_error', 502, '<html><body><h1>Bad Gateway</h1></body></html>'],
    ['server_error', 408, ''],
    ['server_error', 200, error('who knows')],
    ['rate_limit', 200, error('slow', { code: 429 })],
  ])('%s: %i %j', (code, status, body, provider) => {
    expect(faultOf(status, body, provider).code).toBe(code)
  })
})

describe("the provider's own words", () => {
  test.each<[unknown, string]>([
    [{ error: { message: 'a' } }, 'a'],
    [{ error: 'a' }, 'a'],
    [{ object: 'error', message: 'a' }, 'a'],
    [{ object: 'error', message: { detail: [{ loc: ['body', 'x'], msg: 'a' }] } }, 'body,x: a'],
    [{ detail: 'a' }, 'a'],
    [{ detail: [{ loc: ['body', 'x'], msg: 'a' }, { msg: 'b' }] }, 'body,x: a; b'],
    [{ fault: { faultstring: 'a' } }, 'a'],
    [{ success: false, errors: [{ code: 5007, message: 'a' }] }, 'a'],
    [{ error: { message: 'Provider returned error', metadata: { raw: 'upstream is down' } } }, 'Provider returned error: upstream is down'],
    ['<html><title>502</title>\n<h1>Bad  Gateway</h1></html>', '502 Bad Gateway'],
    ['', 'HTTP 500'],
  ])('are found in %j', (body, message) => {
    expect(faultOf(500, body).message).toBe(message)
  })

  test.each([
    ['Please try again in 1.2s.', 1200],
    ['Please try again in 6ms. Visit', 6],
    ['Please try again in 6m0s.', 360_000],
    ['Please try again in 2m59.56s. ', 179_560],
    ['Please try again in 1h2m.', 3_720_000],
    ['Please retry after 20 seconds.', 20_000],
    ['Try again in 2 minutes', 120_000],
    ['Try again in a while', undefined],
  ])('name the wait where no header does: %s', (message, ms) => {
    expect(faultOf(429, { error: { message } }).retryAfterMs).toBe(ms)
    expect(faultOf(429, { error: { message } }, compatible, { retryAfterMs: 5 }).retryAfterMs).toBe(5)
  })

  test('come with the facts, the body and what was known', () => {
    const verdicts = { hate: { filtered: true, severity: 'high' } }
    const body = { error: { message: 'filtered', code: 'content_filter', status: 400, innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: verdicts } } }
    const error = faultOf(200, body, compatible, { provider: 'p', secrets: ['filtered'] })
    expect(error).toMatchObject({ code: 'content_policy', status: 400, provider: 'p', data: verdicts, message: '[redacted]' })
    expect(error.raw).not.toContain('"filtered"')
    expect(error.rawUnsafe()).toBe(JSON.stringify(body))
  })
})
