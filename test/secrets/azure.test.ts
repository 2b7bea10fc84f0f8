// Credentials from Azure: who one is, how long a token is kept, and where secrets never go.
import { describe, expect, test } from 'vitest'
import { azureSecrets } from '../../src/secrets/azure.ts'
import { stage, START, wordsOf, type Setup } from './stage.ts'

const ENTRA = 'POST https://login.microsoftonline.com/tenant/oauth2/v2.0/token'
const IMDS = 'GET http://169.254.169.254/metadata/identity/oauth2/token'
const app = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client', AZURE_CLIENT_SECRET: 's3cret-value' }
const workload = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client', AZURE_FEDERATED_TOKEN_FILE: '/token' }
const token = (value: string, more: object = { expires_in: 3600 }): object => ({ token_type: 'Bearer', access_token: value, ...more })
const formOf = (body = ''): object => Object.fromEntries(new URLSearchParams(body))

describe('who one is', () => {
  test('an application, by its secret', async () => {
    const { world, asked } = stage({ env: app, answers: { [ENTRA]: token('t') } })
    expect(await azureSecrets(world).token()).toEqual({ type: 'token', value: 't', expiresAt: START + 3_600_000 })
    expect(asked).toHaveLength(1)
    expect(asked[0]?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' })
    expect(formOf(asked[0]?.body)).toEqual({ grant_type: 'client_credentials', client_id: 'client', scope: 'https://cognitiveservices.azure.com/.default', client_secret: 's3cret-value' })
  })

  test('an application that the catalogue names, for a scope of its own', async () => {
    const { world, asked } = stage({ env: { AZURE_CLIENT_SECRET: 's3cret-value' }, answers: { 'POST https://login.microsoftonline.com/t%2F2/': token('t') } })
    await azureSecrets(world).token({ type: 'azure_ad', tenant_id: 't/2', client_id: 'c2' }, 'https://ai.azure.com/.default')
    expect(formOf(asked[0]?.body)).toMatchObject({ client_id: 'c2', scope: 'https://ai.azure.com/.default' })
  })

  test('a workload, by a token in a file that is read anew each time, at an authority of its own', async () => {
    const files: { [path: string]: string } = { '/token': 'first\n' }
    const env = { ...workload, AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us/' }
    const self = stage({ env, files, answers: { 'POST https://login.microsoftonline.us/tenant/oauth2/v2.0/token': token('t') } })
    const secrets = azureSecrets(self.world)
    await secrets.token()
    files['/token'] = 'second'
    self.now += 3_600_000
    await secrets.token()
    expect(self.asked.map(({ body }) => formOf(body))).toMatchObject([
      { client_assertion: 'first', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
      { client_assertion: 'second' },
    ])
  })

  test.each<[string, Setup['env'], string, object, object]>([
    ['a virtual machine', {}, IMDS, { 'api-version': '2018-02-01', resource: 'https://cognitiveservices.azure.com' }, { metadata: 'true' }],
    ['a machine with several identities', { AZURE_CLIENT_ID: 'client' }, IMDS, { 'api-version': '2018-02-01', resource: 'https://cognitiveservices.azure.com', client_id: 'client' }, { metadata: 'true' }],
    [
      'App Service', { IDENTITY_ENDPOINT: 'http://127.0.0.1:41234/msi/token', IDENTITY_HEADER: 'h3ader' }, 'GET http://127.0.0.1:41234/msi/token',
      { 'api-version': '2019-08-01', resource: 'https://cognitiveservices.azure.com' }, { 'x-identity-header': 'h3ader' },
    ],
    ['a pod', { AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:2579' }, 'GET http://127.0.0.1:2579/metadata/identity/oauth2/token', { 'api-version': '2018-02-01', resource: 'https://cognitiveservices.azure.com' }, { metadata: 'true' }],
  ])('%s, by its managed identity', async (_, env, start, query, headers) => {
    const { world, asked } = stage({ ...(env && { env }), answers: { [start]: token('t', { expires_on: String(START / 1000 + 7200) }) } })
    expect(await azureSecrets(world).token()).toEqual({ type: 'token', value: 't', expiresAt: START + 7_200_000 })
    expect(Object.fromEntries(new URL(asked[0]?.url ?? '').searchParams)).toEqual(query)
    expect(asked[0]?.headers).toEqual(headers)
  })

  test.each<[object, number]>([
    [{ expires_in: '600' }, START + 600_000],
    [{ expires_on: new Date(START + 900_000).toISOString() }, START + 900_000],
    [{}, START + 3_600_000],
  ])('when a token expires, %j', async (more, expiresAt) => {
    const { world } = stage({ env: app, answers: { [ENTRA]: token('t', more) } })
    expect(await azureSecrets(world).token()).toMatchObject({ expiresAt })
  })
})

describe('how long', () => {
  test('a token is kept until shortly before it expires, each scope by itself', async () => {
    let made = 0
    const self = stage({ env: app, answers: { [ENTRA]: () => token(`t${++made}`) } })
    const { token: ask } = azureSecrets(self.world)
    const values: string[] = []
    for (const minutes of [0, 30, 54, 56]) {
      self.now = START + minutes * 60_000
      values.push(((await ask()) as { value: string }).value)
    }
    expect(values).toEqual(['t1', 't1', 't1', 't2'])
    await ask(undefined, 'other/.default')
    expect(made).toBe(3)
  })

  test('a changed secret is seen at once', async () => {
    const env: { [name: string]: string } = { ...app }
    const { world, asked } = stage({ env, answers: { [ENTRA]: token('t') } })
    const { token: ask } = azureSecrets(world)
    await ask()
    env['AZURE_CLIENT_SECRET'] = 'rotated-secret'
    await ask()
    expect(asked).toHaveLength(2)
  })

  test('while the service is down the old token is good to its last minute, and not longer', async () => {
    let up = true
    const self = stage({ env: app, answers: { [ENTRA]: () => (up ? token('t') : new Response('', { status: 503 })) } })
    const { token: ask } = azureSecrets(self.world)
    await ask()
    up = false
    self.now = START + 59 * 60_000
    expect(await ask()).toMatchObject({ value: 't' })
    self.now = START + 61 * 60_000
    await expect(ask()).rejects.toMatchObject({ code: 'overloaded' })
  })
})

describe('Key Vault', () => {
  const answers = { [ENTRA]: token('t0ken-value'), 'GET https://mine.vault.azure.net/secrets/': { value: 'k3y-value\n', id: 'x' } }
  test('a secret, with a token for it alone, kept for five minutes', async () => {
    const self = stage({ env: app, answers })
    const { secret } = azureSecrets(self.world)
    const config = { type: 'azure_key_vault', vault_url: 'https://mine.vault.azure.net/', name: 'openai/v 1' } as const
    expect(await secret(config)).toEqual({ type: 'key', value: 'k3y-value' })
    self.now += 299_000
    await secret(config)
    expect(self.asked.map(({ url }) => url)).toEqual([ENTRA.slice(5), 'https://mine.vault.azure.net/secrets/openai/v%201?api-version=7.4'])
    expect(formOf(self.asked[0]?.body)).toMatchObject({ scope: 'https://vault.azure.net/.default' })
    expect(self.asked[1]?.headers).toEqual({ authorization: 'Bearer t0ken-value' })
    self.now += 2000
    await secret(config)
    expect(self.asked).toHaveLength(3)
  })

  test.each(['https://mine.vault.azure.cn', 'https://mine.vault.azure.cn:443/'])("another cloud's vault has another audience: %s", async (vault_url) => {
    const { world, asked } = stage({ env: app, answers: { [ENTRA]: token('t'), 'GET https://mine.vault.azure.cn': { value: 'k' } } })
    await azureSecrets(world).secret({ type: 'azure_key_vault', vault_url, name: 'n' })
    expect(formOf(asked[0]?.body)).toMatchObject({ scope: 'https://vault.azure.cn/.default' })
  })

  test.each(['http://mine.vault.azure.net', 'ftp://x', 'https://u:p@mine.vault.azure.net'])('a token is not sent to %s', async (vault_url) => {
    const { world, asked } = stage({ env: app, answers })
    await expect(azureSecrets(world).secret({ type: 'azure_key_vault', vault_url, name: 'n' })).rejects.toMatchObject({ code: 'config' })
    expect(asked).toEqual([])
  })
})

describe('what goes wrong', () => {
  const ask = (setup: Setup) => azureSecrets(stage(setup).world).token()
  test.each<[string, Setup, string, RegExp]>([
    ['a wrong secret', { env: app, answers: { [ENTRA]: new Response(JSON.stringify({ error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret s3cret-value' }), { status: 401 }) } }, 'authentication', /invalid_client: AADSTS7000215/],
    ['a redirect', { env: app, answers: { [ENTRA]: () => new Response('', { status: 302, headers: { location: 'https://evil.example' } }) } }, 'config', /redirects/],
    ['an answer without a token', { env: app, answers: { [ENTRA]: {} } }, 'authentication', /no token/],
    ['an answer that is no JSON', { env: app, answers: { [ENTRA]: () => new Response('<html>') } }, 'invalid_response', /HTTP 200/],
    ['an identity that is still to come', { answers: { [IMDS]: () => new Response('{}', { status: 410 }) } }, 'overloaded', /HTTP 410/],
    ['no Azure at all', {}, 'config', /AZURE_TENANT_ID/],
    ['a binding that fails', { env: { ...app, AZURE_CLIENT_SECRET: { get: () => Promise.reject(new Error('no store')) } } }, 'network', /binding gave no value: no store/],
    ['an address that is none', { env: { IDENTITY_ENDPOINT: 'nowhere', IDENTITY_HEADER: 's3cret-value' } }, 'config', /is no URL/],
    ['no network', { env: app }, 'network', /login\.microsoftonline\.com cannot be reached/],
    ['no files', { env: workload }, 'config', /AZURE_CLIENT_SECRET/],
    ['a file that is not there', { env: workload, files: {} }, 'config', /\/token/],
    ['an authority without TLS', { env: { ...app, AZURE_AUTHORITY_HOST: 'http://login.example' } }, 'config', /AZURE_AUTHORITY_HOST must be an address/],
  ])('%s', async (_, setup, code, words) => {
    await expect(ask(setup)).rejects.toMatchObject({ code, message: expect.stringMatching(words) as string })
    expect(await wordsOf(ask(setup))).not.toContain('s3cret-value')
  })

  test('what failed is not kept', async () => {
    const answers: { [start: string]: unknown } = { [ENTRA]: () => new Response('', { status: 500 }) }
    const secrets = azureSecrets(stage({ env: app, answers }).world)
    await expect(secrets.token()).rejects.toThrow()
    answers[ENTRA] = token('t')
    expect(await secrets.token()).toMatchObject({ value: 't' })
  })
})
