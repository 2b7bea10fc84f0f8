// Counts what is right, what is explained and what is wrong: by record, by field, and by the way of reading.
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Ways } from './exchange.ts'

/** A field of a recording that cannot be met, what must come out instead, and why: a fact that can be checked in the recording, never one of Relay. */
export interface Explained {
  readonly id: string
  readonly field: string
  readonly got: unknown
  readonly reason: string
}

/** A record counts once. An explained one is not right. */
export interface Score {
  right: number
  explained: number
  wrong: number
}

export interface Tally {
  readonly score: Score
  readonly fields: Map<string, Score>
  readonly ways: Map<string, Score>
  /** What is wrong, one after the other. */
  readonly faults: string[]
}

/** The explanations, and which of them have been needed. */
export interface Excuses {
  readonly known: ReadonlyMap<string, Explained>
  readonly needed: Set<string>
}

const empty = (): Score => ({ right: 0, explained: 0, wrong: 0 })

export const tally = (): Tally => ({ score: empty(), fields: new Map(), ways: new Map(), faults: [] })

export function excuses(): Excuses {
  const list = JSON.parse(readFileSync(new URL('./explained.json', import.meta.url), 'utf8')) as readonly Explained[]
  return { known: new Map(list.map((one) => [`${one.id} ${one.field}`, one])), needed: new Set() }
}

/** Adds a record to each of the tallies. */
export function count(tallies: readonly Tally[], { id, ways }: { readonly id: string; readonly ways: Ways }, { known, needed }: Excuses): void {
  const fields = new Map<string, keyof Score>()
  const byWay = new Map<string, keyof Score>()
  const faults: string[] = []
  let all: keyof Score = 'right'
  for (const [way, findings] of ways) {
    byWay.set(way, 'right')
    for (const { field, wrong, got } of findings) {
      const key = `${id} ${field}`
      const excused = wrong !== undefined && known.has(key) && isDeepStrictEqual(known.get(key)?.got, got)
      if (excused) needed.add(key)
      const is: keyof Score = wrong === undefined ? 'right' : excused ? 'explained' : 'wrong'
      if (is === 'wrong') faults.push(`${id}\n    ${way}, ${field}: ${wrong}`)
      fields.set(field, worse(fields.get(field), is))
      byWay.set(way, worse(byWay.get(way), is))
      all = worse(all, is)
    }
  }
  for (const { score, ...rest } of tallies) {
    score[all]++
    for (const [field, is] of fields) scoreIn(rest.fields, field)[is]++
    for (const [way, is] of byWay) scoreIn(rest.ways, way)[is]++
    rest.faults.push(...faults)
  }
}

function worse(one: keyof Score | undefined, other: keyof Score): keyof Score {
  return one === 'wrong' || other === 'wrong' ? 'wrong' : one === 'explained' || other === 'explained' ? 'explained' : 'right'
}

function scoreIn(scores: Map<string, Score>, name: string): Score {
  const score = scores.get(name) ?? empty()
  scores.set(name, score)
  return score
}

export const checked = ({ right, explained, wrong }: Score): number => right + explained + wrong
