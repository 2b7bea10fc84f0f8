// How Gemini is to generate: sampling, the shape of the answer, and how hard to think by model family.
import { lower, type SchemaDialect } from '../json/lower.ts'
import type { Encoding } from '../types/provider.ts'
import type { Reasoning } from '../types/request.ts'

/** The JSON Schema of `parametersJsonSchema` and `responseJsonSchema`. */
export const GEMINI_SCHEMA: SchemaDialect = {
  keep: (
    '$id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems minimum maximum ' +
    'anyOf oneOf properties additionalProperties required propertyOrdering default'
  ).split(' '),
  loneRefs: true,
}

export function generationOf({ request, target, note }: Encoding): { readonly [field: string]: unknown } {
  const { maxTokens, temperature, topP, topK, seed, stop, responseFormat = 'text', reasoning } = request
  const shape = typeof responseFormat === 'object' ? responseFormat.schema : undefined
  return {
    maxOutputTokens: maxTokens,
    temperature,
    topP,
    topK,
    seed,
    stopSequences: typeof stop === 'string' ? [stop] : stop,
    responseMimeType: responseFormat === 'text' ? undefined : 'application/json',
    responseJsonSchema: shape && lower(shape, GEMINI_SCHEMA, (word, at) => note('responseFormat', `${word} at ${at} is not known here`)),
    thinkingConfig: thinkingOf(reasoning, target.model, (why) => note('reasoning', why)),
  }
}

/** The generation of a model, 0 for one that is none of this family. An undated name (`gemini-flash-latest`) is a late one. */
export function versionOf(model: string): number {
  const [, digits] = /gemini-(\d+(?:\.\d+)?)?/.exec(model) ?? ['', '0']
  return Number(digits ?? 3.7)
}

const LEVELS = ['minimal', 'low', 'medium', 'high', 'xhigh']
/** By level, as the provider's own compatible endpoint translates them. */
const BUDGETS: { readonly [level: string]: number } = { none: 0, minimal: 1024, low: 1024, medium: 8192, high: 24_576, xhigh: 32_768 }

function thinkingOf(asked: Reasoning | undefined, model: string, note: (why: string) => void): object | undefined {
  if (asked === undefined) return undefined
  const version = versionOf(model)
  const includeThoughts = (asked !== 'none' && asked !== 0) || undefined
  if (version < 2.5) {
    if (includeThoughts) note('this model does not think')
    return undefined
  }
  const pro = model.includes('pro')
  if (version < 3 || model.includes('3-pro-image')) {
    const wanted = typeof asked === 'number' ? asked : (BUDGETS[asked] ?? 0)
    const least = pro ? 128 : model.includes('lite') && wanted ? 512 : 0
    // -1 leaves it to the model.
    const thinkingBudget = wanted < 0 ? -1 : Math.min(Math.max(wanted, least), pro ? 32_768 : 24_576)
    if (thinkingBudget !== wanted) note(`this model thinks for ${thinkingBudget} tokens rather than ${wanted}`)
    return { thinkingBudget, includeThoughts }
  }
  if (typeof asked === 'number' && asked < 0) return { includeThoughts }
  const level = typeof asked === 'number' ? levelOf(asked) : asked
  const able = LEVELS.filter((one) => {
    if (one === 'minimal') return !pro && (version < 3.7 || model.includes('lite'))
    if (one === 'medium') return !pro || version >= 3.1
    return one !== 'xhigh' || model.includes('4-hydrogen')
  })
  const thinkingLevel = able.find((one) => LEVELS.indexOf(one) >= LEVELS.indexOf(level)) ?? 'high'
  if (thinkingLevel !== asked) note(`this model thinks at the level ${thinkingLevel} rather than ${asked}`)
  return { thinkingLevel, includeThoughts }
}

/** The mildest level that is worth so many tokens. */
function levelOf(budget: number): string {
  return budget ? (LEVELS.find((one) => one !== 'minimal' && budget <= (BUDGETS[one] ?? 0)) ?? 'high') : 'minimal'
}
