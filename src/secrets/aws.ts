// Credentials from AWS: whatever the surroundings hold, with fetch and WebCrypto alone, and secrets of Secrets Manager.
import { relayError } from '../errors.ts'
import type { CredentialObject } from '../types/config.ts'
import type { Credential, HttpRequest } from '../types/provider.ts'
import { ask, decoded, fields } from './ask.ts'
import { awsKeys, type AwsCredential } from './aws-env.ts'
import { profileCredential, profiles } from './aws-files.ts'
import { containerCredential, instanceCredential } from './aws-machine.ts'
import { webIdentityOf } from './aws-sts.ts'
import { secretsOf, type AwsWorld } from './aws-world.ts'
import { kept, keeper } from './keep.ts'
import { variable } from './world.ts'

type ProfileConfig = Extract<CredentialObject, { readonly type: 'aws_profile' }>
type SecretConfig = Extract<CredentialObject, { readonly type: 'aws_secrets' }>

export interface AwsSecrets {
  /**
   * The profile that is named, or the first that there is of: variables, the profile of AWS_PROFILE, a web identity, a
   * container's credentials, the instance's.
   */
  readonly profile: (config?: ProfileConfig) => Promise<AwsCredential>
  /** A secret of Secrets Manager, or one field of it where it is JSON. Kept for five minutes. */
  readonly secret: (config: SecretConfig) => Promise<Credential>
  /** Signs a request to STS as whoever the surroundings are; `{region}` in its address becomes their region. */
  readonly caller: (request: HttpRequest) => Promise<HttpRequest>
}

const USUAL = 'us-east-1'

export function awsSecrets(world: AwsWorld): AwsSecrets {
  const credentials = keeper<AwsCredential>(world)
  const secrets = keeper<Credential>(world)
  const profile: AwsSecrets['profile'] = (config) =>
    credentials(JSON.stringify([config?.profile, config?.region]), async () => {
      const value = await find(world, config)
      return kept(value, world.now(), value.expiresAt)
    })
  const secret: AwsSecrets['secret'] = (config) =>
    secrets(JSON.stringify([config.arn, config.region, config.field]), async () =>
      kept({ type: 'key', value: await secretValue(world, config, await profile()) }, world.now()))
  const caller: AwsSecrets['caller'] = async (request) => {
    const region = await usualRegion(world)
    return world.sign({ ...request, url: request.url.replace('{region}', region) }, await profile(), { service: 'sts', region, date: world.now() })
  }
  return { profile, secret, caller }
}

async function find(world: AwsWorld, config: ProfileConfig | undefined): Promise<AwsCredential> {
  const asked = config?.profile
  const region = config?.region ?? (await regionOf(world)) ?? USUAL
  if (asked === undefined) {
    const own = await awsKeys((name) => variable(world, name))
    if (own) return own
  }
  const named = asked ?? (await variable(world, 'AWS_PROFILE'))
  if (named !== undefined || world.readFile) {
    const all = await profiles(world)
    const name = named ?? 'default'
    if (named !== undefined || all.has(name)) return profileCredential(world, { all, name, region })
  }
  const found = (await webIdentityOf(world, region)) ?? (await containerCredential(world)) ?? (await instanceCredential(world))
  if (found) return found
  throw relayError('config', 'there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile, or give the machine a role')
}

async function regionOf(world: AwsWorld): Promise<string | undefined> {
  return (await variable(world, 'AWS_REGION')) ?? variable(world, 'AWS_DEFAULT_REGION')
}

/** The variables', else that of the profile in use. */
async function usualRegion(world: AwsWorld): Promise<string> {
  const told = await regionOf(world)
  return told ?? (await profiles(world)).get((await variable(world, 'AWS_PROFILE')) ?? 'default')?.get('region') ?? USUAL
}

async function secretValue(world: AwsWorld, { arn, region: given, field }: SecretConfig, keys: AwsCredential): Promise<string> {
  const region = /^arn:[^:]*:secretsmanager:([^:]+):/.exec(arn)?.[1] ?? given ?? (await usualRegion(world))
  const request = {
    method: 'POST',
    url: `https://${world.host('secretsmanager', region)}/`,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body: JSON.stringify({ SecretId: arn }),
  } as const
  const signed = await world.sign(request, keys, { service: 'secretsmanager', region, date: world.now() })
  const answer = await ask(world, { ...signed, secrets: secretsOf(keys) })
  const { SecretString: text, SecretBinary: binary } = answer
  const whole = typeof text === 'string' ? text : decoded(binary)
  const value = field === undefined ? whole : fields(whole)?.[field]
  if (typeof value !== 'string' || !value.trim()) {
    throw relayError('config', `the secret \`${arn}\` ${field === undefined ? 'is empty' : `has no text in a field \`${field}\``}`)
  }
  return value.trim()
}
