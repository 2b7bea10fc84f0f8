// Folds deltas into a response: the only place where an answer is put together, whole or streamed.
import type { Delta, ToolCallDelta } from '../types/event.ts'
import type { Citation, ContentBlock, Origin, ToolUseBlock } from '../types/message.ts'
import type { Target } from '../types/provider.ts'
import type { ChatRequest } from '../types/request.ts'
import type { Attempt, ChatResponse, FinishReason, Usage } from '../types/response.ts'
import { estimateInput, tokensOf } from './tokens.ts'

/** What a response says that no delta does. */
export interface Facts {
  /** What the caller asked for. */
  readonly alias: string
  readonly target: Target
  readonly request: ChatRequest
  readonly metadata?: { readonly [key: string]: unknown } | undefined
  readonly attempts: readonly Attempt[]
  readonly startedAt: number
  readonly now: () => number
}

export interface Assembler {
  fold(delta: Delta): void
  /** Something that a caller would see has arrived, or the answer is whole. */
  opened(): boolean
  /** The terminal event has arrived. */
  complete(): boolean
  /** Whether anything at all has arrived. */
  touched(): boolean
  /** The answer, or what there is of it by now. */
  response(): ChatResponse
  /** What the provider sent, for `includeRaw`. */
  raw?: unknown
}

/** A block while it grows. */
interface Draft {
  type: 'text' | 'thinking' | 'refusal' | 'tool_use' | 'block'
  text: string
  signature?: string
  state?: unknown
  citations?: Citation[]
  id?: string
  name?: string
  index: number
  value?: ContentBlock
}

interface Folded {
  readonly drafts: Map<number, Draft>
  readonly usage: { -readonly [key in keyof Usage]?: Usage[key] }
  readonly metadata: { [key: string]: unknown }
  id: string
  model: string
  createdAt: number | undefined
  reason: FinishReason | undefined
  rawReason: string | null
  costUsd: number | undefined
  endedAt: number | undefined
}

const KINDS: { readonly [type: string]: Draft['type'] } = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  refusal_delta: 'refusal',
}

/** Starts an answer. */
export function assembler(facts: Facts): Assembler {
  const folded: Folded = {
    drafts: new Map(),
    usage: {},
    metadata: { ...facts.metadata },
    id: '',
    model: facts.target.model,
    createdAt: undefined,
    reason: undefined,
    rawReason: null,
    costUsd: undefined,
    endedAt: undefined,
  }
  let calls = 0
  let touched = false

  const draft = (key: number, type: Draft['type']): Draft => {
    let found = folded.drafts.get(key)
    if (!found) folded.drafts.set(key, (found = { type, text: '', index: type === 'tool_use' ? calls++ : -1 }))
    return found
  }
  const tool = (delta: ToolCallDelta): void => {
    const slot = draft(delta.block, 'tool_use')
    delta.index = slot.index
    slot.id ||= delta.id ?? ''
    slot.name ||= delta.name ?? ''
    slot.text += delta.argumentsDelta
  }
  const fold = (delta: Delta): void => {
    touched = true
    switch (delta.type) {
      case 'text_delta':
      case 'thinking_delta':
      case 'refusal_delta':
        draft(delta.block, KINDS[delta.type] ?? 'text').text += delta.text
        break
      case 'tool_call_delta':
        tool(delta)
        break
      case 'citation':
        ;(draft(delta.block, 'text').citations ??= []).push(delta.citation)
        break
      case 'block':
        draft(delta.block, 'block').value = delta.value
        break
      case 'seal':
        seal(draft(delta.block, delta.signature === undefined ? 'text' : 'thinking'), delta)
        break
      default:
        note(folded, delta, facts)
    }
  }
  const self: Assembler = {
    fold,
    touched: () => touched,
    opened: () => folded.drafts.size > 0 || folded.endedAt !== undefined,
    complete: () => folded.endedAt !== undefined,
    response: () => respond(facts, folded, self.raw),
  }
  return self
}

function seal(slot: Draft, { signature, state }: { readonly signature?: string; readonly state?: unknown }): void {
  if (signature !== undefined) slot.signature = signature
  if (state !== undefined) slot.state = state
}

/** What is not a block of the answer. */
function note(folded: Folded, delta: Delta, facts: Facts): void {
  if (delta.type === 'usage') {
    for (const [key, value] of Object.entries(delta.usage)) if (value !== undefined) Object.assign(folded.usage, { [key]: value })
  } else if (delta.type === 'meta') {
    folded.id = delta.id || folded.id
    folded.model = delta.model || folded.model
    folded.createdAt = delta.createdAt ?? folded.createdAt
  } else if (delta.type === 'finish') {
    folded.reason = delta.reason
    folded.rawReason = delta.raw
  } else if (delta.type === 'cost') folded.costUsd = delta.usd
  else if (delta.type === 'metadata') Object.assign(folded.metadata, delta.values)
  else if (delta.type === 'done') folded.endedAt ??= facts.now()
}

