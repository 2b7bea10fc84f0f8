// Google's credentials: each kind of file, the metadata server, Secret Manager; what is kept, and what is never said.
import { beforeAll, describe, expect, it } from 'vitest'
import { awsHost } from '../../src/auth/aws-host.ts'
import { signV4 } from '../../src/auth/sigv4.ts'
import type { RelayError } from '../../src/errors.ts'
import { awsSecrets } from '../../src/secrets/aws.ts'
import { gcpSecrets, type GcpSecrets } from '../../src/secrets/gcp.ts'
import type { World } from '../../src/secrets/world.ts'
import { stage, START } from './stage.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: string
  readonly redirect: string | undefined
}

interface Fake {
  readonly gcp: GcpSecrets
  readonly asked: Asked[]
  turn(ms: number): void
}

type Answer = (asked: Asked) => Response | undefined

interface Surroundings {
  readonly env?: { readonly [name: string]: unknown }
  readonly files?: { readonly [path: string]: string }
  readonly answer?: Answer
}

const token = (value = 'ya29.token', expires_in = 3599): Answer => () => Response.json({ access_token: value, expires_in, token_type: 'Bearer' })

function fake({ env = {}, files, answer = token() }: Surroundings): Fake {
  const asked: Asked[] = []
  let now = NOW
  const world: World = {
    env: (name) => env[name],
    now: () => now,
    fetch: async (input, init = {}) => {
      const one = { method: init.method ?? 'GET', url: String(input), headers: new Headers(init.headers), body: String(init.body ?? ''), redirect: init.redirect }
      asked.push(one)
      const response = answer(one)
      if (!response) throw new TypeError('fetch failed')
      return response
    },
    ...(files && {
      readFile: async (path: string) => {
        const text = files[path]
        if (text === undefined) throw new Error(`ENOENT ${path}`)
        return text
      },
    }),
  }
  return { gcp: gcpSecrets(world), asked, turn: (ms) => (now += ms) }
}

/** A file, in the variable where there are no files. */
const holding = (file: object): { GOOGLE_APPLICATION_CREDENTIALS: string } => ({ GOOGLE_APPLICATION_CREDENTIALS: JSON.stringify(file) })
const form = ({ body }: Asked): object => Object.fromEntries(new URLSearchParams(body))

let account: { readonly [field: string]: string }
let publicKey: CryptoKey

