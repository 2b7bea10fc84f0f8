// What each Claude model takes, as the reference's matrix has it.
import type { JsonObject } from '../endpoint.ts'
import { object, text } from '../read.ts'

export interface ModelRules {
  /** It thinks unless it is told not to. */
  readonly thinks: boolean
  /** The values of `thinking.type`. */
  readonly takes: readonly string[]
  readonly sampling: boolean
  readonly forcedTools: boolean
  readonly efforts: readonly string[]
  readonly maxTokens: number
  /** Thinking is left out of the answer unless `display` asks for it. */
  readonly omits: boolean
  /** The conversation may end with the assistant's words. */
  readonly prefill: boolean
}

const NEW: ModelRules = {
  thinks: true,
  takes: ['adaptive'],
  sampling: false,
  forcedTools: false,
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  maxTokens: 128_000,
  omits: true,
  prefill: false,
}
const FIVE: ModelRules = { ...NEW, forcedTools: true }
const SWITCHED: ModelRules = { ...FIVE, takes: ['adaptive', 'disabled'] }
const QUIET: ModelRules = { ...SWITCHED, thinks: false }
const OLD: ModelRules = {
  thinks: false,
  takes: ['enabled', 'disabled'],
  sampling: true,
  forcedTools: true,
  efforts: [],
  maxTokens: 64_000,
  omits: false,
  prefill: true,
}

const MODELS: readonly (readonly [RegExp, ModelRules])[] = [
  [/fable-5-\d|mythos-5-\d|mythos-preview|opus-5-5/, NEW],
  [/sonnet-5-5/, { ...NEW, takes: ['adaptive', 'between_tools'] }],
  [/haiku-5-5/, SWITCHED],
  [/fable-5|mythos-5/, FIVE],
  [/opus-5|sonnet-5/, SWITCHED],
  [/opus-4-[78]/, QUIET],
  [/(opus|sonnet)-4-6/, {
    ...QUIET, takes: ['adaptive', 'enabled', 'disabled'], sampling: true, efforts: ['high', 'low', 'max', 'medium'], omits: false,
  }],
  [/opus-4-5/, { ...OLD, efforts: ['low', 'medium', 'high'] }],
  [/(sonnet|haiku|opus)-4|claude-3/, OLD],
]

/** Undefined for a model that nobody has heard of: nothing is known of it, and nothing refused. */
export function rulesOf(model: string): ModelRules | undefined {
  return MODELS.find(([pattern]) => pattern.test(model))?.[1]
}

export function asksForThinking(body: JsonObject): boolean {
  const { type } = object(body['thinking'])
  return type === undefined ? rulesOf(text(body['model']))?.thinks === true : type !== 'disabled'
}

export function omitsThinking(body: JsonObject): boolean {
  const { display } = object(body['thinking'])
  return display === undefined ? rulesOf(text(body['model']))?.omits === true : display === 'omitted'
}
