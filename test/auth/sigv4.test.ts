// AWS signatures against vectors of other implementations, and the laws of the canonical form.
import fc from 'fast-check'
import { existsSync, readFileSync } from 'node:fs'
import { webcrypto } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { arnRegion, awsHost } from '../../src/auth/aws-host.ts'
import { canonicalRequest, signatureOf, signV4, stringToSign, type AwsKeys } from '../../src/auth/sigv4.ts'
import type { HttpRequest } from '../../src/types/provider.ts'
import type { SigV4Vector } from '../portable/published.ts'

const keys: AwsKeys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const body = '{"messages":[{"role":"user","content":[{"text":"hi"}]}]}'
const bodyHash = 'c3335e07d6e89650bf94cb98664be69f8774dbc3198df221f113db0a59ea14f0'
const scope = { service: 'bedrock', region: 'us-east-1', date: Date.UTC(2026, 10, 22, 12) }

function request(path: string, headers: HttpRequest['headers'] = { 'content-type': 'application/json' }): HttpRequest {
  return { method: 'POST', url: `https://bedrock-runtime.us-east-1.amazonaws.com${path}`, headers, body }
}

const SONNET = '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse'
const PROFILE = '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc123/converse-stream'

/** Signed by two other implementations, which agree. */
const VECTORS: readonly (readonly [name: string, request: HttpRequest, keys: AwsKeys, signed: string, signature: string])[] = [
  ['an encoded colon', request(SONNET), keys, 'content-type;host;x-amz-date', 'a3e283817767a13826ffe457d061052060a6ec2694c66c0604f99a4c6fac8598'],
  ['no headers', request(SONNET, {}), keys, 'host;x-amz-date', 'd651028554774f03b742a145ac68b340ab9df777d68cdcf5844fd8473655aaad'],
  [
    'a hash in a header',
    request(SONNET, { 'content-type': 'application/json', 'x-amz-content-sha256': bodyHash }),
    keys,
    'content-type;host;x-amz-content-sha256;x-amz-date',
    '2ccc978e792bc09f6717bde41d796f34144a2d49d6cc29efcd34dbedf07907ba',
  ],
  [
    'a session token',
    request(SONNET),
    { ...keys, sessionToken: 'TOKENEXAMPLE==' },
    'content-type;host;x-amz-date;x-amz-security-token',
    '0e07efe2a9c6de6acb0140a8b47182e8689ad263366dba6caa1f06600ce1dfbd',
  ],
  [
    'a colon as it is',
    request(SONNET.replace('%3A', ':')),
    keys,
    'content-type;host;x-amz-date',
    'd4e2b51836ade3305de1da43082ed30760e236c73e2b6f068090c4be7c71bc74',
  ],
  ['an ARN', request(PROFILE), keys, 'content-type;host;x-amz-date', '5b4d319664a6bed0268fbf7ac551f7ba555dbca687ce618dad3c870b2507e556'],
]

