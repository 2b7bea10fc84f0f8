// Credentials from AWS: whatever the surroundings hold, with fetch and WebCrypto alone, and secrets of Secrets Manager.
import { RelayError, relayError } from '../errors.ts'
import type { CredentialObject } from '../types/config.ts'
import type { Credential } from '../types/provider.ts'
import { ask, fields, variable, type AwsWorld } from './aws-ask.ts'
import { awsKeys, type AwsCredential } from './aws-env.ts'
import { profileCredential, profiles } from './aws-files.ts'
import { containerCredential, instanceCredential } from './aws-machine.ts'
import { webIdentityOf } from './aws-sts.ts'

type ProfileConfig = Extract<CredentialObject, { readonly type: 'aws_profile' }>
type SecretConfig = Extract<CredentialObject, { readonly type: 'aws_secrets' }>

/** Keeps what it was given until shortly before it expires. Values, never promises: those belong to one request. */
export interface AwsSecrets {
  /**
   * The profile that is named, or the first that there is of: variables, the profile of AWS_PROFILE, a web identity, a
   * container's credentials, the instance's.
   */
  readonly profile: (config?: ProfileConfig) => Promise<AwsCredential>
  /** A secret of Secrets Manager, or one field of it where it is JSON. Kept for five minutes. */
  readonly secret: (config: SecretConfig) => Promise<Credential>
}

interface Kept<T> {
  readonly value: T
  /** Milliseconds since 1970. */
  readonly until: number
}

const FIVE_MINUTES = 300_000

export function awsSecrets(world: AwsWorld): AwsSecrets {
  const credentials = new Map<string, Kept<AwsCredential>>()
  const secrets = new Map<string, Kept<Credential>>()
  const profile: AwsSecrets['profile'] = async (config) => {
    const name = JSON.stringify([config?.profile, config?.region])
    const old = credentials.get(name)
    if (old && old.until > world.now()) return old.value
    try {
      const value = await find(world, config)
      const left = (value.expiresAt ?? Infinity) - world.now()
      // Short ones are renewed when a tenth is left; what does not expire is looked at again in case it has been changed.
      const until = world.now() + Math.max(0, Math.min(left - Math.min(FIVE_MINUTES, left / 10), left === Infinity ? FIVE_MINUTES : left))
      credentials.set(name, { value, until })
      return value
    } catch (error) {
      // The old ones are good to their last minute, should the service be down.
      if (old && (old.value.expiresAt ?? 0) > world.now() && error instanceof RelayError && /^(network|overloaded)$/.test(error.code)) return old.value
      throw error
    }
  }
  const secret: AwsSecrets['secret'] = async (config) => {
    const name = JSON.stringify([config.arn, config.region, config.field])
    const old = secrets.get(name)
    if (old && old.until > world.now()) return old.value
    const value = { type: 'key', value: await secretValue(world, config, await profile()) } as const
    secrets.set(name, { value, until: world.now() + FIVE_MINUTES })
    return value
  }
  return { profile, secret }
}

async function find(world: AwsWorld, config: ProfileConfig | undefined): Promise<AwsCredential> {
  const asked = config?.profile
  const region = config?.region ?? (await regionOf(world))
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

async function regionOf(world: AwsWorld): Promise<string> {
  return (await variable(world, 'AWS_REGION')) ?? (await variable(world, 'AWS_DEFAULT_REGION')) ?? 'us-east-1'
}

async function secretValue(world: AwsWorld, { arn, region: given, field }: SecretConfig, keys: AwsCredential): Promise<string> {
  const region = /^arn:[^:]*:secretsmanager:([^:]+):/.exec(arn)?.[1] ?? given ?? (await regionOf(world))
  const request = {
    method: 'POST',
    url: `https://${world.host('secretsmanager', region)}/`,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body: JSON.stringify({ SecretId: arn }),
  } as const
  const signed = await world.sign(request, keys, { service: 'secretsmanager', region, date: world.now() })
  const answer = fields(await ask(world, { ...signed, secrets: [keys.secretAccessKey] })) ?? {}
  const { SecretString: text, SecretBinary: binary = '' } = answer as { readonly SecretString?: string; readonly SecretBinary?: string }
  const whole = text ?? new TextDecoder().decode(Uint8Array.from(atob(binary), (char) => char.charCodeAt(0)))
  const value = field === undefined ? whole : fields(whole)?.[field]
  if (typeof value !== 'string' || !value.trim()) {
    throw relayError('config', `the secret \`${arn}\` ${field === undefined ? 'is empty' : `has no text in a field \`${field}\``}`)
  }
  return value.trim()
}
