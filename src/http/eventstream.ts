// AWS event-stream frames (application/vnd.amazon.eventstream): bytes to frames, however the bytes are cut.
import { relayError } from '../errors.ts'
import type { Framer, FrameSink, Framing } from '../types/provider.ts'

/** The largest frame and the largest header block that the AWS runtime itself allows. */
const FRAME_LIMIT = 24 << 20
const HEADERS_LIMIT = 128 << 10

/** Bytes of a header's value by its type, 0 to 9; -1: a length of two bytes stands before it. */
const SIZES = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]

/** CRC-32 as in zlib, four bytes at a time: table `k` is the effect of a byte that lies `k` places before the last. */
const CRC = /* @__PURE__ */ crcTables()

/**
 * A frame of the type `event` reaches the sink under the name of its event. An `exception`, or an `error`, reaches it as
 * `exception:` and the name of what went wrong, with a JSON body that has a `message`.
 */
export const eventStream: Framing = { contentType: 'application/vnd.amazon.eventstream', framer }

function framer(sink: FrameSink): Framer {
  const text = new TextDecoder()
  // Fragments of a frame that is not whole yet. They are joined once, when `needed` bytes are there.
  let rope: Uint8Array[] = []
  let held = 0
  let needed = 12
  // Nearly all frames of a stream have the same headers: equal bytes are not read twice.
  let last: Uint8Array = new Uint8Array(0)
  let event = ''

  const frame = (bytes: Uint8Array, headersEnd: number): void => {
    const headers = bytes.subarray(12, headersEnd)
    const payload = text.decode(bytes.subarray(headersEnd, bytes.length - 4))
    if (!equal(headers, last)) {
      const named = readHeaders(headers, text)
      if (named[':message-type'] === 'error') {
        return sink(JSON.stringify({ message: named[':error-message'] }), `exception:${named[':error-code']}`)
      }
      event = named[':message-type'] === 'exception' ? `exception:${named[':exception-type']}` : (named[':event-type'] ?? '')
      last = headers
    }
    sink(payload, event)
  }

  return {
    push: (chunk) => {
      let bytes = chunk
      held += bytes.length
      if (rope.length || held < needed) {
        rope.push(bytes)
        if (held < needed) return
        bytes = join(rope, held)
        rope = []
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      let at = 0
      needed = 12
      while (bytes.length - at >= needed) {
        const total = view.getUint32(at)
        const headers = view.getUint32(at + 4)
        // Before this sum is right the lengths mean nothing: nothing is allocated or waited for because of them.
        const prelude = crc32(bytes.subarray(at, at + 8))
        if (~prelude >>> 0 !== view.getUint32(at + 8)) corrupt('prelude checksum mismatch')
        if (total < 16 || total > FRAME_LIMIT || headers > Math.min(total - 16, HEADERS_LIMIT)) corrupt('impossible length')
        if (bytes.length - at < total) {
          needed = total
          break
        }
        const end = at + total
        if (~crc32(bytes.subarray(at + 8, end - 4), prelude) >>> 0 !== view.getUint32(end - 4)) corrupt('message checksum mismatch')
        frame(bytes.subarray(at, end), 12 + headers)
        at = end
      }
      held = bytes.length - at
      if (held) rope.push(at ? bytes.subarray(at) : bytes)
    },
    end: () => held > 0,
  }
}

/** The headers that are strings, by name. Those of the other types are stepped over. */
function readHeaders(bytes: Uint8Array, text: TextDecoder): { readonly [name: string]: string } {
  const found: { [name: string]: string } = {}
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 1 + (bytes[at] ?? 0)
    const type = bytes[nameEnd] ?? -1
    let start = nameEnd + 1
    let size = SIZES[type] ?? corrupt(`unknown header type ${type}`)
    if (size < 0) {
      size = ((bytes[start] ?? 0) << 8) + (bytes[start + 1] ?? 0)
      start += 2
    }
    if (start + size > bytes.length) corrupt('a header runs over')
    if (type === 7) found[text.decode(bytes.subarray(at + 1, nameEnd))] = text.decode(bytes.subarray(start, start + size))
    at = start + size
  }
  return found
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The register of a CRC-32 after these bytes; `~register >>> 0` is the sum. `from` continues an earlier one. */
export function crc32(bytes: Uint8Array, from = -1): number {
  const whole = bytes.length & ~3
  let crc = from
  let at = 0
  for (; at < whole; at += 4) {
    crc ^= (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
    crc = (CRC[768 + (crc & 255)] as number) ^ (CRC[512 + ((crc >>> 8) & 255)] as number) ^
      (CRC[256 + ((crc >>> 16) & 255)] as number) ^ (CRC[crc >>> 24] as number)
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (CRC[(crc ^ (bytes[at] as number)) & 255] as number)
  return crc
}

function crcTables(): Int32Array {
  const tables = new Int32Array(1024)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    tables[byte] = crc
  }
  for (let at = 256; at < 1024; at++) {
    const before = tables[at - 256] as number
    tables[at] = (before >>> 8) ^ (tables[before & 255] as number)
  }
  return tables
}

// Nothing can be found again after a frame that is wrong: the stream is lost.
function corrupt(what: string): never {
  throw relayError('invalid_response', `the event stream is corrupt: ${what}`)
}
