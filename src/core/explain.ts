// What would be sent, and what Relay made of the request on the way: nothing goes out.
import { scrub } from '../errors.ts'
import type { Call } from '../types/call.ts'
import type { Credential, Target } from '../types/provider.ts'
import { encoded, encodingOf } from './encode.ts'

/** Something that Relay dropped, rewrote or filled in. */
export interface Note {
  /** The field of the request. */
  readonly field: string
  readonly why: string
}

/** One request as it would go out. */
export interface Explanation {
  readonly alias: string
  readonly provider: string
  readonly model: string
  readonly method: string
  readonly url: string
  /** What signing adds is masked, and what looks like a secret. */
  readonly headers: { readonly [name: string]: string }
  /** As it would be sent, as JSON. */
  readonly body: unknown
  readonly notes: readonly Note[]
}

/** Headers of the catalogue's or the request's own that hold secrets, by their names. */
const SECRET = /auth|key|token|secret|cookie|password/

/** @throws RelayError where the request cannot be put into the model's words. */
export async function explain(call: Call, target: Target, credential: Credential | undefined): Promise<Explanation> {
  const { alias, model, provider } = target
  const notes: Note[] = []
  // A long history gives the same reason again and again: it is said once.
  const note = (field: string, why: string): void => void (notes.some((it) => it.field === field && it.why === why) || notes.push({ field, why }))
  const encoding = encodingOf(call, target, { details: { alias, model, provider: provider.name }, note })
  for (const field of ['toolChoice', 'parallelToolCalls'] as const) if (encoding.request[field] !== undefined && !encoding.request.tools?.length) note(field, 'there are no tools: left out')
  const plain = await encoded(encoding, async (url) => {
    note('messages', 'what stands at an address is fetched when the request is sent, and goes as bytes')
    return { data: btoa(`what stands at ${new URL(url).host}`), mediaType: '' }
  })
  const { method, url, headers, body } = credential ? await provider.sign(plain, credential, { target, now: call.runtime.now(), cache: new Map() }) : plain
  if (!credential && !provider.keyless) note('credential', 'none is in the environment: it is asked for elsewhere when a call is made, or the call fails')
  const masked = Object.entries(headers).map(([name, value]) => [name, plain.headers[name] === value && !SECRET.test(name) ? scrub(value) : '[redacted]'] as const)
  return { alias, provider: provider.name, model, method, url, headers: Object.fromEntries(masked), body: JSON.parse(body ?? 'null'), notes }
}
