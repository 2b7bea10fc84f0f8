// Vectors that others published, as cases: signatures of AWS, and frames of its event streams. Whoever calls hands them in.
// From the source: no door leads to a signature of a request that no provider sends.
import { canonicalRequest, signatureOf, stringToSign } from '../../src/auth/sigv4.ts'
import { eventStream } from '../../src/http/eventstream.ts'
import type { Assert, Cases } from './kit.ts'

export interface SigV4Vector {
  readonly name: string
  readonly request: { readonly method: string; readonly path: string; readonly query: string; readonly headers: readonly (readonly [string, string])[]; readonly body?: string; readonly body_base64?: string }
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string | null }
  readonly region: string
  readonly service: string
  readonly timestamp: string
  readonly normalize_path: boolean
  readonly sign_body_header: boolean
  readonly omit_session_token?: boolean | null
  readonly expect: { readonly canonical_request: string; readonly string_to_sign: string; readonly signature: string }
}

export interface FrameVectors {
  readonly positive: readonly { readonly name: string; readonly hex: string; readonly payload_hex: string }[]
  readonly negative: readonly { readonly name: string; readonly hex: string }[]
  readonly exceptions: readonly { readonly name: string; readonly hex: string; readonly after_frames_hex: string }[]
  readonly streams: readonly { readonly name: string; readonly base64: string; readonly frames: readonly { readonly event: string; readonly payload_json: unknown }[] }[]
}

export interface Published {
  readonly sigv4: readonly SigV4Vector[]
  readonly eventstream: FrameVectors
}

export function published({ sigv4, eventstream: { positive, negative, exceptions, streams } }: Published): Cases {
  return (t) => {
    for (const vector of sigv4) t.test(`signs ${vector.name}`, (assert) => signs(assert, vector))
    for (const { name, hex, payload_hex } of positive) {
      t.test(`reads ${name}`, (assert) => {
        const payload = new TextDecoder().decode(bytesOf(payload_hex))
        for (const cut of cuts(bytesOf(hex))) assert.deepEqual(read(cut).map(([data]) => data), [payload])
      })
    }
    for (const { name, hex } of negative) {
      t.test(`refuses ${name}`, (assert) => {
        for (const cut of cuts(bytesOf(hex))) assert.throws(() => read(cut), /the event stream is corrupt: (prelude|message) checksum mismatch/)
      })
    }
    for (const { name, hex, after_frames_hex: before } of exceptions) {
      t.test(`tells ${name} from an event`, (assert) => {
        const known = read([bytesOf(before)])
        for (const cut of cuts(bytesOf(before + hex))) {
          const frames = read(cut)
          assert.deepEqual(frames.slice(0, -1), known)
          assert.ok(known.length > 0 && known.every(([, event]) => !event.startsWith('exception:')))
          assert.ok(/^exception:\w+$/.test(frames.at(-1)?.[1] ?? ''), frames.at(-1)?.[1])
        }
      })
    }
    for (const { name, base64, frames } of streams) {
      t.test(`reads ${name}`, (assert) => {
        const expected = frames.map(({ event, payload_json }) => [payload_json, event])
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
        for (const cut of cuts(bytes)) assert.deepEqual(read(cut).map(([data, event]) => [JSON.parse(data), event]), expected)
      })
    }
  }
}

async function signs(assert: Assert, { request, credentials, expect, ...vector }: SigV4Vector): Promise<void> {
  const body = request.body ?? new TextDecoder().decode(Uint8Array.from(atob(request.body_base64 ?? ''), (char) => char.charCodeAt(0)))
  const { sessionToken, ...keys } = credentials
  const bodyHash = await digest(body)
  const time = new Date(vector.timestamp).toISOString().replace(/[-:]|\.000/g, '')
  const headers: { [name: string]: string } = { 'x-amz-date': time }
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase()
    headers[key] = key in headers && key !== 'x-amz-date' ? `${headers[key]},${value}` : value
  }
  if (vector.sign_body_header) headers['x-amz-content-sha256'] = bodyHash
  if (sessionToken && !vector.omit_session_token) headers['x-amz-security-token'] = sessionToken
  // The targets are not encoded yet; where nothing is normalised they are canonical once they are.
  const path = vector.normalize_path ? request.path : encodeURI(request.path)
  const { canonical } = canonicalRequest({ ...request, path, headers, bodyHash, rawPath: !vector.normalize_path })
  assert.equal(canonical, expect.canonical_request)
  const area = `${time.slice(0, 8)}/${vector.region}/${vector.service}/aws4_request`
  const text = stringToSign(time, area, await digest(canonical))
  assert.equal(text, expect.string_to_sign)
  assert.equal(await signatureOf(text, keys, { area }), expect.signature)
}

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16))
}

/** Whole, in pieces of 1, 7 and 64 bytes, and in two at every byte. */
function* cuts(bytes: Uint8Array): Iterable<readonly Uint8Array[]> {
  for (const size of [bytes.length || 1, 1, 7, 64]) {
    yield Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.slice(n * size, (n + 1) * size))
  }
  for (let at = 1; at < bytes.length; at++) yield [bytes.slice(0, at), bytes.slice(at)]
}

/** @throws where bytes are left that are no frame. */
function read(chunks: readonly Uint8Array[]): readonly (readonly [data: string, event: string])[] {
  const frames: (readonly [string, string])[] = []
  const framer = eventStream.framer((data, event) => frames.push([data, event]))
  for (const chunk of chunks) framer.push(chunk)
  if (framer.end()) throw new Error('bytes are left')
  return frames
}
