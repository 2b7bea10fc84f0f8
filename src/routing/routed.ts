// Asks the model that a router picks, and its alternates in turn where it fails: whole, or as a stream.
import { heldStream, type ChatStream, type Ending, type Reader } from '../core/chat-stream.ts'
import { platformTimer, stopwatch } from '../core/deadline.ts'
import { follower } from '../core/lifeline.ts'
import { REMEDY, RelayError, relayError } from '../errors.ts'
import type { StreamEvent } from '../types/event.ts'
import type { ChatRequest } from '../types/request.ts'
import type { Attempt, ChatResponse } from '../types/response.ts'
import type { Runtime, Scope } from '../types/runtime.ts'
import { NoCandidatesError, RoutingError } from './errors.ts'
import type { RouteConstraints, RouteDecision, Router } from './router.ts'

/** Whoever can be asked: a hub. */
export interface Asked {
  readonly chat: (alias: string, request: ChatRequest) => Promise<ChatResponse>
  readonly stream: (alias: string, request: ChatRequest) => ChatStream
  /** What it is scoped to: the router hears of its abort, too. */
  readonly scope?: Scope
}

/** What holds for every request of a routed handle. */
export interface RoutedOptions {
  /** The aliases that may be asked: whatever the router says, no other is. Default: any. */
  readonly candidates?: readonly string[]
  readonly constraints?: RouteConstraints
  /** Free words for the router's own records. */
  readonly metadata?: { readonly [key: string]: string }
  /** Milliseconds since 1970. Default: the platform's clock. */
  readonly now?: () => number
  /** Default: the platform's. */
  readonly timer?: Runtime['timer']
}

/** Asks whichever model fits each request. */
export interface Routed {
  /** @throws RoutingError where nothing is picked, else as the last model that was asked does. */
  readonly chat: (request: ChatRequest) => Promise<ChatResponse>
  /** The same as events. Nothing is decided or sent before the first is asked for. */
  readonly stream: (request: ChatRequest) => ChatStream
}

/**
 * A handle on whatever a router picks. Where the picked model fails, the alternates are asked in turn, but for a failure
 * that none would be spared (`REMEDY`: `fail`), and but for a stream that has begun. The decision is on
 * `response.metadata.routing`; `response.attempts` holds what every model took.
 */
export function routed(hub: Asked, router: Router, options: RoutedOptions = {}): Routed {
  return {
    async chat(request) {
      const waits = follower(request.signal, hub.scope?.signal)
      try {
        const { value, before } = await walk({ request, router, options, signal: waits.signal }, async (alias, made) => hub.chat(alias, made))
        return stamped(value, before)
      } finally {
        waits.release()
      }
    },
    stream: (request) => {
      const signals = [request.signal, hub.scope?.signal]
      return heldStream({ signals }, (reader) => events(hub, { request, router, options, signal: reader.walk.signal }, reader))
    },
  }
}

interface Question {
  readonly request: ChatRequest
  readonly router: Router
  readonly options: RoutedOptions
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal
}

interface Found<T> {
  readonly value: T
  /** What was tried before. */
  readonly before: readonly Attempt[]
}

/** Decides, and tries one model after the other until one gives a value. */
async function walk<T>(question: Question, attempt: (alias: string, request: ChatRequest) => Promise<T>): Promise<Found<T>> {
  const { request, signal, options: { candidates = [], constraints, now = Date.now } } = question
  const { messages, timeoutMs } = request
  const from = now()
  if (!Array.isArray(messages) || !messages.length) throw relayError('invalid_request', 'a request needs `messages`, at least one')
  const decision = await decided(question)
  const order = orderOf(decision, candidates, constraints)
  // The metadata of a request comes back on its response.
  const made = { ...request, signal, metadata: { ...request.metadata, routing: decision } }
  const before: Attempt[] = []
  for (const [n, alias] of order.entries()) {
    signal.throwIfAborted()
    const left = timeoutMs === undefined ? undefined : timeoutMs - (now() - from)
    if (left !== undefined && left <= 0) throw told(late(alias), before)
    try {
      return { value: await attempt(alias, left === undefined ? made : { ...made, timeoutMs: left }), before }
    } catch (error) {
      if (!(error instanceof RelayError)) throw error
      if (n === order.length - 1 || REMEDY[error.code] === 'fail') throw told(error, before)
      before.push(...later(error.attempts, before))
    }
  }
  throw new Error('unreachable: an order has members')
}

