// Folds deltas into a response: the only place where an answer is put together, whole or streamed.
import type { Delta } from '../types/event.ts'
import type { Citation, ContentBlock, ToolUseBlock } from '../types/message.ts'
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
  /** The provider's word for why there is no answer at all, where it says that something went wrong. */
  failed(): string | false
  /** The answer, or what there is of it by now. */
  response(): ChatResponse
  /** What the provider sent, for `includeRaw`. */
  raw?: unknown
}

/** A block while it grows. */
interface Draft {
  type: string
  /** Of a tool call: its arguments. */
  text: string
  id?: string
  name?: string
  /** Of a tool call: its place among the calls. */
  index?: number
  signature?: string
  state?: unknown
  citations?: Citation[]
  value?: ContentBlock
}

interface Folded {
  /** Integer keys: an object lists them in ascending order, whatever the order of arrival. */
  readonly drafts: { [block: number]: Draft }
  readonly usage: Partial<Usage>
  readonly metadata: { [key: string]: unknown }
  id: string
  model: string
  createdAt: number
  reason?: FinishReason
  rawReason: string | null
  usd: number | null
  endedAt?: number
}

/** Starts an answer. */
export function assembler(facts: Facts): Assembler {
  const { target, startedAt, metadata } = facts
  const folded: Folded = { drafts: {}, usage: {}, metadata: { ...metadata }, id: '', model: target.model, createdAt: startedAt, rawReason: null, usd: null }
  let calls = 0
  let touched = false
  const self: Assembler = {
    fold(delta) {
      touched = true
      if (!('block' in delta)) return note(folded, delta, facts)
      const draft = (folded.drafts[delta.block] ??= { type: 'text', text: '' })
      if (delta.type === 'tool_call_delta') {
        delta.index = draft.index ??= calls++
        draft.id ||= delta.id ?? ''
        draft.name ||= delta.name ?? ''
        draft.text += delta.argumentsDelta
      } else if (delta.type === 'citation') (draft.citations ??= []).push(delta.citation)
      else if ('text' in delta) {
        if (!draft.text) draft.type = delta.type.replace('_delta', '')
        draft.text += delta.text
        // What came as text was thinking after all.
      } else if ('value' in delta && delta.value.type === 'thinking') Object.assign(draft, delta.value)
      else Object.assign(draft, delta, { type: draft.type })
    },
    touched: () => touched,
    failed: () => folded.reason === 'error' && !Object.keys(folded.drafts).length && `${folded.rawReason}`,
    opened: () => calls > 0 || self.complete() || Object.keys(folded.drafts).length > 0,
    complete: () => folded.endedAt !== undefined,
    response: () => respond(facts, folded, self.raw),
  }
  return self
}

/** What is not part of a block. */
function note(folded: Folded, delta: Exclude<Delta, { readonly block: number }>, { now }: Facts): void {
  if (delta.type === 'usage') {
    // What is no count is as good as none: it is estimated then.
    for (const [name, count] of Object.entries(delta.usage)) if (typeof count === 'number' && count >= 0) Object.assign(folded.usage, { [name]: count })
  } else if (delta.type === 'metadata') Object.assign(folded.metadata, delta.values)
  else if (delta.type === 'cost') folded.usd = delta.usd
  else if (delta.type === 'done') folded.endedAt ??= now()
  else if (delta.type === 'finish') {
    folded.reason = delta.reason
    folded.rawReason = delta.raw
  } else {
    // Some servers send another with every chunk, and callers have seen the first.
    folded.id ||= delta.id ?? ''
    folded.model = delta.model || folded.model
    folded.createdAt = delta.createdAt ?? folded.createdAt
  }
}

function respond(facts: Facts, folded: Folded, raw: unknown): ChatResponse {
  const { id, model, createdAt, reason, rawReason, usd, endedAt, metadata } = folded
  const { alias, target, startedAt, attempts } = facts
  const content = Object.values(folded.drafts).flatMap((draft) => finished(draft, facts, id))
  const joined = (type: string): string => content.reduce((text, block) => (block.type === type && 'text' in block ? text + block.text : text), '')
  const toolCalls = content
    .filter((block): block is ToolUseBlock => block.type === 'tool_use')
    .map(({ id, name, input, invalid }) => ({ id, name, ...(invalid ? { invalid } : { arguments: input ?? {} }) }))
  return {
    id,
    model: alias,
    providerModel: model,
    provider: target.provider.name,
    content,
    message: { role: 'assistant', content },
    text: joined('text'),
    thinking: joined('thinking'),
    toolCalls,
    finishReason: toolCalls.length && reason === 'stop' ? 'tool_calls' : (reason ?? (endedAt === undefined ? 'error' : 'other')),
    rawFinishReason: rawReason,
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
    createdAt,
    latencyMs: (endedAt ?? facts.now()) - startedAt,
    attempts: [...attempts],
    metadata,
    ...(raw !== undefined && { raw }),
  }
}

/** A block as the caller keeps it, or nothing where nothing came of it. */
function finished({ type, text, id, name, index, signature, state, citations, value }: Draft, { target, startedAt }: Facts, answer: string): ContentBlock[] {
  const { provider, model, baseUrl } = target
  const stamped = { origin: { provider: provider.name, model, endpoint: baseUrl, ...(state !== undefined && { state }) } }
  const sealed = state === undefined ? undefined : stamped
  if (value) return [{ ...value, ...(sealed || /^(native|redacted)/.test(value.type) ? stamped : undefined) }]
  if (index !== undefined) {
    const made = `call_${(answer || startedAt.toString(36)).replace(/\W/g, '').slice(-24)}_${index}`
    return [{ type: 'tool_use', id: id || made, name: name ?? '', ...parsed(text), ...sealed }]
  }
  if (!text && signature === undefined && !citations && !sealed) return []
  if (type === 'refusal') return [{ type, text, ...sealed }]
  if (type === 'thinking' || signature !== undefined) return [{ type: 'thinking', text, ...(signature !== undefined && { signature }), ...stamped }]
  return [{ type: 'text', text, ...(citations && { citations }), ...sealed }]
}

/** A tool call's arguments. What is not a JSON object keeps its place and is never passed on as a call. */
function parsed(raw: string): Pick<ToolUseBlock, 'input' | 'invalid'> {
  try {
    const input: unknown = JSON.parse(raw.trim() || '{}')
    if (typeof input === 'object' && input && !Array.isArray(input)) return { input: input as NonNullable<ToolUseBlock['input']> }
    return { invalid: { raw, error: 'the arguments are no JSON object' } }
  } catch (error) {
    return { invalid: { raw, error: String(error) } }
  }
}

/** What the provider counted; where it did not, or the answer was cut before it could, an estimate that says so. */
function counted({ request }: Facts, { usage, drafts, endedAt }: Folded): Usage {
  const { inputTokens = estimateInput(request), outputTokens = 0 } = usage
  const guess = endedAt !== undefined && 'outputTokens' in usage ? 0 : Object.values(drafts).reduce((sum, { text }) => sum + text.length, 0)
  const output = Math.max(outputTokens, tokensOf(guess))
  return {
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    ...usage,
    inputTokens,
    outputTokens: output,
    totalTokens: inputTokens + output,
    ...(output > outputTokens || !('inputTokens' in usage) ? { estimated: true } : undefined),
  }
}
