// The router of rules: what it may never do, whatever it is asked, and what it says of what it did.
import { NoCandidatesError, rowsOf, RoutingError, RuleBasedRouter, type ModelRow, type RouteConstraints, type RouteDecision } from '@relay/core/routing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const now = (): number => Date.UTC(2026, 0, 2, 3, 4, 5)
const ask = [{ role: 'user' as const, content: 'hi' }]

function row(alias: string, quality: number | undefined, price: readonly [number, number] | undefined, more: Partial<ModelRow> = {}): ModelRow {
  return {
    alias,
    provider: 'acme',
    model_id: `${alias}-1`,
    ...(price && { input_per_1m: price[0], output_per_1m: price[1] }),
    ...(quality !== undefined && { benchmarks: { quality_index: quality } }),
    ...more,
  }
}

const rows: readonly ModelRow[] = [
  row('small', 40, [0.1, 0.4], { capabilities: ['tools', 'json_mode'] }),
  row('middle', 60, [1, 5], { capabilities: ['tools', 'vision'], aliases: ['mid'] }),
  row('big', 72, [5, 25], { capabilities: ['tools', 'vision', 'thinking'] }),
  row('old', 90, [1, 1], { deprecated: true, capabilities: ['tools', 'vision', 'thinking'] }),
  row('free', undefined, [0, 0]),
  row('mystery', 70, undefined, { capabilities: ['tools'] }),
  row('arena', undefined, [2, 2], { benchmarks: { arena_elo: 1275 } }),
]

async function decide(constraints?: RouteConstraints, candidates: readonly string[] = [], given = rows): Promise<RouteDecision> {
  return new RuleBasedRouter(given, { now }).route({ messages: ask, candidates, constraints })
}

