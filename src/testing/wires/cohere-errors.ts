// Every error that Cohere is known to give.
import type { ErrorCode } from '../../errors.ts'
import type { ErrorFacts, ErrorTable, JsonObject, KnownError } from '../endpoint.ts'

const ID = '00000000-0000-4000-8000-000000000000'

export function cohereFailure({ message, more, body }: ErrorFacts): unknown {
  return body ?? { id: ID, message, ...more }
}

type Row = readonly [cause: string, means: ErrorCode, status: number, message: string, more?: JsonObject]

const ROWS: readonly Row[] = [
  ['authentication', 'authentication', 401, 'Incorrect API key provided: ***********. You can find your API key at https://dashboard.cohere.com/api-keys.'],
  ['missing_key', 'authentication', 401, 'no api key supplied'],
  ['invalid_token', 'authentication', 401, 'invalid api token'],
  ['token_in_blocked_state', 'authentication', 498, 'invalid token'],
  ['billing', 'quota', 402, 'Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue'],
  ['permission', 'permission', 403, 'You do not have access to this resource.'],
  ['rate_limit', 'rate_limit', 429, 'You are past the per minute request limit, please wait and try again later.'],
  ['trial_minute', 'rate_limit', 429, "You are using a Trial key, which is limited to 20 API calls / minute. You can continue to use the Trial key for free or upgrade to a Production key with higher rate limits."],
  ['trial_tokens', 'rate_limit', 429, 'trial token rate limit exceeded, limit is 100000 tokens per minute'],
  // The same status, and no wait is short enough.
  ['quota', 'quota', 429, 'You are using a Trial key, which is limited to 1000 API calls / month.'],
  [
    'context_window', 'context_window', 400,
    'too many tokens: size limit exceeded by 25836 tokens. Try using shorter or fewer inputs. The limit for this model is 288000 tokens.',
    { error_type: 'TOO_MANY_TOKENS' },
  ],
  ['context_window_total', 'context_window', 400, 'too many tokens: total number of tokens in the prompt cannot exceed 128000 - received 130000. Try using a shorter prompt.'],
  // Begins like the last ones, and is about the answer.
  ['max_tokens', 'invalid_request', 400, 'too many tokens: max tokens must be less than or equal to 8192, the maximum output for this model - received 9999.'],
  ['content_policy', 'content_policy', 498, 'Your request was blocked: it contains content that is not allowed.'],
  ['invalid_request', 'invalid_request', 400, 'invalid request: message must be at least 1 token long or tool results must be specified.'],
  ['unprocessable', 'invalid_request', 422, "unknown field: parameter 'mesages' is not a valid field"],
  ['not_found', 'not_found', 404, "model 'command-none' not found, make sure the correct model ID was used and that you have access to the model."],
  ['timeout', 'server_error', 504, 'Request timed out, please try again later.'],
  ['overloaded', 'overloaded', 503, 'The service is overloaded, please try again later.'],
  ['server_error', 'server_error', 500, 'internal server error, this has been reported to our developers. id 00000000-0000-4000-8000-000000000000'],
]

export const cohereErrors: ErrorTable = Object.fromEntries(
  ROWS.map(([cause, means, status, message, more]): [string, KnownError] => [cause, { status, message, means, ...(more ? { more } : {}) }]),
)
