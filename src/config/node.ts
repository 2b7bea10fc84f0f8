// YAML's nodes as plain data, with the place of every value.
import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Alias, Document, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import type { Problem } from './env.ts'
import { DEEPEST, MOST } from './limit.ts'
import type { Place, Position } from './place.ts'

/** What reading a document needs to know of its file. */
export interface Reader {
  readonly file: string
  readonly at: (offset: number) => Position
  readonly report: (message: string, offset: number, path: Problem['path']) => void
}

/** A value, and where it stands. */
export interface Placed {
  readonly data: unknown
  readonly place: Place
}

interface State extends Reader {
  readonly anchors: Map<string, ParsedNode>
  /** The anchored nodes that are being read. */
  readonly open: Set<ParsedNode>
  /** How many values there may still be. */
  left: number
}

interface Spot {
  readonly path: Problem['path']
  /** Where the key, or the item of a list, begins. */
  readonly key: number
  readonly depth: number
}

/** A whole document. What is wrong with it is reported, and left out of the data. */
export function valueOf(document: Document.Parsed, reader: Reader): Placed {
  const root = document.contents as ParsedNode | null
  const state: State = { ...reader, anchors: new Map(), open: new Set(), left: MOST }
  const key = root?.range?.[0] ?? 0
  const spot = { path: [], key, depth: 0 }
  if (!root || isScalar(root) && root.value === null) return placed({}, spot, state)
  if (!isMap(root)) {
    reader.report('is no mapping: a catalogue begins with `models:`', key, [])
    return placed({}, spot, state)
  }
  return read(root, spot, state)
}

function placed(data: unknown, spot: Spot, state: State): Placed {
  const key = state.at(spot.key)
  return { data, place: { file: state.file, key, value: key, inside: new Map() } }
}

function read(node: ParsedNode | null, spot: Spot, state: State): Placed {
  if (state.left-- <= 0 || spot.depth > DEEPEST) {
    // Said once: what follows is as much of it.
    if (state.left > -2) state.report('is too large or too deep once its aliases are expanded', spot.key, spot.path)
    state.left = -2
    return placed(undefined, spot, state)
  }
  if (!node) return blank(spot, state)
  if (isAlias(node)) return readAlias(node, spot, state)
  if (node.anchor) state.anchors.set(node.anchor, node)
  state.open.add(node)
  const result = isMap(node) ? readMap(node as YAMLMap.Parsed, spot, state)
    : isSeq(node) ? readList(node as YAMLSeq.Parsed, spot, state)
    : readScalar(node as Scalar.Parsed, spot, state)
  state.open.delete(node)
  // A block begins on a later line than its key, which is where one looks for it.
  if (!isScalar(node) && !(node as YAMLMap).flow) return result
  return { data: result.data, place: { ...result.place, value: state.at(node.range[0]) } }
}

function blank(spot: Spot, state: State): Placed {
  state.report('has no value: write one, or take the line out; null is for unsetting', spot.key, spot.path)
  return placed(undefined, spot, state)
}

function readAlias({ source: name, range: [offset] }: Alias.Parsed, spot: Spot, state: State): Placed {
  const node = state.anchors.get(name)
  if (node && !state.open.has(node)) {
    const { data, place } = read(node, { ...spot, depth: spot.depth + 1 }, state)
    return { data, place: { ...place, value: state.at(offset) } }
  }
  const wrong = node ? `*${name} stands inside of &${name} itself` : `there is no &${name} above for *${name}`
  state.report(wrong, offset, spot.path)
  return placed(undefined, spot, state)
}

function readScalar({ value, source, range }: Scalar.Parsed, spot: Spot, state: State): Placed {
  if (value === null && source === '') return blank(spot, state)
  const wrong = typeof value === 'number' ? wrongNumber(value, source)
    : value === null || typeof value === 'string' || typeof value === 'boolean' ? undefined
    : `cannot be a ${Object.prototype.toString.call(value).slice(8, -1)}: put it in quotes`
  if (wrong) state.report(wrong, range[0], spot.path)
  return placed(wrong ? undefined : value, spot, state)
}

function wrongNumber(value: number, source: string): string | undefined {
  if (!Number.isFinite(value)) return `cannot be ${source}: write a finite number`
  const exact = !/^[-+]?\d+$/.test(source) || Number.isSafeInteger(value)
  return exact ? undefined : `is too long to be exact as a number: put ${source} in quotes`
}

function readList(node: YAMLSeq.Parsed, spot: Spot, state: State): Placed {
  const inside = new Map<number, Place>()
  const data = node.items.map((item, i) => {
    const key = item?.range?.[0] ?? spot.key
    const value = read(item, { path: [...spot.path, i], key, depth: spot.depth + 1 }, state)
    inside.set(i, value.place)
    return value.data
  })
  const { place } = placed(data, spot, state)
  return { data, place: { ...place, inside } }
}

function readMap(node: YAMLMap.Parsed, spot: Spot, state: State): Placed {
  const data: Record<string, unknown> = {}
  const inside = new Map<string | number, Place>()
  const merged: Placed[] = []
  for (const pair of node.items as Pair<ParsedNode, ParsedNode | null>[]) {
    const offset = pair.key?.range?.[0] ?? spot.key
    if (isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN') {
      merged.push(...readMerge(pair.value, { ...spot, key: offset }, state))
      continue
    }
    const key = keyText(pair.key, spot, state)
    if (key === undefined) continue
    const path = [...spot.path, key]
    if (inside.has(key)) {
      state.report('is written twice: keep one', offset, path)
      continue
    }
    const item = read(pair.value, { path, key: offset, depth: spot.depth + 1 }, state)
    data[key] = item.data
    inside.set(key, item.place)
  }
  // What a mapping says itself comes before what it merges, an earlier merge before a later one.
  for (const { data: more, place } of merged) {
    for (const [key, value] of Object.entries(more as object)) {
      if (inside.has(key)) continue
      data[key] = value
      inside.set(key, place.inside.get(key) ?? place)
    }
  }
  const { place } = placed(data, spot, state)
  return { data, place: { ...place, inside } }
}

/** `<<: *anchor`, or a list of such. */
function readMerge(node: ParsedNode | null, spot: Spot, state: State): Placed[] {
  const { data, place } = read(node, { ...spot, depth: spot.depth + 1 }, state)
  if (data === undefined) return []
  const list: readonly Placed[] = Array.isArray(data)
    ? data.map((item, i) => ({ data: item, place: place.inside.get(i) ?? place }))
    : [{ data, place }]
  const good = list.filter((item) => typeof item.data === 'object' && item.data !== null && !Array.isArray(item.data))
  if (good.length < list.length) state.report('<< takes a mapping, or a list of mappings', spot.key, spot.path)
  return good
}

function keyText(node: ParsedNode | null, { path, key: above }: Spot, state: State): string | undefined {
  const key = isAlias(node) ? state.anchors.get(node.source) : node
  const offset = node?.range?.[0] ?? above
  if (!isScalar(key) || key.value === null || typeof key.value === 'object') {
    state.report('a key must be a text', offset, [...path, '?'])
  } else if (typeof key.value !== 'string') {
    state.report(`is a ${typeof key.value} as a key: put it in quotes`, offset, [...path, `${key.source}`])
  } else if (key.value === '__proto__') {
    state.report('cannot be a key', offset, [...path, key.value])
  } else return key.value
  return undefined
}
