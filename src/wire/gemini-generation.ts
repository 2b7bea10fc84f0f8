// How Gemini is to generate: sampling, the shape of the answer, and how hard to think by model family.
import { knowing, lower, type SchemaDialect } from '../json/lower.ts'
import type { Encoding } from '../types/provider.ts'
import type { Reasoning } from '../types/request.ts'
import { levelOf, nearest, tokensFor } from './effort.ts'
import { UNKNOWN } from './fields.ts'
import { lost } from './format.ts'

/** The JSON Schema of `parametersJsonSchema` and `responseJsonSchema`. */
export const GEMINI_SCHEMA: SchemaDialect = {
  keep: /* @__PURE__ */ knowing('$id $anchor prefixItems minItems maxItems minimum maximum oneOf propertyOrdering'),
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
    stopSequences: stop && [stop].flat(),
    responseMimeType: responseFormat === 'text' ? undefined : 'application/json',
    responseJsonSchema: shape && lower(shape, GEMINI_SCHEMA, lost(note, 'responseFormat')),
    thinkingConfig: thinkingOf(reasoning, target.model, (why) => note('reasoning', why)),
  }
}

/** The generation of a model, 0 for one that is none of this family. An undated name (`gemini-flash-latest`) is a late one. */
export function versionOf(model: string): number {
  const [, digits] = /gemini-(\d+(?:\.\d+)?)?/.exec(model) ?? ['', '0']
  return Number(digits ?? 3.7)
}

/** Tokens by level where they are not what they are elsewhere, as the provider's own compatible endpoint translates them. */
const BUDGETS: { readonly [level: string]: number } = { low: 1024, high: 24_576 }

function thinkingOf(asked: Reasoning | undefined, model: string, note: (why: string) => void): object | undefined {
  if (asked === undefined) return undefined
  const version = versionOf(model)
  const includeThoughts = (asked !== 'none' && asked !== 0) || undefined
  if (version < 2.5) {
    if (includeThoughts) note(UNKNOWN)
    return undefined
  }
  const pro = model.includes('pro')
  if (version < 3 || model.includes('3-pro-image')) {
    const wanted = BUDGETS[asked] ?? tokensFor(asked)
    const least = pro ? 128 : model.includes('lite') && wanted ? 512 : 0
    // -1 leaves it to the model.
    const thinkingBudget = wanted < 0 ? -1 : Math.min(Math.max(wanted, least), pro ? 32_768 : 24_576)
    if (thinkingBudget !== asked) note(`sent as ${thinkingBudget}`)
    return { thinkingBudget, includeThoughts }
  }
  if (Number(asked) < 0) {
    note('left to the model')
    return { includeThoughts }
  }
  const able = ['minimal', 'low', 'medium', 'high', 'xhigh'].filter((one) => {
    if (one === 'minimal') return !pro && (version < 3.7 || model.includes('lite'))
    if (one === 'medium') return !pro || version >= 3.1
    return one !== 'xhigh' || model.includes('4-hydrogen')
  })
  const thinkingLevel = nearest(levelOf(asked), able)
  if (thinkingLevel !== asked) note(`sent as ${thinkingLevel}`)
  return { thinkingLevel, includeThoughts }
}
