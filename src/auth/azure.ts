// Signs a request for Azure: a key in its own header, a token of Entra ID as a bearer, never both.
import type { Credential, HttpRequest } from '../types/provider.ts'
import { bearer } from './bearer.ts'
import { header } from './header.ts'

export function azureKeyOrToken(request: HttpRequest, credential: Credential): HttpRequest {
  return credential.type === 'token' ? bearer(request, credential) : header('api-key')(request, credential)
}
