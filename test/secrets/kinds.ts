// Every kind of credential that there is, with the services that hand it out as they should.
import { generateKeyPairSync } from 'node:crypto'
import type { ModelConfig } from '../../src/types/config.ts'
import { START } from './stage.ts'

export interface Asked {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: string
}

export interface Kind {
  readonly model: ModelConfig
  readonly env?: { readonly [name: string]: string }
  readonly files?: { readonly [path: string]: string }
  /** By the beginning of the address: what is answered, by the time. */
  readonly services: { readonly [start: string]: (asked: Asked, now: number) => unknown }
  /** What must be seen nowhere but in a header or a body: what is handed in, and what is handed out. */
  readonly secrets: readonly string[]
  /** How the model is asked. */
  readonly sent: RegExp
  /** How long it is kept. Default: 55 of 60 minutes. */
  readonly ms?: number
}

export const HOUR = 3_600_000
const iso = (ms: number): string => new Date(ms).toISOString()

const bedrock: ModelConfig = { target: 'bedrock/amazon.nova-lite-v1:0', region: 'eu-west-1' }
const openai: ModelConfig = { target: 'openai/gpt-4.1-mini' }
const vertex: ModelConfig = { target: 'vertex/gemini-2.5-flash', project: 'p', location: 'us-central1' }
const azure: ModelConfig = { target: 'azure/gpt-4o', base_url: 'https://r.openai.azure.com/openai/v1' }

const FIVE_MINUTES = 300_000
const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const CONFIG = {
  '/home/me/.aws/config': `[profile base]
aws_access_key_id = AKIDFILE
aws_secret_access_key = file-secret
[profile dev]
role_arn = arn:aws:iam::1:role/dev
source_profile = base
region = eu-west-1
[profile sso]
sso_session = my-sso
sso_account_id = 123456789012
sso_role_name = Reader
[sso-session my-sso]
sso_start_url = https://start.test
sso_region = eu-central-1
`,
}
// SHA-1 of `my-sso`.
const LOGIN = '/home/me/.aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json'
const STATIC = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'env-secret', AWS_SESSION_TOKEN: 'env-session' }
const USER = { type: 'authorized_user', client_id: 'cid', client_secret: 'client-secret', refresh_token: 'refresh-token' }
const FEDERATION = { type: 'external_account', audience: '//iam.googleapis.com/projects/1/x', subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }
const APP = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client', AZURE_CLIENT_SECRET: 'app-secret' }
const VAULT = { VAULT_ADDR: 'https://vault.test' }

const keys = (_: Asked, now: number): object => ({ AccessKeyId: 'ASIAROLE', SecretAccessKey: 'role-secret', Token: 'role-session', Expiration: iso(now + HOUR) })
const sts = (_: Asked, now: number): string =>
  `<R><Credentials><SessionToken>role-session</SessionToken><SecretAccessKey>role-secret</SecretAccessKey><Expiration>${iso(now + HOUR)}</Expiration><AccessKeyId>ASIAROLE</AccessKeyId></Credentials></R>`
const roleCredentials = (_: Asked, now: number): object => ({ roleCredentials: { accessKeyId: 'ASIAROLE', secretAccessKey: 'role-secret', sessionToken: 'role-session', expiration: now + HOUR } })
const oauth = (value: string) => (): object => ({ access_token: value, expires_in: 3600 })
const account = (_: Asked, now: number): object => ({ accessToken: 'account-token', expireTime: iso(now + HOUR) })
const identity = (_: Asked, now: number): object => ({ access_token: 'identity-token', expires_on: String((now + HOUR) / 1000) })
const file = (value: object): { GOOGLE_APPLICATION_CREDENTIALS: string } => ({ GOOGLE_APPLICATION_CREDENTIALS: JSON.stringify(value) })
const ROLE = ['role-secret', 'role-session']
const BY_ROLE = /Credential=ASIAROLE\//

/** IMDSv2: without its token nothing is told. */
function instance({ method, url, headers }: Asked, now: number): unknown {
  if (method === 'PUT') return 'imds-token'
  if (headers.get('x-aws-ec2-metadata-token') !== 'imds-token') return new Response('', { status: 401 })
  return url.pathname.endsWith('/') ? 'my-role' : { Code: 'Success', ...keys({ method, url, headers, body: '' }, now) }
}

