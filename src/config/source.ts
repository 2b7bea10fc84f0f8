// A source of a catalogue, YAML or data, as plain data that is safe to walk.
import { Composer, type Document, LineCounter, Parser } from 'yaml'
import { relayError } from '../errors.ts'
import { fields } from './check.ts'
import type { Problem } from './env.ts'
import { DEEPEST, MOST } from './limit.ts'
import { valueOf } from './node.ts'
import type { Finding, Position, Sourced } from './place.ts'

/** YAML or JSON, with the name that errors call it by. */
export interface Text {
  readonly text: string
  readonly file?: string | undefined
}

/** Reads YAML, or JSON, which is YAML too. */
export function readText({ text, file = 'yaml' }: Text): Sourced {
  const lines = new LineCounter()
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const findings: Finding[] = []
  const report = (message: string, offset: number, path: Problem['path'] = []): void => {
    findings.push({ file, ...at(offset), path, message })
  }
  const document = compose(text, lines, report)
  if (!document || findings.length) return { data: {}, place: { file, inside: new Map() }, findings, broken: true }
  const { data, place } = valueOf(document, { file, at, report })
  return { data: withoutExtensions(data), place, findings }
}

/** What YAML's parser says in its own words, said in a catalogue's. */
const FAULTS: { readonly [code: string]: string } = {
  TAB_AS_INDENT: 'is indented with a tab: YAML takes only spaces',
  BLOCK_AS_IMPLICIT_KEY: 'holds a second `key: value` on one line: begin a new line, or put the text in quotes',
}

type Report = (message: string, offset: number) => void

function compose(text: string, lines: LineCounter, report: Report): Document.Parsed | undefined {
  try {
    const tokens = [...new Parser(lines.addNewLine).parse(text)]
    const deep = tooDeep(tokens)
    if (deep !== undefined) return void report(`is nested deeper than ${DEEPEST} levels`, deep)
    // The composer's own search for doubled keys is quadratic; `valueOf` has another.
    const composer = new Composer({ version: '1.2', uniqueKeys: false, prettyErrors: false })
    const [document, second] = [...composer.compose(tokens, true, text.length)] as Document.Parsed[]
    if (second) report('begins a second document: hand it in as a source of its own', second.range[0])
    let line = 0
    for (const { code, message, pos } of [...document!.errors, ...document!.warnings]) {
      // The second of one line is the first's echo.
      if (line === (line = lines.linePos(pos[0]).line)) continue
      report(FAULTS[code] ?? `is not YAML: ${message.replace(/^./, (letter) => letter.toLowerCase())}`, pos[0])
    }
    return document
  } catch (cause) {
    // Deno: the parser looks for two debugging variables, which needs leave.
    const help = cause instanceof Error && /NotCapable|PermissionDenied/.test(cause.name)
      ? 'run with --allow-env=LOG_TOKENS,LOG_STREAM, which the YAML parser asks for, or hand in a compiled catalogue'
      : 'the YAML parser failed'
    throw relayError('config', `cannot read the catalogue: ${help}`, { cause })
  }
}

interface Token {
  readonly offset?: number
  readonly key?: unknown
  readonly value?: unknown
  readonly items?: readonly unknown[]
}

/** Where the text nests too deep. The composer would exhaust the stack there, in a way that can end the process. */
function tooDeep(tokens: readonly unknown[]): number | undefined {
  const stack = tokens.map((token) => ({ token, depth: 0 }))
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { offset = 0, key, value, items = [] }: Token = top.token ?? {}
    const depth = top.depth + (items.length ? 1 : 0)
    if (depth > DEEPEST) return offset
    for (const token of [key, value, ...items]) if (token) stack.push({ token, depth })
  }
  return undefined
}

/** Copies data, so that nothing but plain values is left, and whoever hands it in may go on using it. */
export function readData(given: unknown): Sourced {
  const findings: Finding[] = []
  let left = MOST
  const copy = (value: unknown, path: Problem['path']): unknown => {
    if (left-- < 0 || path.length > DEEPEST) {
      // Said once: what follows is as much of it.
      if (left > -2) findings.push({ path: path.slice(0, 3), message: 'is too large, too deep or goes in a circle' })
      left = -2
      return undefined
    }
    // Not `map`, which skips holes.
    if (Array.isArray(value)) return Array.from(value, (item: unknown, i) => copy(item, [...path, i]))
    if (typeof value === 'object' && value !== null) return copyObject(value, path)
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return void findings.push({ path, message: `cannot be ${value}: write a finite number` })
    }
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value
    findings.push({ path, message: `cannot be ${value === undefined ? 'undefined' : `a ${typeof value}`}` })
    return undefined
  }
  const copyObject = (value: object, path: Problem['path']): unknown => {
    const kind = Object.prototype.toString.call(value).slice(8, -1)
    if (kind !== 'Object') return void findings.push({ path, message: `cannot be a ${kind}: write a plain value` })
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    if (Object.hasOwn(value, '__proto__')) findings.push({ path: [...path, '__proto__'], message: 'cannot be a key' })
    return Object.fromEntries(
      entries.filter(([key]) => key !== '__proto__').map(([key, item]) => [key, copy(item, [...path, key])]),
    )
  }
  const data = copy(given, [])
  if (!findings.length && fields(data) !== data) {
    findings.push({ path: [], message: 'is no mapping: a catalogue begins with `models:`' })
  }
  return { data: withoutExtensions(data), findings }
}

/** `$schema` is for editors; `x-…` is where anchors may stand. */
function withoutExtensions(data: unknown): unknown {
  return Object.fromEntries(Object.entries(fields(data)).filter(([key]) => key !== '$schema' && !key.startsWith('x-')))
}
