// The files that the AWS command line keeps: profiles, roles, single sign-on.
import { RelayError, relayError } from '../errors.ts'
import { ask, fields, type Fields } from './ask.ts'
import { awsKeys, type AwsCredential } from './aws-env.ts'
import { containerCredential, instanceCredential } from './aws-machine.ts'
import { assumeRole, webIdentity } from './aws-sts.ts'
import { credentialOf, type AwsWorld } from './aws-world.ts'
import { fileIfAny, homeOf, variable } from './world.ts'

/** Keys and values of a section. */
export type Section = ReadonlyMap<string, string>

/** Sections by name, `profile`s without that word. */
export type Sections = ReadonlyMap<string, Section>

/** Reads `~/.aws/config` or `~/.aws/credentials`. Keys below a key, which are indented, belong to it and are left out. */
export function parseIni(text: string): Sections {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | undefined
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/(^|\s)[#;].*$/, '').trimEnd()
    const [, heading] = /^\s*\[([^\]]*)\]$/.exec(line) ?? []
    if (heading !== undefined) {
      const name = heading.trim().replace(/^profile\s+/, '').replace(/\s+/g, ' ').replace(/^(\S+ )?["'](.*)["']$/, '$1$2')
      section = sections.get(name) ?? new Map()
      sections.set(name, section)
      continue
    }
    const [, key, value = ''] = /^([^\s=][^=]*?)\s*=\s*(.*)$/.exec(line) ?? []
    if (key !== undefined) section?.set(key.toLowerCase(), value.trim())
  }
  return sections
}

/** The profiles of both files. Where both know one, the credentials file's word counts. */
export async function profiles(world: AwsWorld): Promise<Sections> {
  const home = await homeOf(world)
  const texts = await Promise.all(([['AWS_CONFIG_FILE', 'config'], ['AWS_SHARED_CREDENTIALS_FILE', 'credentials']] as const).map(async ([name, file]) => {
    const path = (await variable(world, name)) ?? `${home}/.aws/${file}`
    return fileIfAny(world, path.replace(/^~(?=[\\/])/, home))
  }))
  const all = new Map<string, Section>()
  for (const [name, section] of texts.flatMap((text) => [...parseIni(text)])) all.set(name, new Map([...(all.get(name) ?? []), ...section]))
  return all
}

interface Profile {
  readonly all: Sections
  readonly name: string
  /** Where its role is asked for, unless it says so itself. */
  readonly region: string
  /** Profiles that lead here: one that leads to itself has no end. */
  readonly via?: readonly string[]
}

/** @throws ConfigError that names the profile, and what to do. */
export async function profileCredential(world: AwsWorld, profile: Profile): Promise<AwsCredential> {
  const { all, name, via = [] } = profile
  const section = all.get(name)
  if (!section) throw relayError('config', `there is no AWS profile \`${name}\` in ~/.aws/config or ~/.aws/credentials${world.readFile ? '' : ', and no files on this runtime'}`)
  if (via.includes(name)) throw relayError('config', `the AWS profiles ${[...via, name].join(' → ')} go round in a circle`)
  const own = section.get('aws_access_key_id') && section.get('aws_secret_access_key') ? section : undefined
  // Of a profile that another one names as its source the keys count, whatever else it says.
  if (section.get('role_arn') && !(own && via.length)) return roleCredential(world, section, profile)
  if (own) return keysOf(own, name)
  if (section.get('sso_session') || section.get('sso_start_url')) return ssoCredential(world, section, profile)
  const command = section.get('credential_process')
  if (command) {
    if (!world.run) throw relayError('config', `the AWS profile \`${name}\` runs a program (credential_process), which is not allowed here: hand \`run\` in, or use another profile`)
    // Without the cause, which quotes what was printed.
    const printed = await world.run(command).catch(() => {
      throw relayError('authentication', `the program of the AWS profile \`${name}\` (credential_process) failed: run it to see why`)
    })
    return credentialOf(fields(printed) ?? {}, `what the program of the AWS profile \`${name}\` prints`)
  }
  if (section.get('login_session')) throw relayError('config', `the AWS profile \`${name}\` is a login of \`aws login\`, which cannot be read: run \`aws configure export-credentials --profile ${name} --format env\``)
  throw relayError('config', `the AWS profile \`${name}\` holds no credentials: it needs aws_access_key_id, role_arn, sso_session or credential_process`)
}

function keysOf(section: Section, name: string): AwsCredential {
  const held = { AccessKeyId: section.get('aws_access_key_id'), SecretAccessKey: section.get('aws_secret_access_key'), SessionToken: section.get('aws_session_token') }
  return credentialOf(held, `the AWS profile \`${name}\``)
}

async function roleCredential(world: AwsWorld, section: Section, profile: Profile): Promise<AwsCredential> {
  const { all, name, via = [] } = profile
  const region = section.get('region') ?? profile.region
  const role = { arn: section.get('role_arn') ?? '', session: section.get('role_session_name'), seconds: section.get('duration_seconds'), region }
  const tokenFile = section.get('web_identity_token_file')
  if (tokenFile) return webIdentity(world, role, tokenFile)
  if (section.get('mfa_serial')) throw relayError('config', `the AWS profile \`${name}\` wants a code from a device (mfa_serial), which cannot be asked for here`)
  const [source, machine = ''] = [section.get('source_profile'), section.get('credential_source')]
  let keys: AwsCredential | undefined
  if (source === name) keys = keysOf(section, name)
  else if (source) keys = await profileCredential(world, { all, name: source, region, via: [...via, name] })
  else if (/^environment$/i.test(machine)) keys = await awsKeys((key) => variable(world, key))
  else if (/^ecscontainer$/i.test(machine)) keys = await containerCredential(world)
  else if (/^ec2instancemetadata$/i.test(machine)) keys = await instanceCredential(world)
  else throw relayError('config', `the AWS profile \`${name}\` has a role_arn: it needs a source_profile, a credential_source or a web_identity_token_file too`)
  if (!keys) throw relayError('config', `the AWS profile \`${name}\`: its credential_source ${machine} has no credentials here`)
  return assumeRole(world, role, { keys, externalId: section.get('external_id') })
}

/** Single sign-on: what `aws sso login` left behind is changed for credentials of the profile's role. */
async function ssoCredential(world: AwsWorld, section: Section, { all, name }: Profile): Promise<AwsCredential> {
  const session = section.get('sso_session')
  const shared = session === undefined ? section : all.get(`sso-session ${session}`)
  const [start, region, account, role] = [shared?.get('sso_start_url'), shared?.get('sso_region'), section.get('sso_account_id'), section.get('sso_role_name')]
  if (!start || !region || !account || !role) throw relayError('config', `the AWS profile \`${name}\` needs sso_start_url, sso_region, sso_account_id and sso_role_name`)
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(session ?? start))
  const file = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const token = await ssoToken(world, { path: `${await homeOf(world)}/.aws/sso/cache/${file}.json`, name, region })
  const url = `https://${world.host('portal.sso', region)}/federation/credentials?account_id=${encodeURIComponent(account)}&role_name=${encodeURIComponent(role)}`
  const { roleCredentials } = await ask(world, { url, headers: { 'x-amz-sso_bearer_token': token }, secrets: [token] })
  return credentialOf(Object(roleCredentials), `the answer for the AWS profile \`${name}\``)
}

