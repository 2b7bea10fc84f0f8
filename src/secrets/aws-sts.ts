// Credentials of a role: from the token of an identity provider, or from other credentials.
import { relayError } from '../errors.ts'
import { askText, tag } from './ask.ts'
import type { AwsCredential } from './aws-env.ts'
import { credentialOf, secretsOf, type AwsWorld } from './aws-world.ts'
import { fileText, variable } from './world.ts'

export interface Role {
  readonly arn: string
  readonly session?: string | undefined
  readonly region: string
  readonly seconds?: string | undefined
}

/** AssumeRoleWithWebIdentity: EKS, GitHub Actions and other OpenID providers. The token is read anew: it rotates. */
export async function webIdentity(world: AwsWorld, role: Role, tokenFile: string): Promise<AwsCredential> {
  const token = await fileText(world, tokenFile, { what: 'the web identity token' })
  return assumed(world, role, { body: form(world, role, { Action: 'AssumeRoleWithWebIdentity', WebIdentityToken: token }), secrets: [token] })
}

/** The role that the variables of EKS and others name, or undefined where they name none. */
export async function webIdentityOf(world: AwsWorld, region: string): Promise<AwsCredential | undefined> {
  const [file, arn, session] = await Promise.all(['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME'].map((name) => variable(world, name)))
  if (!file) return undefined
  if (!arn) throw relayError('config', 'AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not')
  return webIdentity(world, { arn, session, region }, file)
}

/** AssumeRole, asked for with other credentials. */
export function assumeRole(world: AwsWorld, role: Role, from: { readonly keys: AwsCredential; readonly externalId?: string | undefined }): Promise<AwsCredential> {
  const { keys, externalId } = from
  return assumed(world, role, { body: form(world, role, { Action: 'AssumeRole', ExternalId: externalId }), secrets: secretsOf(keys), keys })
}

interface Sent {
  readonly body: string
  readonly secrets: readonly (string | undefined)[]
  /** Who signs it. */
  readonly keys?: AwsCredential
}

function form({ now }: AwsWorld, { arn, session, seconds }: Role, more: { readonly [field: string]: string | undefined }): string {
  const all = { Version: '2011-06-15', RoleArn: arn, RoleSessionName: session ?? `relay-${now()}`, DurationSeconds: seconds, ...more }
  return new URLSearchParams(Object.entries(all).filter((field): field is [string, string] => field[1] !== undefined)).toString()
}

async function assumed(world: AwsWorld, { arn, region }: Role, { body, secrets, keys }: Sent): Promise<AwsCredential> {
  const url = `https://${world.host('sts', region)}/`
  const plain = { method: 'POST', url, body, headers: { 'content-type': 'application/x-www-form-urlencoded' } } as const
  const signed = keys ? await world.sign(plain, keys, { service: 'sts', region, date: world.now() }) : plain
  const xml = await askText(world, { ...signed, secrets })
  const held = ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].map((name) => [name, tag(xml, name)])
  return credentialOf(Object.fromEntries(held), `the answer for the role ${arn}`)
}
