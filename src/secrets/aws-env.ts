// AWS keys from variables.
import { relayError } from '../errors.ts'
import type { Credential } from '../types/provider.ts'

export type AwsCredential = Extract<Credential, { readonly type: 'aws' }>

/** @throws ConfigError where there is only half of a key. */
export async function awsKeys(read: (name: string) => Promise<string | undefined>): Promise<AwsCredential | undefined> {
  const names = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN', 'CREDENTIAL_EXPIRATION']
  const [accessKeyId, secretAccessKey, sessionToken, expiry = ''] = await Promise.all(names.map((name) => read(`AWS_${name}`)))
  if (!accessKeyId && !secretAccessKey) return undefined
  if (!accessKeyId || !secretAccessKey) throw relayError('config', 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together: one of them is not set')
  const expiresAt = Date.parse(expiry)
  return { type: 'aws', accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : undefined), ...(expiresAt ? { expiresAt } : undefined) }
}
