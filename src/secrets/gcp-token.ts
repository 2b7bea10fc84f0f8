// Turns a Google credentials file into an access token, whatever its kind, with fetch and WebCrypto alone.
import { RelayError, relayError, type ErrorCode } from '../errors.ts'
import type { World } from './world.ts'

/** A file as `gcloud` or the console wrote it. */
export interface GcpKeyFile {
  readonly type?: string
  readonly client_email?: string
  readonly private_key?: string
  readonly private_key_id?: string
  readonly project_id?: string
  readonly quota_project_id?: string
  readonly token_uri?: string
  readonly client_id?: string
  readonly client_secret?: string
  readonly refresh_token?: string
  readonly audience?: string
  readonly subject_token_type?: string
  readonly token_url?: string
  readonly credential_source?: TokenSource
  readonly workforce_pool_user_project?: string
  readonly service_account_impersonation_url?: string
  readonly service_account_impersonation?: { readonly token_lifetime_seconds?: number }
  readonly source_credentials?: GcpKeyFile
  readonly delegates?: readonly string[]
}

interface TokenSource {
  readonly file?: string
  readonly url?: string
  readonly headers?: { readonly [name: string]: string }
  readonly format?: { readonly type?: string; readonly subject_token_field_name?: string }
}

/** An access token, and until when it is good, in milliseconds since 1970. */
export interface GcpToken {
  readonly value: string
  readonly expiresAt: number
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const TOKEN_URI = 'https://oauth2.googleapis.com/token'
const STS = 'https://sts.googleapis.com/v1/'

/** @throws AuthenticationError where Google says no, ConfigError where the file cannot be used. */
export async function tokenOf(file: GcpKeyFile, world: World): Promise<GcpToken> {
  switch (file.type) {
    case 'service_account':
      return exchange(file.token_uri ?? TOKEN_URI, world, {
        form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: await assertion(file, world.now()) },
        secrets: [file.private_key],
      })
    case 'authorized_user': {
      const { client_id, client_secret, refresh_token } = file
      return exchange(file.token_uri ?? TOKEN_URI, world, {
        form: { grant_type: 'refresh_token', client_id, client_secret, refresh_token },
        secrets: [client_secret, refresh_token],
      })
    }
    case 'external_account':
      return impersonated(file, await federated(file, world), world)
    case 'external_account_authorized_user':
      return exchange(file.token_url ?? `${STS}oauthtoken`, world, {
        form: { grant_type: 'refresh_token', refresh_token: file.refresh_token },
        headers: basic(file),
        secrets: [file.client_secret, file.refresh_token],
      })
    case 'impersonated_service_account':
      return impersonated(file, await tokenOf(file.source_credentials ?? {}, world), world)
    default:
      throw relayError('config', `a Google credentials file of the type \`${file.type}\` cannot be used: take a service account, an authorized user or workload identity federation`)
  }
}

/** A token of the service account that the file names, or the token itself where it names none. */
async function impersonated(file: GcpKeyFile, token: GcpToken, world: World): Promise<GcpToken> {
  const { service_account_impersonation_url: url, service_account_impersonation: { token_lifetime_seconds = 3600 } = {}, delegates } = file
  return url === undefined ? token : impersonate({ url, token, delegates, seconds: token_lifetime_seconds }, world)
}

export interface Impersonation {
  /** An email, or the address of its `:generateAccessToken`. */
  readonly url: string
  readonly token: GcpToken
  readonly delegates?: readonly string[] | undefined
  readonly seconds?: number
}

export async function impersonate({ url, token, delegates, seconds = 3600 }: Impersonation, world: World): Promise<GcpToken> {
  const service = 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/'
  const answer = await ask(url.includes('/') ? url : `${service}${encodeURIComponent(url)}:generateAccessToken`, world, {
    headers: { authorization: `Bearer ${token.value}`, 'content-type': 'application/json' },
    body: JSON.stringify({ scope: [SCOPE], lifetime: `${seconds}s`, ...(delegates && { delegates }) }),
    secrets: [token.value],
  })
  return { value: text(answer['accessToken'], url), expiresAt: Date.parse(String(answer['expireTime'])) || world.now() + seconds * 1000 }
}

async function federated(file: GcpKeyFile, world: World): Promise<GcpToken> {
  const subject_token = await subjectToken(file, world)
  const { audience, subject_token_type, workforce_pool_user_project: userProject } = file
  const access = 'urn:ietf:params:oauth:token-type:access_token'
  return exchange(file.token_url ?? `${STS}token`, world, {
    form: {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience,
      scope: SCOPE,
      requested_token_type: access,
      subject_token,
      subject_token_type,
      options: userProject === undefined || file.client_id ? undefined : JSON.stringify({ userProject }),
    },
    headers: basic(file),
    secrets: [subject_token, file.client_secret],
  })
}