interface Login {
  readonly path: string
  readonly name: string
  readonly region: string
}

async function ssoToken(world: AwsWorld, login: Login): Promise<string> {
  const held: { readonly [field: string]: unknown } = fields(await fileIfAny(world, login.path)) ?? {}
  const { accessToken, expiresAt } = held
  // Older ones end in UTC.
  const spare = Date.parse(String(expiresAt).replace(/UTC$/, 'Z')) - world.now()
  const good = typeof accessToken === 'string' && accessToken && spare > 0 ? accessToken : undefined
  if (good && spare > 300_000) return good
  try {
    const renewed = await renewedToken(world, login, held)
    if (renewed) return renewed
  } catch (error) {
    if (!good && !(error instanceof RelayError && error.code === 'authentication')) throw error
  }
  if (good) return good
  throw relayError('authentication', `the login of the AWS profile \`${login.name}\` has run out: run \`aws sso login --profile ${login.name}\``)
}

async function renewedToken(world: AwsWorld, { path, region }: Login, held: Fields): Promise<string | undefined> {
  const { refreshToken, clientId, clientSecret } = held as { readonly [field: string]: string | undefined }
  // A renewal that is not written down would put the command line out of step.
  if (!refreshToken || !clientId || !clientSecret || !world.writeFile) return undefined
  const body = JSON.stringify({ clientId, clientSecret, refreshToken, grantType: 'refresh_token' })
  const answer = await ask(world, { url: `https://${world.host('oidc', region)}/token`, body, secrets: [clientSecret, refreshToken] })
  const { accessToken, expiresIn } = answer
  if (typeof accessToken !== 'string' || !(Number(expiresIn) > 0)) return undefined
  const renewed = { ...held, ...answer, expiresAt: new Date(world.now() + Number(expiresIn) * 1000).toISOString() }
  // Where it cannot be after all, it is good nevertheless.
  await world.writeFile(path, JSON.stringify(renewed)).catch(() => undefined)
  return accessToken
}
