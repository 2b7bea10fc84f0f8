// Gemini's generateContent: bodies and streams to deltas, and what its failures mean.
import { relayError } from '../errors.ts'
import { sse } from '../http/sse.ts'
import type { Delta } from '../types/event.ts'
import type { ContentBlock } from '../types/message.ts'
import type { Encoding, Framing, Wire } from '../types/provider.ts'
import type { Usage } from '../types/response.ts'
import { told, type FaultRule } from './fault.ts'
import { present } from './fields.ts'
import { reasonOf } from './finish.ts'
import { growArguments, type PartialArgument } from './gemini-arguments.ts'
import { citationsOf, type RawSources } from './gemini-citations.ts'
import { encodeGemini, type GeminiDialect } from './gemini-encode.ts'
import { wireOf, type Reading } from './wire.ts'

interface RawPart {
  readonly text?: string
  readonly thought?: boolean
  readonly thoughtSignature?: string
  readonly functionCall?: RawCall
  readonly inlineData?: { readonly mimeType?: string; readonly data?: string }
  readonly [kind: string]: unknown
}

interface RawCall {
  readonly id?: string
  readonly name?: string
  readonly args?: object
  readonly partialArgs?: readonly PartialArgument[]
  readonly willContinue?: boolean
}

interface RawCandidate extends RawSources {
  readonly index?: number
  readonly content?: { readonly parts?: readonly RawPart[] }
  readonly finishReason?: string
  readonly [fact: string]: unknown
}

interface RawUsage {
  readonly promptTokenCount?: number | null
  /** What built-in tools read: not in `promptTokenCount`. */
  readonly toolUsePromptTokenCount?: number | null
  /** Without the thoughts. */
  readonly candidatesTokenCount?: number | null
  readonly thoughtsTokenCount?: number | null
  /** Of `promptTokenCount`. */
  readonly cachedContentTokenCount?: number | null
  /** `serviceTier`, `trafficType`, and the counts by modality. */
  readonly [fact: string]: unknown
}

interface RawChunk {
  readonly candidates?: readonly RawCandidate[]
  readonly promptFeedback?: { readonly blockReason?: string; readonly blockReasonMessage?: string }
  readonly usageMetadata?: RawUsage
  readonly responseId?: string
  readonly modelVersion?: string
  readonly createTime?: string
  readonly error?: unknown
}

/** The wire, in the dialect of one place. */
export function gemini(dialect: GeminiDialect): Wire {
  return wireOf({ name: 'gemini', framing, encode: (encoding) => encodeGemini(encoding, dialect), read: reader, faults: RULES, verbatim: false })
}

export const RULES: readonly FaultRule[] = [
  // A wrong key is 400 here.
  ['authentication', /API_KEY_INVALID|UNAUTHENTICATED|unregistered callers/, 401],
  ['context_window', /input token count.*exceeds the maximum/i],
  // The delay that comes with a day's quota is not true.
  ['quota', /^(402|429[^|]*PerDay)/],
  ['rate_limit', /^[^|]*RESOURCE_EXHAUSTED/, 429],
  // The account, the region: another provider may do.
  ['unsupported', /^[^|]*(UNIMPLEMENTED|FAILED_PRECONDITION)/],
]

