// AWS event-stream frames: the law is that the way of cutting the bytes never matters, and that nothing wrong gets through.
import fc from 'fast-check'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { RelayError } from '../../src/errors.ts'
import { encodeEvent, encodeException, encodeFrame } from '../../src/http/eventstream-encode.ts'
import { eventStream } from '../../src/http/eventstream.ts'

type Frame = readonly [data: string, event: string]

interface Read {
  readonly frames: readonly Frame[]
  readonly left: boolean
}

function read(chunks: readonly Uint8Array[]): Read {
  const frames: Frame[] = []
  const framer = eventStream.framer((data, event) => frames.push([data, event]))
  for (const chunk of chunks) framer.push(chunk)
  return { frames, left: framer.end() }
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places].sort((a, b) => a - b)
  return [...ends, bytes.length].map((end, index) => bytes.slice(ends[index - 1] ?? 0, end))
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16))

/** Written by another implementation, by hand from the specification of the format. */
const VECTORS: readonly (readonly [name: string, hex: string, frames: readonly Frame[]])[] = [
  ['an empty message', '000000100000000005c248eb7d98c8ff', [['', '']]],
  [
    'an event',
    '0000007f000000529bc598af0b3a6576656e742d7479706507000c6d65737361676553746172740d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070005' +
    '6576656e747b2270223a226162222c22726f6c65223a22617373697374616e74227d362c6c18',
    [['{"p":"ab","role":"assistant"}', 'messageStart']],
  ],
  [
    'an exception',
    '00000090000000618e91a9b70f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d657373' +
    '6167652d74797065070009657863657074696f6e7b226d657373616765223a22546f6f206d616e79207265717565737473227de67f8005',
    [['{"message":"Too many requests"}', 'exception:throttlingException']],
  ],
  [
    'an error without a payload',
    '0000005a0000004a8188a08d0d3a6d6573736167652d747970650700056572726f720b3a6572726f722d636f646507000f496e7465726e616c4661696c7572650e3a6572726f722d6d657373616765070004626f6f6dd78e0703',
    [['{"message":"boom"}', 'exception:InternalFailure']],
  ],
  [
    'headers of all ten types',
    '000000600000004e6d74c4b3017400016601016202ff017303fffe016904fffffffd016c05fffffffffffffffc017806000200ff017907000368c3a9017a080000019b76daa800017509000102030405060708090a0b0c0d0e0f6f6bdd79eb72',
    [['ok', '']],
  ],
]

/** Sets the two sums of a frame right, so that what else is wrong with it comes to light. */
function resealed(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer)
  view.setUint32(8, reference(frame.subarray(0, 8)))
  view.setUint32(frame.length - 4, reference(frame.subarray(0, -4)))
  return frame
}

/** CRC-32 bit by bit, as the standard writes it. */
function reference(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}

describe('frames', () => {
  it.each(VECTORS)('reads %s, cut at any byte', (_, text, frames) => {
    const bytes = hex(text)
    for (let at = 0; at <= bytes.length; at++) expect(read(cut(bytes, [at]))).toEqual({ frames, left: false })
    expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual({ frames, left: false })
  })

  const event = fc.tuple(fc.stringMatching(/^[a-zA-Z]{1,20}$/), fc.string({ unit: 'binary', maxLength: 300 }))

  it('gives the same frames however a stream is cut', () => {
    fc.assert(fc.property(fc.array(event, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), (events, places) => {
      const bytes = concat(events.map(([name, text]) => encodeEvent(name, { text })))
      const chunks = cut(bytes, places.map((place) => place % (bytes.length + 1)))
      const frames = events.map(([name, text]) => [JSON.stringify({ text }), name])
      expect(read(chunks)).toEqual({ frames, left: false })
    }))
  })

  it('says that bytes were left wherever a stream is cut short inside a frame', () => {
    const parts = [encodeEvent('a', { n: 1 }), encodeException('b', { message: 'no' })]
    const bytes = concat(parts)
    for (let length = 0; length <= bytes.length; length++) {
      const { frames, left } = read([bytes.subarray(0, length)])
      expect(left).toBe(length !== 0 && length !== parts[0]?.length && length !== bytes.length)
      expect(frames.length).toBe(length === bytes.length ? 2 : length >= (parts[0]?.length ?? 0) ? 1 : 0)
    }
  })

  it('reads new headers when only one byte of them differs', () => {
    const names = ['contentA', 'contentB', 'contentA', 'contentB']
    const { frames } = read([concat(names.map((name) => encodeEvent(name, {})))])
    expect(frames.map(([, name]) => name)).toEqual(names)
  })
})

