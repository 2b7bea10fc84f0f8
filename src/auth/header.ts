// Signs a request by putting the key into a header of its own.
import { relayError } from '../errors.ts'
import type { Credential, HttpRequest } from '../types/provider.ts'

/** A `sign` that sends the secret in the header `name` (lower case), after `prefix`. */
export function header(name: string, prefix = ''): (request: HttpRequest, credential: Credential) => HttpRequest {
  return (request, credential) => {
    if (credential.type === 'aws') throw relayError('config', 'this provider takes a key, not AWS credentials')
    return { ...request, headers: { ...request.headers, [name]: prefix + credential.value } }
  }
}
