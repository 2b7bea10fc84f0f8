// Reads JSON: an event of a stream, which must be some, and text that may be none.
import { relayError, type ErrorDetails } from '../errors.ts'

/** @throws ProviderError where it is no JSON; at the end of a body that means half an event. */
export function eventJson(data: string, details: ErrorDetails): unknown {
  try {
    return JSON.parse(data)
  } catch (cause) {
    throw relayError('invalid_response', `an event of the stream is not JSON: ${data.slice(0, 200)}`, { ...details, raw: data, cause })
  }
}

/** Undefined where the text is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
