// Reads an event of a stream.
import { relayError, type ErrorDetails } from '../errors.ts'

/** @throws ProviderError where it is no JSON; at the end of a body that means half an event. */
export function eventJson(data: string, details: ErrorDetails): unknown {
  try {
    return JSON.parse(data)
  } catch (cause) {
    throw relayError('invalid_response', `an event of the stream is not JSON: ${data.slice(0, 200)}`, { ...details, raw: data, cause })
  }
}
