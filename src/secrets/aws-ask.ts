// Asks AWS's services for credentials: what they need of the world, and what their refusals mean.
import { relayError, type ErrorCode } from '../errors.ts'
import type { HttpRequest } from '../types/provider.ts'
import type { AwsCredential } from './aws-env.ts'
import type { World } from './world.ts'

export interface AwsWorld extends World {
  /** Signs a request (`signV4`). */
  readonly sign: (request: HttpRequest, keys: AwsCredential, scope: { readonly service: string; readonly region: string; readonly date: number }) => Promise<HttpRequest>
  /** The host of a service in a region (`awsHost`). */
  readonly host: (service: string, region: string) => string
  /** Writes a text file. Absent where there are none: a login that has run out is then not renewed. */
  readonly writeFile?: ((path: string, text: string) => Promise<void>) | undefined
  /** Runs a command line and gives what it prints. Absent where that is not allowed: then `credential_process` is refused. */
  readonly run?: ((command: string) => Promise<string>) | undefined
}

export interface Question {
  readonly url: string
  readonly method?: HttpRequest['method']
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
  /** Milliseconds. Default 10,000. */
  readonly timeoutMs?: number
  /** What an error must not quote. */
  readonly secrets?: readonly string[]
}

export interface Fields {
  readonly [field: string]: unknown
}

/** The body of an answer that is a success. @throws RelayError with the service's own words, and none of the secrets. */
export async function ask({ fetch }: AwsWorld, question: Question): Promise<string> {
  const { url, method = 'GET', headers = {}, body, timeoutMs = 10_000, secrets = [] } = question
  // The path may be a secret itself: only the host is ever named.
  const { host } = new URL(url)
  let response: Response
  let raw: string
  try {
    // A redirect would take what is sent to another host.
    response = await fetch(url, { method, headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs), ...(body === undefined ? undefined : { body }) })
    raw = await response.text()
  } catch {
    // Without the cause, which may quote a header or the address.
    throw relayError('network', `${host} cannot be reached for AWS credentials`, { secrets })
  }
  const { status } = response
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    throw relayError('config', `${host} redirects elsewhere, and a credential does not follow`, { status })
  }
  if (response.ok) return raw
  const json = fields(raw)
  const said = json?.['message'] ?? json?.['Message'] ?? json?.['error_description'] ?? tag(raw, 'Message')
  const kind = String(json?.['__type'] ?? json?.['error'] ?? tag(raw, 'Code') ?? '').replace(/^.*#/, '')
  const words = [kind, said].filter((word) => typeof word === 'string' && word).join(': ') || `HTTP ${status}`
  throw relayError(codeOf(status, kind), `${host} gave no credential: ${words}`, { status, raw, secrets })
}

function codeOf(status: number, kind: string): ErrorCode {
  if (status === 429 || status >= 500 || /^Throttl|InternalService/.test(kind)) return 'overloaded'
  if (/NotFound/.test(kind) || status === 404) return 'not_found'
  return /AccessDenied/.test(kind) ? 'permission' : 'authentication'
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

const ENTITIES: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The text of an XML element: the order of elements varies, and there is one of each. */
export function tag(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.replace(/&(\w+);/g, (whole, entity: string) => ENTITIES[entity] ?? whole)
}

/** @throws AuthenticationError where a part is missing. */
export function credentialOf(held: Fields, where: string): AwsCredential {
  const [accessKeyId, secretAccessKey, sessionToken, expiry] = [
    held['AccessKeyId'] ?? held['accessKeyId'],
    held['SecretAccessKey'] ?? held['secretAccessKey'],
    held['SessionToken'] ?? held['sessionToken'] ?? held['Token'],
    held['Expiration'] ?? held['expiration'],
  ]
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string' || !accessKeyId || !secretAccessKey) {
    throw relayError('authentication', `${where} holds no AWS credentials`)
  }
  const expiresAt = typeof expiry === 'number' ? expiry : Date.parse(String(expiry))
  return {
    type: 'aws',
    accessKeyId,
    secretAccessKey,
    ...(typeof sessionToken === 'string' && sessionToken ? { sessionToken } : undefined),
    ...(expiresAt > 0 ? { expiresAt } : undefined),
  }
}

/** A variable, trimmed; a binding is asked for its value. */
export async function variable({ env }: World, name: string): Promise<string | undefined> {
  const held = env(name)
  const value: unknown = typeof held === 'object' && held !== null && 'get' in held && typeof held.get === 'function' ? await held.get() : held
  return typeof value === 'string' && value.trim() ? value.trim() : undefined
}

export async function fileText(world: World, path: string, what: string): Promise<string> {
  if (!world.readFile) throw relayError('config', `${what} is in a file, and there are none on this runtime`)
  try {
    return (await world.readFile(path)).trim()
  } catch (cause) {
    throw relayError('config', `${what} cannot be read from ${path}`, { cause })
  }
}
