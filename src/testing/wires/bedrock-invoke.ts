// InvokeModel for Claude: the Messages API in a body of AWS's, and its events in base64 inside of binary frames.
import { entriesOf } from '../catalogue.ts'
import type { Endpoint, ErrorFacts, Frame, JsonObject, Mint, SimulatedWire } from '../endpoint.ts'
import { list, object, objects, text } from '../read.ts'
import { checkCloud, messagesBody } from './anthropic-clouds.ts'
import type { CloudRequest } from './anthropic-clouds.ts'
import { messagesOf } from './anthropic-messages.ts'
import { awsErrors, invalid } from './aws-errors.ts'
import { awsException, awsFailure, awsHeaders, awsKey, encodeAws, frameType, operationOf, padded } from './aws.ts'

const WIRE = 'bedrock-invoke'
const DIALECT = 'bedrock'
const OPERATION = /^invoke(-with-response-stream)?$/
/** The version of the body that every model takes. */
const CLASSIC = 'bedrock-2023-05-31'
/** From 4.7 on. */
const LATER = /(opus-4-[789]|(opus|sonnet|haiku|fable|mythos)-5|mythos-preview)/

export const bedrockInvoke: SimulatedWire = {
  name: WIRE,
  dialects: [DIALECT],
  recognise(call, mint, name) {
    const { model = '', operation = '' } = operationOf(call) ?? {}
    const claude = /claude/.test(model) || call.body?.['anthropic_version'] !== undefined
    if (!claude || !OPERATION.test(operation) || (name !== undefined && name !== DIALECT)) return undefined
    return { ...endpoint({ body: call.body ?? {}, model, stream: operation !== 'invoke', mint }), key: () => awsKey(call) }
  },
  catalogue: () => entriesOf({ wire: WIRE, dialect: DIALECT, errors: awsErrors, body: awsFailure }),
}

function endpoint(request: CloudRequest): Omit<Endpoint, 'key'> {
  const { mint, stream } = request
  const messages = messagesOf(messagesBody(request), mint, 'bdrk_')
  return {
    ...messages,
    wire: WIRE,
    dialect: DIALECT,
    errors: awsErrors,
    check: () => check(request),
    whole: (reply) => older(object(messages.whole(reply))),
    frames: (reply) => messages.frames(reply).map((frame) => measured({ ...frame, data: older(object(frame.data)) }, reply.usage)),
    failure: awsFailure,
    failureFrames: (facts) => [awsException(facts)],
    headers: (ok) => ({
      ...awsHeaders(mint),
      ...(ok && stream ? { 'x-amzn-bedrock-content-type': 'application/json' } : {}),
    }),
    contentType: frameType,
    encode: (frame) => encodeAws(frame.exception ? frame : chunk(frame, mint)),
  }
}

/** Without what only Anthropic's own API says. */
function older({ stop_details: _, ...data }: JsonObject): JsonObject {
  const { message, usage, delta } = data
  return {
    ...data,
    ...(usage === undefined ? {} : { usage: fewer(object(usage)) }),
    ...(message === undefined ? {} : { message: older(object(message)) }),
    ...(delta === undefined ? {} : { delta: older(object(delta)) }),
  }
}

function fewer({ service_tier: _, inference_geo: __, output_tokens_details: ___, ...usage }: JsonObject): JsonObject {
  return usage
}

function chunk({ data }: Frame, mint: Mint): Frame {
  const bytes = new TextEncoder().encode(typeof data === 'string' ? data : JSON.stringify(data))
  return { event: 'chunk', data: padded({ bytes: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) }, mint) }
}

/** The last event tells what AWS has counted. */
function measured(frame: Frame, { inputTokens, outputTokens }: { readonly inputTokens: number; readonly outputTokens: number }): Frame {
  if (frame.event !== 'message_stop') return frame
  const metrics = { inputTokenCount: inputTokens, outputTokenCount: outputTokens, invocationLatency: 812, firstByteLatency: 400 }
  return { ...frame, data: { ...object(frame.data), 'amazon-bedrock-invocationMetrics': metrics } }
}

function check(request: CloudRequest): ErrorFacts | undefined {
  const { body, model } = request
  const again = 'please reformat your input and try again.'
  const odd = ['model', 'stream'].find((field) => body[field] !== undefined)
  if (odd !== undefined) return invalid(`Malformed input request: #: extraneous key [${odd}] is not permitted, ${again}`)
  const version = text(body['anthropic_version'])
  if (version === '') return invalid(`Malformed input request: #: required key [anthropic_version] not found, ${again}`)
  if (version !== CLASSIC && !(version === '2026-10-21' && LATER.test(model))) return invalid(`anthropic_version: Input should be '${CLASSIC}'`)
  const message = schemas(body, model)
  if (message !== undefined) return invalid(message)
  const wrong = checkCloud(request)
  return wrong && invalid(wrong.message)
}

/** What AWS's own validation refuses, although the model would not. */
function schemas(body: JsonObject, model: string): string | undefined {
  if (!LATER.test(model)) return body['cache_control'] === undefined ? undefined : 'cache_control: Extra inputs are not permitted'
  if (object(body['output_config'])['format'] !== undefined) return 'output_config.format: Extra inputs are not permitted'
  const strict = list(objects(body['tools']).map((tool) => tool['strict'])).findIndex((one) => one !== undefined)
  return strict < 0 ? undefined : `tools.${strict}.custom.strict: Extra inputs are not permitted`
}
