// Credentials from Azure: tokens of Entra ID, however the surroundings prove who they are, and secrets of Key Vault.
import { RelayError, relayError } from '../errors.ts'
import type { AzureAdCredential, AzureKeyVaultCredential } from '../types/config.ts'
import type { Credential } from '../types/provider.ts'
import { ask, hostOf, placed, type Fields } from './ask.ts'
import { kept, keeper, type Kept } from './keep.ts'
import { fileText, variable, type World } from './world.ts'

export interface AzureSecrets {
  /**
   * A token of the identity that the surroundings name: an application by its secret (AZURE_CLIENT_SECRET), a workload by
   * its federated token (AZURE_FEDERATED_TOKEN_FILE), or the machine's managed identity.
   */
  readonly token: (config?: AzureAdCredential, scope?: string) => Promise<Credential>
  /** A secret of Key Vault, the latest version unless `NAME/VERSION` is named. Kept for five minutes. */
  readonly secret: (config: AzureKeyVaultCredential) => Promise<Credential>
}

/** What Azure OpenAI and AI services take. */
const SCOPE = 'https://cognitiveservices.azure.com/.default'

interface Identity {
  readonly tenant: string | undefined
  readonly client: string | undefined
  readonly secret: string | undefined
  readonly file: string | undefined
  readonly scope: string
}

export function azureSecrets(world: World): AzureSecrets {
  const keep = keeper<Credential>(world)
  const token: AzureSecrets['token'] = async (config, scope = SCOPE) => {
    const identity: Identity = {
      tenant: config?.tenant_id ?? (await variable(world, 'AZURE_TENANT_ID')),
      client: config?.client_id ?? (await variable(world, 'AZURE_CLIENT_ID')),
      secret: await variable(world, 'AZURE_CLIENT_SECRET'),
      file: await variable(world, 'AZURE_FEDERATED_TOKEN_FILE'),
      scope,
    }
    return keep(JSON.stringify(identity), () => tokenOf(world, identity))
  }
  const secret: AzureSecrets['secret'] = (config) =>
    keep(JSON.stringify([config.vault_url, config.name]), async () => {
      const url = placed(config.vault_url, '`vault_url`')
      // Other clouds have other audiences: `vault.azure.cn`.
      const [, audience = 'vault.azure.net'] = /^[^.]+\.((?:vault|managedhsm)\..+)$/.exec(new URL(url).hostname) ?? []
      const credential = await token(undefined, `https://${audience}/.default`)
      const value = await keyVault(world, { ...config, url, token: credential.type === 'token' ? credential.value : '' })
      return kept({ type: 'key', value }, world.now())
    })
  return { token, secret }
}

async function tokenOf(world: World, identity: Identity): Promise<Kept<Credential>> {
  const { tenant, client, secret, file } = identity
  if (tenant && client && secret) return entra(world, identity, { client_secret: secret })
  if (tenant && client && file) {
    // Read anew each time: such tokens rotate.
    const assertion = await fileText(world, file, { what: 'the token of AZURE_FEDERATED_TOKEN_FILE', instead: 'use AZURE_CLIENT_SECRET' })
    return entra(world, identity, { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion })
  }
  return managed(world, identity)
}

async function entra(world: World, { tenant = '', client = '', scope }: Identity, proof: { readonly [field: string]: string }): Promise<Kept<Credential>> {
  const host = placed((await variable(world, 'AZURE_AUTHORITY_HOST')) ?? 'https://login.microsoftonline.com', 'AZURE_AUTHORITY_HOST')
  const answer = await ask(world, {
    url: `${host}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: client, scope, ...proof }),
    secrets: Object.values(proof),
  })
  return grant(world, answer, host)
}

/** The identity of the machine. Plain http, which leaves it for nowhere; the resource is a scope without its end. */
async function managed(world: World, { client, scope }: Identity): Promise<Kept<Credential>> {
  const endpoint = await variable(world, 'IDENTITY_ENDPOINT')
  const header = await variable(world, 'IDENTITY_HEADER')
  const host = (await variable(world, 'AZURE_POD_IDENTITY_AUTHORITY_HOST')) ?? 'http://169.254.169.254'
  const service = !!endpoint && !!header
  const query = new URLSearchParams({
    'api-version': service ? '2019-08-01' : '2018-02-01',
    resource: scope.replace(/\/\.default$/, ''),
    ...(client && { client_id: client }),
  })
  const url = `${service ? endpoint : `${host.replace(/\/+$/, '')}/metadata/identity/oauth2/token`}?${query.toString()}`
  try {
    const headers: { readonly [name: string]: string } = service ? { 'x-identity-header': header } : { metadata: 'true' }
    return grant(world, await ask(world, { url, headers, timeoutMs: 5000, secrets: [header] }), url)
  } catch (error) {
    // Elsewhere than on Azure the address leads into the void.
    if (!service && error instanceof RelayError && error.code === 'network') {
      throw relayError('config', 'there are no Azure credentials: set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or give the machine a managed identity')
    }
    throw error
  }
}

/** Some say in how many seconds it expires, some when: in seconds since 1970 as text, or as a date. */
function grant({ now }: World, answer: Fields, where: string): Kept<Credential> {
  const { access_token: value, expires_in: left, expires_on: on } = answer
  if (typeof value !== 'string' || !value) throw relayError('authentication', `${hostOf(where)} gave no token`)
  const from = now()
  const told = Number(on) * 1000 || Date.parse(String(on)) || from + 3_600_000
  const expiresAt = Number(left) > 0 ? from + Number(left) * 1000 : told
  return kept({ type: 'token', value, expiresAt }, from, expiresAt)
}

async function keyVault(world: World, { url, name, token }: { readonly url: string; readonly name: string; readonly token: string }): Promise<string> {
  const path = name.split('/').map(encodeURIComponent).join('/')
  const { value } = await ask(world, { url: `${url}/secrets/${path}?api-version=7.4`, headers: { authorization: `Bearer ${token}` }, secrets: [token] })
  if (typeof value !== 'string' || !value.trim()) throw relayError('config', `the secret \`${name}\` of Key Vault is empty`)
  return value.trim()
}
