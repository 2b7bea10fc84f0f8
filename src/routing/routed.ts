// Asks the model that a router picks, and its alternates in turn where it fails.
import type { ChatStream } from '../core/chat-stream.ts'
import { timed } from '../core/deadline.ts'
import { relayError } from '../errors.ts'
import type { Call, Decide } from '../types/call.ts'
import type { ChatRequest } from '../types/request.ts'
import type { ChatResponse } from '../types/response.ts'
import { NoCandidatesError, RoutingError } from './errors.ts'
import type { RouteConstraints, RouteDecision, Router, RouteRequest } from './router.ts'

/** What holds for every request of a routed handle. */
export interface RoutedOptions {
  /** The aliases that may be asked: whatever the router says, no other is. Default: any. */
  readonly candidates?: readonly string[]
  readonly constraints?: RouteConstraints
  /** Free words for the router's own records. */
  readonly metadata?: { readonly [key: string]: string }
}

/** Asks whichever model fits each request. */
export interface Routed {
  /** @throws RoutingError where nothing is picked, else as the last model that was asked does. */
  readonly chat: (request: ChatRequest) => Promise<ChatResponse>
  /** The same as events. Nothing is decided or sent before the first is asked for. */
  readonly stream: (request: ChatRequest) => ChatStream
}

/** Whoever can be asked: a hub. */
export interface Asked {
  readonly by: (decide: Decide) => Routed
}

/**
 * A handle on whatever a router picks. Where the picked model fails, the alternates are asked in turn, as the members of a
 * group are: with one budget of attempts and time. The decision is on `response.metadata.routing`.
 */
export function routed(hub: Asked, router: Router, options: RoutedOptions = {}): Routed {
  const { candidates = [], constraints } = options
  return hub.by(async (call) => {
    const { request } = call
    const decision = await decided(call, router, { ...options, candidates, messages: request.messages })
    const [alias = '', ...others] = orderOf(decision, candidates, constraints)
    // The metadata of a request comes back on its response.
    return { alias, order: [alias, ...others], request: { ...request, metadata: { ...request.metadata, routing: decision } } }
  })
}

/** What the router says, as long as anybody waits: it may be one that heeds neither a signal nor a clock. */
async function decided(call: Call, router: Router, request: RouteRequest): Promise<RouteDecision> {
  const { signal, stop, release } = timed(call, call.budget.deadline, () => relayError('timeout_total', 'the clock `total` ran out while the router was asked'))
  try {
    return await new Promise((resolve, reject) => {
      const left = (): void => reject(signal.reason)
      if (signal.aborted) return left()
      signal.addEventListener('abort', left)
      Promise.resolve(router.route({ ...request, signal })).then(resolve, reject)
    })
  } finally {
    stop()
    release()
  }
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
