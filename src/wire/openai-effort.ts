// How hard a model of OpenAI's family is told to think.
import type { Encoding } from '../types/provider.ts'
import type { Reasoning } from '../types/request.ts'
import type { Dialect } from './openai-dialect.ts'

/** Mildest first. `default`: it reasons, and how hard is not for the caller to say. */
const LEVELS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'default']

/** The level that was asked for, or the nearest that the model has: rather a harder one than a milder. */
export function effortOf(efforts: Dialect['efforts'], { request, target, note }: Encoding): string | undefined {
  const { reasoning: asked } = request
  if (asked === undefined) return undefined
  const wanted = level(asked)
  const { 1: known = '' } = efforts ? (efforts.find(([model]) => model.test(target.model)) ?? []) : [, wanted]
  const levels = known.split(' ')
  const chosen = levels.find((it) => LEVELS.indexOf(it) >= LEVELS.indexOf(wanted)) ?? levels.at(-1)
  if (chosen !== asked && (chosen || wanted !== 'none')) note('reasoning', chosen ? `sent as ${chosen}` : 'this model has no levels: left out')
  return chosen
}

/** The level that a budget of tokens stands for. */
function level(asked: Reasoning): string {
  if (typeof asked === 'string') return asked
  return LEVELS[[0, 1023, 4095, 16383, 32767].findIndex((most) => asked <= most)] ?? 'xhigh'
}
