// A wire, from the way in which it reads an answer: a whole body and the frames of a stream go through the same hands.
import { eventJson } from '../json/event.ts'
import type { Delta } from '../types/event.ts'
import type { Encoding, Wire } from '../types/provider.ts'
import { classify, type FaultRule } from './fault.ts'

/** Reads one answer. */
export interface Reading {
  /** What a frame, or a whole body, says. Throws a RelayError where it says that the call failed. */
  readonly take: (json: unknown, event: string, whole: boolean) => readonly Delta[]
  /** The body has ended, or the whole body has been taken. */
  readonly end?: (whole: boolean) => readonly Delta[]
  /** The last frame of some streams, which is not JSON, has come. */
  readonly done?: () => readonly Delta[]
}

const DONE = '[DONE]'

interface Parts extends Pick<Wire, 'name' | 'encode' | 'framing'>, Pick<Partial<Wire>, 'fault'> {
  readonly verbatim?: boolean | undefined
  readonly padding?: string | undefined
  readonly read: (encoding: Encoding) => Reading
  /** What failures mean here, where that is not what they mean elsewhere. */
  readonly faults?: readonly FaultRule[] | undefined
}

export function wireOf({ read, faults, verbatim = true, padding, ...rest }: Parts): Wire {
  return {
    decode: (body, encoding) => {
      const { take, end } = read(encoding)
      return [...take(Object(body), '', true), ...(end?.(true) ?? [])]
    },
    decoder: (encoding) => {
      const { take, end, done } = read(encoding)
      return {
        verbatim,
        padding,
        frame: (data, event) => {
          if (data.startsWith(DONE)) return done?.() ?? []
          // Where there is such a frame, one that says nothing keeps the connection open; an event may be its name alone.
          return !data && done ? [] : take(Object(eventJson(data || (event && '{}'), encoding.details)), event, false)
        },
        end: () => end?.(false) ?? [],
      }
    },
    fault: (failure) => classify(failure, faults),
    ...rest,
  }
}
