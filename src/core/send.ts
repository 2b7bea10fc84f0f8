// One attempt: encode, sign, send, and open the answer or say what went wrong.
import { RelayError, relayError, type ErrorDetails } from '../errors.ts'
import { retryAfter } from '../http/backoff.ts'
import type { Call, Next, Reply } from '../types/call.ts'
import type { TimeoutsConfig } from '../types/config.ts'
import type { Credential, Encoding, SignContext, Target } from '../types/provider.ts'
import type { Attempt } from '../types/response.ts'
import type { FetchLike } from '../types/runtime.ts'
import { stopwatch, type Clock } from './deadline.ts'
import { encoded, encodingOf, reaching } from './encode.ts'
import { lifeline } from './lifeline.ts'
import { legible, streamReply, wholeReply, type Connection } from './reply.ts'

/** What sending needs of the hub. */
export interface Services {
  /** The secret for a model, or undefined where it needs none. */
  readonly credential: (target: Target) => Promise<Credential | undefined>
  /** The fingerprint of the secret that a model was sent with, where it has several. */
  readonly print: (target: Target) => string | undefined
  /** The clocks of models that name none. */
  readonly timeouts: TimeoutsConfig
  /** Fetches what a model takes as bytes only. Default: as everything else is. */
  readonly media?: FetchLike | false | undefined
}

/** The innermost step of every call. */
export function sender(services: Services): Next {
  // How far each server's clock is ahead of ours, in milliseconds, where that has come out.
  const ahead = new Map<string, number>()
  const cache = new Map<string, unknown>()
  const lacking = new Map<string, string>()
  const once = async (call: Call, target: Target, without = lacking.get(target.baseUrl)): Promise<Reply> => {
    const { runtime, budget, kind } = call
    call.signal?.throwIfAborted()
    const from = runtime.now()
    budget.left--
    let made: Attempt | undefined
    let outcome: Pick<Attempt, 'ok' | 'cause' | 'status'> = { ok: true }
    const broke = (error: unknown): void => {
      const { code = 'cancelled', status } = error instanceof RelayError ? error : {}
      outcome = { ok: false, cause: code, ...(status && { status }) }
      // Also of an answer that has begun: whoever has the list sees what became of it.
      if (made && code !== 'cancelled') Object.assign(made, outcome)
    }
    try {
      return await attempt(call, target, { ...services, ahead, cache, without, broke })
    } catch (error) {
      broke(error)
      throw error
    } finally {
      const { alias, model, provider } = target
      const key = services.print(target)
      made = { alias, provider: provider.name, model, ...(key && { key }), kind, ...outcome, ms: runtime.now() - from }
      budget.attempts.push(made)
    }
  }
  return async (call) => {
    const target = call.target && (call.speak?.(call.target) ?? call.target)
    if (!target) throw relayError('config', 'nothing chose a model for this call')
    const { provider: { optional }, baseUrl } = target
    const { budget, request } = call
    try {
      return await once(call, target)
    } catch (error) {
      // Servers that do not know a field name it. What they would have answered to is asked without, from then on.
      const without = error instanceof RelayError && error.code === 'invalid_request' ? optional?.find((field) => error.message.includes(field)) : undefined
      if (!without || without === lacking.get(baseUrl) || without in { ...request.providerOptions } || budget.left < 1) throw error
      const reply = await once({ ...call, kind: 'retry' }, target, without)
      lacking.set(baseUrl, without)
      return reply
    }
  }
}

interface Sending extends Services, Pick<Connection, 'broke'> {
  readonly ahead: Map<string, number>
  readonly cache: SignContext['cache']
  /** A field of the body that this server does not know. */
  readonly without: string | undefined
}

/** Once more by the server's clock, where that is what went wrong. */
async function attempt(call: Call, target: Target, sending: Sending): Promise<Reply> {
  const { ahead } = sending
  const before = ahead.get(target.baseUrl)
  try {
    return await ask(call, target, sending)
  } catch (error) {
    const found = ahead.get(target.baseUrl)
    if (found === before || !(error instanceof RelayError) || !target.provider.skewed?.(error)) throw error
    return ask(call, target, sending)
  }
}

