// How far a command is, on one line that is written over: for people at a terminal, and a line for each step elsewhere.
import type { Io } from './io.ts'

export interface Progress {
  /** Where things stand. Shown at a terminal only. */
  readonly now: (text: string) => Promise<void>
  /** A step is over. Kept where lines are not written over. */
  readonly done: (text: string) => Promise<void>
  /** Leaves nothing at a terminal. */
  readonly end: () => Promise<void>
}

/** Back to the first column, and nothing behind it. */
const ERASE = '\r\u001b[2K'

export function progress({ stderr, terminal, env }: Io): Progress {
  const over = terminal.stderr && env('TERM') !== 'dumb'
  const nothing = async (): Promise<void> => undefined
  return {
    // A line that wraps is not erased as a whole.
    now: over ? (text) => stderr(`${ERASE}${text.slice(0, 72)}`) : nothing,
    done: over ? nothing : (text) => stderr(`${text}\n`),
    end: over ? () => stderr(ERASE) : nothing,
  }
}
