/**
 * Relay for Vercel: edge and Node functions, a catalogue as text or data, keys from the environment, every provider.
 * @module
 */
import { load } from '../src/yaml.ts'
import type { Hub } from '../src/hub.ts'
import { providers as every } from '../src/providers/index.ts'
import type { RelayConfig } from '../src/types/config.ts'
import { fromConfig as fromData, type DoorOptions } from '../src/load.ts'

export type { DoorOptions } from '../src/load.ts'

export interface VercelOptions extends DoorOptions {
  /** `waitUntil` of `@vercel/functions`, for work that outlives the answer. */
  readonly waitUntil?: (work: Promise<unknown>) => void
}

// The edge runtime has no `process`; the build puts in `process.env.NAME` where it stands literally, and an object elsewhere.
declare const process: { readonly env?: { readonly [name: string]: string | undefined } } | undefined

const env = (name: string): string | undefined => (typeof process === 'undefined' ? undefined : process?.env?.[name])

/**
 * A hub of a catalogue in YAML, or of several, later ones over earlier ones.
 * @throws ConfigError with line and column of every mistake.
 */
export function fromYaml(source: string | RelayConfig | readonly (string | RelayConfig)[], options: VercelOptions = {}): Hub {
  const { providers = every } = options
  const sources = Array.isArray(source) ? (source as readonly (string | RelayConfig)[]) : [source as string | RelayConfig]
  return fromConfig(load([...sources], { env: options.env ?? env, providers }), options)
}

/** A hub of a catalogue that is data: what `relay compile` wrote. No YAML parser is in your bundle then. */
export function fromConfig(config: RelayConfig, { waitUntil, ...options }: VercelOptions = {}): Hub {
  const hub = fromData(config, { env, ...options })
  return waitUntil ? hub.with({ defer: waitUntil }) : hub
}
