// Why a model stopped, in everyone's words.
import type { FinishReason } from '../types/response.ts'

/** The first that matches counts: broken calls of tools are no calls. */
const WORDS: readonly (readonly [FinishReason, RegExp])[] = [
  ['error', /error|abort|insufficient|malformed|timeout|cancelled|(many|unexpected)_tool/i],
  ['stop', /^(stop|eos|end_turn|complete)/i],
  ['length', /length|max_|context_window|continuation/i],
  ['tool_calls', /^(tool|function)_/i],
  ['content_filter', /content.?filter|sensitive|refusal|guardrail|safety|recitation|blocklist|prohibited|spii|armor/i],
]

export function reasonOf(raw: string | null | undefined): FinishReason {
  return WORDS.find(([, words]) => words.test(raw ?? ''))?.[0] ?? 'other'
}
