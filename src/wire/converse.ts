// The Converse dialect: what comes back, whole or as a stream. `converse-encode.ts` is what is sent.
import { relayError } from '../errors.ts'
import { eventStream } from '../http/eventstream.ts'
import { parsed } from '../json/event.ts'
import type { Delta } from '../types/event.ts'
import type { Citation } from '../types/message.ts'
import type { Encoding, Wire } from '../types/provider.ts'
import type { Usage } from '../types/response.ts'
import { awsException, awsWire } from './aws-fault.ts'
import { encode, type ConverseDialect } from './converse-encode.ts'
import { present } from './fields.ts'
import { reasonOf } from './finish.ts'
import { wireOf, type Reading } from './wire.ts'

interface RawTool {
  readonly toolUseId?: string
  readonly name?: string
  readonly type?: string
}

/** What a block says where it begins. Text and reasoning have no beginning of their own. */
interface RawStart {
  readonly toolUse?: RawTool
  readonly toolResult?: { readonly [field: string]: unknown }
  readonly image?: { readonly format?: string }
}

interface RawDelta {
  readonly text?: string
  readonly toolUse?: { readonly input?: string } | undefined
  readonly reasoningContent?: { readonly text?: string; readonly signature?: string; readonly redactedContent?: string }
  readonly citation?: RawCitation
  readonly toolResult?: readonly unknown[] | undefined
  readonly image?: { readonly source?: { readonly bytes?: string } } | undefined
}

/** A block of a whole answer: an object with exactly one of these. */
interface RawBlock {
  readonly text?: string
  readonly toolUse?: RawTool & { readonly input?: unknown }
  readonly toolResult?: { readonly content?: readonly unknown[] }
  readonly reasoningContent?: {
    readonly reasoningText?: { readonly text?: string; readonly signature?: string }
    readonly redactedContent?: string
  }
  readonly citationsContent?: { readonly content?: readonly { readonly text?: string }[]; readonly citations?: readonly RawCitation[] }
  readonly image?: { readonly format?: string; readonly source?: { readonly bytes?: string } }
}

interface RawCitation {
  readonly title?: string
  readonly source?: string
  readonly sourceContent?: readonly { readonly text?: string }[]
  readonly location?: { readonly [kind: string]: { readonly url?: string } }
}

interface RawUsage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cacheReadInputTokens?: number
  readonly cacheWriteInputTokens?: number
  readonly cacheDetails?: readonly { readonly ttl?: string; readonly inputTokens?: number }[]
}

/** A whole answer, and the payload of any event of a stream. */
interface RawAnswer {
  readonly output?: { readonly message?: { readonly content?: readonly RawBlock[] } }
  readonly contentBlockIndex?: number
  readonly start?: RawStart
  readonly delta?: RawDelta
  readonly stopReason?: string
  readonly usage?: RawUsage
  readonly [fact: string]: unknown
}

/** Puts the pieces of blocks together. A whole answer is taken apart into the same pieces. */
interface Blocks {
  begin(block: number, start: RawStart): readonly Delta[]
  add(block: number, delta: RawDelta): readonly Delta[]
  close(block: number): readonly Delta[]
}

export function converse(dialect: ConverseDialect): Wire {
  return awsWire(wireOf({ name: 'converse', framing: eventStream, encode: (encoding) => encode(encoding, dialect), read: reader }))
}

function reader({ details }: Encoding): Reading {
  const blocks = assembling()
  let stop = false
  const done: Delta = { type: 'done' }
  const take = (raw: RawAnswer, event: string, all: boolean): readonly Delta[] => {
    const failure = awsException(raw, event, details)
    if (failure) throw failure
    if (all) {
      const content = raw.output?.message?.content
      // A path that AWS does not know is answered with a 200 and the name of an error.
      if (!Array.isArray(content)) throw relayError('invalid_response', 'the answer has no `output.message`', details)
      return [...content.flatMap((one: RawBlock, block) => whole(one, block, blocks)), ...stopped(raw), ...counted(raw), done]
    }
    const { contentBlockIndex: block = 0, start, delta } = raw
    if (delta && event === 'contentBlockDelta') return blocks.add(block, delta)
    if (start && event === 'contentBlockStart') return blocks.begin(block, start)
    if (event === 'contentBlockStop') return blocks.close(block)
    if (event === 'messageStop') {
      stop = true
      return stopped(raw)
    }
    if (event !== 'metadata') return []
    // What was used comes after the stop, and is the last word.
    return stop ? [...counted(raw), done] : counted(raw)
  }
  return { take: take as Reading['take'] }
}

/** A block of which the caller sees nothing until it is whole. */
interface Open {
  readonly start: RawStart
  input: string
  readonly parts: unknown[]
  bytes?: string
}

