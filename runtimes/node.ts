/**
 * Relay for Node: catalogues from files, keys from the process's environment, every provider.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises'
import { relayError } from '../src/errors.ts'
import type { Hub } from '../src/hub.ts'
import type { RelayConfig } from '../src/types/config.ts'
import { fromConfig as fromData, fromSources, split, type DoorOptions, type Source } from '../src/load.ts'
import { sources } from '../src/sources.ts'

export type { DoorOptions, Source } from '../src/load.ts'

const env = (name: string): string | undefined => process.env[name]
const secrets = sources({ readFile: (path) => readFile(path, 'utf8'), writeFile })

/**
 * A hub of one or more catalogues: paths, `file:` URLs, YAML as text, or data. Later ones override earlier ones, deeply;
 * lists are replaced. Options come last.
 * @throws ConfigError with file, line and column of every mistake.
 */
export async function fromYaml(...args: [...(Source | DoorOptions)[]]): Promise<Hub> {
  const [given, options] = split(args)
  return fromSources(given, { env, secrets, ...options }, async (path) => {
    try {
      return await readFile(path, 'utf8')
    } catch (cause) {
      throw relayError('config', `cannot read the catalogue ${String(path)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  })
}

/** A hub of a catalogue that is data: what `relay compile` wrote. */
export function fromConfig(config: RelayConfig, options: DoorOptions = {}): Hub {
  return fromData(config, { env, secrets, ...options })
}
