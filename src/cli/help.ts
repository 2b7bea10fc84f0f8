// The help: what there is, how it is called, and what comes back.
import type { Command } from './command.ts'
import type { Paint } from './paint.ts'

type Row = readonly [left: string, right: string]

function section(title: string, rows: readonly Row[], { bold, dim }: Paint): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${dim(right)}`.trimEnd())
  return `\n${bold(title)}\n${lines.join('\n')}\n`
}

const GLOBAL: readonly Row[] = [['-h, --help', 'Print this'], ['-v, --version', 'Print the version']]

const CODES: readonly Row[] = [
  ['0', 'it went well'],
  ['1', 'the request was refused (too long, not allowed, no such model), or another failure'],
  ['2', 'the command line is wrong'],
  ['3', 'the catalogue is wrong, or a key is not set'],
  ['4', 'the provider does not take the key, or the account has nothing left'],
  ['5', 'the provider failed, is busy, timed out or could not be reached'],
  ['130', 'Ctrl-C'],
]

/** `relay --help`. */
export function overview(commands: readonly Command[], paint: Paint): string {
  return [
    `${paint.bold('relay')}: ask every LLM with your own keys, from one catalogue of models.\n`,
    section('Usage', [['relay <command> [options]', '']], paint),
    section('Commands', commands.map(({ name, takes, summary }) => [`${name} ${takes}`.trim(), summary]), paint),
    section('Options', GLOBAL, paint),
    section('Examples', commands.flatMap(({ examples }) => examples.slice(0, 1)).map(([line, what]) => [`relay ${line}`, what]), paint),
    section('Exit codes', CODES, paint),
  ].join('')
}

/** `relay chat --help`. */
export function details({ name, takes, summary, options, examples }: Command, paint: Paint): string {
  return [
    `${summary}.\n`,
    section('Usage', [[`relay ${name} ${takes}`.trim(), '']], paint),
    section('Options', [...options, GLOBAL[0]!], paint),
    section('Examples', examples.map(([line, what]) => [`relay ${line}`, what]), paint),
  ].join('')
}
