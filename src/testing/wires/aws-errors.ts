// Every error that AWS's model service is known to give.
import type { ErrorCode } from '../../errors.ts'
import type { ErrorFacts, ErrorTable, JsonObject, KnownError } from '../endpoint.ts'

const INTERNAL = 'http://internal.amazon.com/coral/com.amazon.bedrock/'

/** The type stands in a header, and nowhere else. */
function exception(type: string, status: number, message: string): ErrorFacts & { readonly type: string } {
  return { status, type, message, headers: { 'x-amzn-errortype': `${type}:${INTERNAL}` } }
}

/** What the service says of a request that is wrong. */
export function invalid(message: string): ErrorFacts {
  return exception('ValidationException', 400, message)
}

type Row = readonly [cause: string, means: ErrorCode, status: number, type: string, message: string, more?: JsonObject]

const ROWS: readonly Row[] = [
  ['authentication', 'authentication', 403, 'UnrecognizedClientException', 'The security token included in the request is invalid.'],
  ['missing_key', 'authentication', 403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
  ['expired_token', 'authentication', 403, 'ExpiredTokenException', 'The security token included in the request is expired'],
  [
    'signature', 'authentication', 403, 'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  ],
  ['permission', 'permission', 403, 'AccessDeniedException', "You don't have access to the model with the specified model ID."],
  ['rate_limit', 'rate_limit', 429, 'ThrottlingException', 'Too many requests, please wait before trying again.'],
  // The same exception as the last one's, and no wait is short enough.
  ['daily_tokens', 'quota', 429, 'ThrottlingException', 'Too many tokens per day, please wait before trying again.'],
  ['quota', 'quota', 400, 'ServiceQuotaExceededException', 'Your request exceeds the service quota for your account.'],
  ['context_window', 'context_window', 400, 'ValidationException', 'Input is too long for requested model.'],
  [
    'context_window_of_model', 'context_window', 400, 'ValidationException',
    'The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.',
  ],
  [
    'prompt_too_long', 'context_window', 400, 'ValidationException',
    'The model returned the following errors: prompt is too long: 219898 tokens > 200000 maximum',
  ],
  [
    'invalid_request', 'invalid_request', 400, 'ValidationException',
    'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
  ],
  // Talks of tokens and a limit, and is no overflow.
  [
    'max_tokens', 'invalid_request', 400, 'ValidationException',
    'The maximum tokens you requested exceeds the model limit of 64000. Try again with a maximum tokens value that is lower than 64000.',
  ],
  ['conflict', 'invalid_request', 400, 'ConflictException', 'The resource is in conflict.'],
  ['not_found', 'not_found', 404, 'ResourceNotFoundException', 'Could not resolve the foundation model from the provided model identifier.'],
  ['unknown_model', 'not_found', 400, 'ValidationException', 'The provided model identifier is invalid.'],
  [
    'on_demand', 'not_found', 400, 'ValidationException',
    "Invocation of model ID anthropic.claude-opus-5-5 with on-demand throughput isn't supported. Retry your request with the ID or ARN of an inference profile that contains this model.",
  ],
  ['not_ready', 'overloaded', 429, 'ModelNotReadyException', 'The model is not ready to serve inference requests.'],
  ['timeout', 'server_error', 408, 'ModelTimeoutException', 'The model took too long to respond.'],
  ['model_error', 'server_error', 424, 'ModelErrorException', 'The model could not process the request.', { originalStatusCode: 500, resourceName: 'model' }],
  [
    'model_stream_error', 'server_error', 424, 'ModelStreamErrorException', 'The model failed while it streamed.',
    { originalStatusCode: 500, originalMessage: 'The model failed.' },
  ],
  ['overloaded', 'overloaded', 503, 'ServiceUnavailableException', 'Bedrock is unable to process your request.'],
  [
    'server_error', 'server_error', 500, 'InternalServerException',
    'The system encountered an unexpected error during processing. Try your request again.',
  ],
]

export const awsErrors: ErrorTable = Object.fromEntries(
  ROWS.map(([cause, means, status, type, message, more]): [string, KnownError] =>
    [cause, { ...exception(type, status, message), ...(more ? { more } : {}), means }]
  ),
)