export const KINDS: { readonly [name: string]: Kind } = {
  'AWS: variables': { model: bedrock, env: STATIC, services: {}, secrets: ['env-secret', 'env-session'], sent: /Credential=AKIDENV\// },
  'AWS: a role by another profile': {
    model: { ...bedrock, credential: { type: 'aws_profile', profile: 'dev' } }, files: CONFIG,
    services: { 'https://sts.eu-west-1.amazonaws.com/': sts }, secrets: ['file-secret', ...ROLE], sent: BY_ROLE,
  },
  'AWS: single sign-on': {
    model: { ...bedrock, credential: { type: 'aws_profile', profile: 'sso' } },
    files: { ...CONFIG, [LOGIN]: JSON.stringify({ accessToken: 'login-token', expiresAt: iso(START + 8 * HOUR) }) },
    services: { 'https://portal.sso.eu-central-1.amazonaws.com/': roleCredentials }, secrets: ['login-token', ...ROLE], sent: BY_ROLE,
  },
  'AWS: single sign-on, renewed': {
    model: { ...bedrock, credential: { type: 'aws_profile', profile: 'sso' } },
    files: { ...CONFIG, [LOGIN]: JSON.stringify({ accessToken: 'login-token', refreshToken: 'login-refresh', clientId: 'c', clientSecret: 'login-client', expiresAt: iso(START - 1) }) },
    services: {
      'https://oidc.eu-central-1.amazonaws.com/': () => ({ accessToken: 'renewed-token', refreshToken: 'next-refresh', expiresIn: 28_800 }),
      'https://portal.sso.eu-central-1.amazonaws.com/': roleCredentials,
    },
    secrets: ['login-token', 'login-refresh', 'login-client', 'renewed-token', 'next-refresh', ...ROLE], sent: BY_ROLE,
  },
  'AWS: web identity': {
    model: bedrock, env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/jwt', AWS_ROLE_ARN: 'arn:aws:iam::1:role/w', AWS_REGION: 'eu-west-1' }, files: { '/jwt': 'web-identity' },
    services: { 'https://sts.eu-west-1.amazonaws.com/': sts }, secrets: ['web-identity', ...ROLE], sent: BY_ROLE,
  },
  'AWS: a container': {
    model: bedrock, env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials', AWS_CONTAINER_AUTHORIZATION_TOKEN: 'container-token' },
    services: { 'http://169.254.170.23/': keys }, secrets: ['container-token', ...ROLE], sent: BY_ROLE,
  },
  'AWS: an instance': { model: bedrock, services: { 'http://169.254.169.254/': instance }, secrets: ['imds-token', ...ROLE], sent: BY_ROLE },
  'AWS Secrets Manager': {
    model: { ...openai, credential: { type: 'aws_secrets', arn: 'arn:aws:secretsmanager:eu-west-3:1:secret:llm-AbCdEf', field: 'k' } }, env: STATIC,
    services: { 'https://secretsmanager.eu-west-3.amazonaws.com/': () => ({ SecretString: '{"k":"stored-key"}' }) },
    secrets: ['env-secret', 'env-session', 'stored-key'], sent: /^Bearer stored-key$/, ms: FIVE_MINUTES,
  },
  'Google: service account': {
    model: vertex, env: file({ type: 'service_account', client_email: 'a@p', private_key: PEM }),
    services: { 'https://oauth2.googleapis.com/': oauth('account-token') }, secrets: [PEM.slice(100, 160), 'eyJhbGci', 'account-token'], sent: /^Bearer account-token$/,
  },
  'Google: authorized user': {
    model: vertex, env: file(USER), services: { 'https://oauth2.googleapis.com/': oauth('user-token') }, secrets: ['client-secret', 'refresh-token', 'user-token'], sent: /^Bearer user-token$/,
  },
  'Google: impersonation': {
    model: { ...vertex, credential: { type: 'gcp_adc', impersonate_service_account: 'sa@p' } }, env: file(USER),
    services: { 'https://oauth2.googleapis.com/': oauth('user-token'), 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/sa%40p:': account },
    secrets: ['client-secret', 'refresh-token', 'user-token', 'account-token'], sent: /^Bearer account-token$/,
  },
  'Google: workload identity, by a file': {
    model: vertex, env: { GOOGLE_APPLICATION_CREDENTIALS: '/wif.json' }, files: { '/wif.json': JSON.stringify({ ...FEDERATION, credential_source: { file: '/subject' } }), '/subject': 'subject-token' },
    services: { 'https://sts.googleapis.com/': oauth('federated-token') }, secrets: ['subject-token', 'federated-token'], sent: /^Bearer federated-token$/,
  },
  'Google: workload identity, by an address, on to a service account': {
    model: vertex,
    env: file({
      ...FEDERATION,
      credential_source: { url: 'https://runner.test/token?aud=x', headers: { authorization: 'Bearer runner-token' }, format: { type: 'json', subject_token_field_name: 'value' } },
      service_account_impersonation_url: 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/sa@p:generateAccessToken',
    }),
    services: { 'https://runner.test/': () => ({ value: 'subject-token' }), 'https://sts.googleapis.com/': oauth('federated-token'), 'https://iamcredentials.googleapis.com/': account },
    secrets: ['runner-token', 'subject-token', 'federated-token', 'account-token'], sent: /^Bearer account-token$/,
  },
  'Google: workload identity, from AWS': {
    model: vertex,
    env: {
      ...STATIC, AWS_REGION: 'eu-west-1',
      ...file({ ...FEDERATION, credential_source: { environment_id: 'aws1', regional_cred_verification_url: 'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15' } }),
    },
    services: { 'https://sts.googleapis.com/': oauth('federated-token') }, secrets: ['env-secret', 'env-session', 'federated-token'], sent: /^Bearer federated-token$/,
  },
  'Google: metadata server': {
    model: vertex, services: { 'http://metadata.google.internal/': () => Response.json(oauth('machine-token')(), { headers: { 'metadata-flavor': 'Google' } }) },
    secrets: ['machine-token'], sent: /^Bearer machine-token$/,
  },
  'Google Secret Manager': {
    model: { ...openai, credential: { type: 'gcp_secret_manager', name: 'projects/p/secrets/s' } }, env: file(USER),
    services: { 'https://oauth2.googleapis.com/': oauth('user-token'), 'https://secretmanager.googleapis.com/': () => ({ payload: { data: btoa('stored-key') } }) },
    secrets: ['client-secret', 'refresh-token', 'user-token', 'stored-key', btoa('stored-key')], sent: /^Bearer stored-key$/, ms: FIVE_MINUTES,
  },
  'Azure: an application': {
    model: { ...azure, credential: { type: 'azure_ad' } }, env: APP, services: { 'https://login.microsoftonline.com/': oauth('app-token') }, secrets: ['app-secret', 'app-token'], sent: /^Bearer app-token$/,
  },
  'Azure: a workload': {
    model: azure, env: { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client', AZURE_FEDERATED_TOKEN_FILE: '/jwt' }, files: { '/jwt': 'workload-token' },
    services: { 'https://login.microsoftonline.com/': oauth('app-token') }, secrets: ['workload-token', 'app-token'], sent: /^Bearer app-token$/,
  },
  'Azure: managed identity': { model: azure, services: { 'http://169.254.169.254/metadata/': identity }, secrets: ['identity-token'], sent: /^Bearer identity-token$/ },
  'Azure: App Service': {
    model: azure, env: { IDENTITY_ENDPOINT: 'http://127.0.0.1:41234/msi/token', IDENTITY_HEADER: 'identity-header' },
    services: { 'http://127.0.0.1:41234/': identity }, secrets: ['identity-header', 'identity-token'], sent: /^Bearer identity-token$/,
  },
  'Azure Key Vault': {
    model: { ...openai, credential: { type: 'azure_key_vault', vault_url: 'https://mine.vault.azure.net', name: 'k' } }, env: APP,
    services: { 'https://login.microsoftonline.com/': oauth('app-token'), 'https://mine.vault.azure.net/': () => ({ value: 'stored-key' }) },
    secrets: ['app-secret', 'app-token', 'stored-key'], sent: /^Bearer stored-key$/, ms: FIVE_MINUTES,
  },
  'Vault, version 1': {
    model: { ...openai, credential: { type: 'vault', path: 'kv/llm' } }, env: { ...VAULT, VAULT_TOKEN: 'vault-token' },
    services: { 'https://vault.test/': () => ({ data: { value: 'stored-key' } }) }, secrets: ['vault-token', 'stored-key'], sent: /^Bearer stored-key$/, ms: FIVE_MINUTES,
  },
  'Vault, version 2, by a role': {
    model: { ...openai, credential: { type: 'vault', path: 'secret/data/llm' } }, env: { ...VAULT, VAULT_ROLE_ID: 'role-id', VAULT_SECRET_ID: 'role-secret-id' },
    services: {
      'https://vault.test/v1/auth/approle/login': () => ({ auth: { client_token: 'vault-token', lease_duration: 3600 } }),
      'https://vault.test/v1/secret/data/llm': () => ({ data: { data: { value: 'stored-key' }, metadata: { version: 1 } } }),
    },
    secrets: ['role-secret-id', 'vault-token', 'stored-key'], sent: /^Bearer stored-key$/, ms: FIVE_MINUTES,
  },
}
