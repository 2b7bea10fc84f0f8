/**
 * Relay for Cloudflare Workers: a catalogue as text or data, keys from `env`, work that outlives the answer in `ctx`.
 * @module
 */
import { load } from '../src/yaml.ts'
import type { Hub } from '../src/hub.ts'
import { providers as every } from '../src/providers/index.ts'
import type { RelayConfig } from '../src/types/config.ts'
import type { Env } from '../src/types/runtime.ts'
import { fromConfig as fromData, type DoorOptions } from '../src/load.ts'

export type { DoorOptions } from '../src/load.ts'

export interface WorkerOptions extends Omit<DoorOptions, 'env'> {
  /** The Worker's bindings: texts, and Secrets Store bindings for keys. `env` of the handler, or of `cloudflare:workers`. */
  readonly env: Env | object
  /** The handler's context. With it work that outlives the answer is kept alive; at module scope leave it out and use `hub.with`. */
  readonly ctx?: { waitUntil(work: Promise<unknown>): void }
}

/**
 * A hub of a catalogue in YAML, or of several, later ones over earlier ones. `import models from './models.yaml' with
 * { type: 'text' }` gives the text. Parsing costs CPU at start: `relay compile` and `fromConfig` cost none.
 * @throws ConfigError with line and column of every mistake.
 */
export function fromYaml(source: string | RelayConfig | readonly (string | RelayConfig)[], options: WorkerOptions): Hub {
  const { providers = every } = options
  const env = options.env as Env
  const sources = Array.isArray(source) ? (source as readonly (string | RelayConfig)[]) : [source as string | RelayConfig]
  return fromConfig(load([...sources], { env, providers }), options)
}

/** A hub of a catalogue that is data: what `relay compile` wrote. No YAML parser is in your bundle then. */
export function fromConfig(config: RelayConfig, { ctx, env, ...options }: WorkerOptions): Hub {
  const hub = fromData(config, { ...options, env: env as Env })
  return ctx ? hub.with({ defer: (work) => ctx.waitUntil(work) }) : hub
}
