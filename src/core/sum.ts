// Adds up what several requests of one call used and cost.
import type { Cost, CostConfidence, Usage } from '../types/response.ts'

/** Tokens of two answers. It is an estimate where one of them is. */
export function plusUsage(a: Usage, b: Usage): Usage {
  const fields = Object.keys({ ...a, ...b }).filter((field) => field !== 'estimated') as (Exclude<keyof Usage, 'estimated'>)[]
  const sums = Object.fromEntries(fields.map((field) => [field, (a[field] ?? 0) + (b[field] ?? 0)]))
  return { ...a, ...sums, ...((a.estimated || b.estimated) && { estimated: true }) }
}

const SURE: readonly CostConfidence[] = ['exact', 'list_price', 'estimated', 'unknown']

/** Dollars of two answers, no surer than the less sure of them. What is unknown stays unknown. */
export function plusCost(a: Cost, b: Cost): Cost {
  const plus = (field: Exclude<keyof Cost, 'source' | 'confidence' | 'fetchedAt'>): number | null => {
    const [x, y] = [a[field], b[field]]
    return x === null || y === null ? null : x + y
  }
  return {
    ...(SURE.indexOf(b.confidence) > SURE.indexOf(a.confidence) ? b : a),
    totalUsd: plus('totalUsd'),
    inputUsd: plus('inputUsd'),
    outputUsd: plus('outputUsd'),
    cachedInputUsd: plus('cachedInputUsd'),
    cacheWriteUsd: plus('cacheWriteUsd'),
  }
}