/** Read anew each time: such tokens rotate. */
async function subjectToken({ credential_source: source = {} }: GcpKeyFile, world: World): Promise<string> {
  const { file, url, headers, format } = source
  let said: string
  if (url !== undefined) said = await (await send(url, world, { method: 'GET', ...(headers && { headers }) })).text()
  else if (file !== undefined && world.readFile) said = await world.readFile(file)
  else throw relayError('config', 'the subject token of workload identity federation must come from a `url`, or from a `file` where there are files')
  if (format?.type !== 'json') return said.trim()
  const held = (parsed(said) as { readonly [field: string]: unknown } | undefined)?.[format.subject_token_field_name ?? '']
  return text(held, `field \`${format.subject_token_field_name}\` of the subject token`)
}

function basic({ client_id, client_secret = '' }: GcpKeyFile): { readonly [name: string]: string } {
  return client_id === undefined ? {} : { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` }
}

interface Question {
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
  readonly secrets?: readonly (string | undefined)[]
}

interface FormQuestion extends Question {
  readonly form: { readonly [field: string]: string | undefined }
}

async function exchange(url: string, world: World, { form, headers, secrets = [] }: FormQuestion): Promise<GcpToken> {
  const fields = Object.entries(form).filter((field): field is [string, string] => field[1] !== undefined)
  const answer = await ask(url, world, {
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
    secrets: [...secrets, form['assertion']],
  })
  return { value: text(answer['access_token'], url), expiresAt: world.now() + Number(answer['expires_in'] ?? 3600) * 1000 }
}

/** Asks a Google service. @throws RelayError with Google's own words, and none of the secrets. */
export async function ask(url: string, world: World, { secrets = [], ...question }: Question): Promise<{ readonly [field: string]: unknown }> {
  if (!url.startsWith('https://')) throw relayError('config', `Google's credentials go to https addresses only, not to ${url}`)
  const response = await send(url, world, { method: question.body === undefined ? 'GET' : 'POST', ...question })
  const raw = await response.text()
  const body = parsed(raw) as { readonly [field: string]: unknown } | undefined
  if (response.ok && body) return body
  const { error, error_description } = body ?? {}
  const words = typeof error === 'object' && error !== null && 'message' in error ? [error.message] : [error_description, error]
  const said = words.filter(Boolean).join(' ')
  const { status } = response
  const known = secrets.filter((secret): secret is string => secret !== undefined)
  throw relayError(codeOf(status), `${new URL(url).host} gave no credential: ${said || `HTTP ${status}`}`, { status, raw, secrets: known })
}

function codeOf(status: number): ErrorCode {
  if (status === 404) return 'not_found'
  if (status === 403) return 'permission'
  return status === 429 || status >= 500 ? 'overloaded' : 'authentication'
}

/** A redirect would take the secret to another host. */
export async function send(url: string, world: World, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await world.fetch(url, { ...init, redirect: 'manual' })
  } catch (cause) {
    if (cause instanceof RelayError) throw cause
    // Without the cause, which may quote a header or the address.
    throw relayError('network', `${new URL(url).host} cannot be reached for a credential`)
  }
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    throw relayError('config', `${new URL(url).host} redirects elsewhere, and a credential does not follow`)
  }
  return response
}

/** A signed statement that lasts an hour (RFC 7523). */
async function assertion({ client_email, private_key, private_key_id, token_uri = TOKEN_URI }: GcpKeyFile, now: number): Promise<string> {
  if (!client_email || !private_key) throw relayError('config', 'a Google service account needs `client_email` and `private_key`')
  const seconds = Math.floor(now / 1000)
  const header = { alg: 'RS256', typ: 'JWT', ...(private_key_id && { kid: private_key_id }) }
  const claims = { iss: client_email, scope: SCOPE, aud: token_uri, iat: seconds, exp: seconds + 3600 }
  const unsigned = [header, claims].map((part) => base64url(new TextEncoder().encode(JSON.stringify(part)))).join('.')
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  let key: CryptoKey
  try {
    key = await crypto.subtle.importKey('pkcs8', pem(private_key), algorithm, false, ['sign'])
  } catch {
    // Without the cause, which may quote the key.
    throw relayError('config', `the private key of ${client_email} cannot be read: it must be PKCS #8 (BEGIN PRIVATE KEY), as Google hands it out`)
  }
  return `${unsigned}.${base64url(new Uint8Array(await crypto.subtle.sign(algorithm.name, key, new TextEncoder().encode(unsigned))))}`
}

/** Where a file went through a variable, its line ends may have come out as a backslash and an n. */
function pem(key: string): Uint8Array<ArrayBuffer> {
  const inner = key.replace(/\\n/g, '\n').replace(/-----[^-]+-----|\s/g, '')
  return Uint8Array.from(atob(inner), (char) => char.charCodeAt(0))
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

function text(value: unknown, where: string): string {
  if (typeof value === 'string' && value) return value
  throw relayError('authentication', `${where} holds no token`)
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return undefined
  }
}