describe('signV4', () => {
  it.each(VECTORS)('signs %s', async (_, unsigned, credentials, signed, signature) => {
    const { headers, ...rest } = await signV4(unsigned, credentials, scope)
    expect(headers['x-amz-date']).toBe('20261122T120000Z')
    expect(headers.authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/us-east-1/bedrock/aws4_request, SignedHeaders=${signed}, Signature=${signature}`,
    )
    expect(rest).toEqual({ method: 'POST', url: unsigned.url, body })
  })

  it('signs anew what is signed already, whatever proxies have added', async () => {
    const once = await signV4(request(SONNET), keys, scope)
    const later = { ...scope, date: scope.date + 60_000 }
    const added = { 'user-agent': 'x', 'x-amzn-trace-id': 'y', traceparent: 'z', 'sec-fetch-mode': 'cors', 'accept-encoding': 'gzip' }
    const twice = await signV4({ ...once, headers: { ...once.headers, ...added } }, keys, later)
    expect(twice.headers).toEqual({ ...added, ...(await signV4(request(SONNET), keys, later)).headers })
    expect(twice.headers.authorization).not.toBe(once.headers.authorization)
  })

  it('takes three digests once the key is derived, and keeps keys apart by secret, day, region and service', async () => {
    // The hub's, where what is derived is kept.
    const kept = { ...scope, cache: new Map<string, unknown>() }
    const one = { ...keys, accessKeyId: 'AKIDCOUNTED' }
    const spies = [vi.spyOn(webcrypto.subtle, 'sign'), vi.spyOn(webcrypto.subtle, 'digest')]
    const trips = async (credentials: AwsKeys, where = kept): Promise<number> => {
      for (const spy of spies) spy.mockClear()
      await signV4(request(SONNET), credentials, where)
      return spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
    }
    expect(await trips(one)).toBe(7)
    expect(await trips(one)).toBe(3)
    expect(await trips(one, { ...kept, date: scope.date + 3_600_000 })).toBe(3)
    expect(await trips(one, { ...kept, date: scope.date + 86_400_000 })).toBe(7)
    expect(await trips(one, { ...kept, region: 'eu-west-1' })).toBe(7)
    expect(await trips(one, { ...kept, service: 'sts' })).toBe(7)
    expect(await trips(one)).toBe(3)
    const other = { ...one, secretAccessKey: 'another' }
    const before = await signV4(request(SONNET), one, kept)
    expect(await trips(other)).toBe(7)
    expect((await signV4(request(SONNET), other, kept)).headers).not.toEqual(before.headers)
    expect(await signV4(request(SONNET), one, kept)).toEqual(before)
    for (const spy of spies) spy.mockRestore()
  })

  it('never lets the secret out', async () => {
    const signed = await signV4(request(SONNET), keys, scope)
    expect(JSON.stringify(signed)).not.toContain(keys.secretAccessKey)
  })
})

describe('canonicalRequest', () => {
  const canonical = (path: string, query = '', rawPath = false): string[] =>
    canonicalRequest({ method: 'GET', path, query, headers: {}, bodyHash: '', rawPath }).canonical.split('\n')

  it.each([
    ['/a%3A0/b', '/a%253A0/b'],
    ['/é x', '/%C3%A9%20x'],
    ["/!'()*", '/%21%27%28%29%2A'],
    ['', '/'],
    ['/a/../b/./c//', '/b/c/'],
    ['/../..', '/'],
    ['/a/..', '/'],
  ])('path %s', (path, expected) => {
    expect(canonical(path)[1]).toBe(expected)
    expect(canonical(path, '', true)[1]).toBe(path)
  })

  it.each([
    ['b=2&a=1', 'a=1&b=2'],
    ['a=2&a=1&a', 'a=&a=1&a=2'],
    ['a=%c3%a9&b=x%20y&c=(*)', 'a=%C3%A9&b=x%20y&c=%28%2A%29'],
    ['a=100%&b=x+y&c=1=2', 'a=100%25&b=x%2By&c=1%3D2'],
    ['Z=1&a=1', 'Z=1&a=1'],
  ])('query %s', (query, expected) => expect(canonical('/', query)[2]).toBe(expected))

  it('trims and collapses values, and sorts names', () => {
    const { canonical: text, signed } = canonicalRequest({
      method: 'GET', path: '/', query: '', bodyHash: 'h', headers: { 'x-b': ' "a   b" ', 'x-a': '\t1', host: 'h' },
    })
    expect(text).toBe('GET\n/\n\nhost:h\nx-a:1\nx-b:"a b"\n\nhost;x-a;x-b\nh')
    expect(signed).toBe('host;x-a;x-b')
  })

  it('does not care in which order a query is written', () => {
    const pair = fc.tuple(fc.string({ minLength: 1 }), fc.string()).map((both) => both.map(encodeURIComponent).join('='))
    const shuffled = fc.array(pair, { maxLength: 6 }).chain((pairs) => fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })))
    fc.assert(fc.property(shuffled, ([one, two]) => {
      expect(canonical('/', one.join('&'))).toEqual(canonical('/', two.join('&')))
    }))
  })
})

describe('awsHost', () => {
  it.each([
    ['us-east-1', 'sts.us-east-1.amazonaws.com'],
    ['us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
    ['eusc-de-east-1', 'sts.eusc-de-east-1.amazonaws.eu'],
    ['us-iso-east-1', 'sts.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', 'sts.us-isob-east-1.sc2s.sgov.gov'],
    ['us-isof-south-1', 'sts.us-isof-south-1.csp.hci.ic.gov'],
    ['eu-isoe-west-1', 'sts.eu-isoe-west-1.cloud.adc-e.uk'],
  ])('%s', (region, host) => expect(awsHost('sts', region)).toBe(host))

  it.each(['', 'evil.com/', 'us-east-1.evil.com', 'US-EAST-1', 'us east', 'x@y', '-', 'useast1'])('refuses %j', (region) => {
    expect(() => awsHost('sts', region)).toThrow(/is not an AWS region/)
  })

  it('reads the region of an ARN', () => {
    expect(arnRegion('arn:aws-us-gov:bedrock:us-gov-west-1:1:inference-profile/us-gov.x')).toBe('us-gov-west-1')
    expect(arnRegion('arn:aws:iam::1:role/x')).toBeUndefined()
    expect(arnRegion('anthropic.claude-opus-4-6-v1')).toBeUndefined()
  })
})

interface Case extends SigV4Vector {
  readonly credentials: SigV4Vector['credentials'] & AwsKeys
  readonly expect: SigV4Vector['expect'] & { readonly authorization: string }
}

const shared = new URL('../../../shared/data/sigv4.json', import.meta.url)
const cases: readonly Case[] = existsSync(shared) ? JSON.parse(readFileSync(shared, 'utf8')) : []

describe.skipIf(!cases.length)('published vectors (skipped where ../shared/data is not there)', () => {
  const bodyOf = ({ request: { body: text, body_base64 = '' } }: Case): string => text ?? Buffer.from(body_base64, 'base64').toString()
  const digest = async (text: string): Promise<string> => Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex')

  it.each(cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const hash = await digest(bodyOf(one))
    const headers: { [name: string]: string } = {}
    for (const [name, value] of one.request.headers) {
      const key = name.toLowerCase()
      headers[key] = headers[key] === undefined ? value : `${headers[key]},${value}`
    }
    const time = new Date(one.timestamp).toISOString().replace(/[-:]|\.000/g, '')
    headers['x-amz-date'] = time
    if (one.sign_body_header) headers['x-amz-content-sha256'] = hash
    if (one.credentials.sessionToken && !one.omit_session_token) headers['x-amz-security-token'] = one.credentials.sessionToken
    // The suite's targets are not encoded yet; where nothing is normalised they are canonical once they are.
    const path = one.normalize_path ? one.request.path : encodeURI(one.request.path)
    const { canonical } = canonicalRequest({ method: one.request.method, path, query: one.request.query, headers, bodyHash: hash, rawPath: !one.normalize_path })
    expect(canonical).toBe(one.expect.canonical_request)
    const area = `${time.slice(0, 8)}/${one.region}/${one.service}/aws4_request`
    const text = stringToSign(time, area, await digest(canonical))
    expect(text).toBe(one.expect.string_to_sign)
    expect(await signatureOf(text, one.credentials, { area })).toBe(one.expect.signature)
  })

  it.each(cases.filter(({ request: { path } }) => path.startsWith('/model/')).map((one) => [one.name, one] as const))('%s, signed', async (_, one) => {
    const { host = '', ...headers } = Object.fromEntries(one.request.headers.map(([name, value]) => [name.toLowerCase(), value]))
    const { sessionToken, ...rest } = one.credentials
    const where = { service: one.service, region: one.region, date: Date.parse(one.timestamp) }
    const unsigned: HttpRequest = { method: 'POST', url: `https://${host}${one.request.path}`, headers, body: bodyOf(one) }
    const signed = await signV4(unsigned, { ...rest, ...(sessionToken ? { sessionToken } : {}) }, where)
    expect(signed.headers.authorization).toBe(one.expect.authorization)
  })
})
