// What each family of models takes: how it thinks, how much it writes, and which parameters it refuses.
import { relayError } from '../errors.ts'
import type { Encoding } from '../types/provider.ts'
import { levelOf, tokensFor } from './effort.ts'
import { REFUSED } from './fields.ts'
import type { Draft } from './turns.ts'

/** What a model can do, in words. */
export type Ability =
  /** Thinks as much as it sees fit; `effort` says how hard. */
  | 'adaptive'
  /** Thinks up to a budget. */
  | 'budget'
  /** Thinks unless it is told not to. */
  | 'on'
  /** Can be told not to think. */
  | 'off'
  /** Can be told to think between tool calls only. */
  | 'between'
  /** Knows the effort `xhigh`. */
  | 'xhigh'
  /** Can be made to call a tool. */
  | 'forced'
  /** Takes temperature, top_p and top_k. */
  | 'sampling'
  /** Takes temperature and top_p together. */
  | 'both'
  /** Can be held to a JSON Schema: the answer, and the arguments of strict tools. */
  | 'schema'
  /** Takes system messages in the middle of a conversation. */
  | 'system'
  /** Goes on from the beginning of an answer, unless it thinks. */
  | 'prefill'

export interface Family {
  /** Line and version, or undefined where the name does not tell. */
  readonly key: string | undefined
  readonly maxTokens: number
  readonly can: (ability: Ability) => boolean
}

/** Line, version (5.1 is 501), most tokens of output, abilities. The first row of the line that is no newer than the model counts. */
type Row = readonly [line: string, since: number, maxTokens: number, abilities: string]

const OLD = 'prefill sampling forced '
const ROWS: readonly Row[] = [
  ['fable mythos', 501, 128_000, 'adaptive on xhigh schema system'],
  ['fable mythos', 500, 128_000, 'adaptive on xhigh forced schema system'],
  ['opus', 505, 128_000, 'adaptive on xhigh schema system'],
  ['opus', 500, 128_000, 'adaptive on off xhigh forced schema system'],
  ['opus', 408, 128_000, 'adaptive off xhigh forced schema system'],
  ['opus', 407, 128_000, 'adaptive off xhigh forced schema'],
  ['sonnet', 505, 128_000, 'adaptive on between xhigh schema'],
  ['sonnet haiku', 500, 128_000, 'adaptive on off xhigh forced schema'],
  ['opus sonnet', 406, 128_000, 'sampling forced adaptive budget off schema'],
  ['opus sonnet haiku', 405, 64_000, OLD + 'budget off schema'],
  ['opus', 400, 32_000, OLD + 'budget off'],
  ['sonnet haiku', 400, 64_000, OLD + 'budget off'],
  ['sonnet', 307, 64_000, OLD + 'budget off both'],
  ['sonnet haiku', 305, 8192, OLD + 'both'],
  ['opus sonnet haiku', 0, 4096, OLD + 'both'],
]

/** A family that is not known yet goes by the newest rules; a model of another make by the most forgiving. */
const NEWEST: Row = ['', 0, 128_000, 'adaptive on off xhigh forced schema']
const FOREIGN: Row = ['', 0, 8192, OLD + 'budget off both schema system']
const OLDEST: Row = ['', 0, 4096, OLD + 'both']

