// Claude on Vertex AI: the Messages API with its model in the path, behind Google's door.
import { entriesOf } from '../catalogue.ts'
import type { Endpoint, ErrorFacts, ErrorTable, SimulatedWire } from '../endpoint.ts'
import { encodeEvent } from '../frames.ts'
import { text } from '../read.ts'
import { checkCloud, messagesBody } from './anthropic-clouds.ts'
import type { CloudRequest } from './anthropic-clouds.ts'
import { anthropicErrors, badRequest } from './anthropic-errors.ts'
import { messagesFailure, messagesOf } from './anthropic-messages.ts'
import { googleKey } from './gemini.ts'
import { googleFailure, vertexErrors } from './google-errors.ts'

const WIRE = 'anthropic-messages'
const DIALECT = 'vertex'
const REQUEST_ID = 'req_vrtx_011CSimulated0000000000'
const VERSIONS = ['vertex-2023-10-16', '2026-10-21']

export const anthropicVertex: SimulatedWire = {
  name: WIRE,
  dialects: [DIALECT],
  recognise(call, mint, name) {
    const [, model, operation] = /\/publishers\/anthropic\/models\/([^/]+):(rawPredict|streamRawPredict)$/.exec(call.url.pathname) ?? []
    if (call.method !== 'POST' || model === undefined || (name !== undefined && name !== DIALECT)) return undefined
    const request = { body: call.body ?? {}, model: decodeURIComponent(model), stream: operation === 'streamRawPredict', mint }
    return { ...endpoint(request), key: () => googleKey(call) }
  },
  catalogue: () => entriesOf({ wire: WIRE, dialect: DIALECT, errors: errors(), body: (facts) => said(facts, REQUEST_ID), headers: { 'request-id': REQUEST_ID } }),
}

/** The platform speaks of who asks, of quotas and of models, and the model of what is asked. */
function errors(): ErrorTable {
  const own = ['context_window', 'context_window_with_output', 'content_policy', 'invalid_request', 'max_tokens', 'request_too_large', 'overloaded']
  const platform = ['authentication', 'missing_key', 'permission', 'rate_limit', 'not_found', 'timeout', 'server_error']
  const of = (table: ErrorTable, causes: readonly string[]): ErrorTable => Object.fromEntries(causes.map((cause) => [cause, table[cause]!]))
  return { ...of(vertexErrors, platform), ...of(anthropicErrors, own) }
}

function isPlatform({ type }: ErrorFacts): boolean {
  return /^[A-Z_]+$/.test(type ?? '')
}

function said(facts: ErrorFacts, requestId: string): unknown {
  return isPlatform(facts) ? googleFailure(facts) : facts.body ?? messagesFailure(facts, requestId)
}

function endpoint(request: CloudRequest): Omit<Endpoint, 'key'> {
  const { mint } = request
  const requestId = mint.id('req_vrtx_011C', 20)
  return {
    ...messagesOf(messagesBody(request), mint, 'vrtx_'),
    wire: WIRE,
    dialect: DIALECT,
    errors: errors(),
    check: () => check(request),
    failure: (facts) => said(facts, requestId),
    failureFrames: (facts) => {
      const type = isPlatform(facts) ? 'api_error' : facts.type ?? null
      return [{ event: 'error', data: messagesFailure({ status: facts.status, message: facts.message, type }, requestId) }]
    },
    headers: () => ({ 'request-id': requestId }),
    contentType: 'text/event-stream; charset=utf-8',
    encode: encodeEvent,
  }
}

function check(request: CloudRequest): ErrorFacts | undefined {
  const { body, stream } = request
  if (body['model'] !== undefined) return badRequest('model: Extra inputs are not permitted')
  if (body['anthropic_version'] === undefined) return badRequest('anthropic_version: Field required')
  if (!VERSIONS.includes(text(body['anthropic_version']))) return badRequest(`anthropic_version: Input should be '${VERSIONS[0]}'`)
  if (stream && body['stream'] !== true) return badRequest('stream: Input should be True for streamRawPredict')
  return checkCloud(request)
}
