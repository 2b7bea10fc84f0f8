// Asks a service for a credential: never following a redirect, and never saying what was sent.
import { relayError, type ErrorCode, type RelayError } from '../errors.ts'
import type { HttpRequest } from '../types/provider.ts'
import type { World } from './world.ts'

export interface Question {
  readonly url: string
  /** Default: `GET`, or `POST` where there is a body. */
  readonly method?: HttpRequest['method']
  readonly headers?: { readonly [name: string]: string }
  /** Sent as a form, or as JSON where it is text already and the headers do not say otherwise. */
  readonly body?: URLSearchParams | string
  /** Milliseconds. Default 10,000. */
  readonly timeoutMs?: number
  /** What an error must not quote. */
  readonly secrets?: readonly (string | undefined)[]
}

export interface Answer extends Pick<Response, 'status' | 'ok' | 'headers'> {
  readonly raw: string
}

export interface Fields {
  readonly [field: string]: unknown
}

/** A success's JSON. @throws RelayError with the service's own words, and none of the secrets. */
export async function ask(world: World, question: Question): Promise<Fields> {
  const answer = await send(world, question)
  const json = answer.ok && fields(answer.raw)
  if (json) return json
  throw refusal(question, answer)
}

/** The same where a success is no JSON. */
export async function askText(world: World, question: Question): Promise<string> {
  const answer = await send(world, question)
  if (answer.ok) return answer.raw
  throw refusal(question, answer)
}

/** Whatever is answered, but for a redirect. */
export async function send({ fetch }: World, question: Question): Promise<Answer> {
  const { url, body, method = body === undefined ? 'GET' : 'POST', headers, timeoutMs = 10_000 } = question
  const host = hostOf(url)
  let response: Response
  let raw: string
  try {
    const type = typeof body === 'string' ? 'application/json' : 'application/x-www-form-urlencoded'
    response = await fetch(url, {
      method,
      headers: { ...(body !== undefined && { 'content-type': type }), ...headers },
      // A redirect would take what is sent to another host.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body !== undefined && { body: String(body) }),
    })
    raw = await response.text()
  } catch {
    // Without the cause, which may quote a header or the address.
    throw relayError('network', `${host} cannot be reached for a credential`)
  }
  const { status, ok } = response
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    throw relayError('config', `${host} redirects elsewhere, and a credential does not follow`, { status })
  }
  return { status, ok, headers: response.headers, raw }
}

/** All that may be said of an address: its path may be a secret. */
export function hostOf(url: string): string {
  if (URL.canParse(url)) return new URL(url).host
  throw relayError('config', 'the address of a service that holds credentials is no URL')
}

function refusal({ url, secrets = [] }: Question, { status, ok, raw }: Answer): RelayError {
  const [kind, ...words] = ok ? [''] : told(raw)
  return relayError(codeOf(status, ok, kind), `${hostOf(url)} gave no credential: ${[kind, ...words].filter(Boolean).join(': ') || `HTTP ${status}`}`, {
    status,
    // What was to be a success may hold the credential itself.
    raw: ok ? undefined : raw,
    secrets: secrets.flatMap((secret) => (secret ? [secret, ...disguised(secret)] : [])),
  })
}

/** As it stands in a form and in JSON. */
function disguised(secret: string): readonly string[] {
  return [new URLSearchParams([['', secret]]).toString().slice(1), JSON.stringify(secret).slice(1, -1)]
}

function codeOf(status: number, ok: boolean, kind: string): ErrorCode {
  if (ok) return 'invalid_response'
  // A sealed or standby vault, an identity that is still to be assigned.
  if ([408, 410, 412, 429, 472, 473].includes(status) || status >= 500 || /^Throttl|InternalService|IDPCommunication/.test(kind)) return 'overloaded'
  if (status === 404 || /NotFound/.test(kind)) return 'not_found'
  // AWS says 403 of a key that is wrong, too.
  return /AccessDenied/.test(kind) || (status === 403 && !/Token|Signature|Key/.test(kind)) ? 'permission' : 'authentication'
}

/** The kind of failure and what is said of it: `{error, error_description}`, `{error: {code, message}}`, `{errors: […]}`, AWS's JSON and XML. */
function told(raw: string): [kind: string, ...words: string[]] {
  const { error, ...rest } = fields(raw) ?? {}
  const { errors, ...said }: Fields = typeof error === 'object' ? { ...rest, ...error } : { code: error, ...rest }
  const text = (...values: readonly unknown[]): string => values.find((value): value is string => typeof value === 'string') ?? ''
  const kind = text(said['__type'], said['code'], tag(raw, 'Code')).replace(/^.*#/, '')
  const list = Array.isArray(errors) ? (errors as unknown[]).map((one) => text(one)) : []
  return [kind, text(said['message'], said['Message'], said['error_description'], tag(raw, 'Message')), ...list]
}

/** A JSON object, or undefined where the text is none. */
export function fields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** The text that is in base64; none where there is no such text. */
export function decoded(base64: unknown): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(String(base64 ?? '')), (char) => char.charCodeAt(0)))
  } catch {
    return ''
  }
}

const ENTITIES: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The text of an XML element: the order of elements varies, and there is one of each. */
export function tag(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.replace(/&(\w+);/g, (whole, entity: string) => ENTITIES[entity] ?? whole)
}

/** An address to which a path is appended. @throws ConfigError where a secret must not be sent there; it never quotes it. */
export function placed(address: string, name: string): string {
  return secure(/[?#]/.test(address) ? '' : address, name).replace(/\/+$/, '')
}

/** A whole address, query and all. `plain`: hosts that may be asked without TLS, besides loopback. @throws ConfigError as `placed` does. */
export function secure(address: string, name: string, plain?: RegExp): string {
  const { protocol, hostname, username, password } = new URL(URL.canParse(address) ? address : 'none:')
  const near = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname) || plain?.test(hostname)
  if ((protocol === 'https:' || (protocol === 'http:' && near)) && !username && !password) return address
  throw relayError('config', `${name} must be an address to which a secret can be sent: https, or http on loopback, without a user name and a query of its own`)
}