/** Server-sent events, and what may follow them: a stream that breaks off ends in bare JSON, which is no event. */
const framing: Framing = {
  contentType: sse.contentType,
  framer(sink) {
    // What came since the last event, and the end of the line before it.
    let rest: Uint8Array[] = [Uint8Array.of(10)]
    let framed = false
    const events = sse.framer((data, event) => {
      framed = true
      sink(data, event)
    })
    return {
      push(bytes) {
        framed = false
        events.push(bytes)
        if (framed) rest = []
        rest.push(bytes)
      },
      end() {
        const decoder = new TextDecoder()
        const text = rest.map((bytes) => decoder.decode(bytes, { stream: true })).join('')
        const [, bare] = /[\r\n]([{[][^]*)/.exec(text) ?? []
        const left = events.end()
        if (bare) sink(bare, '')
        return left
      },
    }
  },
}

/** Reads chunks, of which a whole body is one. */
function reader({ details }: Encoding): Reading {
  const blocks = numbering()
  const facts: { [name: string]: unknown } = {}
  const sources: RawSources[] = []
  const usage: RawUsage = {}
  let finish: string | undefined
  let named = false
  let answered = false

  return {
    take(body) {
      // Some errors come in a list of one.
      const chunk = Object([body].flat()[0]) as RawChunk
      const { promptFeedback, candidates, usageMetadata, responseId: id, modelVersion: model, createTime = '' } = chunk
      if (chunk.error) throw told(chunk, details, RULES)
      if (promptFeedback?.blockReason) {
        const { blockReason, blockReasonMessage = `the prompt was blocked: ${blockReason}` } = promptFeedback
        throw relayError('content_policy', blockReasonMessage, { ...details, data: promptFeedback })
      }
      const out: Delta[] = []
      if (!named && (id || model)) {
        named = true
        out.push({ type: 'meta', id, model, createdAt: Date.parse(createTime) || undefined })
      }
      const candidate = candidates?.find(({ index }) => !index)
      if (candidate) {
        const { index, content, finishReason, citationMetadata, ...said } = candidate
        answered = true
        for (const part of content?.parts ?? []) out.push(...blocks.take(part))
        finish = finishReason ?? finish
        sources.push(candidate)
        // The last word counts.
        Object.assign(facts, said)
      }
      // Cumulative, but a later chunk may leave a count out.
      if (usageMetadata) out.push({ type: 'usage', usage: counted(Object.assign(usage, usageMetadata)) })
      return out
    },
    end(whole) {
      if (whole && !answered) throw relayError('invalid_response', 'the answer holds no candidate', details)
      if (!whole && !finish) return []
      const out = [...blocks.close(), ...citationsOf(sources, blocks.texts)]
      const values: { [name: string]: unknown } = {}
      for (const [kind, data] of Object.entries({ ...facts, ...usage })) {
        if (!kind.endsWith('Metadata')) {
          if (!/Tokens?[CD]/.test(kind)) values[kind] = data
        // It may be there and empty, where nothing was searched.
        } else if (Object.keys(Object(data)).length) out.push({ type: 'block', block: blocks.next(), value: { type: 'native', kind, data } })
      }
      return [...out, { type: 'metadata', values }, { type: 'finish', reason: reasonOf(finish), raw: finish ?? null }, { type: 'done' }]
    },
  }
}

interface Numbering {
  /** What was said so far in blocks of text, for places in it to be found. */
  readonly texts: Map<number, string>
  next(): number
  take(part: RawPart): Delta[]
  /** Ends a call whose arguments came in pieces. */
  close(): Delta[]
}

/** Numbers blocks by their parts alone, so that it does not matter how the parts are spread over chunks. */
function numbering(): Numbering {
  let count = 0
  let open: 'text_delta' | 'thinking_delta' | undefined
  let call: { readonly block: number; readonly args: { [name: string]: unknown } } | undefined
  const texts = new Map<number, string>()
  const next = (): number => count++

  const close = (): Delta[] => {
    const done = call
    call = undefined
    return done ? [{ type: 'tool_call_delta', block: done.block, argumentsDelta: JSON.stringify(done.args) }] : []
  }
  const called = ({ id, name, args, partialArgs = [], willContinue }: RawCall, thoughtSignature: string | undefined): Delta[] => {
    const out: Delta[] = []
    if (name || !call) {
      const block = (out.push(...close()), next())
      const argumentsDelta = willContinue || !args ? '' : JSON.stringify(args)
      out.push({ type: 'tool_call_delta', block, ...present({ id, name }), argumentsDelta }, { type: 'seal', block, state: present({ id, thoughtSignature }) })
      if (willContinue) call = { block, args: {} }
    }
    for (const piece of partialArgs) if (call) growArguments(call.args, piece)
    return willContinue ? out : [...out, ...close()]
  }
  const written = ({ text = '', thought, thoughtSignature }: RawPart): Delta[] => {
    if (!text && !thoughtSignature) return []
    const type = thought ? 'thinking_delta' : 'text_delta'
    if (open !== type) next()
    // In a stream the signature comes with the last piece of its part, which may be empty: what follows is another part.
    open = thoughtSignature ? undefined : type
    const block = count - 1
    if (!thought) texts.set(block, (texts.get(block) ?? '') + text)
    return [{ type, block, text }]
  }
  const take = (part: RawPart): Delta[] => {
    const { text, thought, thoughtSignature, functionCall, inlineData } = part
    if (text === undefined) open = undefined
    if (functionCall) return called(functionCall, thoughtSignature)
    const kind = Object.keys(part).find((key) => typeof part[key] === 'object')
    if (text === undefined && !kind) return []
    // A picture on the way to the picture is no answer.
    const native = text === undefined && (!inlineData || thought)
    const value: ContentBlock = native ? { type: 'native', kind: kind ?? '', data: part } : mediaOf(inlineData)
    const out: Delta[] = text === undefined ? [{ type: 'block', block: next(), value }] : written(part)
    return thoughtSignature && !native ? [...out, { type: 'seal', block: count - 1, state: { thoughtSignature } }] : out
  }
  return { texts, next, take, close }
}

function mediaOf({ mimeType = '', data = '' }: RawPart['inlineData'] = {}): ContentBlock {
  const [, type = 'document'] = /^(image|audio)\//.exec(mimeType) ?? []
  return { type: type as 'image', data, mediaType: mimeType }
}

function counted(raw: RawUsage): Partial<Usage> {
  const { promptTokenCount: prompt, toolUsePromptTokenCount: tools, candidatesTokenCount: said, thoughtsTokenCount: thought, cachedContentTokenCount: cached } = raw
  const reasoningTokens = thought ?? 0
  return { inputTokens: (prompt ?? 0) + (tools ?? 0), outputTokens: (said ?? 0) + reasoningTokens, cachedInputTokens: cached ?? 0, reasoningTokens }
}