function assembling(): Blocks {
  const open = new Map<number, Open>()
  // A signature, or hidden thinking, of a block so far.
  const held = new Map<number, string>()
  const hold = (block: number, more: string, base64?: boolean): string => {
    const old = held.get(block) ?? ''
    const all = base64 && old.endsWith('=') ? btoa(atob(old) + atob(more)) : old + more
    held.set(block, all)
    return all
  }
  return {
    begin(block, start) {
      const { toolUse } = start
      if (!toolUse || toolUse.type === 'server_tool_use') {
        open.set(block, { start, input: '', parts: [] })
        return []
      }
      const { toolUseId: id = '', name = '' } = toolUse
      return [{ type: 'tool_call_delta', block, id, name, argumentsDelta: '' }]
    },
    add(block, { text, toolUse, reasoningContent: thought, citation, toolResult, image }) {
      const slot = open.get(block)
      if (text) return [{ type: 'text_delta', block, text }]
      if (thought?.text) return [{ type: 'thinking_delta', block, text: thought.text }]
      if (thought?.signature) return [{ type: 'seal', block, signature: hold(block, thought.signature) }]
      if (thought?.redactedContent) {
        // Base64 of what the model's own API sends: whoever takes the block elsewhere must know.
        const value = { type: 'redacted_thinking', data: hold(block, thought.redactedContent, true) } as const
        return [{ type: 'block', block, value }, { type: 'seal', block, state: { encoded: true } }]
      }
      if (citation) return [{ type: 'citation', block, citation: cited(citation) }]
      if (toolUse?.input && !slot) return [{ type: 'tool_call_delta', block, argumentsDelta: toolUse.input }]
      if (slot) {
        slot.input += toolUse?.input ?? ''
        slot.parts.push(...(toolResult ?? []))
        slot.bytes = image?.source?.bytes ?? slot.bytes ?? ''
      }
      return []
    },
    close(block) {
      const slot = open.get(block)
      open.delete(block)
      return slot ? [closed(block, slot)] : []
    },
  }
}

function closed(block: number, { start, input, parts, bytes = '' }: Open): Delta {
  const { toolUse, toolResult, image } = start
  if (image) return { type: 'block', block, value: { type: 'image', data: bytes, mediaType: `image/${image.format}` } }
  const [kind, data] = toolUse ? ['toolUse', { ...toolUse, input: parsed(input || '{}') ?? input }] : ['toolResult', { ...toolResult, content: parts }]
  return { type: 'block', block, value: { type: 'native', kind, data: { [kind]: data } } }
}

/** A block that came whole, as if it had come in pieces. */
function whole(raw: RawBlock, block: number, blocks: Blocks): readonly Delta[] {
  const { text, toolUse, toolResult, reasoningContent: thought, citationsContent: cites, image } = raw
  if (text !== undefined) return blocks.add(block, { text })
  if (toolUse || toolResult || image) {
    const delta = { image, toolResult: toolResult?.content, toolUse: toolUse && { input: JSON.stringify(toolUse.input ?? {}) } }
    return [...blocks.begin(block, raw), ...blocks.add(block, delta), ...blocks.close(block)]
  }
  if (thought) {
    const { reasoningText = {}, redactedContent = '' } = thought
    const { text: words = '', signature = '' } = reasoningText
    return [{ text: words }, { signature }, { redactedContent }].flatMap((reasoningContent) => blocks.add(block, { reasoningContent }))
  }
  if (cites) {
    const { content = [], citations = [] } = cites
    return [...citations.map((citation) => ({ citation })), ...content].flatMap((piece) => blocks.add(block, piece))
  }
  const [kind] = Object.keys(raw)
  return kind === undefined ? [] : [{ type: 'block', block, value: { type: 'native', kind, data: raw } }]
}

function cited(raw: RawCitation): Citation {
  const { title, source = '', sourceContent, location = {} } = raw
  const [[kind, place] = ['citation', {}]] = Object.entries(location)
  const url = place.url ?? (/^https?:/.test(source) ? source : undefined)
  return { kind, ...present({ url, title, citedText: sourceContent?.map(({ text }) => text).join('') }), raw }
}

function stopped(raw: RawAnswer): readonly Delta[] {
  const { stopReason = null } = raw
  return [...facts(raw, 'additionalModelResponseFields'), { type: 'finish', reason: reasonOf(stopReason), raw: stopReason }]
}

function counted(raw: RawAnswer): readonly Delta[] {
  const { usage } = raw
  const deltas = facts(raw, 'trace performanceConfig serviceTier metrics')
  if (usage) deltas.push({ type: 'usage', usage: tokens(usage) })
  return deltas
}

function tokens({ inputTokens = 0, outputTokens = 0, cacheReadInputTokens: cachedInputTokens = 0, cacheWriteInputTokens: cacheWriteTokens = 0, cacheDetails = [] }: RawUsage): Partial<Usage> {
  const hour = cacheDetails.reduce((sum, { ttl, inputTokens: written = 0 }) => (ttl === '1h' ? sum + written : sum), 0)
  // Theirs leaves out what the cache has to do with, ours does not.
  return { inputTokens: inputTokens + cachedInputTokens + cacheWriteTokens, outputTokens, cachedInputTokens, cacheWriteTokens, ...(hour && { cacheWrite1hTokens: hour }) }
}

function facts(raw: RawAnswer, names: string): Delta[] {
  const values = Object.fromEntries(names.split(' ').flatMap((name) => (raw[name] ? [[name, raw[name]]] : [])))
  return [{ type: 'metadata', values }]
}
