// What the doors of the runtimes share: sources to a hub with every provider in it.
import { ratesOf } from './config/rates.ts'
import { Hub, type HubOptions } from './hub.ts'
import { breaker } from './layers/breaker.ts'
import { groupFeatures } from './layers/groups/index.ts'
import { limit, rulesOf } from './layers/limit.ts'
import { providers as every } from './providers/index.ts'
import { sources } from './sources.ts'
import { memoryStore } from './stores/memory.ts'
import type { Layer } from './types/call.ts'
import type { RelayConfig } from './types/config.ts'
import type { LimitStore } from './types/limits.ts'

/** A hub's options, with every provider handed in already. */
export interface DoorOptions extends Partial<HubOptions> {
  /** Where limits count. Default: in memory, for this process or isolate alone. */
  readonly store?: LimitStore
}

/** A catalogue: a path, YAML or JSON as text, or data (a compiled catalogue, a parsed file). */
export type Source = string | URL | RelayConfig

/** A hub of a catalogue that is data already: no YAML parser is loaded. */
export function fromConfig(config: RelayConfig, { store = memoryStore(), ...options }: DoorOptions): Hub {
  const { layers = [], prices } = options
  const { defaults, models = {} } = config
  const rules = rulesOf(config)
  const ours: Layer[] = []
  if (rules.length) ours.push(limit({ rules, store, priceOf: ratesOf(config, prices) }))
  if ([defaults, ...Object.values(models)].some((it) => it?.breaker)) ours.push(breaker({ configOf: ({ target }) => target?.config.breaker ?? defaults?.breaker }))
  const rings = [...layers, ...ours.filter(({ stage }) => !layers.some((layer) => layer.stage === stage))]
  return new Hub(config, { providers: every, secrets: sources(), groups: groupFeatures, ...options, layers: rings })
}

export type ReadFile = (path: string | URL) => Promise<string>

/** Reads files and texts, later ones over earlier ones. A single source that is data is taken as it is. */
export async function fromSources(sources: readonly Source[], options: DoorOptions, readFile: ReadFile): Promise<Hub> {
  const [only, ...others] = sources
  if (only !== undefined && !others.length && !isText(only)) return fromConfig(only, options)
  const texts = await Promise.all(sources.map((source) => (isText(source) ? textOf(source, readFile) : source)))
  // The parser costs more to load than all of the core: only who hands in YAML pays for it.
  const { load } = await import('./yaml.ts')
  const { providers = every, env } = options
  return fromConfig(load(texts, { providers, ...(env === undefined ? undefined : { env }) }), options)
}

function isText(source: Source): source is string | URL {
  return typeof source === 'string' || source instanceof URL
}

/** A text of several lines is the catalogue itself; anything else is where it is. */
async function textOf(source: string | URL, readFile: ReadFile): Promise<{ readonly text: string; readonly file?: string }> {
  if (typeof source === 'string' && /\n|^\s*\{/.test(source)) return { text: source }
  return { text: await readFile(source), file: String(source) }
}

/** Splits the options, which come last, from the sources. */
export function split(args: readonly (Source | DoorOptions)[]): [Source[], DoorOptions] {
  const last = args.at(-1)
  const options = last !== undefined && isOptions(last) ? last : undefined
  return [(options ? args.slice(0, -1) : [...args]) as Source[], options ?? {}]
}

function isOptions(value: Source | DoorOptions): value is DoorOptions {
  const keys = ['env', 'fetch', 'layers', 'providers', 'runtime', 'prices', 'secrets', 'groups', 'store']
  // A catalogue has `groups` too: by name, where the option is a list.
  const fits = ([key, given]: [string, unknown]): boolean => keys.includes(key) && (key !== 'groups' || given === undefined || Array.isArray(given))
  return typeof value === 'object' && !(value instanceof URL) && Object.entries(value).every(fits)
}