describe('RuleBasedRouter', () => {
  it('says what it decided, how sure it is, and why', async () => {
    expect(await decide({ needs: ['tools'], budget: 'premium' })).toEqual({
      alias: 'big',
      confidence: 0.55,
      reasoning: 'quality 72.0, 2.0 ahead of `mystery`; 4 of 7 models fit',
      alternates: [['mystery', 70], ['middle', 60], ['small', 40]],
      classifiedIntent: null,
      source: 'rule',
      ts: '2026-01-02T03:04:05.000Z',
    })
  })

  it.each<[string, RouteConstraints | undefined, readonly string[], string, readonly string[]]>([
    ['nothing but quality', undefined, [], 'big', ['mystery', 'middle', 'arena']],
    ['cheap: a price that is unknown is not', { budget: 'cheap' }, [], 'small', ['free']],
    ['balanced', { budget: 'balanced' }, [], 'middle', ['arena', 'small', 'free']],
    ['below is not at most', { budget: 'cheap' }, ['edge', 'free'], 'free', []],
    ['every need', { needs: ['tools', 'vision'] }, [], 'big', ['middle']],
    ['excluded, by another of its names', { excludeModels: ['big', 'mid', 'acme/mystery-1'] }, [], 'arena', ['small', 'free']],
    ['at most', { maxCostPer1m: 3 }, [], 'middle', ['arena', 'small', 'free']],
    ['quality at least, also from an arena', { minQualityIndex: 55 }, [], 'big', ['mystery', 'middle', 'arena']],
    ['a preferred one about as good', { preferModels: ['mystery'] }, [], 'mystery', ['big', 'middle', 'arena']],
    ['a preferred one that is far off', { preferModels: ['small'] }, [], 'big', ['mystery', 'middle', 'arena']],
    ['candidates, under the names they are given', undefined, ['mid', 'acme/small-1', 'small-1', 'mid'], 'mid', ['acme/small-1', 'small-1']],
    ['candidates that nobody knows', undefined, ['unheard', 'free'], 'free', []],
  ])('%s', async (_, constraints, candidates, alias, alternates) => {
    const decision = await decide(constraints, candidates, [...rows, row('edge', 50, [1, 1])].filter(({ alias }) => candidates.includes('edge') || alias !== 'edge'))
    expect([decision.alias, decision.alternates.map(([name]) => name)]).toEqual([alias, alternates])
  })

  it.each<[number, number]>([[0, 0.5], [10, 0.75], [20, 1], [60, 1]])('a lead of %i points is a confidence of %f', async (lead, confidence) => {
    expect((await decide({}, [], [row('a', 10 + lead, [1, 1]), row('b', 10, [1, 1])])).confidence).toBe(confidence)
  })

  it('is certain of a single one', async () => {
    expect(await decide({}, ['free'])).toMatchObject({ alias: 'free', confidence: 1, alternates: [] })
  })

  it('between equals takes the cheaper, then the first by name', async () => {
    const equals = [row('c', 50, undefined), row('b', 50, [2, 2]), row('z', 50, [1, 1]), row('a', 50, [2, 2])]
    const { alias, alternates } = await decide({}, [], equals)
    expect([alias, ...alternates.map(([name]) => name)]).toEqual(['z', 'a', 'b', 'c'])
  })

  it('says why no model fits, and how many fail on what', async () => {
    const refused = decide({ needs: ['tools', 'vision'], maxCostPer1m: 2, excludeModels: ['big'] }, [...rows.map(({ alias }) => alias!), 'ghost'])
    await expect(refused).rejects.toBeInstanceOf(NoCandidatesError)
    await expect(refused).rejects.toThrow(
      'no model fits: of 8, 2 are without vision, 1 is not known to cost $2 or less, 1 is excluded, 1 is deprecated, 2 are without tools, 1 is not known',
    )
    await expect(decide({}, [], [])).rejects.toThrow('there is no model to pick from')
  })

  it('reads nothing into what is null, as a body of JSON may have it', async () => {
    const nothing = { budget: null, needs: null, excludeModels: null, maxCostPer1m: null, minQualityIndex: null } as unknown as RouteConstraints
    for (const constraints of [null as unknown as RouteConstraints, nothing]) expect(await decide(constraints)).toEqual(await decide())
  })

  it('refuses a budget that there is not', async () => {
    await expect(decide({ budget: 'cheep' as 'cheap' })).rejects.toThrow(RoutingError)
    await expect(decide({ budget: 'cheep' as 'cheap' })).rejects.toThrow('there is no budget `cheep`: write cheap, balanced, premium')
  })
})

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const
const NEEDS = ['tools', 'vision', 'thinking'] as const
const some = <T>(list: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...list])
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
const price = fc.oneof(fc.double({ min: 0, max: 30, noNaN: true }), fc.constantFrom(0, -1, NaN, null, undefined))

const anyRows: fc.Arbitrary<ModelRow[]> = fc.tuple(some(NAMES), fc.infiniteStream(fc.record({
  input: price,
  output: price,
  quality: maybe(fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constantFrom(50, null))),
  elo: maybe(fc.integer({ min: 800, max: 1500 })),
  capabilities: some(NEEDS),
  deprecated: fc.boolean(),
}))).map(([names, stream]) => names.map((alias): ModelRow => {
  const { input, output, quality, elo, capabilities, deprecated } = stream.next().value
  return { alias, provider: 'p', model_id: `m-${alias}`, input_per_1m: input ?? null, output_per_1m: output ?? null, capabilities, deprecated, benchmarks: { quality_index: quality ?? null, arena_elo: elo ?? null } }
}))

const anyConstraints: fc.Arbitrary<RouteConstraints> = fc.record({
  budget: maybe(fc.constantFrom('cheap' as const, 'balanced' as const, 'premium' as const)),
  needs: maybe(some(NEEDS)),
  excludeModels: maybe(some(NAMES)),
  preferModels: maybe(some(NAMES)),
  maxCostPer1m: maybe(fc.double({ min: 0, max: 30, noNaN: true })),
  minQualityIndex: maybe(fc.integer({ min: 0, max: 100 })),
})

