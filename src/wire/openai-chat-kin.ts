// Chat Completions of those who imitate it: what they say in fields, words and numbers of their own, and what the original left behind.
import { relayError } from '../errors.ts'
import type { Wire } from '../types/provider.ts'
import type { Usage } from '../types/response.ts'
import type { FaultRule } from './fault.ts'
import type { Fields } from './fields.ts'
import { reasonOf } from './finish.ts'
import { openaiChat } from './openai-chat.ts'
import { call, other, say, unsay, type RawBody } from './openai-chat-content.ts'
import { thinking } from './openai-chat-ears.ts'
import type { ChatMessage, CostOf, Dialect, Ear, Part, Splitter } from './openai-dialect.ts'

/** One company's Chat Completions, where it differs from OpenAI's as others' do too. */
export interface KinDialect extends Omit<Dialect, 'spent' | 'failed' | 'reason' | 'replay' | 'noJson'> {
  /** A further place where a body or a chunk holds its usage. */
  readonly usage?: (body: RawBody) => unknown
  /** True where the reasoning is counted beside `completion_tokens`, not in it. */
  readonly reasoningApart?: true
  /** What the usage says that the call costs, in US dollars. */
  readonly cost?: CostOf
  /** Where thinking comes inside the text. */
  readonly splitter?: () => Splitter
}

export function openaiChatKin({ ears = [], adjust, usage: elsewhere, reasoningApart, cost, splitter, faults = [], ...dialect }: KinDialect = {}): Wire {
  return openaiChat({
    ...dialect,
    faults: [...faults, ...RULES],
    ears: [thinking, ...(splitter ? [tagged(splitter)] : []), ...ears, leftBehind],
    verbatim: !splitter,
    replay,
    // Many read what they are sent, and refuse a conversation for ever that has arguments which are none.
    noJson: (raw) => JSON.stringify({ invalid_arguments: raw }),
    adjust: (body, encoding) => {
      body.messages = body.messages.map(inParts)
      adjust?.(body, encoding)
    },
    failed: (body, choice, event) => {
      if (choice?.error) return choice
      return event === 'error' || (!body.choices && FAULTS.some((field) => body[field])) ? body : undefined
    },
    spent: (out, body, choice) => {
      const usage = body.usage ?? choice?.usage ?? (elsewhere?.(body) as Fields | undefined)
      if (!usage) return
      const usd = cost?.(usage)
      out.push({ type: 'usage', usage: usageOf(usage, reasoningApart) })
      if (typeof usd === 'number') out.push({ type: 'cost', usd })
    },
    reason: (raw, { said, slots, others, encoding: { details } }) => {
      const spoke = slots.length || others > 3 || Object.keys(said).length
      if (!spoke && raw?.includes('context_window')) throw relayError('context_window', 'the conversation fills the whole window', details)
      const reason = raw || !spoke ? reasonOf(raw) : 'stop'
      return reason === 'stop' && said.refusal ? 'content_filter' : reason
    },
  })
}

const RULES: readonly FaultRule[] = [
  ['context_window', /maximum prompt length|prompt too long|too_many_prompt|length of the messages|too large for model(?!.*per minute)|model token limit|max_new_tokens/i],
  ['rate_limit', /^498|capacity_exceeded/, 429],
  ['authentication', /^[^|]*unauthorized|(incorrect|invalid) api key/i, 401],
  ['overloaded', /^(?!4)[^|]*(insufficient_system|capacity)/i, 503],
]

/** Without choices, a body with one of these tells of a failure. */
const FAULTS = ['detail', 'message', 'errors', 'fault']

/** Thinking that stands in the text, in tags. */
function tagged(splitter: () => Splitter): Ear {
  return (heard, piece) => {
    const content = piece?.message.content
    heard.split ??= splitter()
    if (!piece || typeof content === 'string') for (const [kind, text] of heard.split(content as string | undefined)) (kind === 'unsaid' ? unsay(heard, text) : say(heard, kind, text))
  }
}

/** Calls as they were before there were tools, and annotations that cite nothing. */
const leftBehind: Ear = (heard, piece) => {
  const { function_call: made, annotations } = piece?.message ?? {}
  if (made?.name || made?.arguments) call(heard, { index: 0, function: made }, !!piece?.streamed)
  for (const raw of annotations ?? []) if (!raw.url_citation) other(heard, { type: 'native', kind: 'annotation', data: raw }, { annotations: [raw] })
}

const replay: NonNullable<Dialect['replay']> = (block, { as, with: more = {} }, turn) => {
  for (const [field, value] of Object.entries(more)) turn[field] = Array.isArray(turn[field]) ? turn[field].concat(value) : value
  if (block.type !== 'thinking' || !as) return
  const { text, signature } = block
  const before = turn[as] ?? ''
  // A list is made a part of the content, below.
  if (as === 'thoughts') turn[as] = [before, { type: 'thinking', thinking: [{ type: 'text', text }], signature }].flat().filter(Boolean)
  else turn[as] = `${before}${text}`
}

/** Thoughts that came as parts of the content, before its text, go back so. */
function inParts({ thoughts, ...turn }: ChatMessage): ChatMessage {
  const { content } = turn
  const said: readonly Part[] = content ? [{ type: 'text', text: content }] : []
  return thoughts ? { ...turn, content: [...(thoughts as readonly Part[]), ...said] } : turn
}

/** Input with what was cached, output with what was reasoned. `apart`: reasoning is not in `completion_tokens`. */
function usageOf(raw: Fields, apart?: boolean): Partial<Usage> {
  const { prompt_tokens_details: prompt = raw['prompt_token_details'], completion_tokens_details: completion } = raw
  const all: Fields = { ...raw, ...Object(completion), ...Object(prompt) }
  const count = (...names: readonly string[]): number => names.map((name) => all[name]).find((it): it is number => typeof it === 'number') ?? 0
  let input = count('prompt_tokens')
  let output = count('completion_tokens')
  let reasoning = count('reasoning_tokens')
  const gap = count('total_tokens') - input - output
  if (apart) output += reasoning
  else if (gap > 0 && gap === count('audio_tokens')) input += gap
  // What the total has and the parts do not is reasoning, counted apart or not at all.
  else if (gap > 0 && (!reasoning || gap === reasoning)) output += reasoning = gap
  const cachedInputTokens = Math.min(count('cached_tokens', 'prompt_cache_hit_tokens', 'num_cached_tokens'), input)
  return {
    inputTokens: input,
    // A count that is not there is not zero.
    ...(raw['completion_tokens'] != null && { outputTokens: output }),
    cachedInputTokens,
    cacheWriteTokens: Math.min(count('cache_write_tokens'), input - cachedInputTokens),
    reasoningTokens: Math.min(reasoning, output),
  }
}
