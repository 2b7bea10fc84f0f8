// What the failures of an AWS model service mean, whether a status tells of them or an exception in a stream.
import type { ErrorDetails, RelayError } from '../errors.ts'
import type { Failure, Wire } from '../types/provider.ts'
import { classify, type FaultRule } from './fault.ts'
import type { Fields } from './fields.ts'

const RULES: readonly FaultRule[] = [
  // `The maximum tokens you requested exceeds the model limit` is a bad parameter, not an overflow.
  ['context_window', /\b(validation|model(error|stream)|400)[^|]*\|.*((input|prompt) is too long|input tokens exceed|too many input tokens|input length.*exceed)/is],
  ['not_found', /model identifier is invalid|on-demand throughput isn.t supported/i, 404],
  ['quota', /^[^|]*servicequota|(tokens|requests) per day/i],
  ['authentication', /^[^|]*(unrecognizedclient|signature|expiredtoken|missingauth|request(expired|time|inthe)|invalidclienttoken|notauthorized|authfailure)|^403.*(security token|signature|bearer|api key)/i, 403],
  ['permission', /^[^|]*accessdenied/i, 403],
  ['overloaded', /^[^|]*modelnotready/i, 503],
  ['rate_limit', /^[^|]*(throttling|toomanyrequests)/i, 429],
  ['server_error', /^[^|]*(model(error|stream|timeout)|internal)/i, 500],
  ['invalid_request', /^undef[^|]*(validation|conflict)/i],
]

/** An answer that is not a success. The kind of failure stands in a header, or in the body where a proxy drops headers. */
export function awsFault(failure: Failure): RelayError {
  const { code, __type } = Object(failure.json) as Fields
  return classified(failure.headers?.get('x-amzn-errortype') || code || __type, failure)
}

/** The wire with AWS's failures. A body that is one has a `message`, or an error's name, wherever that stands; its status may be 200. */
export function awsWire(wire: Wire): Wire {
  return {
    ...wire,
    fault: awsFault,
    decode(json, encoding, headers) {
      const { message, __type } = Object(json) as Fields
      if (typeof message !== 'string' && !__type) return wire.decode(json, encoding, headers)
      throw awsFault({ status: 200, text: JSON.stringify(json), json, headers, details: encoding.details })
    },
  }
}

/** An exception inside a stream that began well, or undefined where the frame is none. */
export function awsException(json: unknown, event: string, details: ErrorDetails): RelayError | undefined {
  const [, name] = /^exception:(.*)/s.exec(event) ?? []
  return name === undefined ? undefined : classified(name, { status: 0, text: JSON.stringify(json), json, details })
}

function classified(name: unknown, { details, ...failure }: Failure): RelayError {
  // `com.amazon.coral.validate#ValidationException:http://…`
  const type = String(name ?? '').replace(/[:,].*$|^[^:,]*#/gs, '')
  const json = { ...Object(failure.json), type, msg: type }
  return classify({ ...failure, json, details: { ...details, ...(type && { data: { type } }) } }, RULES)
}

/** Whether a refusal is one that clocks which differ cause. */
export function awsSkewed({ data }: RelayError): boolean {
  return /^(invalid)?signature|^request(expired|time|inthe)/i.test(String(Object(data).type))
}
