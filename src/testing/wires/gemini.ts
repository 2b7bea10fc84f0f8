// Gemini's generateContent: parts, thoughts that are sealed beside their part, and streams whose chunks are whole answers.
import { entriesOf } from '../catalogue.ts'
import type { Endpoint, ErrorTable, Frame, HttpCall, JsonObject, Mint, Reply, ReplyBlock, SimulatedWire } from '../endpoint.ts'
import { encodeEvent } from '../frames.ts'
import { object, objects, parsed } from '../read.ts'
import { groundingOf } from './gemini-grounding.ts'
import { generationOf } from './gemini-models.ts'
import { readGemini } from './gemini-read.ts'
import { checkGemini } from './gemini-rules.ts'
import { geminiErrors, googleFailure, vertexErrors } from './google-errors.ts'

const WIRE = 'gemini'

/** One of the two places where it is spoken. */
export interface GeminiPlace {
  readonly name: 'google' | 'vertex'
  readonly errors: ErrorTable
  readonly header: Record<string, string>
}

const google: GeminiPlace = { name: 'google', errors: geminiErrors, header: { 'x-gemini-service-tier': 'standard' } }
const vertex: GeminiPlace = { name: 'vertex', errors: vertexErrors, header: { 'x-vertex-ai-llm-request-type': 'shared' } }

export const gemini: SimulatedWire = {
  name: WIRE,
  dialects: [google.name, vertex.name],
  recognise(call, mint, name) {
    const [, model, operation] = /([^/]+):(generateContent|streamGenerateContent)$/.exec(call.url.pathname) ?? []
    if (call.method !== 'POST' || model === undefined) return undefined
    const place = name === undefined ? placeOf(call.url) : [google, vertex].find((one) => one.name === name)
    return place && endpoint(call, mint, { place, model: decodeURIComponent(model), streams: operation !== 'generateContent' })
  },
  catalogue: () =>
    [google, vertex].flatMap(({ name, errors }) => entriesOf({ wire: WIRE, dialect: name, errors, body: googleFailure })),
}

/** By host, or by a path that only one of them has. */
export function isVertex(url: URL): boolean {
  return /aiplatform\./.test(url.host) || /^\/vertex\/|\/projects\/|\/publishers\//.test(url.pathname)
}

function placeOf(url: URL): GeminiPlace {
  return isVertex(url) ? vertex : google
}

/** The key, or the token of somebody. */
export function googleKey({ headers, url }: HttpCall): string | undefined {
  const bearer = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1]
  return headers.get('x-goog-api-key') || url.searchParams.get('key') || bearer
}

/** What does not depend on what is asked. */
export function sideOf(call: HttpCall, isVertex: boolean): Pick<Endpoint, 'dialect' | 'errors' | 'key' | 'failure' | 'headers'> {
  const place = isVertex ? vertex : google
  return {
    dialect: place.name,
    errors: place.errors,
    key: () => googleKey(call),
    failure: googleFailure,
    headers: (ok) => (ok ? place.header : {}),
  }
}

interface Asked {
  readonly place: GeminiPlace
  readonly model: string
  readonly streams: boolean
}

interface Scene {
  readonly place: GeminiPlace
  readonly mint: Mint
  readonly model: string
  /** Thoughts are shown. */
  readonly shown: boolean
  /** Calls have ids here. */
  readonly ids: boolean
}

function endpoint(call: HttpCall, mint: Mint, { place, model, streams }: Asked): Endpoint {
  const { body = {}, url } = call
  const question = readGemini(body, { model, stream: streams && url.searchParams.get('alt') === 'sse' })
  const ids = generationOf(model) >= 3 && (place === google || url.pathname.includes('/v1beta1/'))
  const scene: Scene = { place, mint, model, shown: question.thinking, ids }
  return {
    ...sideOf(call, place === vertex),
    wire: WIRE,
    read: () => question,
    check: () => checkGemini({ body, model, mint, vertex: place === vertex, ids }),
    ids: {
      answer: () => mint.id('', 23),
      call: () => mint.id('', 8, 'abcdefghijklmnopqrstuvwxyz0123456789'),
      seal: (text) => `CiQB${mint.sign(`${WIRE} ${text}`).slice(2)}`,
    },
    // Without `alt=sse` a stream is one list, which grows.
    whole: (reply) => streams ? frames(scene, reply).map((frame) => frame.data) : whole(scene, reply),
    frames: (reply) => frames(scene, reply),
    failureFrames: (facts) => [{ data: googleFailure(facts) }],
    reindex(frame, change) {
      const data = object(frame.data)
      const candidates = objects(data['candidates']).map(({ index = 0, ...candidate }) => {
        const changed = change(Number(index))
        return changed === undefined ? candidate : { ...candidate, index: changed }
      })
      return candidates.length === 0 ? frame : { ...frame, data: { ...data, candidates } }
    },
    contentType: 'text/event-stream',
    encode: (frame) => encodeEvent(frame, '\r\n'),
  }
}

function whole(scene: Scene, reply: Reply): JsonObject {
  const parts = partsOf(scene, reply)
  return answer(scene, reply, { candidate: { content: content(parts, reply), ...ending(scene, reply) }, usage: usage(scene, reply) })
}

