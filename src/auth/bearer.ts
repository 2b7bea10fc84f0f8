// Signs a request with `Authorization: Bearer`.
import type { Credential, HttpRequest } from '../types/provider.ts'
import { header } from './header.ts'

export const bearer: (request: HttpRequest, credential: Credential) => HttpRequest = header('authorization', 'Bearer ')
