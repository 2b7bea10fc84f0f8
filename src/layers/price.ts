// Puts a price on every answer, and on what there is of one that failed.
import { RelayError } from '../errors.ts'
import type { Layer } from '../types/call.ts'
import type { CostConfig } from '../types/config.ts'
import type { Target } from '../types/provider.ts'
import type { ChatResponse, Cost, CostConfidence, CostSource, Usage } from '../types/response.ts'

/** What a model costs, and who says so. */
export interface Price {
  readonly rates: CostConfig
  readonly source: CostSource
  readonly confidence: CostConfidence
  readonly fetchedAt?: string
}

/** Finds the price of a model, or undefined where nobody knows it. */
export type PriceOf = (target: Target) => Price | undefined

export function price(priceOf: PriceOf): Layer {
  return {
    stage: 'price',
    wrap: (next) => async (call) => {
      const priced = (response: ChatResponse): ChatResponse => {
        const found = call.target && priceOf(call.target)
        // What the provider itself says it charged beats every table but the user's own.
        if (!found || (response.costUsd !== null && found.source !== 'user_override')) return response
        const cost = costOf(response.usage, found)
        return { ...response, cost, costUsd: cost.totalUsd }
      }
      try {
        const reply = await next(call)
        reply.finish.push(priced)
        return reply
      } catch (error) {
        if (error instanceof RelayError && error.partial) error.partial = priced(error.partial)
        throw error
      }
    },
  }
}

/** What usage comes to at a price. A rate that is missing for tokens that were used makes the cost unknown, never 0. */
export function costOf(usage: Usage, { rates, source, confidence, fetchedAt }: Price): Cost {
  const { input_per_1m, output_per_1m, cached_input_per_1m = input_per_1m, cache_write_per_1m = input_per_1m } = rates
  const { cache_write_1h_per_1m = cache_write_per_1m, per_request = 0 } = rates
  const { billedInputTokens: billed, outputTokens, billedOutputTokens = outputTokens, estimated } = usage
  // Of what is billed for itself nobody says how much the cache held.
  const { inputTokens, cachedInputTokens, cacheWriteTokens, cacheWrite1hTokens = 0 } = billed === undefined ? usage : { inputTokens: billed, cachedInputTokens: 0, cacheWriteTokens: 0 }
  const inputUsd = at(inputTokens - cachedInputTokens - cacheWriteTokens, input_per_1m)
  const outputUsd = at(billedOutputTokens, output_per_1m)
  const cachedInputUsd = at(cachedInputTokens, cached_input_per_1m)
  const cacheWriteUsd = sum([at(cacheWriteTokens - cacheWrite1hTokens, cache_write_per_1m), at(cacheWrite1hTokens, cache_write_1h_per_1m)])
  const totalUsd = sum([inputUsd, outputUsd, cachedInputUsd, cacheWriteUsd, per_request])
  const parts = { totalUsd, inputUsd, outputUsd, cachedInputUsd, cacheWriteUsd }
  if (totalUsd === null) return { ...parts, source: 'unknown', confidence: 'unknown' }
  const said = estimated ? { source: 'estimated' as const, confidence: 'estimated' as const } : { source, confidence }
  return { ...parts, ...said, ...(fetchedAt !== undefined && { fetchedAt }) }
}

function at(tokens: number, perMillion: number | undefined): number | null {
  if (tokens <= 0) return 0
  return perMillion === undefined ? null : (tokens * perMillion) / 1e6
}

function sum(parts: readonly (number | null)[]): number | null {
  return parts.reduce((total, part) => (total === null || part === null ? null : total + part), 0)
}
