// Credentials from Google Cloud: application default credentials, and secrets of Secret Manager.
import { RelayError, relayError } from '../errors.ts'
import type { CredentialObject } from '../types/config.ts'
import type { Credential } from '../types/provider.ts'
import { ask, impersonate, send, tokenOf, type GcpKeyFile, type GcpToken } from './gcp-token.ts'
import type { World } from './world.ts'

type Adc = Extract<CredentialObject, { readonly type: 'gcp_adc' }>
type Secret = Extract<CredentialObject, { readonly type: 'gcp_secret_manager' }>

/** Keeps what it was given until shortly before it expires. Values, never promises: those belong to one request. */
export interface GcpSecrets {
  /** An access token of the identity that the surroundings name. */
  readonly adc: (config?: Adc) => Promise<Credential>
  /** `NAME`, `projects/P/secrets/NAME` or `…/versions/7`; the latest version by default. Kept for five minutes. */
  readonly secret: (config: Secret) => Promise<Credential>
}

interface Kept {
  readonly credential: Credential
  /** Milliseconds since 1970. */
  readonly until: number
}

const SECRET_MS = 300_000

export function gcpSecrets(world: World): GcpSecrets {
  const kept = new Map<string, Kept>()
  const keep = async (name: string, make: () => Promise<Kept>): Promise<Credential> => {
    const old = kept.get(name)
    if (old && old.until > world.now()) return old.credential
    try {
      const found = await make()
      kept.set(name, found)
      return found.credential
    } catch (error) {
      // The old one is good to its last minute, should Google not answer.
      const { expiresAt = 0 } = old && 'expiresAt' in old.credential ? old.credential : {}
      if (old && expiresAt > world.now() && error instanceof RelayError && /^(network|overloaded)$/.test(error.code)) return old.credential
      throw error
    }
  }
  const adc: GcpSecrets['adc'] = (config) => {
    const account = config?.impersonate_service_account
    return keep(`adc ${account ?? ''}`, async () => {
      const own = await defaultToken(world)
      const { value, expiresAt } = account === undefined ? own : await impersonate({ url: account, token: own }, world)
      // The metadata server hands out tokens that are half spent.
      const spare = Math.min(300_000, (expiresAt - world.now()) / 10)
      return { credential: { type: 'token', value, expiresAt }, until: expiresAt - spare }
    })
  }
  const secret: GcpSecrets['secret'] = ({ name }) =>
    keep(`secret ${name}`, async () => {
      const credential = { type: 'key', value: await secretValue(name, await adc(), world) } as const
      return { credential, until: world.now() + SECRET_MS }
    })
  return { adc, secret }
}

async function defaultToken(world: World): Promise<GcpToken> {
  const file = await keyFile(world)
  return file ? tokenOf(file, world) : metadataToken(world)
}

/** The file that a variable names or holds, or the one that `gcloud auth application-default login` wrote. */
async function keyFile(world: World): Promise<GcpKeyFile | undefined> {
  const named = await variable(world, 'GOOGLE_APPLICATION_CREDENTIALS')
  if (named?.startsWith('{')) return fields(named, 'GOOGLE_APPLICATION_CREDENTIALS')
  if (named !== undefined) {
    if (!world.readFile) {
      throw relayError('config', 'GOOGLE_APPLICATION_CREDENTIALS names a file, and there are none on this runtime: put the JSON itself into the variable')
    }
    try {
      return fields(await world.readFile(named), named)
    } catch (cause) {
      throw relayError('config', `${named}, which GOOGLE_APPLICATION_CREDENTIALS names, cannot be read as a JSON file`, { cause })
    }
  }
  const home = await variable(world, 'HOME')
  const windows = await variable(world, 'APPDATA')
  const folder = (await variable(world, 'CLOUDSDK_CONFIG')) ?? (windows ? `${windows}\\gcloud` : home && `${home}/.config/gcloud`)
  const path = `${folder}${windows ? '\\' : '/'}application_default_credentials.json`
  const text = folder && (await world.readFile?.(path).catch(() => undefined))
  return text ? fields(text, path) : undefined
}

function fields(text: string, where: string): GcpKeyFile {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Not quoted: it is a secret.
  }
  throw relayError('config', `${where} holds no Google credentials: it must be a JSON file as the console or gcloud writes it`)
}

/** The token of the machine, on Google's own. Plain http: the address leaves the machine for nowhere. */
async function metadataToken(world: World): Promise<GcpToken> {
  const host = (await variable(world, 'GCE_METADATA_HOST')) ?? 'metadata.google.internal'
  const flavor = { 'metadata-flavor': 'Google' }
  const path = '/computeMetadata/v1/instance/service-accounts/default/token?scopes=https://www.googleapis.com/auth/cloud-platform'
  const nowhere = 'no Google credentials: set GOOGLE_APPLICATION_CREDENTIALS to a credentials file, or to its JSON where there are no files'
  let response: Response
  try {
    // Elsewhere than on Google's machines the name may lead into the void.
    response = await send(`http://${host}${path}`, world, { headers: flavor, signal: AbortSignal.timeout(5000) })
  } catch (cause) {
    throw relayError('config', nowhere, { cause })
  }
  if (response.headers.get('metadata-flavor') !== 'Google') throw relayError('config', `${nowhere}; ${host} is no metadata server`)
  if (!response.ok) throw relayError(response.status === 404 ? 'config' : 'overloaded', `the metadata server has no token: HTTP ${response.status}`)
  const { access_token, expires_in } = (await response.json()) as { readonly access_token: string; readonly expires_in: number }
  return { value: access_token, expiresAt: world.now() + expires_in * 1000 }
}

async function secretValue(name: string, credential: Credential, world: World): Promise<string> {
  if (credential.type !== 'token') throw relayError('config', 'Secret Manager takes an access token')
  let path = name
  if (!path.includes('/')) {
    const project = (await variable(world, 'GOOGLE_CLOUD_PROJECT')) ?? (await keyFile(world))?.project_id
    if (!project) throw relayError('config', `secret \`${name}\`: set GOOGLE_CLOUD_PROJECT, or name it as projects/PROJECT/secrets/${name}`)
    path = `projects/${project}/secrets/${name}`
  }
  if (!path.includes('/versions/')) path += '/versions/latest'
  const place = /\/locations\/([\w-]+)\//.exec(path)?.[1]
  const host = place ? `secretmanager.${place}.rep.googleapis.com` : 'secretmanager.googleapis.com'
  const answer = await ask(`https://${host}/v1/${path}:access`, world, {
    headers: { authorization: `Bearer ${credential.value}` },
    secrets: [credential.value],
  })
  const { data = '' } = (answer['payload'] ?? {}) as { readonly data?: string }
  const value = new TextDecoder().decode(Uint8Array.from(atob(data), (char) => char.charCodeAt(0))).trim()
  if (!value) throw relayError('config', `secret \`${path}\` is empty`)
  return value
}

async function variable({ env }: World, name: string): Promise<string | undefined> {
  const held = env(name)
  const value: unknown = typeof held === 'object' && held !== null && 'get' in held && typeof held.get === 'function' ? await held.get() : held
  return typeof value === 'string' && value.trim() ? value.trim() : undefined
}