beforeAll(async () => {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' }
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  publicKey = pair.publicKey
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).toString('base64')
  const private_key = `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
  account = { type: 'service_account', project_id: 'p1', private_key_id: 'k1', private_key, client_email: 'sa@p1.iam.gserviceaccount.com' }
})

describe('service account', () => {
  it.each(['as it is', 'with its line ends escaped'])('signs a statement that its public key verifies: %s', async (how) => {
    const private_key = how === 'as it is' ? account['private_key'] : account['private_key']?.replaceAll('\n', '\\n')
    const { gcp, asked } = fake({ env: holding({ ...account, private_key }) })
    expect(await gcp.adc()).toEqual({ type: 'token', value: 'ya29.token', expiresAt: NOW + 3_599_000 })
    const [one] = asked
    expect(one).toMatchObject({ method: 'POST', url: 'https://oauth2.googleapis.com/token', redirect: 'manual' })
    const { grant_type, assertion = '' } = form(one!) as { grant_type?: string; assertion?: string }
    expect(grant_type).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [head = '', claims = '', signature = ''] = assertion.split('.')
    expect(assertion).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect(read(head)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' })
    expect(read(claims)).toEqual({ iss: account['client_email'], scope: SCOPE, aud: 'https://oauth2.googleapis.com/token', iat: NOW / 1000, exp: NOW / 1000 + 3600 })
    expect(await crypto.subtle.verify('RSASSA-PKCS1-v1_5', publicKey, Buffer.from(signature, 'base64url'), Buffer.from(`${head}.${claims}`))).toBe(true)
  })

  it('a key that cannot be read is not quoted', async () => {
    const { gcp, asked } = fake({ env: holding({ ...account, private_key: '-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----' }) })
    const error = (await gcp.adc().catch((it: unknown) => it)) as RelayError
    expect(error).toMatchObject({ code: 'config', message: expect.stringContaining('PKCS #8') as string })
    expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain('c2VjcmV0')
    expect(asked).toEqual([])
  })
})

describe('other kinds of file', () => {
  const federated = {
    type: 'external_account', audience: '//iam.googleapis.com/projects/1/x', subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', token_url: 'https://sts.googleapis.com/v1/token',
  }
  const exchanged = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', audience: federated.audience, scope: SCOPE,
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token', subject_token_type: federated.subject_token_type,
  }

  it('authorized user', async () => {
    const { gcp, asked } = fake({ env: holding({ type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' }) })
    await gcp.adc()
    expect(form(asked[0]!)).toEqual({ grant_type: 'refresh_token', client_id: 'c', client_secret: 's', refresh_token: 'r' })
  })

  it('authorized user of a workforce', async () => {
    const { gcp, asked } = fake({ env: holding({ type: 'external_account_authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' }) })
    await gcp.adc()
    expect(asked[0]?.url).toBe('https://sts.googleapis.com/v1/oauthtoken')
    expect(asked[0]?.headers.get('authorization')).toBe(`Basic ${btoa('c:s')}`)
    expect(form(asked[0]!)).toEqual({ grant_type: 'refresh_token', refresh_token: 'r' })
  })

  it('workload identity from a file, which is read anew each time', async () => {
    const files = { '/token': ' one\n' }
    const { gcp, asked, turn } = fake({ env: holding({ ...federated, credential_source: { file: '/token' } }), files })
    await gcp.adc()
    files['/token'] = 'two'
    turn(3_600_000)
    await gcp.adc()
    expect(asked.map(form)).toEqual([{ ...exchanged, subject_token: 'one' }, { ...exchanged, subject_token: 'two' }])
  })

  it('workload identity from AWS: a signed request, which Google can make', async () => {
    const credential_source = { environment_id: 'aws1', regional_cred_verification_url: 'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15' }
    const env = { ...holding({ ...federated, credential_source }), AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't', AWS_REGION: 'eu-west-1' }
    const { world, asked } = stage({ env, answers: { 'POST https://sts.googleapis.com/': { access_token: 'a' } } })
    const { caller } = awsSecrets({ ...world, sign: signV4, host: awsHost })
    await gcpSecrets({ ...world, caller }).adc()
    const { url, method, headers } = JSON.parse(decodeURIComponent(new URLSearchParams(asked[0]?.body).get('subject_token') ?? '')) as { url: string; method: 'POST'; headers: { key: string; value: string }[] }
    expect([method, url]).toEqual(['POST', 'https://sts.eu-west-1.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15'])
    const sent = Object.fromEntries(headers.map(({ key, value }) => [key, value]))
    expect(sent).toMatchObject({ host: 'sts.eu-west-1.amazonaws.com', 'x-goog-cloud-target-resource': federated.audience, 'x-amz-security-token': 't' })
    expect(sent['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource')
    const { authorization } = (await signV4({ method, url, headers: { 'x-goog-cloud-target-resource': federated.audience } }, { accessKeyId: 'AKID', secretAccessKey: 's', sessionToken: 't' }, { service: 'sts', region: 'eu-west-1', date: START })).headers
    expect(sent['authorization']).toBe(authorization)
    await expect(gcpSecrets(world).adc()).rejects.toMatchObject({ code: 'config', message: expect.stringContaining('`aws1`') as string })
  })

  it('workload identity from an address, as JSON, on to a service account', async () => {
    const file = {
      ...federated,
      credential_source: { url: 'http://169.254.169.254/token', headers: { 'x-a': 'b' }, format: { type: 'json', subject_token_field_name: 'value' } },
      service_account_impersonation_url: 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/sa@p:generateAccessToken',
      service_account_impersonation: { token_lifetime_seconds: 600 },
    }
    const answer: Answer = ({ url }) =>
      url.startsWith('http:') ? Response.json({ value: 'subject' })
        : url.includes('sts') ? Response.json({ access_token: 'sts-token', expires_in: 3600 })
          : Response.json({ accessToken: 'sa-token', expireTime: '2026-11-22T12:10:00Z' })
    const { gcp, asked } = fake({ env: holding(file), answer })
    expect(await gcp.adc()).toEqual({ type: 'token', value: 'sa-token', expiresAt: NOW + 600_000 })
    const [source, sts, sa] = asked
    expect(source).toMatchObject({ method: 'GET', redirect: 'manual' })
    expect(source?.headers.get('x-a')).toBe('b')
    expect(form(sts!)).toEqual({ ...exchanged, subject_token: 'subject' })
    expect(sa?.headers.get('authorization')).toBe('Bearer sts-token')
    expect(JSON.parse(sa?.body ?? '')).toEqual({ scope: [SCOPE], lifetime: '600s' })
  })

  it('impersonation, in a file and in the catalogue', async () => {
    const answer: Answer = ({ url }) => (url.includes('iamcredentials') ? Response.json({ accessToken: `as ${url.split('/').at(-1)}`, expireTime: '2026-11-22T13:00:00Z' }) : token('own')({} as Asked))
    const source_credentials = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' }
    const file = { type: 'impersonated_service_account', source_credentials, delegates: ['d'], service_account_impersonation_url: 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@p:generateAccessToken' }
    const one = fake({ env: holding(file), answer })
    expect(await one.gcp.adc()).toMatchObject({ value: 'as a@p:generateAccessToken' })
    expect(JSON.parse(one.asked[1]?.body ?? '')).toEqual({ scope: [SCOPE], lifetime: '3600s', delegates: ['d'] })
    const two = fake({ env: holding(source_credentials), answer })
    expect(await two.gcp.adc({ type: 'gcp_adc', impersonate_service_account: 'b@p' })).toMatchObject({ value: 'as b%40p:generateAccessToken' })
    expect(await two.gcp.adc()).toMatchObject({ value: 'own' })
    // A catalogue does not say where a token goes.
    const three = fake({ env: holding(source_credentials), answer })
    await three.gcp.adc({ type: 'gcp_adc', impersonate_service_account: 'https://evil.test/x' })
    expect(three.asked.map(({ url }) => new URL(url).host)).toEqual(['oauth2.googleapis.com', 'iamcredentials.googleapis.com'])
  })

  it('a subject token is no error page, nor asked for without TLS beyond the machine', async () => {
    const answer: Answer = ({ url }) => (url.startsWith('https://s.test') ? new Response('out of order', { status: 500 }) : token()({} as Asked))
    const failing = fake({ env: holding({ ...federated, credential_source: { url: 'https://s.test/t' } }), answer })
    await expect(failing.gcp.adc()).rejects.toMatchObject({ code: 'overloaded', status: 500 })
    expect(failing.asked).toHaveLength(1)
    const plain = fake({ env: holding({ ...federated, credential_source: { url: 'http://10.0.0.1/t' } }) })
    await expect(plain.gcp.adc()).rejects.toMatchObject({ code: 'config' })
    expect(plain.asked).toEqual([])
  })

  it.each([
    [{ type: 'gdch_service_account' }, 'gdch_service_account'],
    [{ type: 'service_account' }, 'client_email'],
    [{ type: 'impersonated_service_account', source_credentials: {} }, 'service_account_impersonation_url'],
    [{ ...federated, credential_source: { executable: { command: 'x' } } }, '`url`'],
    [{ ...federated, credential_source: { file: '/token' } }, '`file`'],
    [{ ...federated, token_url: 'http://sts.test/', credential_source: { url: 'https://s.test' } }, 'https'],
  ])('what cannot be used is a ConfigError: %j', async (file, words) => {
    await expect(fake({ env: holding(file) }).gcp.adc()).rejects.toMatchObject({ code: 'config', message: expect.stringContaining(words) as string })
  })
})

describe('where the file is', () => {
  const user = JSON.stringify({ type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' })

  it.each([
    ['the variable', { GOOGLE_APPLICATION_CREDENTIALS: '/k.json' }, '/k.json'],
    ['gcloud', { HOME: '/h' }, '/h/.config/gcloud/application_default_credentials.json'],
    ['gcloud, moved', { HOME: '/h', CLOUDSDK_CONFIG: '/c' }, '/c/application_default_credentials.json'],
    ['gcloud on Windows', { APPDATA: 'C:\\A' }, 'C:\\A\\gcloud\\application_default_credentials.json'],
  ])('%s', async (_, env, path) => {
    const { gcp, asked } = fake({ env, files: { [path]: user } })
    expect(await gcp.adc()).toMatchObject({ type: 'token' })
    expect(asked[0]?.url).toBe('https://oauth2.googleapis.com/token')
  })

  it('a binding may hold it', async () => {
    const { gcp } = fake({ env: { GOOGLE_APPLICATION_CREDENTIALS: { get: async () => user } } })
    expect(await gcp.adc()).toMatchObject({ value: 'ya29.token' })
  })

  it.each([
    [{ GOOGLE_APPLICATION_CREDENTIALS: '/k.json' }, undefined, 'put the JSON itself'],
    [{ GOOGLE_APPLICATION_CREDENTIALS: '/none.json' }, {}, '/none.json'],
    [{ GOOGLE_APPLICATION_CREDENTIALS: '/bad.json' }, { '/bad.json': 'secret!' }, '/bad.json'],
    [{ GOOGLE_APPLICATION_CREDENTIALS: '{secret!' }, undefined, 'JSON'],
  ])('%j is no help', async (env, files, words) => {
    const error = (await fake({ env, ...(files && { files }) }).gcp.adc().catch((it: unknown) => it)) as RelayError
    expect(error).toMatchObject({ code: 'config', message: expect.stringContaining(words) as string })
    expect(error.message + String((error.cause as Error | undefined)?.message)).not.toContain('secret!')
  })
})

describe('metadata server', () => {
  const flavored: Answer = () => Response.json({ access_token: 'm', expires_in: 240 }, { headers: { 'Metadata-Flavor': 'Google' } })

  it('is asked where there is no file, and must say that it is one', async () => {
    const { gcp, asked } = fake({ answer: flavored, files: {}, env: { HOME: '/h', GCE_METADATA_HOST: 'md:80' } })
    expect(await gcp.adc()).toEqual({ type: 'token', value: 'm', expiresAt: NOW + 240_000 })
    expect(asked[0]?.url).toBe(`http://md:80/computeMetadata/v1/instance/service-accounts/default/token?scopes=${SCOPE}`)
    expect(asked[0]?.headers.get('metadata-flavor')).toBe('Google')
    await expect(fake({}).gcp.adc()).rejects.toMatchObject({ code: 'config', message: expect.stringContaining('no metadata server') as string })
  })

  it('where there is none either, says what to do', async () => {
    await expect(fake({ answer: () => undefined }).gcp.adc()).rejects.toMatchObject({ code: 'config', message: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS') as string })
  })

  it('a short life is used up to shortly before its end', async () => {
    const { gcp, asked, turn } = fake({ answer: flavored })
    await gcp.adc()
    turn(215_000)
    await gcp.adc()
    expect(asked).toHaveLength(1)
    turn(2000)
    await gcp.adc()
    expect(asked).toHaveLength(2)
  })
})

