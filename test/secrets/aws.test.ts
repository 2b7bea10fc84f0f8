// Credentials from AWS: every place that they come from, how long they are kept, and where they never go.
import { describe, expect, it } from 'vitest'
import { awsHost } from '../../src/auth/aws-host.ts'
import { signV4 } from '../../src/auth/sigv4.ts'
import { RelayError } from '../../src/errors.ts'
import type { AwsWorld } from '../../src/secrets/aws-world.ts'
import { parseIni } from '../../src/secrets/aws-files.ts'
import { awsSecrets, type AwsSecrets } from '../../src/secrets/aws.ts'
import { stage as surroundings, START, type Asked, type Setup as Surroundings, type Stage } from './stage.ts'

const iso = (ms: number): string => new Date(ms).toISOString()
const HOUR = 3_600_000

interface Setup extends Surroundings {
  readonly more?: Partial<AwsWorld>
}

/** A stage with AWS on it. */
function stage({ env, more, ...rest }: Setup): Stage & { readonly secrets: AwsSecrets } {
  const self = surroundings({ ...rest, env: { HOME: '/home/me', ...env } })
  return Object.assign(self, { secrets: awsSecrets({ ...self.world, sign: signV4, host: awsHost, ...more }) })
}

const KEYS = { AccessKeyId: 'AKIDROLE', SecretAccessKey: 'role-secret', Token: 'role-token', Expiration: iso(START + HOUR) }
const ROLE = { type: 'aws', accessKeyId: 'AKIDROLE', secretAccessKey: 'role-secret', sessionToken: 'role-token', expiresAt: START + HOUR }

/** As STS writes it, in an order of its own. */
const sts = (action: string): string =>
  `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials><SessionToken>role-token</SessionToken>` +
  `<SecretAccessKey>role-secret</SecretAccessKey><Expiration>${iso(START + HOUR)}</Expiration><AccessKeyId>AKIDROLE</AccessKeyId></Credentials></${action}Result></${action}Response>`

const STATIC = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'env-secret' }
const PROFILES = `
[default]
region = eu-west-1
aws_access_key_id = AKIDFILE   # the default one
aws_secret_access_key = file/secret+=
[profile dev]
role_arn = arn:aws:iam::1:role/dev
source_profile = default
external_id = x&y
[profile self]
role_arn = arn:aws:iam::1:role/self
source_profile = self
aws_access_key_id = AKIDSELF
aws_secret_access_key = self-secret
[profile deep]
role_arn = arn:aws:iam::1:role/deep
source_profile = dev
[profile machine]
role_arn = arn:aws:iam::1:role/machine
credential_source = Environment
[profile web]
role_arn = arn:aws:iam::1:role/web
web_identity_token_file = /token
[profile one]
role_arn = arn:aws:iam::1:role/one
source_profile = two
[profile two]
role_arn = arn:aws:iam::1:role/two
source_profile = one
[profile mfa]
role_arn = arn:aws:iam::1:role/mfa
source_profile = default
mfa_serial = arn:aws:iam::1:mfa/me
[profile alone]
role_arn = arn:aws:iam::1:role/alone
[profile program]
credential_process = /bin/keys --for me
[profile login]
login_session = arn:aws:iam::1:user/me
[profile empty]
region = us-east-1
[profile "sso"]
sso_session = my-sso
sso_account_id = 123456789012
sso_role_name = Reader
[sso-session my-sso]
sso_start_url = https://start.test
sso_region = eu-central-1
[profile nested]
s3 =
  aws_access_key_id = NOT
aws_access_key_id = AKIDNEST
aws_secret_access_key = nested-secret
[__proto__]
polluted = yes
`
const CONFIG = { '/home/me/.aws/config': PROFILES }
// SHA-1 of `my-sso`.
const SSO_FILE = '/home/me/.aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json'

