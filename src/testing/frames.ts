// Server-sent events, from the side that sends them.
import type { Frame } from './endpoint.ts'

/** @param end How lines end. */
export function encodeEvent(frame: Frame, end = '\n'): Uint8Array {
  const comment = frame.comment === undefined ? '' : `: ${frame.comment}\n`
  const event = frame.event === undefined ? '' : `event: ${frame.event}\n`
  const data = frame.data === undefined
    ? ''
    : `data: ${typeof frame.data === 'string' ? frame.data : JSON.stringify(frame.data)}\n`
  return new TextEncoder().encode(`${comment}${event}${data}\n`.replaceAll('\n', end))
}
