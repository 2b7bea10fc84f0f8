// Responses: items with names of their own, sealed reasoning, and events that are numbered.
import { responsesDialects } from '../dialects/all.ts'
import { entriesOf } from '../catalogue.ts'
import type { Endpoint, ErrorFacts, Frame, HttpCall, JsonObject, Mint, Question, Reply, SimulatedWire } from '../endpoint.ts'
import { encodeEvent } from '../frames.ts'
import { list, object } from '../read.ts'
import { responsesUsage } from './openai-responses-dialect.ts'
import type { ResponsesDialect } from './openai-responses-dialect.ts'
import { eventsOf, outputOf } from './openai-responses-output.ts'
import { readResponses } from './openai-responses-read.ts'
import { checkResponses } from './openai-responses-rules.ts'

const WIRE = 'openai-responses'

export const openaiResponses: SimulatedWire = {
  name: WIRE,
  dialects: responsesDialects.map((dialect) => dialect.name),
  recognise(call, mint, name) {
    const { method, url } = call
    if (method !== 'POST' || !url.pathname.endsWith('/responses')) return undefined
    const dialect = name === undefined
      ? responsesDialects.find((one) => one.at(url)) ?? responsesDialects.find((one) => one.name === url.pathname.split('/')[1]) ?? responsesDialects[0]
      : responsesDialects.find((one) => one.name === name)
    return dialect && endpoint(dialect, call, mint)
  },
  catalogue: () =>
    responsesDialects.flatMap(({ name, errors, failure }) => entriesOf({ wire: WIRE, dialect: name, errors, body: failure })),
}

interface Scene {
  readonly dialect: ResponsesDialect
  readonly body: JsonObject
  readonly question: Question
  readonly mint: Mint
}

function endpoint(dialect: ResponsesDialect, call: HttpCall, mint: Mint): Endpoint {
  const body = call.body ?? {}
  const scene: Scene = { dialect, body, question: readResponses(body), mint }
  return {
    wire: WIRE,
    dialect: dialect.name,
    errors: dialect.errors,
    read: () => scene.question,
    check: () => dialect.misplaced?.(call) ?? checkResponses({ body, mint }),
    key: () => dialect.key(call),
    ids: {
      answer: () => mint.id('resp_', 48, '0123456789abcdef'),
      call: () => mint.id('call_', 24),
      seal: (text) => `gAAAA${mint.sign(`${WIRE} ${text}`).slice(2)}`,
    },
    whole: (reply) => whole(scene, reply),
    frames: (reply) => frames(scene, reply),
    failure: dialect.failure,
    failureFrames: (facts, reply, sent) => failed(scene, facts, { reply, sent }),
    headers: () => dialect.headers(mint),
    reindex(frame, change) {
      const { output_index: index, ...data } = object(frame.data)
      if (typeof index !== 'number') return frame
      const changed = change(index)
      return { ...frame, data: changed === undefined ? data : { ...data, output_index: changed } }
    },
    contentType: 'text/event-stream; charset=utf-8',
    encode: encodeEvent,
  }
}

function whole(scene: Scene, reply: Reply): JsonObject {
  const { dialect, body, question, mint } = scene
  const sealed = list(body['include']).includes('reasoning.encrypted_content')
  const output = outputOf(reply.blocks, { mint, sealed, shown: dialect.shown === true || question.thinking })
  if (body['store'] !== false) {
    mint.remember(reply.id, 'stored')
    for (const item of output) mint.remember(String(item['call_id'] ?? item['id']), reply.id)
  }
  return {
    ...envelope(scene, reply, statusOf(reply)),
    completed_at: reply.created + 1,
    ...outcome(reply),
    output,
    usage: responsesUsage(reply.usage, dialect),
  }
}

