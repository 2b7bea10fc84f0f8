// What is known of models, as data: rows of a list of models, and those of your own catalogue.
import type { CapabilitiesConfig, ModelConfig, RelayConfig } from '../types/config.ts'

/** One model. Keys that are not listed here may be there. */
export interface ModelRow {
  /** What it is picked as. Default: `provider/model_id`. */
  readonly alias?: string
  readonly provider: string
  readonly model_id: string
  /** Other names that it goes by. */
  readonly aliases?: readonly string[]
  /** What it can do: `tools`, `vision`, `json_mode`… What is left out it cannot. */
  readonly capabilities?: readonly string[]
  /** US dollars per million tokens; unknown where it is left out. */
  readonly input_per_1m?: number | null
  readonly output_per_1m?: number | null
  readonly benchmarks?: Benchmarks | null
  /** Never picked. */
  readonly deprecated?: boolean
}

/** How good a model is, where somebody measured it. */
export interface Benchmarks {
  /** 0 to 100. */
  readonly quality_index?: number | null
  /** A rating of an arena, around 1000 to 1500. Counts where there is no `quality_index`. */
  readonly arena_elo?: number | null
}

/** What a row is picked as. */
export function nameOf({ alias, provider, model_id }: ModelRow): string {
  return alias ?? `${provider}/${model_id}`
}

/** US dollars per million tokens, input and output averaged, or undefined where that is unknown. */
export function averageCost({ input_per_1m, output_per_1m }: ModelRow): number | undefined {
  const sum = Number(input_per_1m ?? NaN) + Number(output_per_1m ?? NaN)
  // Some lists write -1 for a price that varies.
  return Number(input_per_1m) >= 0 && Number(output_per_1m) >= 0 && Number.isFinite(sum) ? sum / 2 : undefined
}

/** 0 to about 100; 0 where nobody measured. */
export function qualityOf({ benchmarks }: ModelRow): number {
  const { quality_index, arena_elo } = benchmarks ?? {}
  if (Number.isFinite(quality_index)) return Number(quality_index)
  return Number.isFinite(arena_elo) ? Math.max(0, (Number(arena_elo) - 1000) / 5) : 0
}

/**
 * A row for each model of a catalogue, picked by its alias. What the catalogue says of a model comes before what is known
 * of its target; groups have no row.
 */
export function rowsOf({ models = {} }: RelayConfig, known: readonly ModelRow[] = []): ModelRow[] {
  const listed = new Map(known.map((row) => [`${row.provider}/${row.model_id}`, row]))
  return Object.entries(models).map(([alias, model]) => rowOf(alias, model, listed))
}

function rowOf(alias: string, model: ModelConfig, listed: ReadonlyMap<string, ModelRow>): ModelRow {
  const { target, inherit_from = target, cost = {}, capabilities = {} } = model
  const slash = target.indexOf('/')
  const base = listed.get(target) ?? listed.get(inherit_from)
  const { input_per_1m, output_per_1m } = { ...base, ...cost }
  return {
    ...base,
    alias,
    provider: target.slice(0, slash),
    model_id: target.slice(slash + 1),
    capabilities: capable(base?.capabilities ?? [], capabilities),
    ...(input_per_1m === undefined ? undefined : { input_per_1m }),
    ...(output_per_1m === undefined ? undefined : { output_per_1m }),
  }
}

function capable(known: readonly string[], own: CapabilitiesConfig): string[] {
  const said = Object.entries(own)
  const withdrawn = said.flatMap(([name, value]) => (value === false ? [name] : []))
  const added = said.flatMap(([name, value]) => (value === true ? [name] : []))
  return [...new Set([...known, ...added])].filter((name) => !withdrawn.includes(name))
}
