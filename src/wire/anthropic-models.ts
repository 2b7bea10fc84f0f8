// What each family of models takes: how it thinks, how much it writes, and which parameters it refuses.
import type { Reasoning } from '../types/request.ts'

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

export interface Family {
  /** Line and version, or undefined where the name does not tell. */
  readonly key: string | undefined
  readonly maxTokens: number
  readonly can: (ability: Ability) => boolean
}

/** Line, version (5.1 is 501), most tokens of output, abilities. The first row of the line that is no newer than the model counts. */
type Row = readonly [line: string, since: number, maxTokens: number, abilities: string]

const OLD = 'sampling forced '
const ROWS: readonly Row[] = [
  ['fable mythos', 501, 128_000, 'adaptive on xhigh schema system'],
  ['fable mythos', 500, 128_000, 'adaptive on xhigh forced schema system'],
  ['opus', 505, 128_000, 'adaptive on xhigh schema system'],
  ['opus', 500, 128_000, 'adaptive on off xhigh forced schema system'],
  ['opus', 408, 128_000, 'adaptive off xhigh forced schema system'],
  ['opus', 407, 128_000, 'adaptive off xhigh forced schema'],
  ['sonnet', 505, 128_000, 'adaptive on between xhigh schema'],
  ['sonnet haiku', 500, 128_000, 'adaptive on off xhigh forced schema'],
  ['opus sonnet', 406, 128_000, OLD + 'adaptive budget off schema'],
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
    can: (ability) => abilities.split(' ').includes(ability) && !lacks.includes(ability),
  }
}

/** How the body asks for thinking. */
export interface Thinking {
  readonly thinking?: { readonly type: string; readonly budget_tokens?: number; readonly display?: string }
  readonly effort?: string
  /** What could not be had as it was asked for. */
  readonly note?: string
}

type Level = Exclude<Reasoning, number>

/** Tokens for a level where a model takes a budget, and the other way round. */
const BUDGETS: readonly (readonly [Level, number])[] = [
  ['minimal', 1024],
  ['low', 2048],
  ['medium', 8192],
  ['high', 16_384],
  ['xhigh', 32_768],
]

/** The least that the API takes as a budget. */
const LEAST = 1024

export function thinking({ can }: Family, reasoning: Reasoning | undefined, maxTokens: number): Thinking {
  if (reasoning === undefined) return {}
  if (reasoning === 'none' || reasoning === 0) {
    if (!can('on')) return {}
    if (can('off')) return { thinking: { type: 'disabled' } }
    if (can('between')) return { thinking: { type: 'between_tools' }, note: 'it thinks all the same, between tool calls' }
    return { effort: 'low', note: 'it thinks all the same: the effort is low' }
  }
  const given = typeof reasoning === 'number'
  if (can('budget') && (given || !can('adaptive'))) {
    if (maxTokens <= LEAST) return { note: `no room in \`maxTokens\`: it takes ${LEAST} tokens at least` }
    const wanted = given ? reasoning : (BUDGETS.find(([level]) => level === reasoning)?.[1] ?? LEAST)
    // A level leaves half of the output to the answer; a number is the caller's own affair.
    const budget = Math.max(LEAST, Math.min(wanted, given ? maxTokens - 1 : Math.floor(maxTokens / 2)))
    const note = given && budget !== wanted ? `the budget is ${budget}` : undefined
    return { thinking: { type: 'enabled', budget_tokens: budget }, ...(note ? { note } : undefined) }
  }
  if (!can('adaptive')) return { note: 'it does not think' }
  const level = given ? (BUDGETS.find(([, tokens]) => reasoning <= tokens)?.[0] ?? 'xhigh') : reasoning
  const effort = level === 'minimal' ? 'low' : level === 'xhigh' && !can('xhigh') ? 'high' : level
  const note = given ? `it takes no budget: the effort is ${effort}` : effort === level ? undefined : `the effort is ${effort}`
  // Newer models leave the text of their thinking out unless it is asked for.
  return { thinking: { type: 'adaptive', display: 'summarized' }, effort, ...(note ? { note } : undefined) }
}
