// Where things stand in the files that a catalogue comes from, and mistakes that know it.
import type { Problem } from './env.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

/** Where one value of a file stands, and what is inside of it. What comes from data stands nowhere. */
export interface Place {
  readonly file?: string
  /** Of its key, or of the item of a list. */
  readonly key?: Position
  /** Of the value itself; of the key where the value is a block, which begins on a later line. */
  readonly value?: Position
  readonly inside: ReadonlyMap<string | number, Place>
}

/** A mistake in a catalogue. Lines and columns begin at 1; they are not known of data. */
export interface Finding extends Problem {
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/** Data, where it stands, and what was wrong with reading it. */
export interface Sourced {
  readonly data: unknown
  readonly place?: Place | undefined
  readonly findings: readonly Finding[]
  /** True where it could not be read at all: what would be said of the rest is not worth saying. */
  readonly broken?: boolean
}

/** A problem, and how to tell it. */
export interface KeyProblem extends Problem {
  /** True where it is the key's, not the value's. */
  readonly atKey?: boolean
  /** The field that a misspelt one is meant to be: that it is missing is the same mistake. */
  readonly meant?: string
}

/** A problem with its position: of what it is about, or of what that is missing in. */
export function locate({ path, message, atKey }: KeyProblem, root: Place | undefined): Finding {
  let place = root
  for (const step of path) {
    const next = place?.inside.get(step)
    if (!next) break
    place = next
  }
  const { file, key, value } = place ?? {}
  return { ...(file === undefined ? undefined : { file, ...(atKey ? key : value) }), path, message }
}

/** `models.fast.base_url`, `groups.all.members[1]`, `models["a b"]`. */
export function pathText(path: Problem['path']): string {
  return path.map((step, i) => {
    if (typeof step === 'number') return `[${step}]`
    return /^[\w-]+$/.test(step) ? `${i ? '.' : ''}${step}` : `[${JSON.stringify(step)}]`
  }).join('')
}

/** In the order in which the files were given, and from their tops down. */
export function inOrder<T extends Finding>(findings: readonly T[], files: readonly (string | undefined)[]): T[] {
  const rank = ({ file, line = 0, column = 0 }: Finding): readonly number[] => [files.indexOf(file), line, column]
  return [...findings].sort((a, b) => rank(a).map((value, i) => value - rank(b)[i]!).find(Boolean) ?? 0)
}

/** `file:line:column: path: message`. */
export function findingText({ file, line, column, path, message }: Finding): string {
  return [line === undefined ? file : `${file}:${line}:${column}`, pathText(path), message].filter(Boolean).join(': ')
}
