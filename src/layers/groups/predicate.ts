// Conditions on a request, written as data: what `when` says.
import { estimateInput } from '../../core/tokens.ts'
import type { Call } from '../../types/call.ts'
import { holds } from './fitness.ts'

/** Whether a call is what a condition asks for. */
export type Predicate = (call: Call) => boolean

/** Says what is wrong with a condition, and where in it. */
export type Complain = (path: readonly (string | number)[], message: string) => void

/** What a condition may look at. */
const FACTS: { readonly [field: string]: (call: Call) => unknown } = {
  tokens: ({ request }) => estimateInput(request),
  max_tokens: ({ request }) => request.maxTokens,
  messages: ({ request }) => request.messages.length,
  text: ({ request }) => textOf(request.messages.findLast(({ role }) => role === 'user')?.content),
  tools: ({ request }) => request.tools?.length ?? 0,
  images: (call) => holds(call, 'image'),
  audio: (call) => holds(call, 'audio'),
  documents: (call) => holds(call, 'document'),
  reasoning: ({ request }) => request.reasoning,
  format: ({ request: { responseFormat = 'text' } }) => (typeof responseFormat === 'string' ? responseFormat : 'json_schema'),
  mode: ({ mode }) => mode,
  stream: ({ mode }) => mode === 'stream',
  tenant: ({ scope }) => scope.tenant,
  tags: (call) => metadataOf(call)['tags'],
}

function textOf(content: Call['request']['messages'][number]['content'] = ''): string {
  return typeof content === 'string' ? content : content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

function metadataOf({ scope, request }: Call): { readonly [key: string]: unknown } {
  return { ...scope.metadata, ...request.metadata }
}

type Test = (value: unknown) => boolean

interface Operator {
  /** What it takes, for people. */
  readonly takes: string
  /** Undefined where it does not take this. */
  readonly test: (operand: unknown) => Test | undefined
}

/** A list is what is asked for as soon as one of its items is. */
const any = (test: Test): Test => (value) => (Array.isArray(value) ? value.some(test) : test(value))
const scalar = (value: unknown): boolean => value === null || /^(string|number|boolean)$/.test(typeof value)
/** `true` and `false` ask whether there is anything: a count above 0, a text that is not empty. */
const same = (operand: unknown): Test => (value) =>
  typeof operand === 'boolean' ? (Array.isArray(value) ? value.length > 0 : Boolean(value)) === operand : any((item) => (item ?? null) === operand)(value)
const among = (operand: unknown): Test | undefined =>
  Array.isArray(operand) && operand.every(scalar) ? (value) => operand.some((item) => same(item)(value)) : undefined
const not = (test: Test | undefined): Test | undefined => test && ((value) => !test(value))
const compared = (rule: (a: number | string, b: number | string) => boolean): Operator => ({
  takes: 'a number or a text',
  test: (operand) =>
    typeof operand === 'number' || typeof operand === 'string'
      ? any((value) => typeof value === typeof operand && rule(value as number | string, operand))
      : undefined,
})

const OPERATORS: { readonly [operator: string]: Operator } = {
  $eq: { takes: 'a text, a number, true, false or null', test: (operand) => (scalar(operand) ? same(operand) : undefined) },
  $ne: { takes: 'a text, a number, true, false or null', test: (operand) => (scalar(operand) ? not(same(operand)) : undefined) },
  $in: { takes: 'a list of texts, numbers, true, false or null', test: among },
  $nin: { takes: 'a list of texts, numbers, true, false or null', test: (operand) => not(among(operand)) },
  $gt: compared((a, b) => a > b),
  $gte: compared((a, b) => a >= b),
  $lt: compared((a, b) => a < b),
  $lte: compared((a, b) => a <= b),
  $exists: {
    takes: 'true or false',
    test: (operand) => (typeof operand === 'boolean' ? (value) => (value !== undefined && value !== null) === operand : undefined),
  },
  $regex: {
    takes: 'a regular expression',
    test(operand) {
      try {
        if (typeof operand !== 'string') return undefined
        // Flags at the head, as most other languages write them.
        const [head = '', flags] = /^\(\?([ims]+)\)/.exec(operand) ?? []
        const pattern = new RegExp(operand.slice(head.length), flags)
        return any((value) => typeof value === 'string' && pattern.test(value))
      } catch {
        return undefined
      }
    },
  },
}

/** A condition as a function. What is wrong with it is complained about, and holds of every request. */
export function predicate(when: unknown, complain: Complain): Predicate {
  const parts = Object.entries(mapping(when, [], complain)).map(([key, value]): Predicate => {
    const inside: Complain = (path, message) => complain([key, ...path], message)
    if (key === '$not') {
      const inner = predicate(value, inside)
      return (call) => !inner(call)
    }
    if (key === '$and' || key === '$or') {
      const list = Array.isArray(value) && value.length ? value : undefined
      if (!list) inside([], 'must be a list of conditions that is not empty')
      const inner = (list ?? []).map((one, n) => predicate(one, (path, message) => inside([n, ...path], message)))
      return key === '$and' ? (call) => inner.every((one) => one(call)) : (call) => inner.some((one) => one(call))
    }
    const read = reader(key)
    if (!read) inside([], `is nothing to look at: there is ${Object.keys(FACTS).join(', ')}, metadata.NAME, $and, $or, $not`)
    const tests = Object.entries(scalar(value) ? { $eq: value } : mapping(value, [], inside)).map(([name, operand]) => test(name, operand, inside))
    return (call) => tests.every((it) => it(read?.(call)))
  })
  return (call) => parts.every((part) => part(call))
}

function mapping(value: unknown, path: readonly (string | number)[], complain: Complain): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  complain(path, Array.isArray(value) ? 'is a list: write { $in: [ … ] }' : 'must be a mapping of conditions')
  return {}
}

function reader(key: string): ((call: Call) => unknown) | undefined {
  if (Object.hasOwn(FACTS, key)) return FACTS[key]
  if (!/^metadata\../.test(key)) return undefined
  const name = key.slice(9)
  return (call) => {
    const all = metadataOf(call)
    // A name with dots in it comes before a way into what is nested.
    return Object.hasOwn(all, name) ? all[name] : name.split('.').reduce(step, all as unknown)
  }
}

function step(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as { readonly [key: string]: unknown })[key] : undefined
}

function test(name: string, operand: unknown, complain: Complain): Test {
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  const made = operator?.test(operand)
  if (!operator) complain([name], `is no operator: there is ${Object.keys(OPERATORS).join(', ')}`)
  else if (!made) complain([name], `takes ${operator.takes}`)
  return made ?? (() => true)
}