describe('the chain', () => {
  const container = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/uuid' }
  const web = { AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_ROLE_ARN: 'arn:aws:iam::1:role/x' }
  const answers = {
    'POST https://sts.': sts('AssumeRoleWithWebIdentity'),
    'GET http://169.254.170.2/': { ...KEYS, AccessKeyId: 'AKIDECS' },
    'PUT http://169.254.169.254/': 'imds-token',
    'GET http://169.254.169.254/latest/meta-data/iam/security-credentials/role': { Code: 'Success', ...KEYS, AccessKeyId: 'AKIDEC2' },
    'GET http://169.254.169.254/': 'role\n',
  }

  it.each<[string, Setup, string]>([
    ['variables before all', { env: { ...STATIC, ...web, ...container, AWS_PROFILE: 'dev' }, files: CONFIG }, 'AKIDENV'],
    ['then the default profile', { env: { ...web, ...container }, files: { ...CONFIG, '/token': 'jwt' } }, 'AKIDFILE'],
    ['or the one that AWS_PROFILE names', { env: { ...container, AWS_PROFILE: 'nested' }, files: CONFIG }, 'AKIDNEST'],
    ['then a web identity', { env: { ...web, ...container }, files: { '/token': 'jwt' } }, 'AKIDROLE'],
    ['then the container', { env: container, files: {} }, 'AKIDECS'],
    ['then the instance', {}, 'AKIDEC2'],
  ])('%s', async (_, setup, id) => {
    expect((await stage({ answers, ...setup }).secrets.profile()).accessKeyId).toBe(id)
  })

  it('says what to do where there is nothing', async () => {
    await expect(stage({}).secrets.profile()).rejects.toMatchObject({ code: 'config', message: expect.stringContaining('set AWS_ACCESS_KEY_ID') })
    const off = stage({ answers, env: { AWS_EC2_METADATA_DISABLED: 'true' } })
    await expect(off.secrets.profile()).rejects.toThrow(/no AWS credentials/)
    expect(off.asked).toEqual([])
  })

  it('asks bindings for their values', async () => {
    const env = { AWS_ACCESS_KEY_ID: { get: async () => 'AKIDBOUND\n' }, AWS_SECRET_ACCESS_KEY: { get: async () => 's' }, AWS_SESSION_TOKEN: 't' }
    expect(await stage({ env }).secrets.profile()).toEqual({ type: 'aws', accessKeyId: 'AKIDBOUND', secretAccessKey: 's', sessionToken: 't' })
  })
})

describe('web identity', () => {
  const setup: Setup = {
    env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_ROLE_ARN: 'arn:aws:iam::1:role/x', AWS_ROLE_SESSION_NAME: 'me', AWS_REGION: 'us-gov-west-1' },
    files: { '/token': 'jwt\n' },
  }

  it('is asked for without a signature', async () => {
    const { secrets, asked } = stage({ ...setup, answers: { 'POST https://sts.us-gov-west-1.amazonaws.com/': sts('AssumeRoleWithWebIdentity') } })
    expect(await secrets.profile()).toEqual(ROLE)
    expect(asked).toHaveLength(1)
    expect(asked[0]?.headers).toEqual({ 'content-type': 'application/x-www-form-urlencoded' })
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
      Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', RoleArn: 'arn:aws:iam::1:role/x', RoleSessionName: 'me', WebIdentityToken: 'jwt',
    })
  })

  it('gives STS\'s words, and not the token', async () => {
    const refusal = '<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredTokenException</Code><Message>Token jwt-of-mine &amp; more has expired</Message></Error></ErrorResponse>'
    const { secrets } = stage({ ...setup, files: { '/token': 'jwt-of-mine' }, answers: { 'POST https://sts.': () => new Response(refusal, { status: 400 }) } })
    const error: unknown = await secrets.profile().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'authentication', status: 400, message: expect.stringContaining('ExpiredTokenException: Token [redacted] & more has expired') })
    expect(JSON.stringify([error, String(error), (error as RelayError).raw])).not.toContain('jwt-of-mine')
  })
})

