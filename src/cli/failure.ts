// What went wrong, for people and for programs.
import { RelayError } from '../errors.ts'
import { exitCode, INTERRUPTED, USAGE, UsageError } from './exit.ts'
import type { Io } from './io.ts'
import { paint } from './paint.ts'
import { attemptsLine, summaryLine } from './report.ts'

/** What went wrong, and what to do; what had arrived is counted. */
export function failureText(error: unknown, io: Io): string {
  const color = paint(io, 'stderr')
  if (exitCode(error) === INTERRUPTED) return `${color.yellow('interrupted')}\n`
  const lines = [`${color.red('relay:')} ${wordsOf(error)}`]
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

/** Codes of what is no error of the library's. */
const CODES: { readonly [exit: number]: string } = { [USAGE]: 'usage', [INTERRUPTED]: 'interrupted' }

/** The same for whoever asked for JSON, in one object. */
export function failureJson(error: unknown): string {
  const exit = exitCode(error)
  const told = { code: CODES[exit] ?? 'error', message: wordsOf(error), exitCode: exit }
  return `${JSON.stringify({ error: error instanceof RelayError ? { ...told, ...facts(error) } : told }, undefined, 2)}\n`
}

/** What stands out of an error, in the words of the library; what is not known is left out. */
function facts(error: RelayError): object {
  const { name, code, alias, provider, model, status, requestId, retryAfterMs, attempts, partial, data } = error
  return { name, code, alias, provider, model, status, requestId, retryAfterMs, data, attempts: attempts.length ? attempts : undefined, partial }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
