// The catalogue that a command works on: read from files, checked, and made a hub.
import { fromConfig } from '../../runtimes/node.ts'
import { merge } from '../config/merge.ts'
import { nearest } from '../config/nearest.ts'
import { inOrder, locate, type KeyProblem, type Sourced } from '../config/place.ts'
import { readText } from '../config/source.ts'
import { relayError } from '../errors.ts'
import type { Hub } from '../hub.ts'
import { providers } from '../providers/index.ts'
import type { RelayConfig } from '../types/config.ts'
import { compile, warnings, type Finding, type YamlText } from '../yaml.ts'
import { listOf, type Given } from './command.ts'
import type { Io } from './io.ts'

/** The catalogue's files: those that are named, else `models.yaml`. */
export function filesOf(given: Given, words: readonly string[] = []): readonly string[] {
  const named = [...words, ...listOf(given, 'config')]
  return named.length ? named : ['models.yaml']
}

export async function read(files: readonly string[], io: Io): Promise<readonly YamlText[]> {
  return Promise.all(files.map(async (file) => {
    try {
      return { file, text: file === '-' ? await io.stdin() : await io.readFile(file) }
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause)
      throw relayError('config', `cannot read the catalogue ${file}: ${words}\nname it with -c, or begin one: https://unpkg.com/@relay/core/README.md`, { cause })
    }
  }))
}

/** A catalogue that is right, and where things stand in its files. */
export interface Checked {
  readonly config: RelayConfig
  /** Problems with their places. */
  readonly located: (problems: readonly KeyProblem[]) => readonly Finding[]
}

/** Checked, and its references kept: no variable need be set. */
export async function checked(files: readonly string[], io: Io): Promise<Checked> {
  const texts = await read(files, io)
  const located = (problems: readonly KeyProblem[]): readonly Finding[] => {
    const { place } = texts.map(readText).reduce<Sourced>(merge, { data: {}, findings: [] })
    return inOrder(problems.map((problem) => locate(problem, place)), files)
  }
  return { config: compile(texts, { providers }), located }
}

export async function configOf(files: readonly string[], io: Io): Promise<RelayConfig> {
  return (await checked(files, io)).config
}

/** What has no effect, where it is said. */
export function idle({ config, located }: Checked): readonly Finding[] {
  return located(warnings(config, providers).map((problem) => ({ ...problem, atKey: true })))
}

/** A hub for one model or group. What the rest of the catalogue would need in variables is not asked for. */
export async function hubOf(alias: string, given: Given, io: Io): Promise<Hub> {
  return hubFor(needed(await configOf(filesOf(given), io), alias), io)
}

/** A hub of a catalogue that has been checked. */
export function hubFor(config: RelayConfig, { env, fetch }: Io): Hub {
  return fromConfig(config, { env, ...(fetch ? { fetch } : undefined) })
}

/** What an alias stands for, and what that stands for. */
export function needed(config: RelayConfig, alias: string): RelayConfig {
  const { models = {}, groups = {} } = config
  const names = new Set([known(config, alias)])
  // A set goes on over what is added to it meanwhile.
  for (const name of names) {
    const members = Object.hasOwn(groups, name) ? groups[name]!.members : []
    for (const member of members) names.add(typeof member === 'string' ? member : member.name)
  }
  const only = <T>(record: { readonly [name: string]: T }): { readonly [name: string]: T } =>
    Object.fromEntries(Object.entries(record).filter(([name]) => names.has(name)))
  return { ...config, models: only(models), groups: only(groups) }
}

/** The alias, if there is one. */
export function known({ models = {}, groups = {} }: RelayConfig, alias: string): string {
  if (Object.hasOwn(models, alias) || Object.hasOwn(groups, alias)) return alias
  const there = [...Object.keys(models), ...Object.keys(groups)]
  const near = nearest(alias, there)
  const hint = near === undefined ? '' : `; did you mean \`${near}\`?`
  throw relayError('config', `\`${alias}\` is neither a model nor a group of the catalogue, which has: ${there.join(', ') || 'nothing'}${hint}`, { alias })
}