describe('what is kept', () => {
  it('a token is asked for anew five minutes before its end, and a failure is not kept', async () => {
    let fails = true
    const { gcp, asked, turn } = fake({ env: holding({ type: 'authorized_user' }), answer: () => (fails ? new Response('{}', { status: 503 }) : token()({} as Asked)) })
    await expect(gcp.adc()).rejects.toMatchObject({ code: 'overloaded' })
    fails = false
    await gcp.adc()
    turn(3_299_000 - 1)
    await gcp.adc()
    expect(asked).toHaveLength(2)
    turn(1)
    await gcp.adc()
    expect(asked).toHaveLength(3)
  })
})

describe('what Google says', () => {
  it('while it does not answer, a token is good to its last minute', async () => {
    let fails = false
    const { gcp, turn } = fake({ env: holding({ type: 'authorized_user' }), answer: (one) => (fails ? undefined : token()(one)) })
    await gcp.adc()
    fails = true
    turn(3_598_999)
    expect(await gcp.adc()).toMatchObject({ value: 'ya29.token' })
    turn(1)
    await expect(gcp.adc()).rejects.toMatchObject({ code: 'network' })
  })


  const user = { type: 'authorized_user', client_id: 'c', client_secret: 'client-secret', refresh_token: 'refresh-token' }

  it.each([
    [400, { error: 'invalid_grant', error_description: 'Bad refresh-token' }, 'authentication', 'invalid_grant'],
    [403, { error: { code: 403, message: 'Permission denied', status: 'PERMISSION_DENIED' } }, 'permission', 'Permission denied'],
    [429, {}, 'overloaded', 'HTTP 429'],
    [200, {}, 'authentication', 'no token'],
  ])('%i %j', async (status, body, code, words) => {
    const error = (await fake({ env: holding(user), answer: () => Response.json(body, { status }) }).gcp.adc().catch((it: unknown) => it)) as RelayError
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) as string })
    expect(`${error.message}${error.raw}`).not.toMatch(/refresh-token|client-secret/)
  })

  it('a redirect is not followed, and a broken line is one', async () => {
    const redirect = fake({ env: holding(user), answer: () => new Response(null, { status: 302, headers: { location: 'https://evil.test' } }) })
    await expect(redirect.gcp.adc()).rejects.toMatchObject({ code: 'config' })
    expect(redirect.asked).toHaveLength(1)
    await expect(fake({ env: holding(user), answer: () => undefined }).gcp.adc()).rejects.toMatchObject({ code: 'network' })
  })
})

