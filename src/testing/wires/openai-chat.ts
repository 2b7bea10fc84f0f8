// Chat Completions, spoken as each of the companies that offer it does.
import { entriesOf } from '../catalogue.ts'
import { chatDialects } from '../dialects/all.ts'
import type {
  Endpoint, ErrorFacts, Frame, HttpCall, JsonObject, Mint, Question, Reply, ReplyBlock, SimulatedWire,
} from '../endpoint.ts'
import { encodeEvent } from '../frames.ts'
import { object, objects } from '../read.ts'
import { openaiFailure, said } from './chat-dialect.ts'
import type { ChatDialect, ChunkPlace } from './chat-dialect.ts'
import { readChat } from './openai-chat-read.ts'
import { commonRules } from './openai-chat-rules.ts'

const WIRE = 'openai-chat'

export const openaiChat: SimulatedWire = {
  name: WIRE,
  dialects: chatDialects.map((dialect) => dialect.name),
  recognise(call, mint, name) {
    if (call.method !== 'POST' || !call.url.pathname.endsWith('/chat/completions')) return undefined
    const dialect = dialectOf(call.url, name)
    return dialect === undefined ? undefined : endpoint(dialect, call, mint)
  },
  catalogue: () =>
    chatDialects.flatMap((dialect) =>
      entriesOf({ wire: WIRE, dialect: dialect.name, errors: dialect.errors, body: (facts) => bodyOf(dialect, facts) })
    ),
}

/** By name, by host, or by the first segment of the path where the host says nothing. */
export function dialectOf(url: URL, name: string | undefined): ChatDialect | undefined {
  const all = chatDialects
  if (name !== undefined) return all.find((dialect) => dialect.name === name)
  return all.find(({ hosts }) => hosts.some((host) => url.host === host || url.host.endsWith(`.${host}`)))
    ?? all.find(({ paths }) => paths?.test(url.pathname))
    ?? all.find((dialect) => dialect.name === url.pathname.split('/')[1])
    ?? all[0]
}

/** What does not depend on what is asked. */
export function sideOf(dialect: ChatDialect, call: HttpCall, mint: Mint): Pick<Endpoint, 'dialect' | 'errors' | 'key' | 'failure' | 'headers'> {
  return {
    dialect: dialect.name,
    errors: dialect.errors,
    key: () => (dialect.key ?? bearerOf)(call) ?? (dialect.keyless ? '' : undefined),
    failure: (facts) => bodyOf(dialect, facts),
    headers: () => dialect.headers?.(mint) ?? {},
  }
}

function endpoint(dialect: ChatDialect, call: HttpCall, mint: Mint): Endpoint {
  const body = dialect.asked?.(call) ?? call.body ?? {}
  const scene: Scene = { dialect, body, mint }
  return {
    ...sideOf(dialect, call, mint),
    wire: WIRE,
    read: () => readChat(body),
    check: (question) => dialect.misplaced?.(call) ?? check(dialect, body, question),
    ids: { answer: () => dialect.answerId(mint), call: (name) => dialect.callId(mint, name) },
    whole: (reply) => whole(scene, tagged(dialect, reply)),
    frames(reply) {
      const told = frames(scene, tagged(dialect, reply))
      return dialect.frames?.(told, reply) ?? told
    },
    failureFrames: (facts, reply) =>
      dialect.failureFrames?.(facts, chunkHead(scene, reply)) ?? [{ data: bodyOf(dialect, facts) }],
    reindex,
    contentType: 'text/event-stream; charset=utf-8',
    encode: encodeEvent,
  }
}

function bearerOf({ headers }: HttpCall): string | undefined {
  return /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1]
}