function respond(facts: Facts, folded: Folded, raw: unknown): ChatResponse {
  const origin = { provider: facts.target.provider.name, model: facts.target.model, endpoint: facts.target.baseUrl }
  const seed = (folded.id || facts.startedAt.toString(36)).replace(/[^\w-]/g, '').slice(-24)
  const content = [...folded.drafts]
    .sort(([a], [b]) => a - b)
    .map(([, slot]) => finished(slot, origin, `call_${seed}_${slot.index}`))
    .filter((block): block is ContentBlock => block !== undefined)
  const calls = content.filter((block): block is ToolUseBlock => block.type === 'tool_use')
  const usd = folded.costUsd ?? null
  const whole = folded.endedAt !== undefined
  return {
    id: folded.id,
    model: facts.alias,
    providerModel: folded.model,
    provider: origin.provider,
    content,
    message: { role: 'assistant', content },
    text: joined(content, 'text'),
    thinking: joined(content, 'thinking'),
    toolCalls: calls.map(({ id, name, input, invalid }) => ({ id, name, ...(invalid ? { invalid } : { arguments: input ?? {} }) })),
    finishReason: calls.length && folded.reason === 'stop' ? 'tool_calls' : (folded.reason ?? (whole ? 'other' : 'error')),
    rawFinishReason: folded.rawReason,
    usage: counted(facts, folded),
    cost: {
      totalUsd: usd,
      inputUsd: null,
      outputUsd: null,
      cachedInputUsd: null,
      cacheWriteUsd: null,
      ...(usd === null ? { source: 'unknown', confidence: 'unknown' } : { source: 'live_api', confidence: 'exact' }),
    },
    costUsd: usd,
    createdAt: folded.createdAt ?? facts.startedAt,
    latencyMs: (folded.endedAt ?? facts.now()) - facts.startedAt,
    attempts: [...facts.attempts],
    metadata: folded.metadata,
    ...(raw === undefined ? undefined : { raw }),
  }
}

function joined(content: readonly ContentBlock[], type: 'text' | 'thinking'): string {
  return content.reduce((text, block) => (block.type === type ? text + block.text : text), '')
}

/** A block as the caller keeps it, or undefined where nothing came of it. */
function finished(slot: Draft, stamp: Origin, fallbackId: string): ContentBlock | undefined {
  const { type, text, state, signature, citations } = slot
  const origin = state === undefined ? stamp : { ...stamp, state }
  const sealed = state === undefined ? undefined : { origin }
  if (slot.value) {
    const opaque = sealed || slot.value.type === 'native' || slot.value.type === 'redacted_thinking'
    return opaque ? { ...slot.value, origin } : slot.value
  }
  if (type === 'tool_use') return { type, id: slot.id || fallbackId, name: slot.name ?? '', ...parsed(text), ...sealed }
  if (type === 'thinking') {
    return text || signature !== undefined || sealed ? { type, text, ...(signature === undefined ? undefined : { signature }), origin } : undefined
  }
  if (type === 'refusal') return { type, text }
  return text || citations || sealed ? { type: 'text', text, ...(citations ? { citations } : undefined), ...sealed } : undefined
}

/** A tool call's arguments. What is not a JSON object keeps its place and is never passed on as a call. */
function parsed(raw: string): Pick<ToolUseBlock, 'input' | 'invalid'> {
  if (raw.trim() === '') return { input: {} }
  try {
    const value: unknown = JSON.parse(raw)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { input: { ...value } }
    return { invalid: { raw, error: 'the arguments are JSON, but not an object' } }
  } catch (error) {
    return { invalid: { raw, error: String(error instanceof Error ? error.message : error) } }
  }
}

/** What the provider counted; where it did not, or the answer was cut before it could, an estimate that says so. */
function counted({ request }: Facts, { usage, drafts, endedAt }: Folded): Usage {
  const { inputTokens = estimateInput(request), outputTokens = 0 } = usage
  let written = 0
  if (endedAt === undefined || usage.outputTokens === undefined) for (const { text } of drafts.values()) written += text.length
  const output = Math.max(outputTokens, tokensOf(written))
  const estimated = usage.inputTokens === undefined || output > outputTokens
  return {
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    ...usage,
    inputTokens,
    outputTokens: output,
    totalTokens: inputTokens + output,
    ...(estimated ? { estimated } : undefined),
  }
}