async function ask(call: Call, target: Target, { credential: secretOf, media, timeouts, ahead, cache, without, broke }: Sending): Promise<Reply> {
  const { runtime, budget, mode } = call
  const { provider, model, alias, config } = target
  const details: { -readonly [field in keyof ErrorDetails]: ErrorDetails[field] } = { provider: provider.name, model, alias }
  const line = lifeline(call.signal, details)
  const limits: (readonly [Clock, number])[] = [['timeout_total', budget.deadline]]
  if (config.timeout) limits.push(['timeout_attempt', runtime.now() + config.timeout * 1000])
  const watch = stopwatch(runtime, limits, (clock) => line.abort(relayError(clock, `the clock \`${clock.slice(8)}\` ran out`, details)))
  const streams = mode === 'stream'
  // Headers of a call that does not stream come when the answer is whole: only a clock that was asked for counts.
  const { connect_timeout = streams ? 60 : undefined, first_content_timeout = 300, idle_timeout = 120 } = { ...timeouts, ...config }
  try {
    // Where secrets are kept may be as slow as any server.
    const credential = await line.hold(secretOf(target))
    details.secrets = credential && Object.entries(credential).flatMap(([key, value]) => (key === 'type' ? [] : [String(value)]))
    const providerOptions = without && { [without]: undefined, ...call.request.providerOptions }
    const encoding = encodingOf(providerOptions ? { ...call, request: { ...call.request, providerOptions } } : call, target, { details, note: () => undefined })
    const reach = reaching(encoding, media ?? runtime.fetch, line.signal)
    const plain = await encoded(encoding, (url) => {
      watch.expect('timeout_connect', connect_timeout ?? 60)
      return line.hold(reach(url))
    })
    const { url, ...request } = credential ? await provider.sign(plain, credential, { target, now: runtime.now() + (ahead.get(target.baseUrl) ?? 0), cache }) : plain
    watch.expect('timeout_connect', connect_timeout)
    // A redirect would take the credential to another host.
    const response = await line.hold(runtime.fetch(url, { ...request, redirect: 'manual', signal: line.signal }))
    details.status = response.status
    if (!response.ok && provider.skewed) note(ahead, target.baseUrl, Date.parse(response.headers.get('date') ?? '') - runtime.now())
    watch.expect('timeout_first_content', streams ? first_content_timeout : undefined)
    return await opened({ call, target, encoding, line, watch, idle: idle_timeout, broke }, response)
  } catch (error) {
    watch.stop()
    line.abort(error)
    throw error
  }
}

/** Clocks that differ by less do no harm, and a date is exact to the second. */
function note(ahead: Map<string, number>, place: string, ms: number): void {
  if (Math.abs(ms - (ahead.get(place) ?? 0)) > 60_000) ahead.set(place, ms)
}

/** Headers are here: a failure, a whole body, or a stream that is read to its first content. */
async function opened(connection: Connection, response: Response): Promise<Reply> {
  const { call, encoding, line, target } = connection
  const { wire } = target.provider
  const { status, ok, body, headers } = response
  const type = headers.get('content-type') ?? ''
  const requestId = ['x-request-id', 'request-id', 'x-amzn-requestid'].map((name) => headers.get(name)).find(Boolean) ?? undefined
  const details: ErrorDetails = { ...encoding.details, status, requestId }
  // A redirect that a browser was told not to follow has the status 0.
  if (status < 200 || (status > 299 && status < 400)) {
    throw relayError('config', 'the server redirects, and a key does not follow: set `base_url` to the right address', details)
  }
  const streams = type.startsWith(wire.framing.contentType) || (call.mode === 'stream' && !type.includes('json'))
  if (ok && streams && body) return streamReply({ ...connection, encoding: { ...encoding, details } }, body)
  const raw = await line.hold(response.text())
  let json: unknown
  try {
    json = JSON.parse(raw)
  } catch {
    if (ok) throw relayError('invalid_response', 'the answer is not JSON', { ...details, raw })
  }
  if (!ok) {
    const word = headers.get('x-should-retry')
    const retryable = word === null ? undefined : word === 'true'
    throw wire.fault({ status, text: raw, json, headers, details: { ...details, raw, retryable, retryAfterMs: retryAfter(headers, call.runtime.now()) } })
  }
  const read: Encoding = { ...encoding, details: { ...details, raw } }
  return legible(() => wholeReply(connection, wire.decode(json, read, headers), json), read)
}
