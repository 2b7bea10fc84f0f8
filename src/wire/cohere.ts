// Cohere's chat, version 2: bodies and streams to deltas, and what its failures mean.
import { relayError, type ErrorDetails } from '../errors.ts'
import { sse } from '../http/sse.ts'
import type { Delta } from '../types/event.ts'
import type { Encoding, Wire } from '../types/provider.ts'
import { encodeCohere } from './cohere-encode.ts'
import { told, type FaultRule } from './fault.ts'
import { present } from './fields.ts'
import { reasonOf } from './finish.ts'
import { wireOf, type Reading } from './wire.ts'

interface RawContent {
  readonly type?: string
  readonly text?: string
  readonly thinking?: string
}

interface RawCall {
  readonly id?: string
  readonly function?: { readonly name?: string; readonly arguments?: string }
}

interface RawCitation {
  readonly start?: number
  readonly end?: number
  readonly type?: string
  readonly content_index?: number
  readonly sources?: readonly { readonly type?: string; readonly document?: { readonly [field: string]: unknown } }[]
}

interface RawTokens {
  readonly input_tokens?: number
  readonly output_tokens?: number
}

interface RawEnd {
  readonly finish_reason?: string
  readonly error?: string
  readonly usage?: { readonly billed_units?: RawTokens; readonly tokens?: RawTokens; readonly cached_tokens?: number }
}

interface RawMessage {
  readonly content?: readonly RawContent[]
  readonly tool_plan?: string
  readonly tool_calls?: readonly RawCall[]
  readonly citations?: readonly RawCitation[]
}

interface RawBody extends RawEnd {
  readonly id?: string
  readonly message?: RawMessage
}

/** In a stream each of these is one, not a list. */
interface RawFrame {
  readonly type?: string
  readonly id?: string
  readonly index?: number
  readonly delta?: RawEnd & {
    readonly message?: {
      readonly content?: RawContent
      readonly tool_plan?: string
      readonly tool_calls?: RawCall
      readonly citations?: RawCitation
    }
  }
}

const RULES: readonly FaultRule[] = [
  // The same opening words are said of `max_tokens`, where a shorter talk does not help.
  ['invalid_request', /too many tokens: max tokens/],
  ['context_window', /TOO_MANY_TOKENS|too many tokens/],
  ['quota', /^402|month|billing/i, 402],
  ['content_policy', /^498.*block|^undef.*was blocked/],
  ['authentication', /^498/],
]

export const cohere: Wire = /* @__PURE__ */ wireOf({ name: 'cohere', framing: sse, encode: encodeCohere, read: reader, faults: RULES })

function reader({ details }: Encoding): Reading {
  let plan = ''
  let text = 0
  // Arguments that say `null` mean none: what may still become that is held back.
  let held = ''
  let begun = false
  let at = 0
  const release = (): Delta[] => {
    const late = !begun && held === 'null' ? '' : held
    held = ''
    return late ? called({}, at, late) : []
  }
  const take = (frame: RawFrame & RawBody, _event: string, all: boolean): readonly Delta[] => {
    const { type, id, index = 0, delta = {} } = frame
    if (all) return whole(frame, details)
    const { content = {}, tool_plan = '', tool_calls: call = {}, citations } = delta.message ?? {}
    switch (type) {
      case 'message-start':
        return named(id)
      case 'content-start':
      case 'content-delta':
        if (content.type === 'text') text = index
        return written(content, index)
      case 'tool-plan-delta':
        plan += tool_plan
        return []
      case 'tool-call-start':
        begun = false
        return [...planned(plan), ...release(), ...called(call, (at = index), '')]
      case 'tool-call-delta':
        held += call.function?.arguments ?? ''
        if (!begun && 'null'.startsWith(held)) return []
        begun = true
        return release()
      case 'tool-call-end':
        return release()
      case 'citation-start':
        return citations ? cited(citations, text) : []
      case 'message-end':
        return [...planned(plan), ...release(), ...ended(delta, details)]
      default:
        return []
    }
  }
  return { take: take as Reading['take'] }
}

function whole(body: RawBody, details: ErrorDetails): Delta[] {
  const { id, message, ...end } = body
  // The message of a failure is a text.
  if (typeof message === 'string') throw told(body, details, RULES)
  if (!message) throw relayError('invalid_response', 'the answer has no `message`', details)
  const { content = [], tool_plan, tool_calls = [], citations = [] } = message
  const text = content.findIndex(({ type }) => type === 'text')
  return [
    ...named(id),
    ...planned(tool_plan),
    ...content.flatMap(written),
    ...citations.flatMap((one) => cited(one, text)),
    ...tool_calls.flatMap((call, index) => called(call, index, (call.function?.arguments ?? '').replace(/^null$/, ''))),
    ...ended(end, details),
  ]
}

function named(id: string | undefined): Delta[] {
  return id ? [{ type: 'meta', id }] : []
}

/** Blocks are numbered by kind: the plan, then what is said, then the calls. */
const SAID = 1
const CALLS = 10_000

/** The plan is not the answer's text, and goes back in a field of its own. */
function planned(text: string | undefined): Delta[] {
  return text ? [{ type: 'block', block: 0, value: { type: 'native', kind: 'tool_plan', data: { text } } }] : []
}

function written({ text, thinking }: RawContent, index: number): Delta[] {
  if (thinking) return [{ type: 'thinking_delta', block: SAID + index, text: thinking }]
  return text ? [{ type: 'text_delta', block: SAID + index, text }] : []
}

function called({ id, function: { name } = {} }: RawCall, index: number, argumentsDelta: string): Delta[] {
  return [{ type: 'tool_call_delta', block: CALLS + index, ...present({ id, name }), argumentsDelta }]
}

/** `text` is the number of the text, for citations that do not say what they are about. */
function cited(raw: RawCitation, text: number): Delta[] {
  const { start, end, type = 'TEXT_CONTENT', content_index = text, sources: [source] = [] } = raw
  if (type !== 'TEXT_CONTENT') return []
  const { url, title, text: words, snippet = words } = (source?.document ?? {}) as { readonly [field: string]: string }
  return [{ type: 'citation', block: SAID + content_index, citation: { kind: source?.type ?? 'document', ...present({ url, title, citedText: snippet, start, end }), raw } }]
}

function ended({ finish_reason, error, usage }: RawEnd, details: ErrorDetails): Delta[] {
  const raw = finish_reason ?? null
  if (error) throw told({ message: error }, details, RULES)
  const out: Delta[] = []
  if (usage) {
    const { tokens, billed_units: billedUnits, cached_tokens = 0 } = usage
    // What the model read and wrote. `billed_units` are fewer, and what the cache held may be more than they are.
    const { input_tokens: inputTokens = 0, output_tokens: outputTokens = 0 } = tokens ?? billedUnits ?? {}
    const billed = present({ billedInputTokens: billedUnits?.input_tokens, billedOutputTokens: billedUnits?.output_tokens })
    out.push({ type: 'usage', usage: { inputTokens, outputTokens, cachedInputTokens: Math.min(cached_tokens, inputTokens), ...billed } })
    if (billedUnits) out.push({ type: 'metadata', values: { billedUnits } })
  }
  return [...out, { type: 'finish', reason: reasonOf(raw), raw }, { type: 'done' }]
}
