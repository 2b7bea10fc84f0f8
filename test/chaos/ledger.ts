// The books of a run: what was asked, what came of it, what was served, and a table of it all.
import { RelayError } from '../../src/errors.ts'
import { spentOn, sum } from './books.ts'
import { faultOf, matches } from './laws.ts'
import type { Catalogue } from './models.ts'
import type { Exchange, Story } from './story.ts'

export interface Ledger {
  /** By heading, then by line. */
  readonly counts: { readonly [heading: string]: { [line: string]: number } }
  readonly enter: (story: Story, known: Pick<Catalogue, 'setting' | 'wireOf'>) => void
  readonly count: (heading: string) => number
}

/** By all requests together, those too that came to nothing. */
export const USED = 'used by requests'

export function ledger(): Ledger {
  const counts: { [heading: string]: { [line: string]: number } } = {
    calls: {}, clients: {}, 'typed errors': {}, attempts: {}, wires: {}, 'served': {}, tokens: {}, 'billionths of a dollar': {},
  }
  const add = (heading: string, line: string, by = 1): void => {
    const lines = (counts[heading] ??= {})
    lines[line] = (lines[line] ?? 0) + by
  }
  return {
    counts,
    count: (heading) => Object.values(counts[heading] ?? {}).reduce((sum, by) => sum + by, 0),
    enter({ alias, client, seen, budget, exchanges, audited, sent }, { setting, wireOf }) {
      const joined = setting.joined.includes(alias)
      add('clients', client)
      const ending = seen?.ending
      if (ending?.how === 'failed' && ending.error instanceof RelayError) {
        add('calls', ending.error.partial ? 'failed in the middle' : 'failed')
        add('typed errors', ending.error.code)
      } else add('calls', ending?.how === 'failed' ? 'aborted' : (ending?.how ?? 'lost'))
      for (const { kind, ok } of budget?.attempts ?? []) add('attempts', `${kind}, ${ok ? 'answered' : 'failed'}`)
      for (const exchange of exchanges) {
        add('wires', wireOf.get(exchange.alias) ?? '?')
        add('served', faultOf(exchange))
      }
      const { tokens, nano } = sum(sent.map(spentOn))
      add('tokens', USED, tokens)
      add('billionths of a dollar', USED, nano)
      for (const { status, response } of audited) {
        if (!response) continue
        // Of an answer that was put together from several, parts are estimates.
        const line = `settled, ${status}${joined ? ', in groups that go on' : response.usage.estimated ? ', by estimate' : ''}`
        add('tokens', line, response.usage.totalTokens)
        // By what the servers wrote down, not by what the answer says of itself.
        if (line === 'settled, ok') add('tokens', 'served, and taken whole', servedTokens(response.text, exchanges))
      }
    },
  }
}

/** What was served with a text. */
function servedTokens(text: string, exchanges: readonly Exchange[]): number {
  const { inputTokens = 0, outputTokens = 0 } = exchanges.find(({ plan }) => matches(text, plan, true))?.plan.answer.usage ?? {}
  return inputTokens + outputTokens
}

/** Headings with their lines, aligned, the biggest first. */
export function table({ counts }: Ledger): string {
  const rows = Object.entries(counts).flatMap(([heading, lines]) => {
    const sorted = Object.entries(lines).sort(([, a], [, b]) => b - a)
    const total = sorted.reduce((sum, [, count]) => sum + count, 0)
    return [[heading, /tokens|dollar/.test(heading) ? '' : String(total)], ...sorted.map(([line, count]) => [`  ${line}`, String(count)])]
  })
  const width = Math.max(...rows.map(([name = '']) => name.length)) + 2
  const numbers = Math.max(...rows.map(([, count = '']) => count.length))
  return rows.map(([name = '', count = '']) => `${name.padEnd(width)}${count.padStart(numbers)}`).join('\n')
}
