// Secrets of HashiCorp Vault: both versions of its store, who asks, and where the token never goes.
import { describe, expect, test } from 'vitest'
import { vaultSecrets } from '../../src/secrets/vault.ts'
import { stage, wordsOf, type Asked, type Setup } from './stage.ts'

const VAULT = 'https://vault.example'
const env = { VAULT_ADDR: `${VAULT}/`, VAULT_TOKEN: 'hvs.t0ken-value' }
const v1 = (data: object): object => ({ data, lease_duration: 2_764_800, lease_id: '', renewable: false })
const v2 = (data: object | null): object => ({ data: { data, metadata: { created_time: 'x', deletion_time: '', destroyed: false, version: 2 } } })
const status = (code: number, body: object = { errors: [] }) => (): Response => new Response(JSON.stringify(body), { status: code })
const config = (path: string, field?: string) => ({ type: 'vault', path, ...(field !== undefined && { field }) }) as const

describe('reading', () => {
  test.each<[string, string, string | undefined, Setup['answers'], readonly string[]]>([
    ['version 1', 'kv/openai', undefined, { [`GET ${VAULT}/v1/kv/openai`]: v1({ value: 'k' }) }, ['kv/openai']],
    ['version 1, another field', 'kv/openai', 'api_key', { [`GET ${VAULT}/v1/kv/openai`]: v1({ api_key: 'k' }) }, ['kv/openai']],
    ['version 2, as the API names it', 'secret/data/openai', undefined, { [`GET ${VAULT}/v1/secret/data/openai`]: v2({ value: 'k' }) }, ['secret/data/openai']],
    [
      'version 2, as people name it', '/secret/openai', undefined,
      { [`GET ${VAULT}/v1/secret/openai`]: status(404), [`GET ${VAULT}/v1/sys/internal/ui/mounts/secret/openai`]: { data: { path: 'secret/', options: { version: '2' } } }, [`GET ${VAULT}/v1/secret/data/openai`]: v2({ value: 'k' }) },
      ['secret/openai', 'sys/internal/ui/mounts/secret/openai', 'secret/data/openai'],
    ],
    [
      'version 2 in a mount of several parts, where a policy allows no more', 'team/kv/openai', undefined,
      { [`GET ${VAULT}/v1/team/kv/openai`]: status(403), [`GET ${VAULT}/v1/sys/internal/ui/mounts/team/kv/openai`]: { data: { path: 'team/kv/' } }, [`GET ${VAULT}/v1/team/kv/data/openai`]: v2({ value: 'k' }) },
      ['team/kv/openai', 'sys/internal/ui/mounts/team/kv/openai', 'team/kv/data/openai'],
    ],
    [
      'version 2, where not even the mounts may be asked for', 'secret/openai', undefined,
      { [`GET ${VAULT}/v1/secret/openai`]: status(403), [`GET ${VAULT}/v1/sys/`]: status(403), [`GET ${VAULT}/v1/secret/data/openai`]: v2({ value: 'k' }) },
      ['secret/openai', 'sys/internal/ui/mounts/secret/openai', 'secret/data/openai'],
    ],
    ['a name that needs it', 'kv/a b', undefined, { [`GET ${VAULT}/v1/kv/a%20b`]: v1({ value: ' k\n' }) }, ['kv/a%20b']],
  ])('%s', async (_, path, field, answers, asked) => {
    const self = stage({ env, ...(answers && { answers }) })
    expect(await vaultSecrets(self.world).secret(config(path, field))).toEqual({ type: 'key', value: 'k' })
    expect(self.asked.map(({ url }) => url.slice(`${VAULT}/v1/`.length))).toEqual(asked)
    for (const { headers, url } of self.asked) {
      expect(headers).toEqual({ 'x-vault-token': 'hvs.t0ken-value', 'x-vault-request': 'true' })
      expect(url).not.toContain('t0ken')
    }
  })

  test('is kept for five minutes, each field and namespace by itself', async () => {
    const self = stage({ env: { ...env, VAULT_NAMESPACE: 'ns1/' }, answers: { [`GET ${VAULT}/v1/kv/x`]: v1({ value: 'k', other: 'o' }) } })
    const { secret } = vaultSecrets(self.world)
    for (const ms of [0, 299_000, 301_000]) {
      self.now += ms
      await secret(config('kv/x'))
    }
    expect(self.asked).toHaveLength(2)
    expect(await secret(config('kv/x', 'other'))).toMatchObject({ value: 'o' })
    expect(self.asked.at(-1)?.headers).toMatchObject({ 'x-vault-namespace': 'ns1/' })
  })
})

