// The program under test: in this process with a world handed in, or as a user starts it, on each runtime that it runs on.
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { FetchLike } from '@relay/core'
import type { Io } from '../../src/cli/io.ts'
import { run } from '../../src/cli/run.ts'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface World {
  readonly env?: { readonly [name: string]: string }
  readonly files?: { readonly [path: string]: string }
  readonly stdin?: string
  readonly terminal?: boolean
  readonly fetch?: FetchLike
}

export interface Told extends Ended {
  /** What was written to files. */
  readonly written: { readonly [path: string]: string }
}

/** Runs it in this process. */
export async function relay(argv: readonly string[], { env = {}, files = {}, stdin, terminal = false, fetch }: World = {}): Promise<Told> {
  const told = { stdout: '', stderr: '' }
  const written: { [path: string]: string } = {}
  const io: Io = {
    stdout: async (text) => void (told.stdout += text),
    stderr: async (text) => void (told.stderr += text),
    stdin: async () => stdin ?? '',
    terminal: { stdin: stdin === undefined, stdout: terminal, stderr: terminal },
    env: (name) => env[name],
    readFile: async (path) => {
      const text = files[String(path)]
      if (text === undefined) throw new Error(`ENOENT: no such file, open '${String(path)}'`)
      return text
    },
    writeFile: async (path, text) => void (written[path] = text),
    interrupted: () => new AbortController().signal,
    ...(fetch ? { fetch } : undefined),
  }
  const code = await run(argv, io)
  return { ...told, code, written }
}

const entry = `${root}src/cli/main.ts`

/** How a user would start it from the source. */
export const RUNTIMES: { readonly [runtime: string]: readonly string[] } = {
  node: [process.execPath, entry],
  deno: [`${root}node_modules/.bin/deno`, 'run', '--no-lock', '--no-check', '--allow-all', entry],
  bun: [`${root}node_modules/.bin/bun`, 'run', entry],
}

export interface Started {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly ended: Promise<Ended>
  /** Resolves once the standard output holds this. */
  readonly says: (text: string) => Promise<void>
}

/** Starts it as a process of its own, in an empty environment but for what is given. */
export function start(runtime: string, argv: readonly string[], { env = {}, stdin }: Pick<World, 'env' | 'stdin'> = {}): Started {
  const [command = '', ...words] = [...(RUNTIMES[runtime] ?? []), ...argv]
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(command, words, { cwd: root, env: { PATH, HOME, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  const told = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told.stderr += text))
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin ?? '')
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ ...told, code }))
  })
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => (told.stdout.includes(text) ? resolve() : undefined)
      child.stdout.on('data', look)
      void ended.then(({ stdout, stderr }) => reject(new Error(`ended without saying ${text}: ${stdout}${stderr}`)), reject)
      look()
    })
  return { child, ended, says }
}
