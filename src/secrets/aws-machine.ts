// Credentials that the machine hands out: those of a container, and those of an EC2 instance (IMDSv2).
import { RelayError, relayError } from '../errors.ts'
import { ask, askText, fields, secure } from './ask.ts'
import type { AwsCredential } from './aws-env.ts'
import { credentialOf, type AwsWorld } from './aws-world.ts'
import { fileText, variable } from './world.ts'

/** Where ECS and EKS hand credentials out, without TLS. */
const PLAIN_HOSTS = /^(169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/

/** ECS, EKS pod identity, CodeBuild, Lambda with SnapStart: undefined where no variable names an address. */
export async function containerCredential(world: AwsWorld): Promise<AwsCredential | undefined> {
  const [relative, full, token, tokenFile] = await Promise.all(
    ['CREDENTIALS_RELATIVE_URI', 'CREDENTIALS_FULL_URI', 'AUTHORIZATION_TOKEN', 'AUTHORIZATION_TOKEN_FILE'].map((name) => variable(world, `AWS_CONTAINER_${name}`)),
  )
  const uri = relative === undefined ? full : `http://169.254.170.2${relative}`
  if (uri === undefined) return undefined
  const url = secure(uri, `AWS_CONTAINER_CREDENTIALS_${relative === undefined ? 'FULL' : 'RELATIVE'}_URI`, PLAIN_HOSTS)
  const secret = tokenFile === undefined ? token : await fileText(world, tokenFile, { what: 'the container authorization token' })
  if (/[\r\n]/.test(secret ?? '')) throw relayError('config', 'the container authorization token holds a line break')
  const question = { url, timeoutMs: 1000, ...(secret ? { headers: { authorization: secret }, secrets: [secret] } : undefined) }
  return credentialOf(await persistent(() => ask(world, question)), 'the answer of the container')
}

/** The instance's role; undefined where there is no metadata service, or it is turned off. */
export async function instanceCredential(world: AwsWorld): Promise<AwsCredential | undefined> {
  const [off, endpoint, mode] = await Promise.all(['DISABLED', 'SERVICE_ENDPOINT', 'SERVICE_ENDPOINT_MODE'].map((name) => variable(world, `AWS_EC2_METADATA_${name}`)))
  if (off === 'true') return undefined
  const base = (endpoint ?? (/ipv6/i.test(mode ?? '') ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254')).replace(/\/+$/, '')
  const timeoutMs = 1000
  let token: string
  try {
    token = await askText(world, { url: `${base}/latest/api/token`, method: 'PUT', timeoutMs, headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' } })
  } catch (error) {
    // Elsewhere than on EC2 nobody answers, and inside a container the answer may not get through.
    if (error instanceof RelayError && error.code !== 'overloaded') return undefined
    throw error
  }
  const headers = { 'x-aws-ec2-metadata-token': token }
  const read = (path: string): Promise<string> =>
    persistent(() => askText(world, { url: `${base}/latest/meta-data/iam/security-credentials/${path}`, timeoutMs, headers, secrets: [token] }))
  // An instance without a role has no such folder.
  const [role] = /^[\w+=,.@-]+/.exec((await read('').catch(absent)).trim()) ?? []
  if (!role) return undefined
  const held = fields(await read(encodeURIComponent(role))) ?? {}
  if (held['Code'] !== undefined && held['Code'] !== 'Success') throw relayError('authentication', `the instance has no credentials: ${String(held['Code'])}`)
  return credentialOf(held, `the role ${role} of the instance`)
}

function absent(error: unknown): string {
  if (error instanceof RelayError && error.code === 'not_found') return ''
  throw error
}

/** Asks up to three times: such services are close by, and sometimes busy. */
async function persistent<T>(work: () => Promise<T>, left = 2): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (left === 0 || !(error instanceof RelayError) || !/^(network|overloaded)$/.test(error.code)) throw error
    return persistent(work, left - 1)
  }
}
