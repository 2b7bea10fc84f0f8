// What the places that credentials come from need of the world, all of it handed in.
import type { FetchLike } from '../types/runtime.ts'
import type { Lookup } from './env.ts'

export interface World {
  readonly env: Lookup
  readonly fetch: FetchLike
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Reads a text file. Absent where there are no files. */
  readonly readFile?: ((path: string) => Promise<string>) | undefined
}