/** Whether a model is what was asked for, from the words of the constraints and not from the code. */
function fits(given: ModelRow, { budget, needs = [], excludeModels = [], maxCostPer1m = Infinity, minQualityIndex }: RouteConstraints): boolean {
  const { input_per_1m: input, output_per_1m: output, benchmarks } = given
  const known = typeof input === 'number' && typeof output === 'number' && input >= 0 && output >= 0
  const cost = known ? (input + output) / 2 : Infinity
  const bound = budget === 'cheap' ? 1 : budget === 'balanced' ? 10 : undefined
  const quality = benchmarks?.quality_index ?? Math.max(0, ((benchmarks?.arena_elo ?? 1000) - 1000) / 5)
  return !given.deprecated && !excludeModels.includes(given.alias!) && needs.every((need) => given.capabilities?.includes(need)) &&
    (bound === undefined || cost < bound) && (maxCostPer1m === Infinity || cost <= maxCostPer1m) &&
    (minQualityIndex === undefined || quality >= minQualityIndex)
}

describe('whatever it is asked', () => {
  it('names models that fit and were candidates, once each, best first; or none does', async () => {
    await fc.assert(fc.asyncProperty(anyRows, anyConstraints, some([...NAMES, 'ghost']), async (given, constraints, candidates) => {
      const able = given.filter((one) => fits(one, constraints) && (!candidates.length || candidates.includes(one.alias!))).map(({ alias }) => alias!)
      const decision = await decide(constraints, candidates, given).catch((error: unknown) => error)
      if (!able.length) return void expect(decision).toBeInstanceOf(NoCandidatesError)
      const { alias, alternates, confidence } = decision as RouteDecision
      const named = [alias, ...alternates.map(([name]) => name)]
      expect(able).toEqual(expect.arrayContaining(named))
      expect(new Set(named).size).toBe(Math.min(4, able.length))
      expect(named).toHaveLength(Math.min(4, able.length))
      const scores = alternates.map(([, score]) => score)
      expect(scores).toEqual([...scores].sort((a, b) => b - a))
      expect(confidence).toBeGreaterThanOrEqual(0.5)
      expect(confidence).toBeLessThanOrEqual(1)
    }), { numRuns: 500 })
  })

  it('decides the same, in whatever order it is told', async () => {
    await fc.assert(fc.asyncProperty(anyRows, anyConstraints, fc.infiniteStream(fc.integer()), async (given, constraints, chance) => {
      const shuffled = given.map((one) => ({ one, at: chance.next().value })).sort((a, b) => a.at - b.at).map(({ one }) => one)
      const [first, second] = await Promise.all([given, shuffled].map((list) => decide(constraints, [], list).catch((error: unknown) => (error as Error).name)))
      expect(second).toEqual(first)
    }), { numRuns: 300 })
  })
})

describe('rowsOf', () => {
  it('lays what the catalogue says of a model over what is known of its target', () => {
    const known: ModelRow = { provider: 'acme', model_id: 'm/1', input_per_1m: 1, output_per_1m: 2, capabilities: ['tools', 'vision'], benchmarks: { quality_index: 50 } }
    const models = {
      plain: { target: 'acme/m/1' },
      own: { target: 'acme/m/1', cost: { output_per_1m: 9 }, capabilities: { vision: false, thinking: true, context_window: 5 } },
      tuned: { target: 'acme/ft:m', inherit_from: 'acme/m/1' },
      other: { target: 'acme/new' },
    }
    expect(rowsOf({ models, groups: { all: { members: ['plain'] } } }, [known])).toEqual([
      { ...known, alias: 'plain' },
      { ...known, alias: 'own', output_per_1m: 9, capabilities: ['tools', 'thinking'] },
      { ...known, alias: 'tuned', model_id: 'ft:m' },
      { alias: 'other', provider: 'acme', model_id: 'new', capabilities: [] },
    ])
  })
})
