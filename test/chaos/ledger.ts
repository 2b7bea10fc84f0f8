// The books of a run: what was asked, what came of it, what was served, and a table of it all.
import { RelayError } from '../../src/errors.ts'
import { faultOf } from './laws.ts'
import type { Story } from './story.ts'

export interface Ledger {
  /** By heading, then by line. */
  readonly counts: { readonly [heading: string]: { [line: string]: number } }
  readonly enter: (story: Story, wireOf: ReadonlyMap<string, string>) => void
  readonly count: (heading: string) => number
}

export function ledger(): Ledger {
  const counts: { [heading: string]: { [line: string]: number } } = {
    calls: {}, clients: {}, 'typed errors': {}, attempts: {}, wires: {}, 'served': {}, tokens: {},
  }
  const add = (heading: string, line: string, by = 1): void => {
    const lines = (counts[heading] ??= {})
    lines[line] = (lines[line] ?? 0) + by
  }
  return {
    counts,
    count: (heading) => Object.values(counts[heading] ?? {}).reduce((sum, by) => sum + by, 0),
    enter({ client, seen, budget, exchanges, audited }, wireOf) {
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
      for (const { status, response } of audited) {
        if (!response) continue
        add('tokens', `settled, ${status}`, response.usage.totalTokens)
      }
      if (ending?.how === 'answered') {
        const found = exchanges.find(({ plan }) => plan.text === ending.response.text)
        const { inputTokens = 0, outputTokens = 0 } = found?.plan.answer.usage ?? {}
        add('tokens', 'served, and taken whole', found ? inputTokens + outputTokens : ending.response.usage.totalTokens)
      }
    },
  }
}

/** Headings with their lines, aligned, the biggest first. */
export function table({ counts }: Ledger): string {
  const rows = Object.entries(counts).flatMap(([heading, lines]) => {
    const sorted = Object.entries(lines).sort(([, a], [, b]) => b - a)
    const total = sorted.reduce((sum, [, count]) => sum + count, 0)
    return [[heading, heading === 'tokens' ? '' : String(total)], ...sorted.map(([line, count]) => [`  ${line}`, String(count)])]
  })
  const width = Math.max(...rows.map(([name = '']) => name.length)) + 2
  const numbers = Math.max(...rows.map(([, count = '']) => count.length))
  return rows.map(([name = '', count = '']) => `${name.padEnd(width)}${count.padStart(numbers)}`).join('\n')
}
