// Server-sent events: bytes to frames, however the bytes are cut (WHATWG HTML 9.2.6).
import { relayError } from '../errors.ts'
import type { Framer, FrameSink, Framing } from '../types/provider.ts'

/** The most characters that one event may have: a server that never ends a line must not fill the memory. */
const LIMIT = 64 * 1024 * 1024

/** `text/event-stream`. Comments are dropped, several data lines are joined, a last event without its blank line counts. */
export const sse: Framing = { contentType: 'text/event-stream', framer }

function framer(sink: FrameSink): Framer {
  // Its own handling of the byte order mark differs between runtimes when the mark is cut in two.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let opened = false
  // A line's fragments wait here and are joined once: scanning a growing prefix again for each chunk is quadratic.
  let rope: string[] = []
  let size = 0
  let afterCr = false
  let data: string | undefined
  let event = ''

  const line = (text: string, start: number, end: number): void => {
    if (start === end) {
      const [whole, name] = [data, event]
      data = undefined
      event = ''
      if (whole !== undefined) sink(whole, name)
      return
    }
    let colon = text.indexOf(':', start)
    if (colon < 0 || colon > end) colon = end
    const from = text.charCodeAt(colon + 1) === 32 && colon + 1 < end ? colon + 2 : Math.min(colon + 1, end)
    if (colon - start === 4 && text.startsWith('data', start)) {
      data = data === undefined ? text.slice(from, end) : data + '\n' + text.slice(from, end)
      if (data.length > LIMIT) overflow()
    } else if (colon - start === 5 && text.startsWith('event', start)) {
      event = text.slice(from, end)
    }
  }

  const take = (chunk: string): void => {
    let text = chunk
    if (text === '') return
    if (!opened) {
      opened = true
      if (text.startsWith('\ufeff')) text = text.slice(1)
    }
    if (afterCr) {
      if (text.startsWith('\n')) text = text.slice(1)
      afterCr = false
    }
    if (text.includes('\r')) {
      afterCr = text.endsWith('\r')
      text = text.replace(/\r\n?/g, '\n')
    }
    let newline = text.indexOf('\n')
    if (newline >= 0 && rope.length) {
      rope.push(text.slice(0, newline + 1))
      const first = rope.join('')
      rope = []
      size = 0
      line(first, 0, first.length - 1)
      text = text.slice(newline + 1)
      newline = text.indexOf('\n')
    }
    let start = 0
    for (; newline >= 0; newline = text.indexOf('\n', start)) {
      line(text, start, newline)
      start = newline + 1
    }
    if (start < text.length) {
      rope.push(text.slice(start))
      if ((size += text.length - start) > LIMIT) overflow()
    }
  }

  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true })),
    end: () => {
      take(decoder.decode())
      take('\n\n')
      return false
    },
  }
}

function overflow(): never {
  throw relayError('invalid_response', `an event of the stream is longer than ${LIMIT} characters`)
}
