// How hard a model of OpenAI's family is told to think.
import type { Encoding } from '../types/provider.ts'
import { levelOf, nearest } from './effort.ts'
import { REFUSED, type Fields } from './fields.ts'
import type { Dialect } from './openai-dialect.ts'

/** The level that was asked for as it is sent, or the nearest that the model has. */
export function effortOf({ efforts, effort }: Pick<Dialect, 'efforts' | 'effort'>, { request, target, note }: Encoding, usual: (level: string) => Fields): Fields | undefined {
  const { reasoning: asked } = request
  if (asked === undefined) return undefined
  const wanted = levelOf(asked)
  const known = efforts ? efforts.find(([model]) => model.test(target.model))?.[1] : wanted
  const chosen = nearest(wanted, known?.split(' ') ?? [])
  if (!chosen) {
    if (wanted !== 'none') note('reasoning', REFUSED)
    return undefined
  }
  const said = (effort ?? usual)(chosen, Number(asked) || 0)
  // Some take a budget, which need not be the one that was asked for.
  const [sent = chosen] = /\d+/.exec(JSON.stringify(said)) ?? []
  if (sent !== String(asked)) note('reasoning', `sent as ${sent}`)
  return said
}
