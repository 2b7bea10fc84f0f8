// What AWS's credentials need of the world, and how they are read wherever they stand.
import { relayError } from '../errors.ts'
import type { HttpRequest } from '../types/provider.ts'
import type { Fields } from './ask.ts'
import type { AwsCredential } from './aws-env.ts'
import type { World } from './world.ts'

export interface AwsWorld extends World {
  /** Signs a request (`signV4`). */
  readonly sign: (request: HttpRequest, keys: AwsCredential, scope: { readonly service: string; readonly region: string; readonly date: number }) => Promise<HttpRequest>
  /** The host of a service in a region (`awsHost`). */
  readonly host: (service: string, region: string) => string
  /** Writes a text file. Absent where there are none: a login that has run out is then not renewed. */
  readonly writeFile?: ((path: string, text: string) => Promise<void>) | undefined
  /** Runs a command line and gives what it prints. Absent where that is not allowed: then `credential_process` is refused. */
  readonly run?: ((command: string) => Promise<string>) | undefined
}

/** @throws AuthenticationError where a part is missing. */
export function credentialOf(held: Fields, where: string): AwsCredential {
  const [accessKeyId, secretAccessKey, sessionToken, expiry] = [
    held['AccessKeyId'] ?? held['accessKeyId'],
    held['SecretAccessKey'] ?? held['secretAccessKey'],
    held['SessionToken'] ?? held['sessionToken'] ?? held['Token'],
    held['Expiration'] ?? held['expiration'],
  ]
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string' || !accessKeyId || !secretAccessKey) {
    throw relayError('authentication', `${where} holds no AWS credentials`)
  }
  const expiresAt = typeof expiry === 'number' ? expiry : Date.parse(String(expiry))
  return {
    type: 'aws',
    accessKeyId,
    secretAccessKey,
    ...(typeof sessionToken === 'string' && sessionToken ? { sessionToken } : undefined),
    ...(expiresAt > 0 ? { expiresAt } : undefined),
  }
}

/** What an error must not quote of a credential. */
export function secretsOf({ secretAccessKey, sessionToken }: AwsCredential): readonly (string | undefined)[] {
  return [secretAccessKey, sessionToken]
}
