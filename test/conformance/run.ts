// Measures every wire against the recordings, and fails below the bar.
//   node test/conformance/run.ts [protocol…] [--verbose]
import { readdirSync, readFileSync } from 'node:fs'
import { checkExchange, type Finding } from './exchange.ts'
import { checkLoop } from './loop.ts'
import type { Protocol } from './protocol.ts'
import { recorded, type Recorded, type RecordedLoop } from './record.ts'

/** A field of a recording that cannot be met, and why: facts about the recording, never about Relay. */
interface Explained {
  readonly id: string
  readonly field: string
  readonly reason: string
}

interface Tally {
  right: number
  checked: number
  readonly fields: Map<string, { right: number; checked: number }>
  readonly wrong: string[]
  explained: number
}

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')
const explained = JSON.parse(read('./explained.json')) as readonly Explained[]
const excused = new Set(explained.map(({ id, field }) => `${id} ${field}`))
const used = new Set<string>()

function count(tally: Tally, id: string, findings: readonly Finding[]): void {
  let right = true
  for (const { field, wrong } of findings) {
    const counted = tally.fields.get(field) ?? { right: 0, checked: 0 }
    tally.fields.set(field, counted)
    counted.checked++
    if (wrong !== undefined && excused.has(`${id} ${field}`)) {
      used.add(`${id} ${field}`)
      tally.explained++
    } else if (wrong !== undefined) {
      right = false
      tally.wrong.push(`${id}\n    ${field}: ${wrong}`)
      continue
    }
    counted.right++
  }
  tally.checked++
  if (right) tally.right++
}

async function protocols(): Promise<readonly Protocol[]> {
  const files = readdirSync(new URL('./protocols/', import.meta.url)).sort()
  const modules = await Promise.all(files.map((file) => import(`./protocols/${file}`) as Promise<{ readonly protocol: Protocol }>))
  return modules.map(({ protocol }) => protocol)
}

function print(title: string, { right, checked, fields, wrong, explained }: Tally, verbose: boolean): void {
  console.log(`${title}: ${right} / ${checked} right${explained ? ` (${explained} explained)` : ''}`)
  console.log(`  ${[...fields].map(([field, it]) => `${field} ${it.right}/${it.checked}`).join(', ')}`)
  if (verbose) for (const it of wrong) console.log(`  ${it}`)
}

async function main(args: readonly string[]): Promise<number> {
  const verbose = args.includes('--verbose')
  const named = args.filter((arg) => !arg.startsWith('--'))
  const exchanges = recorded<Recorded>('exchanges.jsonl.gz')
  const loops = recorded<RecordedLoop>('loops.jsonl.gz')
  if (!exchanges || !loops) {
    console.log('The recordings (../shared/data) are not here: nothing was measured.')
    return 0
  }
  const byId = new Map(exchanges.map((record) => [record.id, record]))
  let failed = 0
  const begin = (): Tally => ({ right: 0, checked: 0, fields: new Map(), wrong: [], explained: 0 })
  for (const protocol of await protocols()) {
    if (named.length && !named.includes(protocol.name)) continue
    const bar = protocol.bar ?? 0.99
    const exchanged = begin()
    for (const record of exchanges) {
      if (record.protocol !== protocol.name || !/^(chat|error|stream-error)$/.test(record.expect.kind)) continue
      const provider = protocol.providerFor(record)
      if (provider) count(exchanged, record.id, checkExchange(record, protocol, provider))
    }
    print(protocol.name, exchanged, verbose)
    const looped = begin()
    for (const loop of loops) {
      const first = byId.get(loop.first)
      if (loop.protocol !== protocol.name || loop.stateful || !first) continue
      const provider = protocol.providerFor(first)
      if (provider) count(looped, loop.id, checkLoop(loop, first, { protocol, provider }))
    }
    print(`${protocol.name}, tool loops`, looped, verbose)
    for (const tally of [exchanged, looped]) if (tally.right < tally.checked * bar) failed++
  }
  if (!named.length) for (const key of excused) if (!used.has(key)) console.log(`Explained, and right all the same: ${key}`)
  console.log(failed ? `${failed} below the bar` : 'All above the bar')
  return failed ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
