// Fields of JSON: at a path, without those that say nothing, and without those that are refused.
import type { Fields } from '../json/merge.ts'
import type { Encoding } from '../types/provider.ts'

export type { Fields } from '../json/merge.ts'

/** What stands at a dotted path. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as Fields | null | undefined)?.[key], value)
}

/** Without what says nothing: null, undefined and the empty string. */
export function present<T extends object>(raw: T): { readonly [field in keyof T]?: NonNullable<T[field]> } {
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value != null && value !== '')) as { readonly [field in keyof T]?: NonNullable<T[field]> }
}

/** Why a field is not sent. */
export const UNKNOWN = 'not known here: left out'
export const REFUSED = 'refused by this model: left out'
export const FOREIGN = "another model's, or not known here: left out"

/** What is noted where ids of calls are not sent as they are, and where the arguments of one are not. */
export const RESPELLED = 'ids of calls are spelled as this API wants them'
export const AS_TEXT = 'arguments that are no JSON object go back as text'

/** What is noted where the API has one place for what the system says. */
export const MOVED = 'a later system message stands with the first ones here'

/** Says that the names of speakers are not sent, nor these parameters. */
export function unsent({ request, note }: Pick<Encoding, 'request' | 'note'>, ...parameters: readonly ('seed' | 'topK' | 'stop')[]): void {
  for (const parameter of parameters) if (request[parameter] !== undefined) note(parameter, UNKNOWN)
  if (request.messages.some(({ name }) => name !== undefined)) note('name', UNKNOWN)
}

/** Takes out what would be refused, and says so. */
export function drop(body: { [field: string]: unknown }, note: (field: string, why: string) => void, [names, why]: readonly [names: string, why: string]): void {
  for (const name of names.split(' ')) {
    if (body[name] === undefined) continue
    delete body[name]
    note(name === 'top_p' ? 'topP' : name, why)
  }
}
