// Secrets of HashiCorp Vault: its key-value store, of both versions.
import { RelayError, relayError } from '../errors.ts'
import type { VaultCredential } from '../types/config.ts'
import type { Credential } from '../types/provider.ts'
import { ask, fields, hostOf, placed, type Fields } from './ask.ts'
import { kept, keeper, type Keeper } from './keep.ts'
import { fileIfAny, homeOf, variable, type World } from './world.ts'

export interface VaultSecrets {
  /**
   * One field of a secret, from the Vault of VAULT_ADDR (and VAULT_NAMESPACE), with VAULT_TOKEN, else VAULT_ROLE_ID and
   * VAULT_SECRET_ID, else the token file of `vault login`. The path is the one that `vault kv get` takes, or the API's,
   * with `data/` in it. Kept for five minutes.
   */
  readonly secret: (config: VaultCredential) => Promise<Credential>
}

interface Door {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly token: string
}

export function vaultSecrets(world: World): VaultSecrets {
  const keep = keeper<Credential>(world)
  const logins = keeper<string>(world)
  const secret: VaultSecrets['secret'] = async ({ path, field = 'value' }) => {
    const address = await variable(world, 'VAULT_ADDR')
    if (!address) throw relayError('config', `the secret \`${path}\` is in Vault: set VAULT_ADDR to its address`)
    const url = placed(address, 'VAULT_ADDR')
    const namespace = await variable(world, 'VAULT_NAMESPACE')
    return keep(JSON.stringify([url, namespace, path, field]), async () => {
      // Some listeners refuse what does not say that it is meant for them.
      const headers = { 'x-vault-request': 'true', ...(namespace && { 'x-vault-namespace': namespace }) }
      const token = await tokenOf(world, { url, headers }, logins)
      const held = await read(world, { url, headers: { ...headers, 'x-vault-token': token }, token }, path.replace(/^\/+|\/+$/g, ''))
      const { [field]: value } = held
      if (typeof value === 'string' && value.trim()) return kept({ type: 'key', value: value.trim() }, world.now())
      throw relayError('config', `the secret \`${path}\` has no text in a field \`${field}\`; it has: ${Object.keys(held).join(', ') || 'nothing'}`)
    })
  }
  return { secret }
}

async function tokenOf(world: World, { url, headers }: Omit<Door, 'token'>, logins: Keeper<string>): Promise<string> {
  const given = await variable(world, 'VAULT_TOKEN')
  if (given) return given
  const role_id = await variable(world, 'VAULT_ROLE_ID')
  const secret_id = await variable(world, 'VAULT_SECRET_ID')
  if (role_id && secret_id) {
    return logins(JSON.stringify([url, headers, role_id, secret_id]), async () => {
      const now = world.now()
      const { auth } = await ask(world, { url: `${url}/v1/auth/approle/login`, headers, body: JSON.stringify({ role_id, secret_id }), secrets: [role_id, secret_id] })
      const { client_token, lease_duration } = (auth ?? {}) as { readonly client_token?: unknown; readonly lease_duration?: number }
      if (typeof client_token !== 'string') throw relayError('authentication', `${hostOf(url)} gave no token`)
      // A lease of 0 never ends; it is looked at again all the same.
      return kept(client_token, now, now + (lease_duration || 3600) * 1000)
    })
  }
  const file = await fileIfAny(world, `${await homeOf(world)}/.vault-token`)
  if (file) return file
  throw relayError('config', 'there is no token for Vault: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID')
}

/** The fields of a secret. Under version 2 a path has `data/` after its mount, which people leave out as the tool lets them. */
async function read(world: World, door: Door, path: string): Promise<Fields> {
  const get = async (at: string): Promise<Fields> =>
    ask(world, { url: `${door.url}/v1/${at.split('/').map(encodeURIComponent).join('/')}`, headers: door.headers, secrets: [door.token] })
  try {
    return unwrapped(await get(path))
  } catch (first) {
    if (!(first instanceof RelayError) || !/^(not_found|permission)$/.test(first.code)) throw first
    const mount = await get(`sys/internal/ui/mounts/${path}`).then(mountOf, () => undefined)
    const at = mount ?? path.replace(/\/.*/, '/')
    const below = path.slice(at.length)
    const held = path.startsWith(at) && !below.startsWith('data/') ? await get(`${at}data/${below}`).catch(same) : first
    if (!(held instanceof RelayError)) return unwrapped(held as Fields)
    // A version that was deleted is a 404 with its facts and without its data.
    if (deleted(held)) throw relayError('not_found', `the secret \`${path}\` is deleted in Vault`)
    throw first
  }
}

function same(error: unknown): unknown {
  return error
}

function mountOf({ data }: Fields): string | undefined {
  const { path } = (data ?? {}) as { readonly path?: unknown }
  return typeof path === 'string' ? path : undefined
}

function deleted(error: RelayError): boolean {
  const { data } = fields(error.rawUnsafe() ?? '') ?? {}
  return error.status === 404 && typeof data === 'object' && data !== null && 'metadata' in data
}

/** Version 2 has the fields one deeper, beside their metadata. */
function unwrapped({ data }: Fields): Fields {
  const held = { ...(data as Fields | undefined) }
  const { data: inner, metadata } = held
  return typeof inner === 'object' && inner !== null && typeof metadata === 'object' && metadata !== null ? { ...inner } : held
}