describe('container', () => {
  const at = (uri: string, env: object = {}): Setup => ({ env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, ...env }, answers: { 'GET http': KEYS } })

  it.each(['http://127.0.0.1:80/x', 'http://localhost/x', 'http://[::1]/x', 'http://169.254.170.23/v1/credentials', 'http://[fd00:ec2::23]/v1', 'https://anywhere.test/x'])('may ask %s', async (uri) => {
    const { secrets, asked } = stage({ ...at(uri, { AWS_CONTAINER_AUTHORIZATION_TOKEN: 'secret-token' }) })
    expect(await secrets.profile()).toEqual(ROLE)
    expect(asked).toEqual([{ url: uri, method: 'GET', headers: { authorization: 'secret-token' }, body: '' }])
  })

  it.each(['http://10.0.0.1/x', 'http://evil.test/x', 'http://127.0.0.1.evil.test/x', 'http://169.254.169.254/x', 'ftp://localhost/x', 'http://u@localhost/', 'nonsense'])('never %s', async (uri) => {
    const { secrets, asked } = stage(at(uri))
    await expect(secrets.profile()).rejects.toMatchObject({ code: 'config' })
    expect(asked).toEqual([])
  })

  it.each(['@evil.test/x', '.evil.test/x', ':8080@evil.test/x'])('the relative one stays where it is: %s', async (uri) => {
    const { secrets, asked } = stage({ env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: uri }, answers: { 'GET http': KEYS } })
    await expect(secrets.profile()).rejects.toMatchObject({ code: 'config' })
    expect(asked).toEqual([])
  })

  it('reads the token anew, and refuses one with a line break', async () => {
    const files: { [path: string]: string } = { '/t': 'first' }
    const setup = stage({ ...at('http://localhost/x', { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/t', AWS_CONTAINER_AUTHORIZATION_TOKEN: 'no' }), files })
    await setup.secrets.profile()
    files['/t'] = 'second'
    setup.now += HOUR
    await setup.secrets.profile().catch(() => undefined)
    expect(setup.asked.map(({ headers }) => headers['authorization'])).toEqual(['first', 'second'])
    files['/t'] = 'a\nb'
    setup.now += HOUR
    await expect(setup.secrets.profile()).rejects.toThrow(/line break/)
  })

  it('asks again while it is busy, three times in all', async () => {
    let count = 0
    const busy = stage({ ...at('http://localhost/x'), answers: { 'GET http': () => (++count < 3 ? new Response('', { status: 503 }) : KEYS) } })
    expect(await busy.secrets.profile()).toEqual(ROLE)
    const down = stage({ ...at('http://localhost/x'), answers: { 'GET http': () => new Response('', { status: 503 }) } })
    await expect(down.secrets.profile()).rejects.toMatchObject({ code: 'overloaded' })
    expect(down.asked).toHaveLength(3)
  })

  it('follows no redirect, and names no path', async () => {
    const answers = { 'GET http': () => new Response('', { status: 302, headers: { location: 'https://evil.test' } }) }
    const { secrets, asked } = stage({ ...at('https://creds.test/secret-path'), answers })
    const error: unknown = await secrets.profile().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'config', message: 'creds.test redirects elsewhere, and a credential does not follow' })
    expect(asked).toHaveLength(1)
  })
})

