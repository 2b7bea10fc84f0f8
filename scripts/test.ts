// `npm test`: everything that says whether Relay works, one step after the other, counted. With names only those steps.
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'

interface Step {
  readonly name: string
  readonly command: string
  /** Its output is shown only when it fails. */
  readonly quiet?: boolean
}

interface Count {
  passed: number
  failed: number
  skipped: number
}

const unitReport = '.build/vitest.json'

// A runtime's suite needs the build; what is quick and fails most often comes first.
const steps: readonly Step[] = [
  { name: 'typecheck', command: 'npm run --silent typecheck' },
  { name: 'unit', command: `bash scripts/redis.sh && vitest run --project node --reporter=default --reporter=json --outputFile.json=${unitReport}` },
  { name: 'conformance', command: 'npm run --silent conformance' },
  // Nothing after a failed build may pass on the last one's files.
  { name: 'build', command: 'rm -rf dist && npm run --silent build', quiet: true },
  { name: 'runtimes', command: 'bash scripts/chromium.sh && node test/runtimes/main.ts' },
  { name: 'package', command: 'npm run --silent check:pkg', quiet: true },
  { name: 'jsr', command: 'npm run --silent check:jsr', quiet: true },
  { name: 'worker', command: 'npm run --silent check:worker', quiet: true },
  { name: 'types', command: 'npm run --silent check:types' },
]

async function run({ command, quiet }: Step): Promise<{ code: number; output: string }> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (quiet !== true) process.stdout.write(text)
    })
  }
  const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1)))
  if (code !== 0 && quiet === true) process.stdout.write(output)
  return { code, output }
}

/** What a step says about itself, `name: N passed, M failed` on lines of their own; a step that says nothing counts as one. */
function count(step: Step, code: number, output: string): Count {
  const total: Count = { passed: 0, failed: 0, skipped: [...output.matchAll(/^[\w-]+: SKIPPED$/gm)].length }
  for (const [, passed, failed] of output.matchAll(/^[\w-]+: (\d+) passed, (\d+) failed$/gm)) {
    total.passed += Number(passed)
    total.failed += Number(failed)
  }
  if (step.name === 'unit') addUnits(total)
  if (code !== 0 && total.failed === 0) total.failed = 1
  if (code === 0 && total.passed + total.failed + total.skipped === 0) total.passed = 1
  return total
}

function addUnits(total: Count): void {
  try {
    const report = JSON.parse(readFileSync(unitReport, 'utf8')) as Record<string, number>
    total.passed += report['numPassedTests'] ?? 0
    total.failed += report['numFailedTests'] ?? 0
    total.skipped += report['numPendingTests'] ?? 0
  } catch {
    total.failed += 1
  }
}

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) throw new Error(`no such step: ${unknown}; there are ${steps.map((step) => step.name)}`)

rmSync(unitReport, { force: true })
const lines: string[] = []
const sum: Count = { passed: 0, failed: 0, skipped: 0 }
for (const step of steps) {
  if (chosen.length > 0 && !chosen.includes(step.name)) continue
  console.log(`\n== ${step.name}`)
  const start = performance.now()
  const { code, output } = await run(step)
  const { passed, failed, skipped } = count(step, code, output)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  lines.push(`${step.name.padEnd(10)} ${String(passed).padStart(6)} ok ${String(failed).padStart(4)} failed ${seconds.padStart(6)} s`)
  sum.passed += passed
  sum.failed += failed
  sum.skipped += skipped
}
const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''
console.log(`\n${lines.join('\n')}\n\n${sum.passed} passed, ${sum.failed} failed${skipped}`)
process.exit(sum.failed === 0 && sum.passed > 0 ? 0 : 1)
