// A router of rules over a list of models: the same question always gets the same answer.
import { NoCandidatesError, RoutingError } from './errors.ts'
import type { RouteConstraints, RouteDecision, Router, RouteRequest, Tier } from './router.ts'
import { averageCost, nameOf, qualityOf, type ModelRow } from './rows.ts'

export interface RuleOptions {
  /** Milliseconds since 1970, for `ts`. Default: the platform's clock. */
  readonly now?: () => number
}

/** What a preferred model is thought better by. */
const BONUS = 5
/** Alternates that are named. */
const MOST = 3
/** Points of quality ahead of the next from which on the choice is certain. */
const CERTAIN = 20

/** US dollars per million tokens: below this. */
const BELOW: { readonly [tier in Tier]: number } = { cheap: 1, balanced: 10, premium: Infinity }

/**
 * Picks the best model that is what is asked for: by quality, then the cheaper, then by name. It does not look at the
 * messages.
 */
export class RuleBasedRouter implements Router {
  readonly route: (request: RouteRequest) => Promise<RouteDecision>

  /** @param rows What is known of the models: rows of a list, or `rowsOf(config)`. */
  constructor(rows: readonly ModelRow[], { now = Date.now }: RuleOptions = {}) {
    const find = directory(rows)
    this.route = async (request) => decide(candidatesOf(request, rows, find), request, now())
  }
}

interface Candidate {
  readonly alias: string
  readonly row: ModelRow | undefined
}

interface Ranked {
  readonly alias: string
  readonly score: number
  readonly cost: number
}

type Find = (name: string) => ModelRow | undefined

/** By what a row is picked as, else by the other names that it has: the first in the list that has one. */
function directory(rows: readonly ModelRow[]): Find {
  const found = new Map<string, ModelRow>()
  const add = (name: string, row: ModelRow): void => void (found.has(name) || found.set(name, row))
  for (const row of rows) add(nameOf(row), row)
  for (const row of rows) for (const name of namesOf(row)) add(name, row)
  return (name) => found.get(name)
}

function namesOf({ alias, provider, model_id, aliases = [] }: ModelRow): string[] {
  return [...(alias === undefined ? [] : [alias]), `${provider}/${model_id}`, model_id, ...aliases]
}

function candidatesOf({ candidates = [] }: RouteRequest, rows: readonly ModelRow[], find: Find): Candidate[] {
  const names = candidates.length ? candidates : rows.map(nameOf)
  return [...new Set(names)].map((alias) => ({ alias, row: find(alias) }))
}

function decide(candidates: readonly Candidate[], request: RouteRequest, now: number): RouteDecision {
  // For callers without types: in a body of JSON what is not asked for is null.
  const constraints: RouteConstraints = Object.fromEntries(Object.entries(request.constraints ?? {}).filter(([, value]) => value !== null))
  const ranked = rank(candidates, constraints)
  const [first, second] = ranked
  if (!first) throw new NoCandidatesError('invalid_request', refusal(candidates, constraints))
  const ahead = second ? first.score - second.score : 0
  const lead = second ? `, ${ahead.toFixed(1)} ahead of \`${second.alias}\`` : ''
  return {
    alias: first.alias,
    confidence: second ? Math.min(1, 0.5 + ahead / (2 * CERTAIN)) : 1,
    reasoning: `quality ${first.score.toFixed(1)}${lead}; ${ranked.length} of ${candidates.length} models fit`,
    alternates: ranked.slice(1, MOST + 1).map(({ alias, score }) => [alias, score] as const),
    classifiedIntent: null,
    source: 'rule',
    ts: new Date(now).toISOString(),
  }
}

function rank(candidates: readonly Candidate[], constraints: RouteConstraints): Ranked[] {
  const { preferModels = [] } = constraints
  const fit = candidates.flatMap(({ alias, row }): Ranked[] => {
    if (!row || objection({ alias, row }, constraints)) return []
    const score = qualityOf(row) + (called({ alias, row }, preferModels) ? BONUS : 0)
    return [{ alias, score, cost: averageCost(row) ?? Infinity }]
  })
  // Infinity - Infinity is NaN, which falls through to the name.
  return fit.sort((a, b) => b.score - a.score || a.cost - b.cost || (a.alias < b.alias ? -1 : 1))
}

/** Why a model is not picked, or nothing. */
function objection({ alias, row }: Candidate, constraints: RouteConstraints): string | undefined {
  const { budget, needs = [], excludeModels = [], maxCostPer1m, minQualityIndex } = constraints
  if (called({ alias, row }, excludeModels)) return 'excluded'
  if (!row) return 'not known'
  if (row.deprecated) return 'deprecated'
  const missing = needs.find((need) => !row.capabilities?.includes(need))
  if (missing !== undefined) return `without ${missing}`
  const cost = averageCost(row)
  const below = budget && ceiling(budget)
  if (below !== undefined && below !== Infinity && !(cost !== undefined && cost < below)) return `not ${budget}`
  if (maxCostPer1m !== undefined && !(cost !== undefined && cost <= maxCostPer1m)) return `not known to cost $${maxCostPer1m} or less`
  if (minQualityIndex !== undefined && !(qualityOf(row) >= minQualityIndex)) return `not known to have a quality of ${minQualityIndex}`
  return undefined
}

/** Whether one of these names is the model's, whichever of its names that is. */
function called({ alias, row }: Candidate, names: readonly string[]): boolean {
  return names.includes(alias) || (row !== undefined && namesOf(row).some((name) => names.includes(name)))
}

function ceiling(budget: Tier): number {
  if (Object.hasOwn(BELOW, budget)) return BELOW[budget]
  throw new RoutingError('invalid_request', `there is no budget \`${String(budget)}\`: write ${Object.keys(BELOW).join(', ')}`)
}

/** `no model fits: of 5, 2 are without tools, 3 are not cheap`. */
function refusal(candidates: readonly Candidate[], constraints: RouteConstraints): string {
  if (!candidates.length) return 'there is no model to pick from: give the router rows, or name candidates'
  const counts = new Map<string, number>()
  for (const candidate of candidates) {
    const why = objection(candidate, constraints) ?? ''
    counts.set(why, (counts.get(why) ?? 0) + 1)
  }
  const said = [...counts].map(([why, count]) => `${count} ${count === 1 ? 'is' : 'are'} ${why}`)
  return `no model fits: of ${candidates.length}, ${said.join(', ')}`
}
