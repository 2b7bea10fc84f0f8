// Cohere's chat, version 2: a plan before the calls, thinking among the content, and a failure at a stream's end.
import { entriesOf } from '../catalogue.ts'
import type { Citation } from '../../types/message.ts'
import type { Endpoint, Frame, HttpCall, JsonObject, Mint, Question, Reply, ReplyBlock, SimulatedWire } from '../endpoint.ts'
import { encodeEvent } from '../frames.ts'
import { object, objects } from '../read.ts'
import { said, uuid } from './chat-dialect.ts'
import { cohereErrors, cohereFailure } from './cohere-errors.ts'
import { readCohere } from './cohere-read.ts'
import { checkCohere } from './cohere-rules.ts'

const WIRE = 'cohere'

export const cohere: SimulatedWire = {
  name: WIRE,
  dialects: [WIRE],
  recognise(call, mint, name) {
    return isCohere(call, 'chat', name) ? endpoint(call, mint) : undefined
  },
  catalogue: () => entriesOf({ wire: WIRE, dialect: WIRE, errors: cohereErrors, body: cohereFailure }),
}

/** Whether a path ends so, at this company's address or under its name. */
export function isCohere({ method, url }: HttpCall, path: string, name: string | undefined): boolean {
  if (method !== 'POST' || !url.pathname.endsWith(`/${path}`)) return false
  if (name !== undefined) return name === WIRE
  return /(^|\.)cohere\.(com|ai)$/.test(url.host) || /\/v2\/\w+$|^\/cohere\//.test(url.pathname)
}

/** What every endpoint of this company has in common. */
export function cohereSide(call: HttpCall, mint: Mint): Pick<Endpoint, 'dialect' | 'errors' | 'key' | 'failure' | 'headers'> {
  return {
    dialect: WIRE,
    errors: cohereErrors,
    key: () => /^Bearer (.+)$/i.exec(call.headers.get('authorization') ?? '')?.[1],
    failure: cohereFailure,
    headers: () => ({ 'x-debug-trace-id': mint.id('', 32, '0123456789abcdef'), num_chars: '100', num_tokens: '25' }),
  }
}

function endpoint(call: HttpCall, mint: Mint): Endpoint {
  const body = call.body ?? {}
  const question = readCohere(body)
  return {
    ...cohereSide(call, mint),
    wire: WIRE,
    read: () => question,
    check: () => checkCohere(body),
    ids: { answer: () => uuid(mint), call: (name) => mint.id(`${name}_`, 12, 'abcdefghijklmnopqrstuvwxyz0123456789') },
    whole: (reply) => whole(question, reply),
    frames: (reply) => frames(question, reply, mint),
    failureFrames: ({ message }) => [event('message-end', { delta: { finish_reason: 'ERROR', error: message } }, { closing: true })],
    reindex(frame, change) {
      const { index, ...data } = object(frame.data)
      if (typeof index !== 'number') return frame
      const changed = change(index)
      return { ...frame, data: changed === undefined ? data : { ...data, index: changed } }
    },
    contentType: 'text/event-stream',
    encode: encodeEvent,
  }
}

/** What is said before a call is a plan, and not content. */
function messageOf(question: Question, { blocks }: Reply): JsonObject {
  const calls = blocks.filter((block) => block.type === 'tool_use')
  const text = said(blocks, 'text') + said(blocks, 'refusal')
  const thinking = said(blocks, 'thinking')
  const content = [
    ...(thinking === '' ? [] : [{ type: 'thinking', thinking }]),
    ...(text === '' || calls.length > 0 ? [] : [{ type: 'text', text }]),
    ...blocks.flatMap((block) => block.type === 'native' ? [block.data] : []),
  ]
  const citations = calls.length > 0 ? [] : citationsOf(blocks, content.length - 1)
  return {
    role: 'assistant',
    ...(calls.length > 0 && text !== '' ? { tool_plan: text } : {}),
    ...(calls.length > 0 ? { tool_calls: calls.map(({ id, name, json }) => ({ id, type: 'function', function: { name, arguments: argumentsOf(name, json, question) } })) } : {}),
    ...(content.length > 0 ? { content } : {}),
    ...(citations.length > 0 ? { citations } : {}),
  }
}

