// What the places that credentials come from need of the world, all of it handed in: variables, files, the network, a clock.
import { relayError } from '../errors.ts'
import type { FetchLike } from '../types/runtime.ts'
import { read, type Lookup } from './env.ts'

export interface World {
  readonly env: Lookup
  readonly fetch: FetchLike
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Reads a text file. Absent where there are no files. */
  readonly readFile?: ((path: string) => Promise<string>) | undefined
}

/** A variable, trimmed; a binding is asked for its value. */
export function variable({ env }: World, name: string): Promise<string | undefined> {
  return read(env(name))
}

/** Where the user's files are. */
export async function homeOf(world: World): Promise<string> {
  return (await variable(world, 'HOME')) ?? (await variable(world, 'USERPROFILE')) ?? '~'
}

/** A text file, trimmed. `what` is in it; `instead` helps where there are no files. */
export async function fileText({ readFile }: World, path: string, { what, instead }: { readonly what: string; readonly instead?: string }): Promise<string> {
  if (!readFile) throw relayError('config', `${what} is in a file, and there are none on this runtime${instead ? `: ${instead}` : ''}`)
  try {
    return (await readFile(path)).trim()
  } catch (cause) {
    throw relayError('config', `${what} cannot be read from ${path}`, { cause })
  }
}

/** A text file that may not be there, trimmed. */
export async function fileIfAny({ readFile }: World, path: string): Promise<string> {
  return ((await readFile?.(path).catch(() => undefined)) ?? '').trim()
}
