/**
 * Catalogues from YAML, checked as a whole: every mistake with its file, line and column. `compile` makes data of them,
 * so that a Worker ships no parser.
 * @module
 */
import type { ProviderFacts } from './config/provided.ts'
import { readData, readText } from './config/source.ts'
import type { Sourced } from './config/place.ts'
import { validate } from './config/validate.ts'
import { relayError } from './errors.ts'
import { lookupIn } from './secrets/env.ts'
import type { RelayConfig } from './types/config.ts'
import type { Env } from './types/runtime.ts'

export type { Problem } from './config/env.ts'
export type { Finding } from './config/place.ts'
export type { ProviderFacts } from './config/provided.ts'
export { warnings } from './config/warning.ts'

/** A catalogue, or an overlay: YAML or JSON as text, text with the name of its file, or data. */
export type YamlSource = string | YamlText | object

/** YAML or JSON, with the name that errors call it by. */
export interface YamlText {
  readonly text: string
  /** Default: `yaml`, with a number where there are several sources. */
  readonly file?: string
}

/** What a catalogue is checked with. */
export interface CompileOptions {
  /** The providers that a model may name. Default: any. */
  readonly providers?: readonly ProviderFacts[]
}

/** What a catalogue is read with. */
export interface LoadOptions extends CompileOptions {
  /** Where `$env.VAR` and `${env:VAR}` are looked up. Default: nowhere, so that every reference is a mistake. */
  readonly env?: Env
}

/**
 * Reads a catalogue: later sources override earlier ones, mappings are merged deeply, lists are replaced. References
 * become their variables' values, but for `credential`, which goes on naming its variable.
 * @throws ConfigError whose message says of every mistake where it is and what to do; `data` is that as a `Finding[]`.
 */
export function load(sources: YamlSource | readonly YamlSource[], options: LoadOptions = {}): RelayConfig {
  return validate(read(sources), { lookup: lookupIn(options.env), providers: options.providers })
}

/**
 * Reads a catalogue as `load` does and keeps its references: plain data to write down, for `new Hub` to take.
 * @throws ConfigError as `load` does.
 */
export function compile(sources: YamlSource | readonly YamlSource[], options: CompileOptions = {}): RelayConfig {
  return validate(read(sources), { providers: options.providers })
}

function read(sources: YamlSource | readonly YamlSource[]): Sourced[] {
  const list = Array.isArray(sources) ? sources as readonly YamlSource[] : [sources]
  if (!list.length) throw relayError('config', 'no catalogue was given: hand in YAML or data')
  return list.map((source, i) => {
    const file = list.length > 1 ? `yaml#${i + 1}` : 'yaml'
    if (typeof source === 'string') return readText({ text: source, file })
    return isText(source) ? readText({ text: source.text, file: source.file ?? file }) : readData(source)
  })
}

function isText(source: YamlSource): source is YamlText {
  return typeof source === 'object' && source !== null && 'text' in source && typeof source.text === 'string'
}
