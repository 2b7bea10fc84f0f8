// Fetches what stands at a public address, for a model that takes bytes and no addresses.
import type { Media } from '../types/message.ts'
import type { FetchLike } from '../types/runtime.ts'
import { placeOf } from './address.ts'

export interface MediaRules {
  readonly fetch: FetchLike
  readonly signal: AbortSignal
  /** Private networks and loopback too, and without TLS. */
  readonly allowPrivate?: boolean | undefined
}

/** More than any model takes. */
const MOST_BYTES = 50 * 1024 * 1024
const MOST_HOPS = 3

/**
 * The bytes in base64, and what they are. No header goes along. Every hop of a redirect is held to the same rules: https,
 * and no private address; names are not looked up.
 * @throws Error with words that do not quote the address, which may be signed.
 */
export async function fetchMedia(address: string, { fetch, signal, allowPrivate }: MediaRules): Promise<Media> {
  for (let url = new URL(address), hops = 0; hops <= MOST_HOPS; hops++) {
    if (!allowPrivate && (url.protocol !== 'https:' || placeOf(url.hostname.replace(/\.$/, '')))) {
      throw new Error(`${url.host} is no public https address: the model's \`allow_private_hosts\` says whether that is meant`)
    }
    const { status, ok, headers, body } = await fetch(url.href, { redirect: 'manual', signal })
    const location = headers.get('location')
    if (ok && body) return { data: await base64(body), mediaType: (headers.get('content-type') ?? '').replace(/;.*/s, '').trim() }
    await body?.cancel()
    if (status < 300 || status > 399 || !location) throw new Error(`${url.host} says ${status || 'to look elsewhere'}`)
    url = new URL(location, url)
  }
  throw new Error('it is redirected too often')
}

async function base64(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader()
  const parts: string[] = []
  let size = 0
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    size += step.value.length
    if (size > MOST_BYTES) {
      await reader.cancel()
      throw new Error('it is larger than 50 MB')
    }
    // A call takes only so many arguments.
    for (let at = 0; at < step.value.length; at += 8192) parts.push(String.fromCharCode(...step.value.subarray(at, at + 8192)))
  }
  return btoa(parts.join(''))
}
