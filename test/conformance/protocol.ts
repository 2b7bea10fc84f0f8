// What the harness needs to know of a protocol: whose wire reads a record, and what stands in a request body.
import type { Provider } from '../../src/types/provider.ts'
import type { Recorded } from './record.ts'

/** What a tool loop's second request carries of the first answer, in the order in which it stands there. */
export interface Echo {
  /** `arguments` as a value, or the text where it is no JSON. */
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[]
  readonly results: readonly { readonly id: string; readonly text: string }[]
}

/** A request body, whoever wrote it, in one shape. */
export interface Reading extends Echo {
  readonly system: readonly string[]
  /** Every text, in order. */
  readonly said: readonly { readonly role: string; readonly text: string }[]
  readonly tools: readonly { readonly name: string; readonly description?: string | null | undefined; readonly schema?: unknown }[]
  /** Under one name each, whatever the body calls them. */
  readonly params: { readonly [name: string]: unknown }
}

export interface Protocol {
  /** As the recordings call it. */
  readonly name: string
  /** The share of exchanges that may be wrong. Default 0.01. */
  readonly slack?: number
  /** Whose wire it is; undefined where Relay does not speak what this record says. */
  readonly providerFor: (record: Recorded) => Provider | undefined
  readonly readBody: (body: unknown) => Reading
}

/** The fields of a body that are there, by the names that they have here. */
export function named(body: object, names: { readonly [field: string]: string }): { readonly [name: string]: unknown } {
  return Object.fromEntries(Object.entries(body).flatMap(([field, value]) => (names[field] !== undefined && value != null ? [[names[field], value]] : [])))
}

export function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return text
  }
}

/** Content that is a text, or a list of parts of which some have one. */
export function texts(content: unknown): readonly string[] {
  if (typeof content === 'string') return [content]
  return Array.isArray(content) ? content.flatMap((part: unknown) => (typeof part === 'string' ? [part] : typeof textOf(part) === 'string' ? [String(textOf(part))] : [])) : []
}

function textOf(part: unknown): unknown {
  return (part as { readonly text?: unknown } | null)?.text
}
