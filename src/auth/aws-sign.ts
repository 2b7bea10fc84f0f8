// Signs a request to AWS, with keys or with a bearer key, whichever there is.
import type { Provider } from '../types/provider.ts'
import { awsRegion } from './aws-host.ts'
import { bearer } from './bearer.ts'
import { signV4 } from './sigv4.ts'

export function awsSign(service: string): Provider['sign'] {
  return (request, credential, { target: { config, model }, now, cache }) =>
    credential.type === 'aws' ? signV4(request, credential, { service, region: awsRegion(config, model), date: now, cache }) : bearer(request, credential)
}
