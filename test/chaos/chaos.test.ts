// A part of `npm run chaos` that fits into a test run, and proof that its laws can be broken.
import { describe, expect, it } from 'vitest'
import { errorCatalogue } from '../../src/testing/simulator.ts'
import { menu } from './faults.ts'
import { chaos } from './run.ts'
import { deedOf, NOTICED_AFTERWARDS, sabotage, SABOTEURS } from './sabotage.ts'

const SEED = 20_261_124

describe('chaos', () => {
  it('breaks no law, whatever goes wrong', async () => {
    const { ledger, violations, checks } = await chaos({ seed: SEED, calls: 600, concurrency: 120, rounds: 2, patience: 0.5 })
    expect(violations.map(({ laws, story }) => `${laws.join('\n')}\n${story}`)).toEqual([])
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    const { wires = {}, served = {}, calls = {} } = ledger.counts
    for (const wire of new Set(errorCatalogue().map((entry) => entry.wire))) expect(Object.keys(wires)).toContain(wire)
    // The rarest two may have been left out by chance.
    expect(menu().filter((dish) => !served[dish]).length).toBeLessThanOrEqual(2)
    expect(calls['answered']).toBeGreaterThan(200)
  }, 120_000)

  it('notices whoever breaks a law, and nobody else', async () => {
    const { tidy, ...sabotaged } = sabotage()
    const report = await chaos({ seed: SEED, calls: 300, concurrency: 80, rounds: 2, patience: 0.5, wire: 'openai-chat', sabotage: sabotaged })
    tidy()
    const broken = report.violations.map(({ call, laws }) => ({ deed: deedOf(call), laws: laws.join('\n') }))
    for (const { deed, noticed } of SABOTEURS) {
      const found = broken.filter((one) => one.deed === deed).map(({ laws }) => laws)
      if (noticed) expect([deed, found]).toEqual([deed, expect.arrayContaining([expect.stringContaining(noticed)])])
      else expect([deed, found]).toEqual([deed, []])
    }
    expect(report.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(expect.arrayContaining([...NOTICED_AFTERWARDS]))
  }, 120_000)
})
