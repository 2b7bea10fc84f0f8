// How hard a model of OpenAI's family is told to think.
import type { Encoding } from '../types/provider.ts'
import { levelOf, nearest } from './effort.ts'
import type { Fields } from './fields.ts'
import type { Dialect } from './openai-dialect.ts'

/** The level that was asked for as it is sent, or the nearest that the model has. */
export function effortOf({ efforts, effort }: Pick<Dialect, 'efforts' | 'effort'>, { request, target, note }: Encoding, usual: (level: string) => Fields): Fields | undefined {
  const { reasoning: asked } = request
  if (asked === undefined) return undefined
  const wanted = levelOf(asked)
  const known = efforts ? efforts.find(([model]) => model.test(target.model))?.[1] : wanted
  const chosen = nearest(wanted, known?.split(' ') ?? [])
  if (chosen !== asked && (chosen || wanted !== 'none')) note('reasoning', chosen ? `sent as ${chosen}` : 'this model has no levels: left out')
  return chosen ? (effort ?? usual)(chosen, Number(asked) || 0) : undefined
}
