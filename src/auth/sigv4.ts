// AWS Signature Version 4 on WebCrypto.
import type { HttpRequest } from '../types/provider.ts'

export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** What a signature is good for. */
export interface SignScope {
  readonly service: string
  readonly region: string
  /** The server's time, in milliseconds since 1970. */
  readonly date: number
  /** Where derived keys are kept: each that is there already saves four digests. Default: nowhere. */
  readonly cache?: SigningKeys
}

/** Derived keys, by access key, day, region and service. */
export type SigningKeys = Map<string, unknown>

interface Derived {
  readonly secret: string
  readonly key: CryptoKey
}

/** The parts of a request that are signed. */
export interface CanonicalParts {
  readonly method: string
  /** As it is sent. */
  readonly path: string
  /** As it is sent, without the question mark. */
  readonly query: string
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string }
  /** SHA-256 of the body, in hex. */
  readonly bodyHash: string
  /** S3 alone takes the path as it is sent: neither encoded once more nor normalised. */
  readonly rawPath?: boolean
}

/** What has to be signed, besides the host. Whatever else there is, proxies and runtimes may add to or change on the way. */
const SIGNED = /^(accept|content-type|x-(?!amzn|forwarded).*)$/

const encoder = new TextEncoder()

/** The request with the headers that sign it. Sign again for every attempt: a signature is good for minutes. */
export async function signV4(request: HttpRequest, keys: AwsKeys, scope: SignScope): Promise<HttpRequest> {
  // As `fetch` will send it, which may not be as it is written.
  const { host, pathname, search } = new URL(request.url)
  const time = new Date(scope.date).toISOString().replace(/[-:]|\.\d+/g, '')
  const extra: { [name: string]: string } = { 'x-amz-date': time }
  if (keys.sessionToken) extra['x-amz-security-token'] = keys.sessionToken
  const { canonical, signed } = canonicalRequest({
    method: request.method,
    path: pathname,
    query: search.slice(1),
    headers: { ...Object.fromEntries(Object.entries({ ...request.headers, ...extra }).filter(([name]) => SIGNED.test(name))), host },
    bodyHash: await sha256(request.body ?? ''),
    rawPath: scope.service === 's3',
  })
  const area = `${time.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`
  const signature = await signatureOf(stringToSign(time, area, await sha256(canonical)), keys, { area, cache: scope.cache })
  extra.authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${area}, SignedHeaders=${signed}, Signature=${signature}`
  return { ...request, headers: { ...request.headers, ...extra } }
}

export function stringToSign(time: string, area: string, requestHash: string): string {
  return `AWS4-HMAC-SHA256\n${time}\n${area}\n${requestHash}`
}

/** `area` is the day, the region and the service that the signature is good for. */
export async function signatureOf(text: string, keys: AwsKeys, { area, cache }: { readonly area: string; readonly cache?: SigningKeys | undefined }): Promise<string> {
  return hex(await hmac(await signingKey(keys, area, cache), text))
}

export function canonicalRequest(parts: CanonicalParts): { readonly canonical: string; readonly signed: string } {
  const names = Object.keys(parts.headers).sort()
  const lines = names.map((name) => `${name}:${(parts.headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`)
  const path = parts.rawPath ? parts.path : normalized(parts.path).split('/').map(escaped).join('/')
  const signed = names.join(';')
  const canonical = [parts.method, path, canonicalQuery(parts.query), lines.join(''), signed, parts.bodyHash].join('\n')
  return { canonical, signed }
}

/** Without `.`, `..` and empty segments. */
function normalized(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment && segment !== '.') kept.push(segment)
  }
  return '/' + kept.join('/') + (kept.length && /\/\.{0,2}$/.test(path) ? '/' : '')
}

function canonicalQuery(query: string): string {
  // A plus is a plus. What stands between name and value sorts before whatever they may hold.
  const pairs = [...new URLSearchParams(query.replaceAll('+', '%2B'))].map((pair) => pair.map(escaped).join(' '))
  return pairs.sort().join('&').replaceAll(' ', '=')
}

/** RFC 3986: `encodeURIComponent` leaves five more characters alone than AWS does. */
export function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => '%' + char.charCodeAt(0).toString(16).toUpperCase())
}

async function signingKey({ accessKeyId, secretAccessKey: secret }: AwsKeys, area: string, cache?: SigningKeys): Promise<CryptoKey> {
  const name = `${accessKeyId}/${area}`
  const known = cache?.get(name) as Derived | undefined
  if (known?.secret === secret) return known.key
  let key = await hmacKey(encoder.encode(`AWS4${secret}`))
  for (const part of area.split('/')) key = await hmacKey(await hmac(key, part))
  // Most of so many are of days gone by.
  if (cache && cache.size > 50) cache.clear()
  cache?.set(name, { secret, key })
  return key
}

function hmacKey(raw: BufferSource): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
}

function hmac(key: CryptoKey, text: string): Promise<ArrayBuffer> {
  return crypto.subtle.sign('HMAC', key, encoder.encode(text))
}

async function sha256(text: string): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', encoder.encode(text)))
}

function hex(bytes: ArrayBuffer): string {
  let text = ''
  for (const byte of new Uint8Array(bytes)) text += (byte < 16 ? '0' : '') + byte.toString(16)
  return text
}
