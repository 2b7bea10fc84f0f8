/**
 * Every place that credentials come from besides variables: AWS, Google Cloud, Azure, HashiCorp Vault. Handed to a hub as
 * `secrets`; the doors of the runtimes do that themselves.
 * @module
 */
import { awsHost } from './auth/aws-host.ts'
import { signV4 } from './auth/sigv4.ts'
import type { AwsWorld } from './secrets/aws-world.ts'
import { awsSecrets } from './secrets/aws.ts'
import { azureSecrets } from './secrets/azure.ts'
import { gcpSecrets } from './secrets/gcp.ts'
import { vaultSecrets } from './secrets/vault.ts'
import type { World } from './secrets/world.ts'
import type { CredentialObject } from './types/config.ts'
import type { Credential, SecretSources } from './types/provider.ts'

/** What a runtime has that others lack. */
export type Surroundings = Pick<AwsWorld, 'readFile' | 'writeFile' | 'run'>

/** `surroundings`: files, where there are any; a command line only where `credential_process` is to be allowed. */
export function sources(surroundings: Surroundings = {}): (world: World) => SecretSources {
  return (base) => {
    const world = { ...base, ...surroundings }
    const aws = awsSecrets({ ...world, sign: signV4, host: awsHost })
    const gcp = gcpSecrets({ ...world, caller: aws.caller })
    const azure = azureSecrets(world)
    const vault = vaultSecrets(world)
    return {
      ...of('aws_profile', aws.profile),
      ...of('aws_secrets', aws.secret),
      ...of('gcp_adc', gcp.adc),
      ...of('gcp_secret_manager', gcp.secret),
      ...of('azure_ad', azure.token),
      ...of('azure_key_vault', azure.secret),
      ...of('vault', vault.secret),
    }
  }
}

type Named<T extends CredentialObject['type']> = Extract<CredentialObject, { readonly type: T }>

/** A source for the entries of one type; any other cannot reach it. */
function of<T extends CredentialObject['type']>(type: T, find: (config: Named<T>) => Promise<Credential>): SecretSources {
  return { [type]: (config) => find(config as Named<T>) }
}
