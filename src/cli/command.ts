// What a command of the program is: its words for the help and the parser, and what it does.
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'

/** The command line, parsed. An option that takes a value holds a list: it may stand there several times. */
export interface Given {
  readonly words: readonly string[]
  readonly options: { readonly [name: string]: unknown }
}

export interface Command {
  readonly name: string
  /** What follows the name: `<required>`, `[optional]`, `[...several]`. */
  readonly takes: string
  readonly summary: string
  /** Flags, and what they do. */
  readonly options: readonly (readonly [flags: string, what: string])[]
  /** What follows `relay `, and what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[]
  /** Gives the exit code. */
  readonly run: (given: Given, io: Io) => Promise<number>
}

export const CONFIG_OPTION = ['-c, --config <file>', 'Catalogue; later ones override earlier ones (default: models.yaml)'] as const
export const JSON_OPTION = ['--json', 'Print JSON, a failure too'] as const

/** The values of an option, in order. */
export function listOf(given: Given, name: string): readonly string[] {
  const value = given.options[name]
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  if (list.some((item) => typeof item === 'boolean')) throw new UsageError(`--${name} needs a value`)
  return list.map(String)
}

/** The value of an option that makes sense once. */
export function valueOf(given: Given, name: string): string | undefined {
  const [value, ...more] = listOf(given, name)
  if (more.length) throw new UsageError(`--${name} stands there twice`)
  return value
}
