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
  const line = lines(sink)
  // A line's fragments wait here and are joined once: scanning a growing prefix again for each chunk is quadratic.
  let rope: string[] = []
  let size = 0
  let opened = false
  let afterCr = false

  const take = (chunk: string): void => {
    let text = chunk
    if (text === '') return
    if (!opened && text.startsWith('\ufeff')) text = text.slice(1)
    opened = true
    if (afterCr && text.startsWith('\n')) text = text.slice(1)
    afterCr = text.endsWith('\r')
    if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n')
    let newline = text.indexOf('\n')
    if (newline >= 0 && rope.length) {
      text = rope.join('') + text
      newline += size
      rope = []
      size = 0
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

/** Takes lines, a stretch of a text each, and hands over an event at each blank one. */
function lines(sink: FrameSink): (text: string, start: number, end: number) => void {
  let data: string | undefined
  let event = ''
  return (text, start, end) => {
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
    } else if (colon - start === 5 && text.startsWith('event', start)) event = text.slice(from, end)
  }
}

function overflow(): never {
  throw relayError('invalid_response', `an event of the stream is longer than ${LIMIT} characters`)
}
