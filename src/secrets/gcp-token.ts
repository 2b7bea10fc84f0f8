// Turns a Google credentials file into an access token, whatever its kind, with fetch and WebCrypto alone.
import { relayError } from '../errors.ts'
import type { HttpRequest } from '../types/provider.ts'
import { ask, askText, fields, hostOf, secure, type Fields, type Question } from './ask.ts'
import { fileText, type World } from './world.ts'

/** A file as `gcloud` or the console wrote it. */
export interface GcpKeyFile {
  readonly type?: string
  readonly client_email?: string
  readonly private_key?: string
  readonly private_key_id?: string
  readonly project_id?: string
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

export interface GcpWorld extends World {
  /** Signs a request to AWS as whoever one is there. Absent where nobody knows AWS. */
  readonly caller?: (request: HttpRequest) => Promise<HttpRequest>
}

interface TokenSource {
  /** `aws1`: who one is comes from AWS. */
  readonly environment_id?: string
  readonly regional_cred_verification_url?: string
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
/** Where machines are told who they are, without TLS. */
const LINK_LOCAL = /^(169\.254(\.\d+){2}|\[f[de][^\]]*\])$/

/** @throws AuthenticationError where Google says no, ConfigError where the file cannot be used. */
export async function tokenOf(file: GcpKeyFile, world: GcpWorld): Promise<GcpToken> {
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
      if (!file.service_account_impersonation_url) throw relayError('config', 'a Google credentials file of this type needs `service_account_impersonation_url`')
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
  /** The address of a service account's `:generateAccessToken`. */
  readonly url: string
  readonly token: GcpToken
  readonly delegates?: readonly string[] | undefined
  readonly seconds?: number
}

export async function impersonate({ url, token, delegates, seconds = 3600 }: Impersonation, world: World): Promise<GcpToken> {
  const { accessToken, expireTime } = await ask(world, {
    url: secure(url, '`service_account_impersonation_url`'),
    headers: { authorization: `Bearer ${token.value}` },
    body: JSON.stringify({ scope: [SCOPE], lifetime: `${seconds}s`, ...(delegates && { delegates }) }),
    secrets: [token.value],
  })
  return { value: text(accessToken, hostOf(url)), expiresAt: Date.parse(String(expireTime)) || world.now() + seconds * 1000 }
}

async function federated(file: GcpKeyFile, world: GcpWorld): Promise<GcpToken> {
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
async function subjectToken({ credential_source: source = {}, audience = '' }: GcpKeyFile, world: GcpWorld): Promise<string> {
  const { file, url, headers, format, environment_id: cloud } = source
  if (cloud !== undefined) return callerToken(source, audience, world)
  const what = 'the subject token of workload identity federation'
  if (url === undefined && file === undefined) throw relayError('config', `${what} must come from a \`url\` or a \`file\``)
  const said = url === undefined
    ? await fileText(world, file ?? '', { what, instead: 'let it come from a `url`, not from a `file`' })
    : await askText(world, { url: secure(url, `the \`url\` of ${what}`, LINK_LOCAL), ...(headers && { headers, secrets: Object.values(headers) }) })
  if (format?.type !== 'json') return said.trim()
  const { subject_token_field_name: field = '' } = format
  return text(fields(said)?.[field], `field \`${field}\` of the subject token`)
}

/** Who AWS says one is: a signed request, which Google makes, and which is good for this audience alone. */
async function callerToken({ environment_id, regional_cred_verification_url: place }: TokenSource, audience: string, { caller }: GcpWorld): Promise<string> {
  if (environment_id !== 'aws1' || !place || !caller) throw relayError('config', `workload identity federation from \`${environment_id}\` is not known here`)
  const { url, method, headers } = await caller({ method: 'POST', url: place, headers: { 'x-goog-cloud-target-resource': audience } })
  const list = Object.entries({ ...headers, host: new URL(url).host }).map(([key, value]) => ({ key, value }))
  return encodeURIComponent(JSON.stringify({ url, method, headers: list }))
}

function basic({ client_id, client_secret = '' }: GcpKeyFile): { readonly [name: string]: string } {
  return client_id === undefined ? {} : { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` }
}

interface FormQuestion extends Pick<Question, 'headers' | 'secrets'> {
  readonly form: { readonly [field: string]: string | undefined }
}

async function exchange(url: string, world: World, { form, headers = {}, secrets = [] }: FormQuestion): Promise<GcpToken> {
  const sent = Object.entries(form).filter((field): field is [string, string] => field[1] !== undefined)
  const body = new URLSearchParams(sent)
  return tokenIn(await ask(world, { url: secure(url, 'the address of a Google credentials file'), headers, body, secrets: [...secrets, form['assertion']] }), hostOf(url), world)
}

/** What OAuth's services answer. */
export function tokenIn({ access_token, expires_in }: Fields, where: string, { now }: World): GcpToken {
  return { value: text(access_token, where), expiresAt: now() + (Number(expires_in) || 3600) * 1000 }
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
  throw relayError('authentication', `${where} gave no token`)
}