/** What the router says, as long as anybody waits: it may be one that heeds neither a signal nor a clock. */
async function decided({ request, router, options, signal }: Question): Promise<RouteDecision> {
  const { candidates = [], constraints, metadata, now = Date.now, timer = platformTimer } = options
  const { messages, timeoutMs } = request
  const waits = follower(signal)
  const clock = stopwatch({ now, timer }, timeoutMs === undefined ? [] : [['timeout_total', now() + timeoutMs]], () => waits.abort(late()))
  const given = { messages, candidates, constraints, metadata, signal: waits.signal }
  try {
    return await new Promise((resolve, reject) => {
      const left = (): void => reject(waits.signal.reason)
      if (waits.signal.aborted) return left()
      waits.signal.addEventListener('abort', left)
      Promise.resolve(router.route(given)).then(resolve, reject)
    })
  } finally {
    clock.stop()
    waits.release()
  }
}

function late(alias?: string): RelayError {
  return relayError('timeout_total', 'the clock `total` ran out', { alias })
}

/** The picked model and its alternates, once each; none that may not be asked. A router in JavaScript may say anything. */
function orderOf(decision: RouteDecision, candidates: readonly string[], { excludeModels = [] }: RouteConstraints = {}): string[] {
  const { alias, alternates }: { readonly [field in keyof RouteDecision]?: unknown } = Object(decision)
  const pairs: unknown = alternates ?? []
  const said: readonly unknown[] = [alias, ...(Array.isArray(pairs) ? pairs.map((pair: unknown) => Array.isArray(pair) && pair[0]) : [undefined])]
  const named = said.filter((name): name is string => typeof name === 'string' && name !== '')
  if (named.length < said.length) throw new RoutingError('invalid_response', 'the router must say an `alias`, and as `alternates` pairs of an alias and a score')
  const order = [...new Set(named)].filter((name) => (!candidates.length || candidates.includes(name)) && !excludeModels.includes(name))
  if (order.length) return order
  const allowed = candidates.filter((name) => !excludeModels.includes(name)).join(', ') || 'all but the excluded'
  throw new NoCandidatesError('invalid_response', `the router picked ${named.join(', ')}, which may not be asked; the candidates are ${allowed}`)
}

/** What a model took that is not the first to be asked. */
function later(attempts: readonly Attempt[], before: readonly Attempt[]): readonly Attempt[] {
  return before.length ? attempts.map((attempt) => (attempt.kind === 'first' ? { ...attempt, kind: 'fallback' } : attempt)) : attempts
}

function stamped(response: ChatResponse, before: readonly Attempt[]): ChatResponse {
  return { ...response, attempts: [...before, ...later(response.attempts, before)] }
}

function told(error: RelayError, before: readonly Attempt[]): RelayError {
  error.attempts = [...before, ...later(error.attempts, before)]
  if (error.partial) error.partial = stamped(error.partial, before)
  return error
}

type Step = IteratorResult<StreamEvent, undefined>

const DONE: Step = { done: true, value: undefined }

/** The events of whichever model begins to answer: a stream's first event comes once its first content is here. */
function events(hub: Asked, { request, ...question }: Question, { walk: leaving, over }: Reader): AsyncIterator<StreamEvent, undefined> {
  const { signal } = leaving
  let stream: ChatStream | undefined
  let live: AsyncIterator<StreamEvent, undefined> | undefined
  let begun: Promise<Found<Step>> | undefined
  let before: readonly Attempt[] = []
  let closed = false

  const begin = (alias: string, made: ChatRequest): Promise<Step> => {
    if (closed) throw signal.reason
    stream = hub.stream(alias, made)
    live = stream[Symbol.asyncIterator]()
    return live.next()
  }
  const open = async (): Promise<Step> => {
    begun = walk({ ...question, request: { ...request, signal } }, async (alias, made) => begin(alias, made))
    const { value, before: earlier } = await begun
    before = earlier
    return value
  }
  const seen = (step: Step): Step => {
    if (closed || step.done) return DONE
    if (step.value.type !== 'end') return step
    const response = stamped(step.value.response, before)
    close({ response })
    return { done: false, value: { ...step.value, response } }
  }
  const close = (how: Ending): void => {
    closed = true
    over(how)
  }
  const fail = (error: unknown): Step => {
    if (closed) return DONE
    close({ error })
    throw error
  }
  const more = (): Promise<Step> =>
    (live as AsyncIterator<StreamEvent, undefined>).next().catch((error: unknown) => {
      throw error instanceof RelayError ? told(error, before) : error
    })
  return {
    next() {
      if (closed) return Promise.resolve(DONE)
      return (begun ? begun.then(more) : open()).then(seen).catch(fail)
    },
    async return() {
      if (closed) return DONE
      closed = true
      const left = live?.return?.()
      leaving.abort(new DOMException('the reader walked away', 'AbortError'))
      await left
      await (stream ? stream.response() : Promise.reject(signal.reason as Error)).then(
        (response) => over({ response: stamped(response, before) }),
        (error: unknown) => over({ error }),
      )
      return DONE
    },
  }
}