function frames(scene: Scene, reply: Reply): Frame[] {
  const { mint } = scene
  const frames: Frame[] = []
  const { candidatesTokenCount: _, candidatesTokensDetails: __, ...begun } = usage(scene, reply)
  const push = (part: JsonObject): void => {
    const candidate = { content: { parts: [part], role: 'model' } }
    frames.push({ data: answer(scene, reply, { candidate, usage: begun }), content: true })
  }
  const last: JsonObject[] = []
  for (const part of partsOf(scene, reply)) {
    const { text, thoughtSignature, ...rest } = part
    if (text === undefined) push(part)
    else for (const piece of mint.pieces(String(text))) push({ text: piece, ...rest })
    // What seals a text comes after it, on a part that is empty.
    if (text !== undefined && thoughtSignature !== undefined) last.push({ text: '', thoughtSignature })
  }
  const parts = last.length > 0 ? last : [{ text: '' }]
  const candidate = { content: { parts, role: 'model' }, ...ending(scene, reply) }
  return [...frames, { data: answer(scene, reply, { candidate, usage: usage(scene, reply) }), closing: true }]
}

function answer({ place }: Scene, reply: Reply, { candidate, usage }: { readonly candidate: JsonObject; readonly usage: JsonObject }): JsonObject {
  return {
    candidates: [{ ...candidate, index: 0 }],
    usageMetadata: { ...usage, ...(place === vertex ? { trafficType: 'ON_DEMAND' } : { serviceTier: 'standard' }) },
    modelVersion: reply.model,
    ...(place === vertex ? { createTime: new Date(reply.created * 1000).toISOString() } : {}),
    responseId: reply.id,
  }
}

/** A candidate that says nothing has a content without parts, or one without anything. */
function content(parts: readonly JsonObject[], { finishReason }: Reply): JsonObject {
  if (parts.length > 0) return { parts, role: 'model' }
  return finishReason === 'content_filter' ? {} : { role: 'model' }
}

function ending({ place }: Scene, reply: Reply): JsonObject {
  const words: { readonly [reason: string]: string } = {
    stop: 'STOP',
    length: 'MAX_TOKENS',
    // Calls are seen by their parts alone.
    tool_calls: 'STOP',
    content_filter: 'SAFETY',
    error: 'MALFORMED_FUNCTION_CALL',
    other: 'OTHER',
  }
  const finishReason = reply.rawFinishReason ?? words[reply.finishReason]
  const called = reply.blocks.some((block) => block.type === 'tool_use')
  return {
    finishReason,
    ...(called && finishReason === 'STOP' ? { finishMessage: 'Model generated function call(s).' } : {}),
    ...groundingOf(reply.blocks, place === vertex),
  }
}

function usage({ place }: Scene, { usage, blocks }: Reply): JsonObject {
  const { inputTokens, outputTokens, reasoningTokens, cachedInputTokens, totalTokens } = usage
  const count = (name: string, tokens: number): JsonObject => tokens > 0 ? { [name]: tokens } : {}
  const modality = (tokenCount: number): readonly JsonObject[] => [{ modality: 'TEXT', tokenCount }]
  return {
    promptTokenCount: inputTokens,
    ...count('candidatesTokenCount', outputTokens - reasoningTokens),
    totalTokenCount: totalTokens,
    ...count('cachedContentTokenCount', cachedInputTokens),
    promptTokensDetails: modality(inputTokens),
    ...(cachedInputTokens > 0 ? { cacheTokensDetails: modality(cachedInputTokens) } : {}),
    ...(place === vertex && blocks.length > 0 ? { candidatesTokensDetails: modality(outputTokens - reasoningTokens) } : {}),
    ...count('thoughtsTokenCount', reasoningTokens),
  }
}

/** Of calls the first is sealed, and where there is none the last text is. */
function partsOf(scene: Scene, { blocks }: Reply): JsonObject[] {
  const { mint, model, shown, ids } = scene
  const thoughts = blocks.flatMap((block) => block.type === 'thinking' ? [block.signature] : [])
  const first = blocks.findIndex((block) => block.type === 'tool_use')
  const sealed = first < 0 ? blocks.findLastIndex((block) => block.type === 'text' || block.type === 'refusal') : first
  const signed = (part: JsonObject, i: number, about: string): JsonObject => {
    if (i !== sealed || (thoughts.length === 0 && generationOf(model) < 3)) return part
    const thoughtSignature = thoughts.at(-1) ?? `CiQB${mint.sign(`${WIRE} ${about}`).slice(2)}`
    mint.remember(thoughtSignature, about)
    // In a stream it stands on an empty part of its own.
    if (part['text'] !== undefined) mint.remember(thoughtSignature, '')
    return { ...part, thoughtSignature }
  }
  return blocks.flatMap((block: ReplyBlock, i): JsonObject[] => {
    switch (block.type) {
      case 'text':
      case 'refusal':
        return [signed({ text: block.text }, i, block.text)]
      case 'thinking':
        return shown ? [{ text: block.text, thought: true }] : []
      case 'tool_use': {
        const args = parsed(block.json === '' ? '{}' : block.json)
        const functionCall = { ...(ids ? { id: block.id } : {}), name: block.name, args }
        if (ids) mint.remember(block.id, 'id')
        return [signed({ functionCall }, i, `${block.name} ${JSON.stringify(args)}`)]
      }
      case 'native':
        return block.data['groundingMetadata'] === undefined ? [block.data] : []
      // Nothing is hidden in a block of its own here.
      default:
        return []
    }
  })
}
