// One run of the program: the command line to a command, and what it throws to an exit code.
import { cac, type CAC } from 'cac'
import manifest from '../../package.json' with { type: 'json' }
import { RelayError } from '../errors.ts'
import { chat } from './chat.ts'
import type { Command, Given } from './command.ts'
import { compile } from './compile.ts'
import { doctor } from './doctor.ts'
import { exitCode, INTERRUPTED, OK, USAGE, UsageError } from './exit.ts'
import { details, overview } from './help.ts'
import type { Io } from './io.ts'
import { models } from './models.ts'
import { paint } from './paint.ts'
import { providers } from './providers.ts'
import { attemptsLine, summaryLine } from './report.ts'
import { schema } from './schema.ts'
import { validate } from './validate.ts'

const COMMANDS: readonly Command[] = [chat, validate, doctor, schema, compile, providers, models]

/** Stands for a bare `-` (the standard input), which the parser would drop. */
const DASH = '\0'

/** Runs what the command line says and gives the exit code. Nothing is thrown. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv.map((word) => (word === '-' ? DASH : word)), io)
  } catch (error) {
    await io.stderr(await told(error, io))
    return exitCode(error)
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const cli = parser(io)
  const { args, options } = cli.parse(['', '', ...argv], { run: false })
  const command = COMMANDS.find(({ name }) => name === cli.matchedCommandName)
  const help = options['help'] === true
  if (!command) {
    if (options['version'] === true) return print(io, `${manifest.version}\n`)
    if (help || (args[0] === 'help' && args.length === 1)) return print(io, overview(COMMANDS, paint(io, 'stdout')))
    await io.stderr(args[0] === undefined ? overview(COMMANDS, paint(io, 'stderr')) : unknown(args[0], io))
    return USAGE
  }
  if (help) return print(io, details(command, paint(io, 'stdout')))
  return (await cli.runMatchedCommand()) as number
}

function parser(io: Io): CAC {
  const cli = cac('relay')
  cli.option('-h, --help', '').option('-v, --version', '')
  for (const { name, takes, options, run } of COMMANDS) {
    const command = cli.command(`${name} ${takes}`)
    // A list: an option may stand there several times.
    for (const [flags] of options) command.option(flags, '', flags.includes('<') ? { type: [(value: unknown) => value] } : {})
    command.action(() => run(given(cli), io))
  }
  return cli
}

function given({ args, options }: CAC): Given {
  const dash = (value: unknown): unknown => (value === DASH ? '-' : Array.isArray(value) ? value.map(dash) : value)
  const behind: unknown = options['--']
  const words = [...args, ...(Array.isArray(behind) ? behind : [])].map((word) => String(dash(word)))
  return { words, options: Object.fromEntries(Object.entries(options).map(([name, value]) => [name, dash(value)])) }
}

async function print(io: Io, text: string): Promise<number> {
  await io.stdout(text)
  return OK
}

function unknown(word: string, io: Io): string {
  const names = COMMANDS.map(({ name }) => name).join(', ')
  return `${paint(io, 'stderr').red('relay:')} there is no command \`${word}\`; there are ${names}\n`
}

/** What went wrong, and what to do; what had arrived is counted. */
async function told(error: unknown, io: Io): Promise<string> {
  const color = paint(io, 'stderr')
  if (exitCode(error) === INTERRUPTED) return `${color.yellow('interrupted')}\n`
  const words = error instanceof Error ? error.message : String(error)
  const lines = [`${color.red('relay:')} ${words}`]
  if (exitCode(error) === USAGE) lines.push(color.dim('see relay --help'))
  if (error instanceof RelayError) {
    const { code, status, provider, model, requestId, partial, attempts } = error
    const facts = [code, status, provider && `${provider}/${model ?? ''}`, requestId].filter((fact) => fact !== undefined && fact !== code)
    if (code !== 'config') lines.push(color.dim([code, ...facts].join(' · ')))
    if (attempts.length > 1) lines.push(attemptsLine(attempts, color))
    if (partial) lines.push(summaryLine(partial, color))
  } else if (!(error instanceof UsageError) && error instanceof Error && error.name !== 'CACError' && io.env('RELAY_DEBUG')) {
    lines.push(error.stack ?? '')
  }
  return `${lines.join('\n')}\n`
}
