// What decoding one frame of an AWS event stream costs: Relay, and AWS's own codec.
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { encodeEvent } from '../src/http/eventstream-encode.ts'
import { eventStream } from '../src/http/eventstream.ts'
import { race, ratios } from './measure.ts'

const FRAMES = 2000
const decoder = new TextDecoder()
const encoder = new TextEncoder()

export async function eventstream(): Promise<void> {
  const frames = Array.from({ length: FRAMES }, (_, n) => encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: `word ${n} ` }, p: 'abcdefgh'.slice(n % 8) }))
  for (const [what, size] of [
    ['a frame a chunk', 1],
    ['ten frames a chunk', 10],
  ] as const) {
    const chunks = Array.from({ length: Math.ceil(FRAMES / size) }, (_, n) => joined(frames.slice(n * size, (n + 1) * size)))
    console.log(`\n${what}`)
    const contestants = [
      { name: 'relay', run: repeat(() => relay(chunks)) },
      { name: '@smithy/eventstream-codec', run: repeat(() => smithy(chunks)) },
    ]
    ratios('frame', await race(contestants, FRAMES, { count: 5 }))
  }
}

function relay(chunks: readonly Uint8Array[]): number {
  let read = 0
  const framer = eventStream.framer((data) => void (read += data.length))
  for (const chunk of chunks) framer.push(chunk)
  framer.end()
  return read
}

/** The codec wants one whole frame at a time: cutting chunks into frames is its users' part. */
function smithy(chunks: readonly Uint8Array[]): number {
  const codec = new EventStreamCodec((bytes) => decoder.decode(bytes as Uint8Array), (text) => encoder.encode(text))
  let read = 0
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const length = new DataView(chunk.buffer, chunk.byteOffset + at).getUint32(0)
      const message = codec.decode(chunk.subarray(at, at + length))
      if (message.headers[':message-type']?.value === 'event') read += decoder.decode(message.body).length
      at += length
    }
  }
  return read
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const frame of frames) {
    whole.set(frame, at)
    at += frame.length
  }
  return whole
}

function repeat(work: () => number): (count: number) => Promise<void> {
  return async (count) => {
    for (let n = 0; n < count; n++) if (!work()) throw new Error('a contestant read nothing')
  }
}
