// Measures Relay against the recordings, prints the counts, and fails below the bar.
//   node test/conformance/run.ts [protocol…] [--verbose] [--requests]
import { checked, type Score, type Tally } from './tally.ts'
import { measure, NAMES, type Measured, type Requests } from './measure.ts'
import { recorded, type Recorded, type RecordedLoop } from './record.ts'

const WAYS = ['whole', '64', '7', '1', 'chat', 'stream']

function line(title: string, { score, fields, faults }: Tally, verbose: boolean): void {
  const { right, explained, wrong } = score
  console.log(`${title}: ${right} right + ${explained} explained + ${wrong} wrong = ${checked(score)}`)
  console.log(`  ${[...fields].map(([field, score]) => `${field} ${score.right}${score.explained ? `+${score.explained}` : ''}/${checked(score)}`).join(', ')}`)
  for (const fault of verbose ? faults : faults.slice(0, 20)) console.log(`  ${fault}`)
}

/** `62+8` are right and explained; `-1` is wrong. */
function cell(score: Score | undefined): string {
  if (!score) return ''
  return `${score.right}${score.explained ? `+${score.explained}` : ''}${score.wrong ? `-${score.wrong}` : ''}`
}

function table(protocols: readonly Measured[]): void {
  const rows = protocols.flatMap(({ byApi }) => [...byApi].sort(([a], [b]) => (a < b ? -1 : 1)))
  const width = Math.max(...rows.map(([api]) => api.length), 3)
  console.log(`\n${'api'.padEnd(width)} checked ${WAYS.map((way) => way.padStart(7)).join(' ')}`)
  for (const [api, { score, ways }] of rows) console.log(`${api.padEnd(width)} ${String(checked(score)).padStart(7)} ${WAYS.map((way) => cell(ways.get(way)).padStart(7)).join(' ')}`)
  console.log("Right, +explained, -wrong. `whole`, `64`, `7`, `1`: the body in pieces of so many bytes; a stream's on the wire, another's through the hub.")
  console.log('`chat`, `stream`: through hub.chat and hub.stream, whichever of the two the recording is of.')
}

function sentAs(name: string, { same, different, apart, differences }: Requests, loud: boolean): void {
  const found = [...differences].sort(([, a], [, b]) => b.count - a.count)
  if (!same && !different) return
  console.log(`${name}: ${same} as recorded, ${different} not, ${apart} not to be compared${found.length ? ` (${found.map(([what, { count }]) => `${what} ${count}`).join(', ')})` : ''}`)
  if (loud) for (const [what, { examples }] of found) for (const example of examples.slice(0, 12)) console.log(`    ${what}  ${example}`)
}

const below = ({ slack, exchanges, loops }: Measured): boolean => [exchanges.score, loops.score].some((score) => score.wrong > checked(score) * slack)

async function main(args: readonly string[]): Promise<number> {
  const verbose = args.includes('--verbose')
  const names = args.filter((arg) => !arg.startsWith('--'))
  const unknown = names.filter((name) => !NAMES.includes(name))
  if (unknown.length) throw new Error(`nothing here is called ${unknown}: there are ${NAMES.join(', ')}`)
  const exchanges = recorded<Recorded>('exchanges.jsonl.gz')
  const loops = recorded<RecordedLoop>('loops.jsonl.gz')
  if (!exchanges || !loops) {
    console.log('The recordings (../shared/data) are not here: nothing was measured.\nconformance: SKIPPED')
    return 0
  }
  const { protocols, unspoken, excuses } = await measure({ exchanges, loops }, { names })
  for (const { name, exchanges: answers, loops } of protocols) {
    line(name, answers, verbose)
    if (checked(loops.score)) line(`${name}, tool loops`, loops, verbose)
  }
  table(protocols)
  console.log('\nRequests, beside the recorded ones:')
  for (const { name, requests } of protocols) sentAs(name, requests, args.includes('--requests'))
  console.log(`\nNot spoken: ${[...unspoken].map(([what, many]) => `${what} ${many}`).join(', ') || 'nothing of this'}`)
  console.log('\nExplained:')
  for (const key of excuses.needed) console.log(`  ${key.replace(/ (?=[a-z ]+$)/, '\n    ')}: ${excuses.known.get(key)?.reason}`)
  const idle = names.length ? [] : [...excuses.known.keys()].filter((key) => !excuses.needed.has(key))
  for (const key of idle) console.log(`Explained, and right all the same: ${key}`)
  const failed = protocols.filter(below)
  const sum = (of: keyof Score): number => protocols.reduce((all, { exchanges, loops }) => all + exchanges.score[of] + loops.score[of], 0)
  const red = failed.length + idle.length
  console.log(`\n${failed.length ? `Below the bar: ${failed.map(({ name }) => name).join(', ')}` : red ? 'An explanation that explains nothing' : 'All above the bar'}`)
  console.log(`conformance: ${sum('right')} passed, ${red ? sum('wrong') + idle.length : 0} failed`)
  return red ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