function check(dialect: ChatDialect, body: JsonObject, question: Question): ErrorFacts | undefined {
  for (const rule of [...commonRules(), ...dialect.rules]) {
    const wrong = rule(body, question)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function bodyOf(dialect: ChatDialect, facts: ErrorFacts): unknown {
  return facts.body ?? (dialect.failure ?? openaiFailure)(facts)
}

interface Scene {
  readonly dialect: ChatDialect
  readonly body: JsonObject
  readonly mint: Mint
}

/** Thinking as text between tags, for those who have no other place for it; no calls, where there are none. */
function tagged(dialect: ChatDialect, reply: Reply): Reply {
  const kept = dialect.calls === 'never' ? reply.blocks.filter((block) => !isCall(block)) : reply.blocks
  const blocks = !dialect.thinkTags ? kept : kept.map((block): ReplyBlock =>
    block.type === 'thinking' ? { type: 'text', text: `<think>\n${block.text}\n</think>\n\n` } : block
  )
  return { ...reply, blocks }
}

function whole({ dialect, mint }: Scene, reply: Reply): JsonObject {
  const { blocks } = reply
  const calls = blocks.filter(isCall)
  const thinking = said(blocks, 'thinking')
  const refusal = said(blocks, 'refusal')
  const text = said(blocks, 'text')
  let message: JsonObject = {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    ...(thinking === '' ? {} : dialect.reasoning?.(thinking)),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => callOf(call)) }),
  }
  const annotations = citations(dialect, reply)
  if (annotations.length > 0) message = { ...message, annotations }
  if (refusal !== '') message = { ...message, refusal }
  message = dialect.message?.(message, reply) ?? message
  const answer = {
    id: reply.id,
    object: 'chat.completion',
    created: reply.created,
    model: reply.model,
    choices: [{ index: 0, message, ...logprobs(dialect), finish_reason: finishOf(dialect, reply) }],
    usage: dialect.usage(reply.usage),
    ...dialect.head?.(reply, mint),
  }
  return dialect.body?.(answer, reply, mint) ?? answer
}

function frames(scene: Scene, reply: Reply): Frame[] {
  const { dialect, body, mint } = scene
  const options = object(body['stream_options'])
  const usage = dialect.usage(reply.usage)
  const frames: Frame[] = []
  let soFar = ''
  const push = (delta: JsonObject, finish: string | null, more: JsonObject = {}): void => {
    if (typeof delta['content'] === 'string') soFar += delta['content']
    const place = { first: frames.length === 0, last: finish !== null, reply, soFar, usage, mint, options }
    const data = chunk(scene, place, { delta, finish, more })
    frames.push({ data, content: !place.first && !place.last, closing: place.last })
  }
  if (dialect.keepAlive !== undefined) frames.push({ comment: dialect.keepAlive })
  const begin = frames.length
  push(dialect.opening ?? { role: 'assistant', content: '' }, null)
  frames[begin] = { ...frames[begin], content: false }
  const calls = reply.blocks.filter(isCall)
  for (const delta of deltas(scene, reply)) push(delta, null)
  const last = dialect.calls === 'last' && calls.length > 0 ? { tool_calls: calls.map(inDelta(dialect)) } : {}
  const onLast = dialect.usageAt === 'last' || dialect.usageAt === 'every'
  push({ ...closing(dialect, reply), ...last }, finishOf(dialect, reply), onLast ? { usage } : {})
  const own = dialect.usageAt === 'own' || (dialect.usageAt === 'asked' && options['include_usage'] === true)
  if (own || dialect.usageAt === 'choice') frames.push({ data: usageChunk(scene, reply, own) })
  if (!dialect.noDone) frames.push({ data: '[DONE]' })
  return frames
}

/** What a stream says between its first and its last chunk. */
function* deltas({ dialect, mint }: Scene, reply: Reply): Generator<JsonObject> {
  let index = 0
  for (const block of reply.blocks) {
    if (block.type === 'text') for (const content of mint.pieces(block.text)) yield { content }
    else if (block.type === 'refusal') for (const refusal of mint.pieces(block.text)) yield { refusal }
    else if (block.type === 'redacted_thinking' && dialect.redacted) yield dialect.redacted(block.data)
    else if (block.type === 'thinking' && dialect.reasoning) {
      for (const piece of mint.pieces(block.text)) yield dialect.reasoning(piece)
      if (dialect.sealed) yield dialect.sealed(block.signature)
    } else if (isCall(block) && dialect.calls !== 'last') yield* callDeltas(dialect, mint, { block, index: index++ })
  }
  const annotations = citations(dialect, reply)
  if (annotations.length > 0) yield { annotations }
}