describe('Secret Manager', () => {
  const answer: Answer = ({ url }) => (url.includes('secretmanager') ? Response.json({ payload: { data: btoa('sk-ключ\n'.replace(/[^\0-\x7f]/g, 'x')) } }) : token()({} as Asked))
  const env = { ...holding({ type: 'authorized_user', project_id: 'filed' }) }

  it.each([
    ['projects/p/secrets/s', {}, 'https://secretmanager.googleapis.com/v1/projects/p/secrets/s/versions/latest:access'],
    ['projects/p/secrets/s/versions/7', {}, 'https://secretmanager.googleapis.com/v1/projects/p/secrets/s/versions/7:access'],
    ['projects/p/locations/europe-west3/secrets/s', {}, 'https://secretmanager.europe-west3.rep.googleapis.com/v1/projects/p/locations/europe-west3/secrets/s/versions/latest:access'],
    ['s', {}, 'https://secretmanager.googleapis.com/v1/projects/filed/secrets/s/versions/latest:access'],
    ['s', { GOOGLE_CLOUD_PROJECT: 'set' }, 'https://secretmanager.googleapis.com/v1/projects/set/secrets/s/versions/latest:access'],
  ])('%s %j', async (name, more, url) => {
    const { gcp, asked } = fake({ env: { ...env, ...more }, answer })
    expect(await gcp.secret({ type: 'gcp_secret_manager', name })).toEqual({ type: 'key', value: 'sk-xxxx' })
    expect(asked[1]).toMatchObject({ method: 'GET', url })
    expect(asked[1]?.headers.get('authorization')).toBe('Bearer ya29.token')
  })

  it('is read as UTF-8, kept for five minutes, and fails in Google\'s words', async () => {
    let data = Buffer.from('schlüssel').toString('base64')
    const { gcp, asked, turn } = fake({ env, answer: (one) => (one.url.includes('secretmanager') ? Response.json({ payload: { data } }) : token()(one)) })
    const read = (): Promise<unknown> => gcp.secret({ type: 'gcp_secret_manager', name: 's' })
    expect(await read()).toMatchObject({ value: 'schlüssel' })
    data = btoa('new')
    turn(299_999)
    expect(await read()).toMatchObject({ value: 'schlüssel' })
    turn(1)
    expect(await read()).toMatchObject({ value: 'new' })
    expect(asked).toHaveLength(3)
    const gone = fake({ env, answer: (one) => (one.url.includes('secretmanager') ? Response.json({ error: { message: 'Secret not found' } }, { status: 404 }) : token()(one)) })
    await expect(gone.gcp.secret({ type: 'gcp_secret_manager', name: 's' })).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('Secret not found') as string })
  })
})
