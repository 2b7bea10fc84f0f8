// Writes AWS event-stream frames, for servers that pretend to be AWS.
import { crc32 } from './eventstream.ts'

/** One frame with headers that are strings. */
export function encodeFrame(headers: { readonly [name: string]: string }, payload: string): Uint8Array {
  const text = new TextEncoder()
  const body = text.encode(payload)
  const head: number[] = []
  for (const [name, value] of Object.entries(headers)) {
    const [key, bytes] = [text.encode(name), text.encode(value)]
    head.push(key.length, ...key, 7, bytes.length >> 8, bytes.length & 255, ...bytes)
  }
  const frame = new Uint8Array(16 + head.length + body.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, frame.length)
  view.setUint32(4, head.length)
  view.setInt32(8, ~crc32(frame.subarray(0, 8)))
  frame.set(head, 12)
  frame.set(body, 12 + head.length)
  view.setInt32(frame.length - 4, ~crc32(frame.subarray(0, -4)))
  return frame
}

/** A frame that tells of an event, as a service writes it. */
export function encodeEvent(event: string, payload: unknown): Uint8Array {
  return encodeFrame(
    { ':event-type': event, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(payload),
  )
}

/** A frame that ends the stream with a failure, `throttlingException` for example. */
export function encodeException(type: string, payload: unknown): Uint8Array {
  return encodeFrame(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify(payload),
  )
}
