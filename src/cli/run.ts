// One run of the program: the command line to a command, and what it throws to an exit code.
import { cac, type CAC } from 'cac'
import manifest from '../../package.json' with { type: 'json' }
import { chat } from './chat.ts'
import type { Command, Given } from './command.ts'
import { compile } from './compile.ts'
import { doctor } from './doctor.ts'
import { exitCode, OK, USAGE, UsageError } from './exit.ts'
import { failureJson, failureText } from './failure.ts'
import { details, overview } from './help.ts'
import type { Io } from './io.ts'
import { models } from './models.ts'
import { paint } from './paint.ts'
import { providers } from './providers.ts'
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
    // In full for whoever reads the standard output as JSON, and for people all the same.
    if (asksJson(argv)) await io.stdout(failureJson(error))
    await io.stderr(failureText(error, io))
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
    const [word, about] = args
    const meant = word === 'help' ? COMMANDS.find(({ name }) => name === about) : undefined
    if (meant) return print(io, details(meant, paint(io, 'stdout')))
    if (help || (word === 'help' && about === undefined)) return print(io, overview(COMMANDS, paint(io, 'stdout')))
    if (word !== undefined) throw unknown(word === 'help' ? about! : word)
    await io.stderr(overview(COMMANDS, paint(io, 'stderr')))
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

function unknown(word: string): UsageError {
  return new UsageError(`there is no command \`${word}\`; there are ${COMMANDS.map(({ name }) => name).join(', ')}`)
}

/** Before it is parsed, which may be what fails. Behind `--` stand words. */
function asksJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end < 0 ? undefined : end).includes('--json')
}