/** A tool without parameters is called with none at all. */
function argumentsOf(name: string, json: string, { tools }: Question): string {
  const schema = tools.find((tool) => tool.name === name)?.schema ?? {}
  return json === '{}' && Object.keys(object(schema['properties'])).length === 0 ? 'null' : json
}

/** Places are of the text as a whole. */
function citationsOf(blocks: readonly ReplyBlock[], content_index: number): JsonObject[] {
  let offset = 0
  return blocks.flatMap((block) => {
    if (block.type !== 'text') return []
    const at = offset
    offset += block.text.length
    return (block.citations ?? []).map((citation) => citationOf(citation, { text: block.text, at, content_index }))
  })
}

interface Place {
  readonly text: string
  readonly at: number
  readonly content_index: number
}

function citationOf({ url, title, citedText, start = 0, end, raw }: Citation, { text, at, content_index }: Place): JsonObject {
  if (raw !== undefined) return object(raw)
  const stop = end ?? text.length
  const id = 'doc:0'
  const document = { id, ...(title === undefined ? {} : { title }), ...(url === undefined ? {} : { url }), snippet: citedText ?? '' }
  const sources = [{ type: 'document', id, document }]
  return { start: at + start, end: at + stop, text: text.slice(start, stop), sources, content_index, type: 'TEXT_CONTENT' }
}

function whole(question: Question, reply: Reply): JsonObject {
  return { id: reply.id, message: messageOf(question, reply), ...ending(reply) }
}

function frames(question: Question, reply: Reply, mint: Mint): Frame[] {
  const { tool_plan: plan = '', tool_calls: calls, content, citations } = messageOf(question, reply)
  const frames: Frame[] = [event('message-start', { id: reply.id, delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } } })]
  const push = (type: string, message: JsonObject, index?: number): void =>
    void frames.push(event(type, { ...(index === undefined ? {} : { index }), delta: { message } }, { content: type.endsWith('-delta') }))
  for (const tool_plan of mint.pieces(String(plan))) push('tool-plan-delta', { tool_plan })
  for (const [index, part] of objects(content).entries()) {
    const key = part['type'] === 'thinking' ? 'thinking' : 'text'
    push('content-start', { content: { ...part, [key]: '' } }, index)
    for (const piece of mint.pieces(String(part[key]))) push('content-delta', { content: { [key]: piece } }, index)
    frames.push(event('content-end', { index }))
  }
  for (const [index, call] of objects(calls).entries()) {
    const { name, arguments: json } = object(call['function'])
    push('tool-call-start', { tool_calls: { ...call, function: { name, arguments: '' } } }, index)
    for (const piece of mint.pieces(String(json))) push('tool-call-delta', { tool_calls: { function: { arguments: piece } } }, index)
    frames.push(event('tool-call-end', { index }))
  }
  for (const [index, one] of objects(citations).entries()) {
    push('citation-start', { citations: one }, index)
    frames.push(event('citation-end', { index }))
  }
  frames.push(event('message-end', { delta: ending(reply) }, { closing: true }))
  return frames
}

function event(type: string, data: JsonObject, more: Pick<Frame, 'content' | 'closing'> = {}): Frame {
  return { event: type, data: { type, ...data }, ...more }
}

function ending({ rawFinishReason, finishReason, usage, blocks }: Reply): JsonObject {
  const words: { readonly [reason: string]: string } = {
    stop: 'COMPLETE',
    length: 'MAX_TOKENS',
    tool_calls: 'TOOL_CALL',
    content_filter: blocks.some((block) => block.type === 'refusal') ? 'COMPLETE' : 'ERROR',
    error: 'ERROR',
    other: 'USER_CANCEL',
  }
  const { inputTokens, outputTokens, cachedInputTokens } = usage
  return {
    finish_reason: rawFinishReason ?? words[finishReason],
    usage: {
      // What is hidden around a question is read, and not paid for.
      billed_units: { input_tokens: inputTokens - Math.floor(inputTokens / 3), output_tokens: outputTokens },
      tokens: { input_tokens: inputTokens, output_tokens: outputTokens },
      ...(cachedInputTokens > 0 ? { cached_tokens: cachedInputTokens } : {}),
    },
  }
}