describe('who asks', () => {
  test('a role, which logs in and is asked for again when its token nears its end', async () => {
    let logins = 0
    const self = stage({
      env: { VAULT_ADDR: VAULT, VAULT_ROLE_ID: 'r0le', VAULT_SECRET_ID: 's3cret-id' },
      answers: {
        [`POST ${VAULT}/v1/auth/approle/login`]: () => ({ auth: { client_token: `hvs.${++logins}`, lease_duration: 3600 } }),
        [`GET ${VAULT}/v1/kv/x`]: ({ headers }: Asked) => v1({ value: headers['x-vault-token'] }),
      },
    })
    const { secret } = vaultSecrets(self.world)
    const values: unknown[] = []
    for (const minutes of [0, 6, 53, 60]) {
      self.now += minutes * 60_000
      values.push(await secret(config('kv/x')))
    }
    expect(values).toMatchObject([{ value: 'hvs.1' }, { value: 'hvs.1' }, { value: 'hvs.2' }, { value: 'hvs.3' }])
    expect(JSON.parse(self.asked[0]?.body ?? '')).toEqual({ role_id: 'r0le', secret_id: 's3cret-id' })
  })

  test('whoever logged in with the tool', async () => {
    const self = stage({ env: { VAULT_ADDR: VAULT, HOME: '/me' }, files: { '/me/.vault-token': 'hvs.mine\n' }, answers: { [`GET ${VAULT}/v1/kv/x`]: v1({ value: 'k' }) } })
    await vaultSecrets(self.world).secret(config('kv/x'))
    expect(self.asked[0]?.headers).toMatchObject({ 'x-vault-token': 'hvs.mine' })
  })
})

describe('what goes wrong', () => {
  const KV = `GET ${VAULT}/v1/kv/x`
  test.each<[string, Setup, string, RegExp]>([
    ['no address', {}, 'config', /VAULT_ADDR/],
    ['no token', { env: { VAULT_ADDR: VAULT } }, 'config', /VAULT_TOKEN/],
    ['an address without TLS', { env: { ...env, VAULT_ADDR: 'http://vault.internal:8200' } }, 'config', /VAULT_ADDR must be an address/],
    ['a wrong token', { env, answers: { [KV]: status(403, { errors: ['permission denied'] }) } }, 'permission', /permission denied/],
    ['no such secret', { env, answers: { [KV]: status(404), [`GET ${VAULT}/v1/`]: status(404) } }, 'not_found', /vault\.example gave no credential/],
    ['a version that was deleted', { env, answers: { [KV]: status(404), [`GET ${VAULT}/v1/sys/`]: { data: { path: 'kv/' } }, [`GET ${VAULT}/v1/kv/data/x`]: status(404, v2(null)) } }, 'not_found', /deleted/],
    ['a field that is not there', { env, answers: { [KV]: v1({ api_key: 'sh0wn-value', user: 'u' }) } }, 'config', /it has: api_key, user/],
    ['a sealed vault', { env, answers: { [KV]: status(503, { errors: ['Vault is sealed'] }) } }, 'overloaded', /sealed/],
    ['a replica that lags', { env, answers: { [KV]: status(412) } }, 'overloaded', /HTTP 412/],
    ['a redirect', { env, answers: { [KV]: () => new Response('', { status: 307 }) } }, 'config', /redirects/],
    ['a token that is quoted', { env, answers: { [KV]: status(400, { errors: ['bad token hvs.t0ken-value'] }) } }, 'authentication', /bad token \[redacted\]/],
    ['no network', { env }, 'network', /vault\.example cannot be reached/],
  ])('%s', async (_, setup, code, words) => {
    const read = () => vaultSecrets(stage(setup).world).secret(config('kv/x'))
    await expect(read()).rejects.toMatchObject({ code, message: expect.stringMatching(words) as string })
    expect(await wordsOf(read())).not.toMatch(/t0ken-value|sh0wn-value/)
  })
})