describe('corruption', () => {
  it('never lets a frame through in which any bit is wrong', () => {
    const good = encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'hé' } })
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = good.slice()
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => read([good, bad])).toThrow(/corrupt/)
    }
  })

  it('fails on any bytes that are no frames, or waits for more; it never yields one', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 200 }), (bytes, place) => {
      try {
        const { frames, left } = read(cut(bytes, [Math.min(place, bytes.length)]))
        expect(frames).toEqual([])
        expect(left).toBe(bytes.length > 0)
        expect(bytes.length).toBeLessThan(12)
      } catch (error) {
        if (!(error instanceof RelayError)) throw error
        expect(error.code).toBe('invalid_response')
      }
    }))
  })

  const event = (): Uint8Array => encodeFrame({ ':event-type': 'a' }, '{}')
  const set = (frame: Uint8Array, at: number, value: number): Uint8Array => {
    new DataView(frame.buffer).setUint32(at, value)
    return frame
  }
  const empty = (): Uint8Array => encodeFrame({}, 'x'.repeat(40))

  it.each<[string, Uint8Array]>([
    ['a length below that of an empty frame', resealed(set(event(), 0, 15))],
    ['a length of 4 GB', resealed(set(event(), 0, 0xffffffff))],
    ['a length above 24 MiB', resealed(set(event(), 0, (24 << 20) + 1))],
    ['headers longer than the frame', resealed(set(event(), 4, 200))],
    ['headers longer than 128 KiB', resealed(set(set(event(), 0, 1 << 20), 4, (128 << 10) + 1))],
    ['a header of an unknown type', resealed(event().map((byte, at) => (at === 12 + 12 ? 10 : byte)))],
    ['a name that runs over', resealed(event().map((byte, at) => (at === 12 ? 255 : byte)))],
    ['a value that runs over', resealed(event().map((byte, at) => (at === 12 + 14 ? 255 : byte)))],
  ])('refuses %s', (_, frame) => {
    expect(() => read([frame])).toThrow(/corrupt/)
    expect(read([empty()]).frames).toEqual([['x'.repeat(40), '']])
  })

  it('has the sum of the standard, whatever the length', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 64 }), (text) => {
      const frame = encodeFrame({}, text)
      expect(new DataView(frame.buffer).getUint32(frame.length - 4)).toBe(reference(frame.subarray(0, -4)))
    }))
  })
})

const shared = new URL('../../../shared/data/eventstream.json', import.meta.url)

interface Shared {
  readonly positive: readonly { readonly name: string; readonly hex: string; readonly payload_hex: string }[]
  readonly negative: readonly { readonly name: string; readonly hex: string }[]
  readonly streams: readonly {
    readonly base64: string
    readonly frames: readonly { readonly event: string; readonly payload_json: unknown }[]
  }[]
}

describe.skipIf(!existsSync(shared))('published vectors (skipped where ../shared/data is not there)', () => {
  const vectors: Shared = existsSync(shared) ? JSON.parse(readFileSync(shared, 'utf8')) : { positive: [], negative: [], streams: [] }

  it('reads the good', () => {
    for (const { name, hex: text, payload_hex } of vectors.positive) {
      expect([name, read([hex(text)]).frames[0]?.[0]]).toEqual([name, new TextDecoder().decode(hex(payload_hex))])
    }
  })

  it('refuses the bad', () => {
    for (const { name, hex: text } of vectors.negative) expect(() => read([hex(text)]), name).toThrow(/checksum mismatch/)
  })

  it('reads recorded streams whole, byte by byte and cut at every byte', () => {
    for (const { base64, frames } of vectors.streams) {
      const bytes = Uint8Array.from(Buffer.from(base64, 'base64'))
      const expected = frames.map(({ event, payload_json }) => [payload_json, event])
      const check = (chunks: readonly Uint8Array[]): void => {
        const found = read(chunks)
        expect(found.left).toBe(false)
        expect(found.frames.map(([data, event]) => [JSON.parse(data), event])).toEqual(expected)
      }
      check([...bytes].map((byte) => Uint8Array.of(byte)))
      for (let at = 0; at <= bytes.length; at++) check(cut(bytes, [at]))
    }
  })
})