function frames(scene: Scene, reply: Reply): Frame[] {
  const { mint, dialect } = scene
  const answer = whole(scene, reply)
  const frames = opening(scene, reply)
  for (const [index, item] of (answer['output'] as readonly JsonObject[]).entries()) {
    for (const { data, content = false } of eventsOf(item, index, mint)) {
      const piece = dialect.wholeCalls === true && /function_call_arguments/.test(String(data['type']))
      if (!piece) frames.push(numbered(data, frames.length, { content: content || (dialect.wholeCalls === true && isCallDone(data)) }))
    }
  }
  const { status } = answer
  frames.push(numbered({ type: `response.${String(status)}`, response: answer }, frames.length, { closing: true }))
  if (dialect.done) frames.push({ data: '[DONE]' })
  return frames
}

function isCallDone({ type, item }: JsonObject): boolean {
  return type === 'response.output_item.done' && object(item)['type'] === 'function_call'
}

function opening(scene: Scene, reply: Reply): Frame[] {
  const response = envelope(scene, reply, 'in_progress')
  return ['created', 'in_progress'].map((kind, i) => numbered({ type: `response.${kind}`, response }, i))
}

function numbered({ type, ...data }: JsonObject, sequence_number: number, more: Pick<Frame, 'content' | 'closing'> = {}): Frame {
  return { event: String(type), data: { type, sequence_number, ...data }, ...more }
}

/** Told twice: by an event, and by the response that has failed. */
function failed(scene: Scene, { message, type, param, code }: ErrorFacts, { reply, sent }: { readonly reply: Reply; readonly sent: number }): Frame[] {
  const begun = sent === 0 ? opening(scene, reply) : []
  const at = sent + begun.length
  const error = { type: type ?? null, code: code ?? null, message, param: param ?? null }
  const response = { ...envelope(scene, reply, 'failed'), error: { code: code ?? 'server_error', message } }
  return [...begun, numbered({ type: 'error', error }, at), numbered({ type: 'response.failed', response }, at + 1, { closing: true })]
}

function statusOf({ finishReason, rawFinishReason, blocks }: Reply): string {
  if (rawFinishReason !== undefined) return rawFinishReason
  if (finishReason === 'error') return 'failed'
  if (finishReason === 'length') return 'incomplete'
  // A refusal is a whole answer.
  return finishReason === 'content_filter' && !blocks.some((block) => block.type === 'refusal') ? 'incomplete' : 'completed'
}

function outcome(reply: Reply): JsonObject {
  const status = statusOf(reply)
  if (status === 'failed') return { error: { code: 'server_error', message: 'The model failed to generate a response.' } }
  const reason = reply.finishReason === 'length' ? 'max_output_tokens' : 'content_filter'
  return status === 'incomplete' ? { incomplete_details: { reason } } : {}
}

/** What every response object says besides its answer: mostly what was asked. */
function envelope({ dialect, body }: Scene, reply: Reply, status: string): JsonObject {
  const asked = (field: string, otherwise: unknown = null): JsonObject => ({ [field]: body[field] ?? otherwise })
  const { effort = null, summary = null } = object(body['reasoning'])
  const { format = { type: 'text' }, verbosity = 'medium' } = object(body['text'])
  return {
    id: reply.id,
    object: 'response',
    created_at: reply.created,
    status,
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    ...asked('instructions'),
    ...asked('max_output_tokens'),
    max_tool_calls: null,
    model: reply.model,
    output: [],
    ...asked('parallel_tool_calls', true),
    ...asked('previous_response_id'),
    prompt_cache_key: null,
    reasoning: { effort, summary },
    safety_identifier: null,
    ...dialect.more?.(reply, status === 'in_progress'),
    ...asked('store', true),
    ...asked('temperature', 1),
    text: { format, verbosity },
    ...asked('tool_choice', 'auto'),
    ...asked('tools', []),
    top_logprobs: 0,
    ...asked('top_p', 1),
    truncation: 'disabled',
    usage: null,
    user: null,
    ...asked('metadata', {}),
  }
}
