// What the wires behind AWS's door have in common: who asks, how a failure is told, and frames of bytes.
import { encodeFrame } from '../../http/eventstream-encode.ts'
import type { ErrorFacts, Frame, HttpCall, JsonObject, Mint } from '../endpoint.ts'
import { uuid } from './chat-dialect.ts'

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

export const frameType = 'application/vnd.amazon.eventstream'

/** The model and the operation that a path names, or undefined where it names none. */
export function operationOf({ method, url }: HttpCall): { readonly model: string; readonly operation: string } | undefined {
  const [, model, operation] = /\/model\/([^/]+)\/([a-z-]+)$/.exec(url.pathname) ?? []
  return method !== 'POST' || model === undefined || operation === undefined
    ? undefined
    : { model: decodeURIComponent(model), operation }
}

/** A bearer key, or the name of the key that signed. */
export function awsKey({ headers }: HttpCall): string | undefined {
  const authorization = headers.get('authorization') ?? ''
  const [, bearer, signer] = /^Bearer (.+)$|^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(authorization) ?? []
  return bearer ?? (headers.has('x-amz-date') ? signer : undefined)
}

export function awsFailure({ message, body, more }: ErrorFacts): unknown {
  return body ?? { message, ...more }
}

/** An exception: the name is the error's type, in the other spelling. */
export function awsException(facts: ErrorFacts): Frame {
  const { type } = facts
  const name = type ?? 'InternalServerException'
  return { event: name[0]?.toLowerCase() + name.slice(1), exception: true, data: awsFailure({ ...facts, body: undefined }), closing: true }
}

export function awsHeaders(mint: Mint): Record<string, string> {
  return { 'x-amzn-requestid': uuid(mint) }
}

/** So that nobody can tell from its length what a frame says. */
export function padded(data: JsonObject, mint: Mint): JsonObject {
  return { ...data, p: PADDING.slice(0, 1 + mint.number(PADDING.length)) }
}

export function encodeAws({ event = '', exception, data }: Frame): Uint8Array {
  const kind = exception ? 'exception' : 'event'
  const headers = { [`:${kind}-type`]: event, ':content-type': 'application/json', ':message-type': kind }
  return encodeFrame(headers, typeof data === 'string' ? data : JSON.stringify(data))
}
