// Credentials that the machine hands out: those of a container, and those of an EC2 instance (IMDSv2).
import { RelayError, relayError } from '../errors.ts'
import { ask, credentialOf, fields, fileText, variable, type AwsWorld, type Question } from './aws-ask.ts'
import type { AwsCredential } from './aws-env.ts'

/** Loopback, and where ECS and EKS hand credentials out: nothing else may be asked without TLS. */
const PLAIN_HOSTS = /^(127(\.\d+){3}|localhost|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/

/** ECS, EKS pod identity, CodeBuild, Lambda with SnapStart: undefined where no variable names an address. */
export async function containerCredential(world: AwsWorld): Promise<AwsCredential | undefined> {
  const [relative, full, token, tokenFile] = await Promise.all(
    ['CREDENTIALS_RELATIVE_URI', 'CREDENTIALS_FULL_URI', 'AUTHORIZATION_TOKEN', 'AUTHORIZATION_TOKEN_FILE'].map((name) => variable(world, `AWS_CONTAINER_${name}`)),
  )
  const uri = relative === undefined ? full : `http://169.254.170.2${relative}`
  if (uri === undefined) return undefined
  const address = URL.canParse(uri) ? new URL(uri) : undefined
  // The relative one must not turn the host before it into something else.
  const inside = relative === undefined || relative.startsWith('/')
  if (!address || !inside || address.username || !(address.protocol === 'https:' || (address.protocol === 'http:' && PLAIN_HOSTS.test(address.hostname)))) {
    throw relayError('config', 'AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http on loopback or at the address of ECS or EKS; the relative one begins with a slash')
  }
  const secret = tokenFile === undefined ? token : await fileText(world, tokenFile, 'the container authorization token')
  if (/[\r\n]/.test(secret ?? '')) throw relayError('config', 'the container authorization token holds a line break')
  const question = { url: uri, timeoutMs: 1000, ...(secret ? { headers: { authorization: secret }, secrets: [secret] } : undefined) }
  return credentialOf(fields(await persistent(world, question)) ?? {}, 'the answer of the container')
}

/** The instance's role; undefined where there is no metadata service, or it is turned off. */
export async function instanceCredential(world: AwsWorld): Promise<AwsCredential | undefined> {
  const [off, endpoint, mode] = await Promise.all(['DISABLED', 'SERVICE_ENDPOINT', 'SERVICE_ENDPOINT_MODE'].map((name) => variable(world, `AWS_EC2_METADATA_${name}`)))
  if (off === 'true') return undefined
  const base = (endpoint ?? (/ipv6/i.test(mode ?? '') ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254')).replace(/\/+$/, '')
  const timeoutMs = 1000
  let token: string
  try {
    token = await ask(world, { url: `${base}/latest/api/token`, method: 'PUT', timeoutMs, headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' } })
  } catch (error) {
    // Elsewhere than on EC2 nobody answers, and inside a container the answer may not get through.
    if (error instanceof RelayError) return undefined
    throw error
  }
  const read = (path: string): Promise<string> => persistent(world, {
    url: `${base}/latest/meta-data/iam/security-credentials/${path}`,
    timeoutMs,
    headers: { 'x-aws-ec2-metadata-token': token },
    secrets: [token],
  })
  const [role = ''] = (await read('')).trim().split('\n')
  const held = fields(await read(encodeURIComponent(role))) ?? {}
  if (held['Code'] !== undefined && held['Code'] !== 'Success') throw relayError('authentication', `the instance has no credentials: ${String(held['Code'])}`)
  return credentialOf(held, `the role ${role} of the instance`)
}

/** Asks up to three times: such services are close by, and sometimes busy. */
async function persistent(world: AwsWorld, question: Question, left = 2): Promise<string> {
  try {
    return await ask(world, question)
  } catch (error) {
    if (left === 0 || !(error instanceof RelayError) || !/^(network|overloaded)$/.test(error.code)) throw error
    return persistent(world, question, left - 1)
  }
}
