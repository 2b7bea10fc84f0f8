// Times contestants against each other: in turns, so that what slows the machine slows them all, and by their medians.

export interface Contestant {
  readonly name: string
  /** Does the work `count` times over. */
  readonly run: (count: number) => Promise<unknown>
}

export interface Time {
  readonly name: string
  /** Microseconds for one of `count`, the median of the rounds. */
  readonly micros: number
}

/** @param units How many things one run handles: the times are per thing. */
export async function race(contestants: readonly Contestant[], units: number, { rounds = 9, count = 20 } = {}): Promise<Time[]> {
  const times = contestants.map((): number[] => [])
  for (const { run } of contestants) await run(Math.ceil(count / 2))
  for (let round = 0; round < rounds; round++) {
    for (const [n, { run }] of contestants.entries()) {
      const from = performance.now()
      await run(count)
      times[n]?.push(((performance.now() - from) * 1000) / count / units)
    }
  }
  return contestants.map(({ name }, n) => ({ name, micros: median(times[n] ?? []) }))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

/** Prints times, and each as a ratio to the first. */
export function ratios(unit: string, times: readonly Time[]): void {
  const base = times[0]?.micros ?? NaN
  table(
    ['', `us/${unit}`, 'ratio'],
    times.map(({ name, micros }) => [name, micros.toFixed(2), `${(micros / base).toFixed(2)} x`]),
  )
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  for (const row of all) console.log(row.map((cell, n) => (n ? cell.padStart(widths[n] ?? 0) : cell.padEnd(widths[n] ?? 0))).join('  '))
}
