/**
 * Relay for Bun: catalogues from files, keys from the environment, every provider.
 * @module
 */
import { relayError } from '../src/errors.ts'
import type { Hub } from '../src/hub.ts'
import type { RelayConfig } from '../src/types/config.ts'
import { fromConfig as fromData, fromSources, split, type DoorOptions, type Source } from '../src/load.ts'
import { sources } from '../src/sources.ts'

export type { DoorOptions, Source } from '../src/load.ts'

declare const Bun: {
  readonly env: { readonly [name: string]: string | undefined }
  file(path: string | URL): { exists(): Promise<boolean>; text(): Promise<string> }
  write(path: string, text: string): Promise<number>
}

const env = (name: string): string | undefined => Bun.env[name]
const secrets = sources({ readFile: (path) => Bun.file(path).text(), writeFile: async (path, text) => void (await Bun.write(path, text)) })

/**
 * A hub of one or more catalogues: paths, YAML as text, or data (what `import config from './models.yaml'` gives). Later
 * ones override earlier ones, deeply; lists are replaced. Options come last.
 * @throws ConfigError with file, line and column of every mistake.
 */
export async function fromYaml(...args: [...(Source | DoorOptions)[]]): Promise<Hub> {
  const [given, options] = split(args)
  return fromSources(given, { env, secrets, ...options }, async (path) => {
    const file = Bun.file(path)
    if (!(await file.exists())) throw relayError('config', `cannot read the catalogue ${String(path)}: there is no such file`)
    return file.text()
  })
}

/** A hub of a catalogue that is data: what `relay compile` wrote. */
export function fromConfig(config: RelayConfig, options: DoorOptions = {}): Hub {
  return fromData(config, { env, secrets, ...options })
}
