// What xAI's two APIs have in common.
import type { FaultRule } from '../../wire/fault.ts'
import type { CostOf, Dialect } from '../../wire/openai-dialect.ts'

export const efforts: NonNullable<Dialect['efforts']> = [
  [/reasoning|^grok-(2|4(-\d{4})?$|4-fast|4-1|code)/, ''],
  [/grok-4\.6/, 'none low medium high xhigh'],
  [/./, 'none low medium high'],
]

/** 1e10 ticks to the dollar. */
export const cost: CostOf = ({ cost_in_usd_ticks: ticks }) => (typeof ticks === 'number' ? ticks / 1e10 : undefined)

/** Its 400s have one code for everything: only the words tell. */
export const faults: readonly FaultRule[] = [['authentication', /incorrect api key/i, 401], ['context_window', /maximum prompt length/i]]
