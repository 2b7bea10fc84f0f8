// What a command needs of the process that runs it, handed in, so that a test can be that process.
import type { FetchLike } from '../types/runtime.ts'

/** Resolves once the text is out: a slow reader is waited for. */
export type Write = (text: string) => Promise<void>

export interface Io {
  /** What was asked for, and nothing else. */
  readonly stdout: Write
  /** Everything about it: progress, numbers, mistakes. */
  readonly stderr: Write
  /** All of the standard input. */
  readonly stdin: () => Promise<string>
  /** Which of the three are a terminal. */
  readonly terminal: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  readonly env: (name: string) => string | undefined
  readonly readFile: (path: string | URL) => Promise<string>
  readonly writeFile: (path: string, text: string) => Promise<void>
  /** Aborted when the user presses Ctrl-C or nobody reads the output any more. From the first call on, Ctrl-C kills no more. */
  readonly interrupted: () => AbortSignal
  /** Default: the global one. */
  readonly fetch?: FetchLike
}
