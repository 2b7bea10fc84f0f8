// Every error that Azure is known to give for OpenAI's models, whichever of its two surfaces is asked.
import type { ErrorFacts, ErrorTable, HttpCall, JsonObject } from '../endpoint.ts'
import { wrong } from '../wires/openai-chat-rules.ts'

const NOWHERE: ErrorFacts = { status: 404, code: '404', message: 'Resource not found' }

/** The classic surface wants a version in its address. */
export function misplaced({ url }: HttpCall): ErrorFacts | undefined {
  const classic = /\/openai\/(?!v1\/)|\/models\/chat\//.test(url.pathname)
  return classic && !url.searchParams.has('api-version') ? NOWHERE : undefined
}

const blockedMessage = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry."

/** A prompt that the filter stopped. The verdicts are under one of two names. */
function blocked(name: string): ErrorFacts & { readonly means: 'content_policy' } {
  const safe = { filtered: false, severity: 'safe' }
  const results: JsonObject = {
    hate: { filtered: true, severity: 'high' },
    jailbreak: { filtered: false, detected: false },
    self_harm: safe,
    sexual: safe,
    violence: safe,
  }
  return {
    ...wrong(blockedMessage, 'prompt', 'content_filter'),
    type: null,
    more: { status: 400, innererror: { code: 'ResponsibleAIPolicyViolation', [name]: results } },
    means: 'content_policy',
  }
}

export const azureErrors: ErrorTable = {
  authentication: {
    status: 401,
    code: '401',
    message: 'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
    means: 'authentication',
  },
  missing_key: {
    status: 401,
    code: 'Unauthorized',
    message: 'Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired.',
    means: 'authentication',
  },
  // A 401 as well: who asks is known, and may not.
  principal: {
    status: 401,
    code: 'PermissionDenied',
    message: 'The principal `00000000-0000-4000-8000-000000000000` lacks the required data action `Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action` to perform this operation.',
    means: 'authentication',
  },
  permission: {
    status: 403,
    code: '403',
    message: 'Access denied due to Virtual Network/Firewall rules.',
    means: 'permission',
  },
  rate_limit: {
    status: 429,
    code: '429',
    message: 'Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 6 seconds.',
    headers: { 'retry-after': '6', 'retry-after-ms': '6000' },
    means: 'rate_limit',
  },
  rate_limit_reached: {
    status: 429,
    code: 'RateLimitReached',
    message: 'Your requests to gpt-5.4 for gpt-5.4 in westeurope have exceeded rate limit.',
    more: { details: 'Your requests to gpt-5.4 for gpt-5.4 in westeurope have exceeded rate limit.' },
    headers: { 'retry-after': '1', 'retry-after-ms': '0' },
    means: 'rate_limit',
  },
  high_demand: {
    status: 429,
    code: '429',
    message: 'The system is currently experiencing high demand and cannot process your request. Your request exceeds the maximum usage size allowed during peak load.',
    means: 'rate_limit',
  },
  context_window: {
    ...wrong("This model's maximum context length is 128000 tokens. However, your messages resulted in 150000 tokens. Please reduce the length of the messages.", 'messages', 'context_length_exceeded'),
    means: 'context_window',
  },
  content_policy: blocked('content_filter_result'),
  content_policy_results: blocked('content_filter_results'),
  invalid_request: { ...wrong('Unrecognized request argument supplied: reasonning'), means: 'invalid_request' },
  not_found: {
    status: 404,
    code: 'DeploymentNotFound',
    message: 'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
    means: 'not_found',
  },
  no_such_path: { ...NOWHERE, means: 'not_found' },
  timeout: { status: 408, code: 'Timeout', message: 'The operation was timeout.', means: 'server_error' },
  overloaded: {
    status: 503,
    code: 'ServiceUnavailable',
    message: 'The service is temporarily unable to process your request. Please try again later.',
    means: 'overloaded',
  },
  server_error: {
    status: 500,
    code: 'InternalServerError',
    message: 'The server had an error while processing your request. Sorry about that!',
    means: 'server_error',
  },
}
