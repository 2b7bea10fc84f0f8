// `npm run chaos`: prints the ledger of a run, and the whole story of every call that broke a law.
import { parseArgs } from 'node:util'
import { table } from './ledger.ts'
import { chaos, type Report } from './run.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    calls: { type: 'string', default: '5000' },
    concurrency: { type: 'string', default: '200' },
    wire: { type: 'string' },
    only: { type: 'string' },
  },
})
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const only = values.only === undefined ? undefined : Number(values.only)
const [calls, concurrency] = [Number(values.calls), Number(values.concurrency)]
console.log(`chaos: seed ${seed}, ${calls} calls, ${concurrency} at a time${values.wire ? `, ${values.wire} only` : ''}`)

const from = performance.now()
let shown = 0
const report = await chaos({
  seed, calls, concurrency, only, rounds: 4, patience: 1, wire: values.wire,
  progress(done) {
    if (done - shown < calls / 10) return
    shown = done
    console.log(`  ${done} calls, ${((performance.now() - from) / 1000).toFixed(0)} s`)
  },
})
const failed = tell(report)
process.exitCode = failed ? 1 : 0
// Whatever keeps the process alive now was left behind.
setTimeout(() => {
  console.log(`chaos: something was left open: ${process.getActiveResourcesInfo().join(', ')}`)
  process.exit(1)
}, 10_000).unref()

function tell({ ledger, violations, checks, silent, longestPauseMs }: Report): number {
  console.log(`\n${table(ledger)}\n`)
  console.log(`longest pause of this process: ${Math.round(longestPauseMs)} ms`)
  if (silent.length) console.log(`not simulated yet: ${silent.join(', ')}\n`)
  const width = Math.max(...checks.map(({ name }) => name.length)) + 2
  for (const { name, ok, found } of checks) console.log(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(width)}${found}`)
  for (const { laws, story, call } of violations.slice(0, 10)) {
    console.log(`\nBROKEN ${laws.join('\n       ')}\n${story}\n  again: npm run chaos -- --seed ${seed} --calls ${calls}${values.wire ? ` --wire ${values.wire}` : ''} --only ${call}`)
  }
  if (violations.length > 10) console.log(`\n… and ${violations.length - 10} more`)
  const sound = ledger.count('calls') - violations.length + checks.filter(({ ok }) => ok).length
  const bad = violations.length + checks.filter(({ ok }) => !ok).length
  console.log(`\nchaos: ${sound} passed, ${bad} failed\nseed ${seed}, ${((performance.now() - from) / 1000).toFixed(1)} s`)
  return bad
}
