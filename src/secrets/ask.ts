// Asks a service for a credential: never following a redirect, and never saying what was sent.
import { RelayError, relayError, type ErrorCode } from '../errors.ts'
import { read } from './env.ts'
import type { World } from './world.ts'

export interface Question {
  readonly url: string
  readonly headers?: { readonly [name: string]: string }
  /** Sent as a form, or as JSON where it is text already. */
  readonly body?: URLSearchParams | string
  /** Milliseconds. Default 10,000. */
  readonly timeoutMs?: number
  /** What an error must not quote. */
  readonly secrets?: readonly (string | undefined)[]
}

export interface Fields {
  readonly [field: string]: unknown
}

/** A success's JSON. @throws RelayError with the service's own words, and none of the secrets. */
export async function ask({ fetch }: World, question: Question): Promise<Fields> {
  const { url, headers, body, timeoutMs = 10_000, secrets = [] } = question
  // A path may be a secret itself: only the host is ever named.
  const { host } = new URL(url)
  let response: Response
  let raw: string
  try {
    const type = typeof body === 'string' ? 'application/json' : 'application/x-www-form-urlencoded'
    response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...(body !== undefined && { 'content-type': type }), ...headers },
      // A redirect would take what is sent to another host.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body !== undefined && { body: String(body) }),
    })
    raw = await response.text()
  } catch {
    // Without the cause, which may quote the address.
    throw relayError('network', `${host} cannot be reached for a credential`)
  }
  const { status } = response
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    throw relayError('config', `${host} redirects elsewhere, and a credential does not follow`, { status })
  }
  const json = fields(raw)
  if (response.ok && json) return json
  const known = secrets.filter((secret): secret is string => !!secret)
  throw relayError(codeOf(status, response.ok), `${host} gave no credential: ${words(json) || `HTTP ${status}`}`, { status, raw, secrets: known })
}

function codeOf(status: number, ok: boolean): ErrorCode {
  if (ok) return 'invalid_response'
  // A sealed or standby vault, an identity that is still to be assigned.
  if ([408, 410, 412, 429, 472, 473].includes(status) || status >= 500) return 'overloaded'
  if (status === 403) return 'permission'
  return status === 404 ? 'not_found' : 'authentication'
}

/** `{error, error_description}`, `{error: {code, message}}`, `{errors: […]}`. */
function words(json: Fields | undefined): string {
  const { error, error_description: said, errors } = json ?? {}
  const inner = typeof error === 'object' ? { ...error } : { code: error }
  const list = [...('code' in inner ? [inner.code] : []), ...('message' in inner ? [inner.message] : []), said, ...(Array.isArray(errors) ? (errors as unknown[]) : [])]
  return list.filter((word) => typeof word === 'string' && word).join(': ')
}

export function fields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** A variable, trimmed; a binding is asked for its value. */
export function variable({ env }: World, name: string): Promise<string | undefined> {
  return read(env(name))
}

/** An address without a slash at its end. @throws ConfigError where a secret must not be sent there; it never quotes it. */
export function placed(address: string, name: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const local = /^(localhost|127\.[\d.]+|\[::1])$/.test(url?.hostname ?? '')
  if (!url || (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)) || url.username || url.password || /[?#]/.test(address)) {
    throw relayError('config', `${name} must be an address to which a secret can be sent: https://host, without a user name and a query`)
  }
  return address.replace(/\/+$/, '')
}

export interface Kept<T> {
  readonly value: T
  /** Milliseconds since 1970. */
  readonly until: number
  /** From when on it is no good at all. */
  readonly dead?: number
}

export type Keeper<T> = (name: string, make: () => Promise<Kept<T>>) => Promise<T>

/** Keeps values until shortly before they expire. Values, never promises: those belong to one request. */
export function keeper<T>({ now }: World): Keeper<T> {
  const kept = new Map<string, Kept<T>>()
  return async (name, make) => {
    const old = kept.get(name)
    if (old && old.until > now()) return old.value
    try {
      const fresh = await make()
      kept.set(name, fresh)
      return fresh.value
    } catch (error) {
      // The old one is good to its last minute, should the service be down.
      if (old && (old.dead ?? 0) > now() && error instanceof RelayError && /^(network|overloaded)$/.test(error.code)) return old.value
      throw error
    }
  }
}

/** What lives this long is asked for anew when five minutes are left of it, or a tenth of it where that is less. */
export function lasting<T>(value: T, { now, dead }: { readonly now: number; readonly dead: number }): Kept<T> {
  return { value, dead, until: dead - Math.min(300_000, (dead - now) / 10) }
}
