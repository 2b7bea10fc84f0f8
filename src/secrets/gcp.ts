// Credentials from Google Cloud: application default credentials, and secrets of Secret Manager.
import { relayError } from '../errors.ts'
import type { CredentialObject } from '../types/config.ts'
import type { Credential } from '../types/provider.ts'
import { ask, decoded, fields, send, type Answer, type Fields } from './ask.ts'
import { impersonate, tokenIn, tokenOf, type GcpKeyFile, type GcpToken, type GcpWorld } from './gcp-token.ts'
import { kept, keeper } from './keep.ts'
import { fileIfAny, fileText, homeOf, variable, type World } from './world.ts'

type Adc = Extract<CredentialObject, { readonly type: 'gcp_adc' }>
type Secret = Extract<CredentialObject, { readonly type: 'gcp_secret_manager' }>

export interface GcpSecrets {
  /** An access token of the identity that the surroundings name. */
  readonly adc: (config?: Adc) => Promise<Credential>
  /** `NAME`, `projects/P/secrets/NAME` or `…/versions/7`; the latest version by default. Kept for five minutes. */
  readonly secret: (config: Secret) => Promise<Credential>
}

export function gcpSecrets(world: GcpWorld): GcpSecrets {
  const keep = keeper<Credential>(world)
  const adc: GcpSecrets['adc'] = (config) => {
    const account = config?.impersonate_service_account
    return keep(`adc ${account ?? ''}`, async () => {
      const own = await defaultToken(world)
      // An email, and no address: the token must not go elsewhere.
      const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${encodeURIComponent(account ?? '')}:generateAccessToken`
      const { value, expiresAt } = account === undefined ? own : await impersonate({ url, token: own }, world)
      return kept({ type: 'token', value, expiresAt }, world.now(), expiresAt)
    })
  }
  const secret: GcpSecrets['secret'] = ({ name }) =>
    keep(`secret ${name}`, async () => kept({ type: 'key', value: await secretValue(name, await adc(), world) }, world.now()))
  return { adc, secret }
}

async function defaultToken(world: GcpWorld): Promise<GcpToken> {
  const file = await keyFile(world)
  return file ? tokenOf(file, world) : metadataToken(world)
}

/** The file that a variable names or holds, or the one that `gcloud auth application-default login` wrote. */
async function keyFile(world: World): Promise<GcpKeyFile | undefined> {
  const name = 'GOOGLE_APPLICATION_CREDENTIALS'
  const named = await variable(world, name)
  if (named?.startsWith('{')) return parsed(named, name)
  if (named !== undefined) return parsed(await fileText(world, named, { what: `what ${name} names`, instead: 'put the JSON itself into the variable' }), named)
  const windows = await variable(world, 'APPDATA')
  const folder = (await variable(world, 'CLOUDSDK_CONFIG')) ?? (windows ? `${windows}\\gcloud` : `${await homeOf(world)}/.config/gcloud`)
  const path = `${folder}${windows ? '\\' : '/'}application_default_credentials.json`
  const text = await fileIfAny(world, path)
  return text ? parsed(text, path) : undefined
}

/** Not quoted: it is a secret. */
function parsed(text: string, where: string): GcpKeyFile {
  const file = fields(text)
  if (file) return file
  throw relayError('config', `${where} holds no Google credentials: it must be a JSON file as the console or gcloud writes it`)
}

/** The token of the machine, on Google's own. Plain http: the address leaves the machine for nowhere. */
async function metadataToken(world: World): Promise<GcpToken> {
  const host = (await variable(world, 'GCE_METADATA_HOST')) ?? 'metadata.google.internal'
  const path = '/computeMetadata/v1/instance/service-accounts/default/token?scopes=https://www.googleapis.com/auth/cloud-platform'
  const nowhere = 'no Google credentials: set GOOGLE_APPLICATION_CREDENTIALS to a credentials file, or to its JSON where there are no files'
  let answer: Answer
  try {
    // Elsewhere than on Google's machines the name may lead into the void.
    answer = await send(world, { url: `http://${host}${path}`, headers: { 'metadata-flavor': 'Google' }, timeoutMs: 5000 })
  } catch (cause) {
    throw relayError('config', nowhere, { cause })
  }
  const { status, ok, headers, raw } = answer
  if (headers.get('metadata-flavor') !== 'Google') throw relayError('config', `${nowhere}; ${host} is no metadata server`)
  if (!ok) throw relayError(status === 404 ? 'config' : 'overloaded', `the metadata server has no token: HTTP ${status}`, { status })
  return tokenIn(fields(raw) ?? {}, 'the metadata server', world)
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
  const { payload } = await ask(world, {
    url: `https://${host}/v1/${path}:access`,
    headers: { authorization: `Bearer ${credential.value}` },
    secrets: [credential.value],
  })
  const value = decoded((payload as Fields | undefined)?.['data']).trim()
  if (!value) throw relayError('config', `secret \`${path}\` is empty`)
  return value
}