describe('instance', () => {
  it('takes a token first, and the role\'s credentials with it', async () => {
    const { secrets, asked } = stage({
      env: { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' },
      answers: {
        'PUT http://[fd00:ec2::254]/latest/api/token': 'imds-token',
        'GET http://[fd00:ec2::254]/latest/meta-data/iam/security-credentials/my-role': { Code: 'Success', ...KEYS },
        'GET http://[fd00:ec2::254]/latest/meta-data/iam/security-credentials/': 'my-role',
      },
    })
    expect(await secrets.profile()).toEqual(ROLE)
    expect(asked.map(({ method, headers }) => [method, headers])).toEqual([
      ['PUT', { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' }],
      ['GET', { 'x-aws-ec2-metadata-token': 'imds-token' }],
      ['GET', { 'x-aws-ec2-metadata-token': 'imds-token' }],
    ])
  })

  it.each<[string, Setup['answers'], string, RegExp]>([
    ['has no role', { 'PUT http://169.254.169.254/': 't', 'GET http://169.254.169.254/': () => new Response('', { status: 404 }) }, 'config', /give the machine a role/],
    ['says something else than a role', { 'PUT http://169.254.169.254/': 't', 'GET http://169.254.169.254/': '<html>' }, 'config', /give the machine a role/],
    ['is busy, which may pass', { 'PUT http://169.254.169.254/': () => new Response('', { status: 503 }) }, 'overloaded', /HTTP 503/],
  ])('that %s', async (_, answers, code, message) => {
    await expect(stage({ ...(answers && { answers }) }).secrets.profile()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  })
})

describe('profiles', () => {
  const answers = { 'POST https://sts.': (one: Asked) => sts(new URLSearchParams(one.body).get('Action') ?? '') }
  const setup: Setup = { env: STATIC, files: { ...CONFIG, '/token': 'jwt' }, answers }
  const scoped = ({ headers }: Asked): string | undefined => /Credential=(\S+)\/aws4_request/.exec(headers['authorization'] ?? '')?.[1]

  it.each([
    ['dev', 'arn:aws:iam::1:role/dev', 'AKIDFILE/20261122/us-west-2/sts'],
    ['self', 'arn:aws:iam::1:role/self', 'AKIDSELF/20261122/us-west-2/sts'],
    ['machine', 'arn:aws:iam::1:role/machine', 'AKIDENV/20261122/us-west-2/sts'],
    ['web', 'arn:aws:iam::1:role/web', undefined],
  ])('%s takes the role %s', async (profile, arn, scope) => {
    const { secrets, asked } = stage(setup)
    expect(await secrets.profile({ type: 'aws_profile', profile, region: 'us-west-2' })).toEqual(ROLE)
    const fields = new URLSearchParams(asked.at(-1)?.body)
    expect(fields.get('RoleArn')).toBe(arn)
    expect(fields.get('ExternalId')).toBe(profile === 'dev' ? 'x&y' : null)
    expect(asked.map(scoped)).toEqual([scope])
  })

  it('a role may be taken with another role\'s credentials', async () => {
    const { secrets, asked } = stage(setup)
    await secrets.profile({ type: 'aws_profile', profile: 'deep' })
    expect(asked.map(scoped)).toEqual(['AKIDFILE/20261122/us-east-1/sts', 'AKIDROLE/20261122/us-east-1/sts'])
    expect(asked[1]?.headers['x-amz-security-token']).toBe('role-token')
  })

  it.each([
    ['one', /one → two → one go round in a circle/],
    ['mfa', /mfa_serial/],
    ['alone', /needs a source_profile/],
    ['program', /runs a program \(credential_process\), which is not allowed here/],
    ['login', /aws configure export-credentials --profile login/],
    ['empty', /holds no credentials/],
    ['nowhere', /no AWS profile `nowhere`/],
    ['sso', /run `aws sso login --profile sso`/],
  ])('%s is refused, with what to do', async (profile, message) => {
    const { secrets, asked } = stage(setup)
    await expect(secrets.profile({ type: 'aws_profile', profile })).rejects.toThrow(message)
    expect(asked).toEqual([])
  })

  it('runs a program only where that is handed in', async () => {
    const commands: string[] = []
    const run = async (command: string): Promise<string> => {
      commands.push(command)
      return JSON.stringify({ Version: 1, ...KEYS, SessionToken: KEYS.Token })
    }
    expect(await stage({ ...setup, more: { run } }).secrets.profile({ type: 'aws_profile', profile: 'program' })).toEqual(ROLE)
    expect(commands).toEqual(['/bin/keys --for me'])
  })

  it('says of a program that fails no more than that', async () => {
    const run = (): Promise<string> => Promise.reject(new Error('Command failed: /bin/keys --for me\nmy-passphrase is wrong'))
    const error: unknown = await stage({ ...setup, more: { run } }).secrets.profile({ type: 'aws_profile', profile: 'program' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'authentication', message: expect.stringContaining('`program` (credential_process) failed') as string })
    expect(String(error) + String((error as Error).cause)).not.toContain('my-passphrase')
  })

  it('of two files the credentials count', async () => {
    const files = { '/c': PROFILES, '/home/me/creds': '[default]\naws_access_key_id=AKIDOTHER\naws_secret_access_key=x' }
    const env = { AWS_CONFIG_FILE: '/c', AWS_SHARED_CREDENTIALS_FILE: '~/creds' }
    expect(await stage({ env, files }).secrets.profile()).toEqual({ type: 'aws', accessKeyId: 'AKIDOTHER', secretAccessKey: 'x' })
  })

  it('reads what the command line writes', () => {
    const sections = parseIni('# a\r\n; b\n[ profile  a b ]\nKey = v = w # c\nk2=v#2\n  under = x\nno value\n[profile a b]\nlast=1\n[]\n')
    expect([...sections].map(([name, section]) => [name, Object.fromEntries(section)])).toEqual([['a b', { key: 'v = w', k2: 'v#2', last: '1' }], ['', {}]])
    expect(parseIni(PROFILES).get('__proto__')?.get('polluted')).toBe('yes')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

describe('single sign-on', () => {
  const roleCredentials = { accessKeyId: 'AKIDROLE', secretAccessKey: 'role-secret', sessionToken: 'role-token', expiration: START + HOUR }
  const portal = 'GET https://portal.sso.eu-central-1.amazonaws.com/federation/credentials?account_id=123456789012&role_name=Reader'
  const setup = (token: object): Setup => ({ files: { ...CONFIG, [SSO_FILE]: JSON.stringify(token) }, answers: { [portal]: { roleCredentials }, 'POST https://oidc.eu-central-1.amazonaws.com/token': { accessToken: 'new-token', expiresIn: 3600, refreshToken: 'next' } } })
  const sso = { type: 'aws_profile', profile: 'sso' } as const

  it('changes what the login left behind for the role\'s credentials', async () => {
    const { secrets, asked } = stage(setup({ accessToken: 'sso-token', expiresAt: iso(START + HOUR) }))
    expect(await secrets.profile(sso)).toEqual(ROLE)
    expect(asked.map(({ headers }) => headers)).toEqual([{ 'x-amz-sso_bearer_token': 'sso-token' }])
  })

  const spent = { accessToken: 'old', expiresAt: iso(START - 1), refreshToken: 'again', clientId: 'c', clientSecret: 'cs', region: 'eu-central-1' }

  it('renews a login that has run out, and writes it down', async () => {
    const written: { [path: string]: string } = {}
    const writeFile = async (path: string, text: string): Promise<void> => void (written[path] = text)
    const { secrets, asked } = stage({ ...setup(spent), more: { writeFile } })
    expect(await secrets.profile(sso)).toEqual(ROLE)
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ clientId: 'c', clientSecret: 'cs', refreshToken: 'again', grantType: 'refresh_token' })
    expect(asked[1]?.headers).toEqual({ 'x-amz-sso_bearer_token': 'new-token' })
    expect(JSON.parse(written[SSO_FILE] ?? '')).toMatchObject({ accessToken: 'new-token', refreshToken: 'next', clientId: 'c', expiresAt: iso(START + HOUR) })
  })

  it('takes a renewal that cannot be written down after all', async () => {
    const writeFile = (): Promise<void> => Promise.reject(new Error('EROFS'))
    expect(await stage({ ...setup(spent), more: { writeFile } }).secrets.profile(sso)).toEqual(ROLE)
  })

  const down = (): Response => new Response('', { status: 503 })
  const refused = (): Response => new Response('{"error":"invalid_grant"}', { status: 400 })
  it.each<[string, object, unknown, string | RegExp]>([
    ['is refused', {}, refused, /has run out: run `aws sso login/],
    ['brings nothing', {}, {}, /has run out: run `aws sso login/],
    ['has to wait', {}, down, /HTTP 503/],
    ['is refused before its time', { expiresAt: iso(START + 60_000) }, refused, 'old'],
    ['has to wait, before its time', { expiresAt: iso(START + 60_000) }, down, 'old'],
    ['is not needed, by a date as older tools write it', { expiresAt: '2026-11-22T13:00:00UTC' }, refused, 'old'],
  ])('a renewal that %s', async (_, more, answer, outcome) => {
    const given = setup({ ...spent, ...more })
    const written: string[] = []
    const writeFile = async (_: string, text: string): Promise<void> => void written.push(text)
    const { secrets, asked } = stage({ ...given, answers: { ...given.answers, 'POST https://oidc.eu-central-1.amazonaws.com/token': answer }, more: { writeFile } })
    if (typeof outcome === 'string') {
      expect(await secrets.profile(sso)).toEqual(ROLE)
      expect(asked.at(-1)?.headers).toEqual({ 'x-amz-sso_bearer_token': outcome })
    } else await expect(secrets.profile(sso)).rejects.toThrow(outcome)
    expect(written).toEqual([])
  })

  it('does not renew what it cannot write down', async () => {
    const { secrets, asked } = stage(setup(spent))
    await expect(secrets.profile(sso)).rejects.toThrow(/has run out: run `aws sso login/)
    expect(asked).toEqual([])
  })
})

describe('keeping', () => {
  const at = 'GET http://169.254.170.2/'
  const env = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/x' }

  it('keeps credentials until five minutes before their end', async () => {
    const self = stage({ env, answers: { [at]: () => ({ ...KEYS, Expiration: iso(self.now + HOUR) }) } })
    const first = await self.secrets.profile()
    self.now += HOUR - 300_001
    expect(await self.secrets.profile()).toBe(first)
    expect(self.asked).toHaveLength(1)
    self.now += 2
    expect((await self.secrets.profile()).expiresAt).toBe(self.now + HOUR)
    expect(self.asked).toHaveLength(2)
  })

  it('lives on the old ones while the service is down, and not beyond', async () => {
    let down = false
    const self = stage({ env, answers: { [at]: () => (down ? new Response('', { status: 500 }) : KEYS) } })
    const first = await self.secrets.profile()
    down = true
    self.now += HOUR - 1000
    expect(await self.secrets.profile()).toBe(first)
    self.now += 1000
    await expect(self.secrets.profile()).rejects.toMatchObject({ code: 'overloaded' })
  })

  it('while one call renews them, or cannot, the others go on with what there is, and it is tried again soon', async () => {
    const answers: ((said: Response) => void)[] = []
    let slow = false
    const self = stage({ env, answers: { [at]: () => (slow ? new Promise<Response>((resolve) => answers.push(resolve)) : { ...KEYS, Expiration: iso(self.now + HOUR) }) } })
    const first = await self.secrets.profile()
    slow = true
    self.now += HOUR - 200_000
    const renewal = self.secrets.profile()
    expect(await Promise.all(Array.from({ length: 20 }, () => self.secrets.profile()))).toEqual(Array.from({ length: 20 }, () => first))
    await expect.poll(() => answers).toHaveLength(1)
    self.now += 10_000
    const again = self.secrets.profile()
    await expect.poll(() => answers).toHaveLength(2)
    for (const answer of answers) answer(Response.json({ ...KEYS, AccessKeyId: 'AKIDNEW', Expiration: iso(self.now + HOUR) }))
    expect(await Promise.all([renewal, again])).toMatchObject([{ accessKeyId: 'AKIDNEW' }, { accessKeyId: 'AKIDNEW' }])
    expect(await self.secrets.profile()).toMatchObject({ accessKeyId: 'AKIDNEW' })
    expect(self.asked).toHaveLength(3)
  })

  it('hears of a refusal at once', async () => {
    let gone = false
    const self = stage({ env, answers: { [at]: () => (gone ? new Response('{"code":"AccessDenied","message":"no"}', { status: 403 }) : KEYS) } })
    await self.secrets.profile()
    gone = true
    self.now += HOUR - 1000
    await expect(self.secrets.profile()).rejects.toMatchObject({ code: 'permission', status: 403 })
  })
})

describe('Secrets Manager', () => {
  const arn = 'arn:aws:secretsmanager:eu-west-3:1:secret:llm-AbCdEf'
  const answering = (said: unknown): Setup => ({ env: { ...STATIC, AWS_REGION: 'us-east-2' }, answers: { 'POST https://secretsmanager.': said } })

  it('asks in the region of the ARN, signed, and keeps the answer for five minutes', async () => {
    const self = stage(answering({ SecretString: ' sk-123 \n' }))
    const config = { type: 'aws_secrets', arn } as const
    expect(await self.secrets.secret(config)).toEqual({ type: 'key', value: 'sk-123' })
    const [one] = self.asked
    expect(one).toMatchObject({
      url: 'https://secretsmanager.eu-west-3.amazonaws.com/',
      body: JSON.stringify({ SecretId: arn }),
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    })
    expect(one?.headers['authorization']).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDENV\/20261122\/eu-west-3\/secretsmanager\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, /)
    self.now += 299_999
    await self.secrets.secret(config)
    expect(self.asked).toHaveLength(1)
    self.now += 2
    await self.secrets.secret(config)
    expect(self.asked).toHaveLength(2)
  })

  it.each<[string, object, unknown, string]>([
    ['by name, in the region of the surroundings', { arn: 'llm' }, { SecretString: 'a' }, 'a'],
    ['a field of JSON', { arn, field: 'key' }, { SecretString: '{"key":"b","other":1}' }, 'b'],
    ['bytes', { arn }, { SecretBinary: btoa('c') }, 'c'],
  ])('%s', async (_, config, said, value) => {
    const { secrets, asked } = stage(answering(said))
    expect(await secrets.secret({ type: 'aws_secrets', arn: '', ...config })).toEqual({ type: 'key', value })
    expect(asked[0]?.url).toContain('arn' in config && config.arn === arn ? 'eu-west-3' : 'us-east-2')
  })

  it('looks for a name in the region of the profile in use, where nothing else says one', async () => {
    const { secrets, asked } = stage({ files: CONFIG, answers: { 'POST https://secretsmanager.eu-west-1.': { SecretString: 'a' } } })
    await secrets.secret({ type: 'aws_secrets', arn: 'llm' })
    expect(asked).toHaveLength(1)
  })

  it.each<[object, unknown, string, RegExp]>([
    [{}, { SecretBinary: '*' }, 'config', /is empty/],
    [{ field: 'other' }, { SecretString: '{"key":"b"}' }, 'config', /has no text in a field `other`/],
    [{ field: 'key' }, { SecretString: 'very secret, and no JSON' }, 'config', /has no text in a field `key`$/],
    [{}, { SecretString: '' }, 'config', /is empty/],
    [{}, () => new Response('{"__type":"com.amazonaws#ResourceNotFoundException","Message":"no such"}', { status: 400 }), 'not_found', /ResourceNotFoundException: no such/],
    [{}, () => new Response('{"__type":"AccessDeniedException","message":"no"}', { status: 400 }), 'permission', /AccessDeniedException: no/],
  ])('%j: %j', async (config, said, code, message) => {
    const error: unknown = await stage(answering(said)).secrets.secret({ type: 'aws_secrets', arn, ...config }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(String(error)).not.toContain('very secret')
  })
})
