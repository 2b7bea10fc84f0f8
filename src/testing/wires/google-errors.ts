// Every error that Google's model services are known to give: the Gemini API's, and those of Vertex AI.
import type { ErrorFacts, ErrorTable, JsonObject } from '../endpoint.ts'

const TYPES = 'type.googleapis.com/google.rpc.'

/** What the service says of a request that is wrong; `field` for one that it has never heard of. */
export function invalidArgument(message: string, field?: string): ErrorFacts {
  const violations = [{ ...(field === '' ? {} : { field }), description: message }]
  const details = [{ '@type': `${TYPES}BadRequest`, fieldViolations: violations }]
  return { status: 400, type: 'INVALID_ARGUMENT', message, ...(field === undefined ? {} : { more: { details } }) }
}

export function googleFailure(facts: ErrorFacts): unknown {
  const { status, type, message, more, body, delay } = facts
  if (body !== undefined) return body
  const rest = (more?.['details'] ?? []) as readonly JsonObject[]
  const told = rest.filter((detail) => delay === undefined || detail['@type'] !== `${TYPES}RetryInfo`)
  const details = delay === undefined ? told : [...told, { '@type': `${TYPES}RetryInfo`, retryDelay: delay }]
  return { error: { code: status, message, status: type ?? 'UNKNOWN', ...(details.length > 0 ? { details } : {}) } }
}

function because(reason: string, service: string): JsonObject {
  return { details: [{ '@type': `${TYPES}ErrorInfo`, reason, domain: 'googleapis.com', metadata: { service } }] }
}

function exceeded(quotaId: string, retryDelay: string): JsonObject {
  const quotaMetric = 'generativelanguage.googleapis.com/generate_content_free_tier_requests'
  return {
    details: [
      { '@type': `${TYPES}QuotaFailure`, violations: [{ quotaMetric, quotaId, quotaValue: '10' }] },
      { '@type': `${TYPES}Help`, links: [{ description: 'Learn more about Gemini API quotas', url: 'https://ai.google.dev/gemini-api/docs/rate-limits' }] },
      { '@type': `${TYPES}RetryInfo`, retryDelay },
    ],
  }
}

/** A prompt that is blocked: a success without an answer. */
function blocked(blockReason: string, more: JsonObject = {}): ErrorFacts & { readonly means: 'content_policy' } {
  const usageMetadata = { promptTokenCount: 9, totalTokenCount: 9, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 9 }] }
  const body = { promptFeedback: { blockReason, ...more }, usageMetadata, modelVersion: 'gemini-3.8-flash', responseId: 'SimulatedBlocked0000000' }
  return { status: 200, message: `The prompt was blocked: ${blockReason}`, body, inside: true, means: 'content_policy' }
}

const shared: ErrorTable = {
  context_window: {
    ...invalidArgument('The input token count (1300000) exceeds the maximum number of tokens allowed (1048575).'),
    means: 'context_window',
  },
  content_policy: { ...blocked('SAFETY', { safetyRatings: [{ category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true }] }) },
  prohibited_content: blocked('PROHIBITED_CONTENT'),
  invalid_request: { ...invalidArgument('Request contains an invalid argument.'), means: 'invalid_request' },
  unknown_field: {
    ...invalidArgument('Invalid JSON payload received. Unknown name "contnets": Cannot find field.', ''),
    means: 'invalid_request',
  },
  unsupported: {
    status: 501,
    type: 'UNIMPLEMENTED',
    message: 'Operation is not implemented, or supported, or enabled.',
    means: 'unsupported',
  },
  timeout: {
    status: 504,
    type: 'DEADLINE_EXCEEDED',
    message: 'Deadline expired before operation could complete.',
    means: 'server_error',
  },
  overloaded: {
    status: 503,
    type: 'UNAVAILABLE',
    message: 'The model is overloaded. Please try again later.',
    means: 'overloaded',
  },
  server_error: {
    status: 500,
    type: 'INTERNAL',
    message: 'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
    means: 'server_error',
  },
}

export const geminiErrors: ErrorTable = {
  // Not a 401: only the reason tells.
  authentication: {
    status: 400,
    type: 'INVALID_ARGUMENT',
    message: 'API key not valid. Please pass a valid API key.',
    more: because('API_KEY_INVALID', 'generativelanguage.googleapis.com'),
    means: 'authentication',
  },
  missing_key: {
    status: 403,
    type: 'PERMISSION_DENIED',
    message: "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    means: 'authentication',
  },
  permission: {
    status: 403,
    type: 'PERMISSION_DENIED',
    message: 'Generative Language API has not been used in project 1234567890 before or it is disabled.',
    more: because('SERVICE_DISABLED', 'generativelanguage.googleapis.com'),
    means: 'permission',
  },
  region: {
    status: 400,
    type: 'FAILED_PRECONDITION',
    message: 'User location is not supported for the API use.',
    means: 'unsupported',
  },
  rate_limit: {
    status: 429,
    type: 'RESOURCE_EXHAUSTED',
    message: 'You exceeded your current quota, please check your plan and billing details.',
    more: exceeded('GenerateRequestsPerMinutePerProjectPerModel-FreeTier', '34.4s'),
    means: 'rate_limit',
  },
  // It names a delay as well, and no such delay helps.
  quota: {
    status: 429,
    type: 'RESOURCE_EXHAUSTED',
    message: 'You exceeded your current quota, please check your plan and billing details.',
    more: exceeded('GenerateRequestsPerDayPerProjectPerModel-FreeTier', '12s'),
    means: 'quota',
  },
  not_found: {
    status: 404,
    type: 'NOT_FOUND',
    message: 'models/gemini-0 is not found for API version v1beta, or is not supported for generateContent. Call ModelService.ListModels to see the list of available models and their supported methods.',
    means: 'not_found',
  },
  ...shared,
}

export const vertexErrors: ErrorTable = {
  authentication: {
    status: 401,
    type: 'UNAUTHENTICATED',
    message: 'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    more: because('ACCESS_TOKEN_EXPIRED', 'aiplatform.googleapis.com'),
    means: 'authentication',
  },
  missing_key: {
    status: 401,
    type: 'UNAUTHENTICATED',
    message: 'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
    more: because('CREDENTIALS_MISSING', 'aiplatform.googleapis.com'),
    means: 'authentication',
  },
  permission: {
    status: 403,
    type: 'PERMISSION_DENIED',
    message: "Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/projects/p/locations/global' (or it may not exist).",
    more: because('IAM_PERMISSION_DENIED', 'aiplatform.googleapis.com'),
    means: 'permission',
  },
  // Shared capacity: no delay is named.
  rate_limit: {
    status: 429,
    type: 'RESOURCE_EXHAUSTED',
    message: 'Resource exhausted. Please try again later.',
    means: 'rate_limit',
  },
  not_found: {
    status: 404,
    type: 'NOT_FOUND',
    message: 'Publisher Model `projects/p/locations/global/publishers/google/models/gemini-0` was not found or your project does not have access to it.',
    means: 'not_found',
  },
  ...shared,
  content_policy: { ...blocked('SAFETY', { blockReasonMessage: 'The prompt could not be submitted.' }) },
}