/** `claude-opus-4-8`, `claude-3-5-haiku-20241022`, `us.….claude-sonnet-4-6`, `claude-sonnet-4.5`, `claude-opus-4-5@20251101`. */
export function familyOf(model: string, lacks: readonly string[] = []): Family {
  const [named, major, minor = '0', line = '', newMajor, newMinor = '0'] =
    /claude-(?:v?(\d)(?:[-.](\d{1,2}))?(?!\d)-?)?([a-z]*)(?:-(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?)?/.exec(model) ?? []
  // A line without a version (a preview) is as new as can be.
  const version = newMajor ? Number(newMajor) * 100 + Number(newMinor) : major ? Number(major) * 100 + Number(minor) : Infinity
  const row = ROWS.find(([lines, since]) => lines.split(' ').includes(line) && version >= since)
  const [, , maxTokens, abilities] = row ?? (!named ? FOREIGN : version < 300 || line === 'instant' ? OLDEST : NEWEST)
  return {
    key: named && `${line}-${version}`,
    maxTokens,
    can: (ability) => `${abilities} `.includes(`${ability} `) && !lacks.includes(ability),
  }
}

/** Those that refuse to go on from the beginning of an answer. */
export const anew = { test: (model: string): boolean => !familyOf(model).can('prefill') }

/** What a request says of thinking and sampling, as the model takes it. */
export interface Fitted {
  readonly thinking?: { readonly type: string; readonly budget_tokens?: number; readonly display?: string } | undefined
  readonly effort?: string | undefined
  readonly temperature: number | undefined
  readonly topP: number | undefined
  readonly topK: number | undefined
}

interface Facts {
  readonly maxTokens: number
  /** In the middle of a tool loop that began without thinking. */
  readonly thoughtless: boolean
  /** The messages end with the beginning of an answer. */
  readonly begun: boolean
  /** Sampling parameters are gone, whatever the model. */
  readonly gone?: boolean
}

/** Fits a request to a model. */
export function fitted({ request, note, details }: Encoding, family: Family, { maxTokens, thoughtless, begun, gone }: Facts): Fitted {
  const { toolChoice = 'auto' } = request
  const { can } = family
  if (begun && !can('prefill')) throw relayError('unsupported', 'this model does not go on from the beginning of an answer: the last message must be a user\'s', details)
  let { thinking, effort } = thoughtsOf(request.reasoning, family, { maxTokens, note: (why) => note('reasoning', why) })
  if (thinking?.type === 'enabled' && (thoughtless || begun || !/^(auto|none)$/.test(String(toolChoice)))) {
    note('reasoning', 'no thinking where a call is forced, or where a tool loop or an answer began without')
    thinking = undefined
  }
  if (thinking?.budget_tokens && thinking.budget_tokens !== request.reasoning) note('reasoning', `sent as a budget of ${thinking.budget_tokens}`)
  const never = (gone || !can('sampling')) && REFUSED
  const fixed = never || ((thinking?.type ?? 'disabled') !== 'disabled' && 'not while the model thinks')
  const take = (field: 'temperature' | 'topP' | 'topK', why: string | false): number | undefined => {
    const { [field]: value } = request
    if (!why || value === undefined) return value
    note(field, why)
    return undefined
  }
  const temperature = take('temperature', request.temperature === 1 ? never : fixed)
  if (Number(temperature) > 1) note('temperature', 'sent as 1')
  const both = temperature !== undefined && !can('both') && 'temperature or top_p, not both'
  return {
    thinking,
    effort,
    temperature: temperature && Math.min(1, temperature),
    topP: take('topP', (Number(request.topP) < 0.95 ? fixed : never) || both),
    topK: take('topK', fixed),
  }
}

/** The least that the API takes as a budget. */
const LEAST = 1024

/** How the body asks for thinking. */
function thoughtsOf(
  reasoning: Encoding['request']['reasoning'],
  { can }: Family,
  { maxTokens, note }: { readonly maxTokens: number; readonly note: (why: string) => void },
): Pick<Fitted, 'thinking' | 'effort'> {
  if (reasoning === undefined) return {}
  if (reasoning === 'none' || reasoning === 0) {
    if (!can('on')) return {}
    if (can('off')) return { thinking: { type: 'disabled' } }
    note('it thinks all the same')
    return can('between') ? { thinking: { type: 'between_tools' } } : { effort: 'low' }
  }
  const given = typeof reasoning === 'number'
  const wanted = tokensFor(reasoning)
  const level = levelOf(reasoning)
  if (can('budget') && (given || !can('adaptive'))) {
    // A level leaves half of the output to the answer; a number is the caller's own affair.
    const budget_tokens = Math.max(LEAST, Math.min(wanted, given ? maxTokens - 1 : maxTokens >> 1))
    if (maxTokens > LEAST) return { thinking: { type: 'enabled', budget_tokens } }
  }
  if (!can('adaptive')) {
    note(`no thinking: the model cannot, or \`maxTokens\` leaves no room for ${LEAST} tokens`)
    return {}
  }
  const effort = level === 'minimal' ? 'low' : level === 'xhigh' && !can('xhigh') ? 'high' : level
  if (effort !== reasoning) note(`sent as the effort ${effort}`)
  // Newer models leave the text of their thinking out unless it is asked for.
  return { thinking: { type: 'adaptive', display: 'summarized' }, effort }
}

/** How calls of tools are asked for, or undefined where the usual way will do. */
export function choiceOf({ request, details }: Encoding, { can }: Family): Draft | undefined {
  const { tools, toolChoice = 'auto', parallelToolCalls } = request
  if (!tools?.length) return undefined
  const name = typeof toolChoice === 'object' ? toolChoice.name : undefined
  const type = name ? 'tool' : toolChoice === 'required' ? 'any' : toolChoice
  if (/tool|any/.test(String(type)) && !can('forced')) {
    throw relayError('unsupported', "this model cannot be made to call a tool: use toolChoice 'auto', or `responseFormat` for JSON", details)
  }
  const serial = (parallelToolCalls === false && type !== 'none') || undefined
  return request.toolChoice || serial ? { type, name, disable_parallel_tool_use: serial } : undefined
}
