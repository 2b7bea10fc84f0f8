// A call in the words of its wire: the model's defaults under it, and the bytes of what a model cannot be told by its address.
import { relayError } from '../errors.ts'
import { fetchMedia } from '../http/media.ts'
import type { Call } from '../types/call.ts'
import type { Media } from '../types/message.ts'
import type { Encoding, HttpRequest, Target, WireRequest } from '../types/provider.ts'
import type { FetchLike } from '../types/runtime.ts'

const DEFAULT = "the model's default in the catalogue"

/** A call as its wire encodes it: the model's default parameters under the request's own. */
export function encodingOf(call: Call, target: Target, rest: Pick<Encoding, 'details' | 'note'>): Encoding {
  const known: { [field: string]: unknown } = {}
  const extra: { [field: string]: unknown } = {}
  for (const [name, value] of Object.entries(target.config.params ?? {})) {
    if (/^(max_tokens|temperature|top_[pk]|stop|seed|reasoning|parallel_tool_calls)$/.test(name)) {
      const field = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
      known[field] = value
      if (!(field in call.request)) rest.note(field, DEFAULT)
    } else {
      extra[name] = value
      rest.note(name, DEFAULT)
    }
  }
  return { mode: call.mode === 'stream' ? 'stream' : 'chat', request: { ...known, ...call.request }, extra, target, ...rest }
}

/** Finds the bytes that stand at an address. */
export type Reach = (url: string) => Promise<Media>

/** Fetches them. `false`: nothing is fetched. */
export function reaching({ target, details }: Encoding, fetch: FetchLike | false, signal: AbortSignal): Reach {
  return async (url) => {
    try {
      if (fetch) return await fetchMedia(url, { fetch, signal, allowPrivate: target.config.allow_private_hosts })
    } catch (error) {
      throw relayError('unsupported', `this model takes bytes, and they could not be fetched: ${error instanceof Error ? error.message : String(error)}`, details)
    }
    throw relayError('unsupported', 'this model takes bytes, and the hub fetches none (`fetchMedia: false`): put them into `data`, with their `mediaType`', details)
  }
}

/** The request before it is signed. */
export async function encoded(encoding: Encoding, reach: Reach): Promise<HttpRequest> {
  const { target, request } = encoding
  const { path, body, headers } = await worded(encoding, reach)
  const all: { [name: string]: string } = { 'content-type': 'application/json' }
  for (const [name, value] of [headers, target.config.headers, request.headers].flatMap((more) => Object.entries(more ?? {}))) {
    const key = name.toLowerCase()
    // A list of opt-ins: what the catalogue and the request ask for adds up.
    all[key] = key.endsWith('-beta') && all[key] ? `${all[key]},${value}` : value
  }
  return { method: 'POST', url: target.baseUrl + path, headers: all, body: JSON.stringify(body) }
}

/** Wires are pure: what they miss is fetched, and they are asked again. */
async function worded(encoding: Encoding, reach: Reach): Promise<WireRequest> {
  const found = new Map<string, Media>()
  for (;;) {
    const missing: string[] = []
    try {
      return encoding.target.provider.wire.encode({
        ...encoding,
        reach: (url) => found.get(url) ?? void missing.push(url),
      })
    } catch (error) {
      const [url] = missing
      if (url === undefined) throw error
      found.set(url, await reach(url))
    }
  }
}
