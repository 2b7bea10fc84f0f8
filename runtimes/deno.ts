/**
 * Relay for Deno: catalogues from files, keys by name from the environment, every provider.
 * @module
 */
import { relayError } from '../src/errors.ts'
import type { Hub } from '../src/hub.ts'
import type { RelayConfig } from '../src/types/config.ts'
import { fromConfig as fromData, fromSources, split, type DoorOptions, type Source } from '../src/load.ts'
import { sources } from '../src/sources.ts'

export type { DoorOptions, Source } from '../src/load.ts'

declare const Deno: {
  readonly env: { get(name: string): string | undefined }
  readTextFile(path: string | URL): Promise<string>
  writeTextFile(path: string, text: string): Promise<void>
}

/** By name, so that `--allow-env=OPENAI_API_KEY` is enough. */
function env(name: string): string | undefined {
  try {
    return Deno.env.get(name)
  } catch (cause) {
    throw relayError('config', `Deno may not read the variable ${name}: run with --allow-env=${name}`, { cause })
  }
}

const secrets = sources({ readFile: (path) => Deno.readTextFile(path), writeFile: (path, text) => Deno.writeTextFile(path, text) })

/**
 * A hub of one or more catalogues: paths, `file:` URLs, YAML as text, or data. Later ones override earlier ones, deeply;
 * lists are replaced. Options come last. Needs `--allow-read` for files, and `--allow-env` for the keys and for the
 * YAML parser's `LOG_TOKENS,LOG_STREAM`.
 * @throws ConfigError with file, line and column of every mistake.
 */
export async function fromYaml(...args: [...(Source | DoorOptions)[]]): Promise<Hub> {
  const [given, options] = split(args)
  try {
    return await fromSources(given, { env, secrets, ...options }, async (path) => {
      try {
        return await Deno.readTextFile(path)
      } catch (cause) {
        throw relayError('config', `cannot read the catalogue ${String(path)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
      }
    })
  } catch (cause) {
    // The YAML parser looks at two variables of its own.
    if (cause instanceof Error && cause.name === 'NotCapable') {
      throw relayError('config', 'the YAML parser may not read its variables: run with --allow-env=LOG_TOKENS,LOG_STREAM, or `relay compile` the catalogue', { cause })
    }
    throw cause
  }
}

/** A hub of a catalogue that is data: what `relay compile` wrote. */
export function fromConfig(config: RelayConfig, options: DoorOptions = {}): Hub {
  return fromData(config, { env, secrets, ...options })
}
