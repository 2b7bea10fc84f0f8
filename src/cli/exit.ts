// The exit codes, so that scripts can tell what went wrong.
import { ConfigError, RelayError, type ErrorCode } from '../errors.ts'

export const OK = 0
/** The request was refused, or something that has no code of its own. */
export const OTHER = 1
/** The command line is wrong. */
export const USAGE = 2
/** The catalogue is wrong, or a key is not set. */
export const CONFIG = 3
/** The provider does not take the key, or the account has nothing left. */
export const AUTH = 4
/** The provider failed, is busy, or could not be reached. */
export const PROVIDER = 5
/** Ctrl-C: what a shell gives for it. */
export const INTERRUPTED = 130

/** The command line is wrong: `message` says how. */
export class UsageError extends Error { override readonly name = 'UsageError' }

const AUTH_CODES: readonly ErrorCode[] = ['authentication', 'permission', 'quota']
const OTHER_CODES: readonly ErrorCode[] = [
  'context_window',
  'content_policy',
  'invalid_request',
  'request_too_large',
  'not_found',
  'unsupported',
  'tool_schema',
  'structured_output',
  'guardrail',
]

export function exitCode(error: unknown): number {
  // The parser of the command line has a class of its own and does not export it.
  if (error instanceof UsageError || (error instanceof Error && error.name === 'CACError')) return USAGE
  if (error instanceof Error && error.name === 'AbortError') return INTERRUPTED
  if (error instanceof ConfigError) return CONFIG
  if (!(error instanceof RelayError) || OTHER_CODES.includes(error.code)) return OTHER
  return AUTH_CODES.includes(error.code) ? AUTH : PROVIDER
}
