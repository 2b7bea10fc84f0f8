// One attempt: encode, sign, send, and open the answer or say what went wrong.
import { RelayError, relayError, type ErrorDetails } from '../errors.ts'
import { retryAfter } from '../http/backoff.ts'
import type { Call, Next, Reply } from '../types/call.ts'
import type { ModelConfig } from '../types/config.ts'
import type { Credential, Encoding, HttpRequest, Target } from '../types/provider.ts'
import type { ChatRequest } from '../types/request.ts'
import type { Attempt } from '../types/response.ts'
import { stopwatch, type Clock } from './deadline.ts'
import { lifeline } from './lifeline.ts'
import { streamReply, wholeReply, type Connection } from './reply.ts'

/** What sending needs of the hub. */
export interface Services {
  /** The secret for a model, or undefined where it needs none. */
  readonly credential: (target: Target) => Promise<Credential | undefined>
  /** The defaults of the catalogue. */
  readonly timeouts: Pick<ModelConfig, 'connect_timeout' | 'first_content_timeout' | 'idle_timeout'>
}

/** The innermost step of every call. */
export function sender(services: Services): Next {
  return async (call) => {
    const { runtime, budget, kind, target } = call
    if (!target) throw relayError('config', 'nothing chose a model for this call')
    call.signal?.throwIfAborted()
    const from = runtime.now()
    const record = (outcome: Pick<Attempt, 'ok' | 'cause' | 'status'>): void => {
      const { alias, model, provider } = target
      budget.attempts.push({ alias, provider: provider.name, model, kind, ...outcome, ms: runtime.now() - from })
    }
    budget.left--
    try {
      const reply = await attempt(call, target, services)
      record({ ok: true })
      return reply
    } catch (error) {
      const { code, status } = error instanceof RelayError ? error : { code: 'cancelled', status: undefined }
      record({ ok: false, cause: code, ...(status === undefined ? undefined : { status }) })
      throw error
    }
  }
}

async function attempt(call: Call, target: Target, services: Services): Promise<Reply> {
  const { runtime, budget, mode, signal } = call
  const credential = await services.credential(target)
  const details = blame(target, credential)
  const encoding = encodingOf(call, target, details)
  const request = await signed(encoding, credential, runtime.now())

  const line = lifeline(signal, details)
  const { timeout } = target.config
  const limits: (readonly [Clock, number])[] = [['timeout_total', budget.deadline]]
  if (timeout !== undefined) limits.push(['timeout_attempt', runtime.now() + timeout * 1000])
  const watch = stopwatch(runtime, limits, (clock) => line.cut(relayError(clock, WORDS[clock], details)))
  const clocks = { ...services.timeouts, ...target.config }
  const idleMs = milliseconds(clocks.idle_timeout, 120)
  const connection: Connection = { call, target, encoding, line, watch, idleMs }
  try {
    // Headers of a call that does not stream come when the answer is whole: only a clock that was asked for counts.
    watch.expect('timeout_connect', milliseconds(clocks.connect_timeout, mode === 'stream' ? 60 : undefined))
    const { method, url, headers, body } = request
    // A redirect would take the credential to another host.
    const init: RequestInit = { method, headers, redirect: 'manual', signal: line.signal, ...(body === undefined ? undefined : { body }) }
    const response = await line.hold(runtime.fetch(url, init))
    watch.expect('timeout_first_content', mode === 'stream' ? milliseconds(clocks.first_content_timeout, 300) : undefined)
    return await opened(connection, response)
  } catch (error) {
    watch.stop()
    line.cut(error)
    throw error
  }
}

const WORDS: { readonly [clock in Clock]: string } = {
  timeout_connect: 'no answer within `connect_timeout`',
  timeout_first_content: 'no content within `first_content_timeout`',
  timeout_idle: 'the stream stood still for longer than `idle_timeout`',
  timeout_attempt: "no answer within the model's `timeout`",
  timeout_total: 'no answer within the time that the whole call has (`timeoutMs`, `timeout`)',
}

/** Headers are here: a failure, a whole body, or a stream that is read to its first content. */
async function opened(connection: Connection, response: Response): Promise<Reply> {
  const { call, encoding, line, target } = connection
  const { wire } = target.provider
  const type = response.headers.get('content-type') ?? ''
  const details: ErrorDetails = {
    ...encoding.details,
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? response.headers.get('request-id') ?? undefined,
  }
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    throw relayError('config', `the server redirects elsewhere, and a credential does not follow: set \`base_url\` to the right address`, details)
  }
  const streams = type.startsWith(wire.framing.contentType) || (call.mode === 'stream' && !/\bjson\b/.test(type))
  if (response.ok && streams && response.body) {
    return streamReply({ ...connection, encoding: { ...encoding, details } }, response.body)
  }
  const text = await line.hold(response.text())
  const json = parsed(text)
  if (!response.ok) {
    const retryAfterMs = retryAfter(response.headers, call.runtime.now())
    throw wire.fault({ status: response.status, text, json, details: { ...details, retryAfterMs, raw: text } })
  }
  if (json === undefined) throw relayError('invalid_response', 'the answer is not JSON', { ...details, raw: text })
  const deltas = wire.decode(json, { ...encoding, details: { ...details, raw: text } })
  return wholeReply(connection, deltas, call.request.includeRaw ? json : undefined)
}

function blame({ provider, model, alias }: Target, credential: Credential | undefined): ErrorDetails {
  const secrets = credential && Object.entries(credential).flatMap(([key, value]) => (key === 'type' || typeof value !== 'string' ? [] : [value]))
  return { provider: provider.name, model, alias, secrets }
}

/** A call as its wire encodes it: the model's default parameters under the request's own. */
export function encodingOf(call: Call, target: Target, details: ErrorDetails, note: Encoding['note'] = () => undefined): Encoding {
  const { max_tokens, top_p, top_k, temperature, stop, seed, reasoning, parallel_tool_calls, ...extra } = target.config.params ?? {}
  const known: Partial<ChatRequest> = {
    ...set('maxTokens', max_tokens),
    ...set('temperature', temperature),
    ...set('topP', top_p),
    ...set('topK', top_k),
    ...set('stop', stop),
    ...set('seed', seed),
    ...set('reasoning', reasoning),
    ...set('parallelToolCalls', parallel_tool_calls),
  }
  return { mode: call.mode, request: { ...known, ...call.request }, extra, target, note, details }
}

function set(key: keyof ChatRequest, value: unknown): Partial<ChatRequest> | undefined {
  return value === undefined ? undefined : { [key]: value }
}

/** The request as it goes out. */
export async function signed(encoding: Encoding, credential: Credential | undefined, now: number): Promise<HttpRequest> {
  const { target, request } = encoding
  const { path, body, headers } = target.provider.wire.encode(encoding)
  const all: { [name: string]: string } = { 'content-type': 'application/json' }
  for (const more of [headers, target.config.headers, request.headers]) {
    for (const [name, value] of Object.entries(more ?? {})) all[name.toLowerCase()] = value
  }
  const plain: HttpRequest = { method: 'POST', url: target.baseUrl + path, headers: all, body: JSON.stringify(body) }
  return credential ? target.provider.sign(plain, credential, { target, now }) : plain
}

function milliseconds(seconds: number | undefined, otherwise: number | undefined): number | undefined {
  const chosen = seconds ?? otherwise
  return chosen === undefined ? undefined : chosen * 1000
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
