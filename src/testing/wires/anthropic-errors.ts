// Every error that the Messages API is known to give.
import type { ErrorTable } from '../endpoint.ts'

/** What the API says of a request that is wrong. */
export function badRequest(message: string): { readonly status: number; readonly message: string; readonly type: string } {
  return { status: 400, message, type: 'invalid_request_error' }
}

// They say whether a retry makes sense, and clients believe them before they look at the status.
const FINAL = { 'x-should-retry': 'false' }
const PASSING = { 'x-should-retry': 'true' }

export const anthropicErrors: ErrorTable = {
  authentication: {
    status: 401,
    message: 'invalid x-api-key',
    type: 'authentication_error',
    headers: FINAL,
    means: 'authentication',
  },
  missing_key: {
    status: 401,
    message: 'x-api-key header is required',
    type: 'authentication_error',
    headers: FINAL,
    means: 'authentication',
  },
  permission: {
    status: 403,
    message: 'Your API key does not have permission to use the specified resource.',
    type: 'permission_error',
    headers: FINAL,
    means: 'permission',
  },
  rate_limit: {
    status: 429,
    message: "This request would exceed your organization's rate limit of 50 requests per minute.",
    type: 'rate_limit_error',
    headers: PASSING,
    means: 'rate_limit',
  },
  ramp_limit: {
    status: 429,
    message: 'Your usage is growing faster than the limit allows.',
    type: 'rate_limit_error',
    more: { details: { error_code: 'ramp_limit_exceeded' } },
    headers: PASSING,
    means: 'rate_limit',
  },
  // The account's own ceiling: a 429 like the others, and no waiting helps.
  quota: {
    status: 429,
    message: 'You have reached your specified API usage limits.',
    type: 'rate_limit_error',
    more: { details: { error_code: 'enforced_spend_limit_reached' } },
    headers: FINAL,
    means: 'quota',
  },
  contract_spend_limit: {
    status: 429,
    message: "Your organization has reached its contract's spend limit.",
    type: 'rate_limit_error',
    more: { details: { error_code: 'contract_spend_limit_reached' } },
    headers: FINAL,
    means: 'quota',
  },
  billing: {
    status: 402,
    message: 'Your credit balance is too low to access the API.',
    type: 'billing_error',
    headers: FINAL,
    means: 'quota',
  },
  context_window: {
    ...badRequest('prompt is too long: 219898 tokens > 200000 maximum'),
    headers: FINAL,
    means: 'context_window',
  },
  context_window_with_output: {
    ...badRequest('input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again'),
    headers: FINAL,
    means: 'context_window',
  },
  content_policy: {
    ...badRequest('Output blocked by content filtering policy'),
    headers: FINAL,
    means: 'content_policy',
  },
  invalid_request: { ...badRequest('messages: Field required'), headers: FINAL, means: 'invalid_request' },
  // Talks of tokens and a maximum, and is no overflow.
  max_tokens: {
    ...badRequest('max_tokens: 128001 > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4-5'),
    headers: FINAL,
    means: 'invalid_request',
  },
  request_too_large: {
    status: 413,
    message: 'Request exceeds the maximum size',
    type: 'request_too_large',
    headers: FINAL,
    means: 'request_too_large',
  },
  // Said by what stands in front of the API.
  request_too_large_html: {
    status: 413,
    message: 'Payload Too Large',
    body: '<html>\r\n<head><title>413 Payload Too Large</title></head>\r\n<body>\r\n<center><h1>413 Payload Too Large</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n',
    means: 'request_too_large',
  },
  not_found: {
    status: 404,
    message: 'model: claude-none',
    type: 'not_found_error',
    headers: FINAL,
    means: 'not_found',
  },
  conflict: { status: 409, message: 'Conflict', type: 'conflict_error', headers: PASSING, means: 'server_error' },
  timeout: { status: 504, message: 'Request timed out', type: 'timeout_error', headers: PASSING, means: 'server_error' },
  overloaded: { status: 529, message: 'Overloaded', type: 'overloaded_error', headers: PASSING, means: 'overloaded' },
  server_error: { status: 500, message: 'Internal server error', type: 'api_error', headers: PASSING, means: 'server_error' },
}
