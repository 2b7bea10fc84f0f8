// How hard to think: levels, and the tokens that each stands for.
import type { Reasoning } from '../types/request.ts'

/** Mildest first, with the most tokens that each is for. `default`: it reasons, and how hard is not for the caller to say. */
const LEVELS: readonly (readonly [level: string, tokens: number])[] = [
  ['none', 0], ['minimal', 1024], ['low', 2048], ['medium', 8192], ['high', 16_384], ['xhigh', 32_768], ['max', Infinity], ['default', Infinity],
]

/** The level that was asked for, or that a budget of tokens stands for. */
export function levelOf(asked: Reasoning): string {
  return typeof asked === 'string' ? asked : (LEVELS.slice(0, 6).find(([, tokens]) => asked <= tokens)?.[0] ?? 'xhigh')
}

/** The tokens that were asked for, or that a level stands for. */
export function tokensFor(asked: Reasoning): number {
  return typeof asked === 'number' ? asked : (LEVELS.find(([level]) => level === asked)?.[1] ?? 0)
}

/** Of the levels that are known the one that is asked for, or the nearest: rather a harder one than a milder. */
export function nearest(wanted: string, known: readonly string[]): string | undefined {
  const rank = (level: string): number => LEVELS.findIndex(([name]) => name === level)
  return known.find((level) => rank(level) >= rank(wanted)) ?? known.at(-1)
}
