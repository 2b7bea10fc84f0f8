// How hard a model of OpenAI's family is told to think.
import type { Encoding } from '../types/provider.ts'
import type { Dialect } from './openai-dialect.ts'
import type { Fields } from './fields.ts'

/** Mildest first, and the fewest tokens that are worth each. `default`: it reasons, and how hard is not for the caller to say. */
const LEVELS: readonly (readonly [level: string, tokens: number])[] = [
  ['none', 0], ['minimal', 1], ['low', 1024], ['medium', 4096], ['high', 16384], ['xhigh', 32768], ['max', Infinity], ['default', Infinity],
]

/** The level that was asked for as it is sent, or the nearest that the model has: rather a harder one than a milder. */
export function effortOf({ efforts, effort }: Pick<Dialect, 'efforts' | 'effort'>, { request, target, note }: Encoding, usual: (level: string) => Fields): Fields | undefined {
  const { reasoning: asked } = request
  if (asked === undefined) return undefined
  const rank = LEVELS.findLastIndex(([level, tokens]) => level === asked || Number(asked) >= tokens)
  const [wanted] = LEVELS[rank] ?? ['']
  const known = efforts ? (efforts.find(([model]) => model.test(target.model))?.[1] ?? '').split(' ') : [wanted]
  const chosen = known.find((it) => LEVELS.findIndex(([level]) => level === it) >= rank) ?? known.at(-1)
  if (chosen !== asked && (chosen || wanted !== 'none')) note('reasoning', chosen ? `sent as ${chosen}` : 'this model has no levels: left out')
  return chosen ? (effort ?? usual)(chosen, Number(asked) || 0) : undefined
}
