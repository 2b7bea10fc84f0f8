// How the program looks: colours where a terminal shows them, columns without a border.
import Table from 'cli-table3'
import pico from 'picocolors'
import type { Io } from './io.ts'

export type Paint = ReturnType<typeof pico.createColors>

/** https://no-color.org, and the wish of whoever forces colours onto a pipe. */
export function paint(io: Io, stream: 'stdout' | 'stderr'): Paint {
  const forced = io.env('FORCE_COLOR')
  const wanted = forced ? forced !== '0' : io.terminal[stream] && io.env('TERM') !== 'dumb'
  return pico.createColors(wanted && !io.env('NO_COLOR'))
}

const SIDES = ['top', 'bottom', 'left', 'right'].flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
const NO_BORDER = Object.fromEntries([...SIDES, 'mid', 'mid-mid', 'middle'].map((side) => [side, '']))

/** Columns with two spaces between them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], { dim }: Paint): string {
  const columns = new Table({ chars: NO_BORDER, style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [] } })
  columns.push(head.map((title) => dim(title)), ...rows.map((row) => [...row]))
  return columns.toString().split('\n').map((line) => `${line.trimEnd()}\n`).join('')
}

/** US dollars with two significant digits at least, never in powers of ten. */
export function usd(amount: number): string {
  if (amount === 0) return '$0'
  const digits = Math.max(2, 1 - Math.floor(Math.log10(Math.abs(amount))))
  return `$${amount.toFixed(Math.min(12, digits))}`
}
