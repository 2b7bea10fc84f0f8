// Signs a request to Google Cloud: an access token, or an express key.
import type { Credential, HttpRequest } from '../types/provider.ts'
import { bearer } from './bearer.ts'
import { header } from './header.ts'

export function googleCloud(request: HttpRequest, credential: Credential): HttpRequest {
  // Never in the URL, where Google would take a key too: URLs are logged.
  return credential.type === 'key' ? header('x-goog-api-key')(request, credential) : bearer(request, credential)
}