function* callDeltas(dialect: ChatDialect, mint: Mint, { block, index }: { block: Call; index: number }): Generator<JsonObject> {
  if (dialect.calls === 'whole') return yield { tool_calls: [inDelta(dialect)(block, index)] }
  const named = { index, id: block.id, type: 'function', function: { name: block.name, arguments: '' } }
  yield { tool_calls: [named] }
  for (const piece of mint.pieces(block.json)) yield { tool_calls: [{ index, function: { arguments: piece } }] }
}

function chunk(scene: Scene, place: ChunkPlace, said: { delta: JsonObject; finish: string | null; more: JsonObject }): JsonObject {
  const { dialect } = scene
  const plain = { index: 0, delta: said.delta, ...logprobs(dialect), finish_reason: said.finish }
  const choice = dialect.choice?.(plain, place) ?? plain
  const data = { ...chunkHead(scene, place.reply), choices: [choice], ...said.more }
  return dialect.chunk?.(data, place) ?? data
}

function logprobs(dialect: ChatDialect): JsonObject {
  return dialect.noLogprobs ? {} : { logprobs: null }
}

function usageChunk(scene: Scene, reply: Reply, bare: boolean): JsonObject {
  const { dialect, mint } = scene
  const usage = dialect.usage(reply.usage)
  if (bare) return { ...chunkHead(scene, reply), choices: [], usage }
  const place = { first: false, last: true, reply, soFar: '', usage, mint, options: {} }
  return chunk(scene, place, { delta: dialect.opening ?? {}, finish: null, more: { usage } })
}

function chunkHead({ dialect, mint }: Scene, reply: Reply): JsonObject {
  return {
    id: reply.id,
    object: 'chat.completion.chunk',
    created: reply.created,
    model: reply.model,
    ...dialect.head?.(reply, mint),
  }
}

/** The delta of the chunk that ends: empty, but for those who repeat themselves. */
function closing(dialect: ChatDialect, reply: Reply): JsonObject {
  return dialect.calls === 'last' && !reply.blocks.some(isCall) ? { content: '' } : {}
}

function finishOf(dialect: ChatDialect, reply: Reply): string {
  if (reply.rawFinishReason !== undefined) return reply.rawFinishReason
  // A refusal ends like any other answer: what tells it apart is where its text is.
  if (reply.blocks.some((block) => block.type === 'refusal')) return 'stop'
  return dialect.finish?.[reply.finishReason] ?? reply.finishReason
}

type Call = Extract<ReplyBlock, { type: 'tool_use' }>

function isCall(block: ReplyBlock): block is Call {
  return block.type === 'tool_use'
}

function callOf(call: Call): JsonObject {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.json } }
}

function inDelta(dialect: ChatDialect): (call: Call, index: number) => JsonObject {
  return (call, index) => {
    const whole = { index, ...callOf(call) }
    return dialect.call?.(whole) ?? whole
  }
}

/** Citations as annotations of the message. */
function citations(dialect: ChatDialect, reply: Reply): JsonObject[] {
  return !dialect.annotations ? [] : reply.blocks.flatMap((block) => block.type === 'text' ? block.citations ?? [] : []).map((citation) => ({
    type: 'url_citation',
    url_citation: {
      url: citation.url ?? '',
      title: citation.title ?? '',
      start_index: citation.start ?? 0,
      end_index: citation.end ?? 0,
    },
  }))
}

/** The indexes of tool calls, changed or gone. */
function reindex(frame: Frame, change: (index: number) => number | undefined): Frame {
  const data = object(frame.data)
  if (!Array.isArray(data['choices'])) return frame
  const choices = objects(data['choices']).map((choice) => {
    const delta = object(choice['delta'])
    if (!Array.isArray(delta['tool_calls'])) return choice
    const calls = objects(delta['tool_calls']).map(({ index, ...call }) => {
      const changed = change(typeof index === 'number' ? index : 0)
      return changed === undefined ? call : { index: changed, ...call }
    })
    return { ...choice, delta: { ...delta, tool_calls: calls } }
  })
  return { ...frame, data: { ...data, choices } }
}
