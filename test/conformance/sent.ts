// Compares what Relay sends with what the recorded client sent, where both can be read in one shape.
import { isDeepStrictEqual } from 'node:util'
import type { ChatRequest } from '../../src/types/request.ts'
import type { Protocol, Reading } from './protocol.ts'
import { shown, strings, type Recorded } from './record.ts'
import type { Sent } from './through.ts'

export interface Difference {
  /** What differs: `url`, `model`, `said`, `params.stop`… */
  readonly what: string
  readonly how: string
}

export function compare(record: Recorded, { url, body }: Sent, { protocol, request }: { protocol: Protocol; request: ChatRequest }): readonly Difference[] {
  const ours = protocol.readBody(body)
  const theirs = protocol.readBody(record.request.body)
  const found: Difference[] = []
  const same = (what: string, got: unknown, want: unknown): void => {
    if (!isDeepStrictEqual(got, want)) found.push({ what, how: `${shown(got)} and not ${shown(want)}` })
  }
  // Some recordings have a mask in their address.
  if (!record.request.url.includes('<')) same('url', placeOf(url), placeOf(record.request.url))
  same('model', modelOf(body), modelOf(record.request.body))
  same('system', squeezed(ours.system), squeezed(theirs.system))
  same('said', spoken(ours), spoken(theirs))
  const held = [...strings(body)]
  const files = [...strings(request.messages)].filter((text) => text.length > 100 && /^[\w+/-]+=*$/.test(text))
  same('files', files.filter((file) => !held.some((text) => text.includes(file))).length, 0)
  same('calls', ours.calls, theirs.calls)
  same('results', ours.results.map(result), theirs.results.map(result))
  same('tools', ours.tools.map(({ name }) => name), theirs.tools.map(({ name }) => name))
  theirs.tools.forEach(({ description, schema }, index) => {
    same('tools.description', ours.tools[index]?.description ?? '', description ?? '')
    same('tools.schema', plain(ours.tools[index]?.schema), plain(schema))
  })
  for (const name of new Set([...Object.keys(ours.params), ...Object.keys(theirs.params)])) {
    same(`params.${name}`, [ours.params[name]].flat(), [theirs.params[name]].flat())
  }
  return found
}

/** Without what carries no meaning: a flag of a beta, the order of the query. */
function placeOf(url: string): string {
  if (!URL.canParse(url)) return ''
  const { host, pathname, searchParams } = new URL(url)
  for (const name of ['beta', 'key', '$alt']) searchParams.delete(name)
  return host + decodeURIComponent(pathname) + (searchParams.size ? `?${searchParams}` : '')
}

function modelOf(body: unknown): unknown {
  return (body as { readonly model?: unknown }).model
}

const squeezed = (all: readonly string[]): string => all.join('\n').replace(/\s+/g, ' ').trim()

/** Neighbours of one role are one. */
function spoken({ said }: Reading): readonly { readonly role: string; readonly text: string }[] {
  const turns: { role: string; text: string }[] = []
  for (const { role, text } of said) {
    const last = turns.at(-1)
    const words = text.replace(/\s+/g, '')
    if (last?.role === role) last.text += words
    else if (words) turns.push({ role, text: words })
  }
  return turns
}

const result = ({ id, text }: Reading['results'][number]): unknown => ({ id, text: meant(text) })

/** An object may be sent as one, and then its spaces and its order are nobody's; nor is what stands between two parts. */
export function meant(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text.replace(/\s+/g, '')
  }
}

/** A schema without what says nothing: an object that may be anything is none. */
function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain)
  if (typeof schema !== 'object' || schema === null) return schema
  if ('properties' in schema && !Object.keys(schema.properties ?? {}).length) return undefined
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== 'additionalProperties' && key !== '$schema').map(([key, value]) => [key, plain(value)]))
}
