// A router that asks a service which model fits: the client of the protocol in docs/routers.md.
import { FAR, platformTimer } from '../core/deadline.ts'
import { lifeline, type Lifeline } from '../core/lifeline.ts'
import { RelayError, type ErrorCode, type ErrorDetails } from '../errors.ts'
import { checkAddress } from '../http/address.ts'
import { retryAfter } from '../http/backoff.ts'
import { parsed } from '../json/event.ts'
import { isFields, type Fields } from '../json/merge.ts'
import type { ContentBlock, Message } from '../types/message.ts'
import type { FetchLike, Runtime } from '../types/runtime.ts'
import { RouterAuthError, RouterQuotaError, RouterTimeoutError, RoutingError } from './errors.ts'
import type { RouteConstraints, RouteDecision, Router, RouteRequest } from './router.ts'

/** Where the router is and what it is told. */
export interface SemanticOptions {
  readonly apiKey?: string
  /** Where the service is: https, or http on loopback. Default: the hosted one, `https://router.relay.ai5labs.com`. */
  readonly endpoint?: string
  /** Lets `endpoint` be a private address. Default false. */
  readonly allowPrivateHosts?: boolean
  /** Milliseconds till the whole decision is here. Default 5000. */
  readonly timeoutMs?: number
  /** What of the conversation the router is shown. Default: all of it. */
  readonly messages?: (messages: readonly Message[]) => readonly Message[]
  /** Default: the global `fetch`. */
  readonly fetch?: FetchLike
  /** Clock and timers. Default: the platform's. */
  readonly runtime?: Partial<Pick<Runtime, 'now' | 'timer'>>
}

/** Asks a routing service. What it is shown of a message is its texts and its tools, never the bytes of a file. */
export class SemanticRouter implements Router {
  /**
   * @throws RouterAuthError, RouterQuotaError, RouterTimeoutError; RoutingError where the service fails, cannot be reached or
   * says nothing sensible; the reason of the signal that was aborted.
   */
  readonly route: (request: RouteRequest) => Promise<RouteDecision>

  /** @throws RoutingError where the endpoint is no address that a key may be sent to. */
  constructor(options: SemanticOptions = {}) {
    const { endpoint = 'https://router.relay.ai5labs.com', allowPrivateHosts } = options
    const wrong = checkAddress(endpoint, { allowPrivate: allowPrivateHosts })
    if (wrong) throw new RoutingError('config', `the router's endpoint ${wrong.replace('allow_private_hosts: true', '`allowPrivateHosts`')}`)
    const url = `${endpoint.replace(/\/+$/, '')}/v1/route`
    // Closed over: a field would be printed with the router, key and all.
    this.route = (request) => ask(request, url, options)
  }
}

async function ask(request: RouteRequest, url: string, options: SemanticOptions): Promise<RouteDecision> {
  const { timeoutMs = 5000, fetch = globalThis.fetch, runtime = {}, messages = (all) => all } = options
  const { now = Date.now, timer = platformTimer } = runtime
  request.signal?.throwIfAborted()
  const apiKey = options.apiKey?.trim()
  const secrets = apiKey ? [apiKey] : []
  const line = lifeline(request.signal, { secrets })
  const stop = timer(() => line.abort(new RouterTimeoutError('timeout_attempt', `the router said nothing within ${timeoutMs} ms`)), Math.min(FAR, timeoutMs))
  try {
    const body = JSON.stringify({ ...encode(request), messages: messages(request.messages).map(encodeMessage) })
    const headers = { 'content-type': 'application/json', accept: 'application/json', ...(apiKey && { authorization: `Bearer ${apiKey}` }) }
    // A redirect would take the key to another host.
    const sent = fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: line.signal })
    return await answered(await line.hold(sent), { line, secrets, now })
  } catch (error) {
    line.abort(error)
    if (request.signal?.aborted) throw request.signal.reason
    if (!(error instanceof RelayError) || error instanceof RoutingError) throw error
    // What `fetch` says of a header that cannot be sent quotes it, so only a failure of the network is kept as the cause.
    throw new RoutingError(error.code, `the router: ${error.message}`, { secrets, cause: error.code === 'network' ? error.cause : undefined })
  } finally {
    stop()
    line.release()
  }
}

interface Asked {
  readonly line: Lifeline
  readonly secrets: readonly string[]
  readonly now: () => number
}

async function answered(response: Response, { line, secrets, now }: Asked): Promise<RouteDecision> {
  const { status, headers } = response
  const requestId = headers.get('x-request-id') ?? undefined
  // A redirect that a browser was told not to follow has the status 0.
  if (status < 200 || (status > 299 && status < 400)) {
    throw new RoutingError('config', 'the router redirects, and a key does not follow: set `endpoint` to the right address', { status, requestId })
  }
  const raw = await line.hold(response.text())
  const details: ErrorDetails = { status, requestId, raw, secrets, retryAfterMs: status === 200 ? undefined : retryAfter(headers, now()) }
  const said = parsed(raw)
  const fields = isFields(said) ? said : undefined
  if (status !== 200) throw fault(fields ?? {}, details)
  if (!fields) throw new RoutingError('invalid_response', 'the router answered with something that is no JSON object', details)
  return decode(fields, now(), details)
}

/** The body but for the messages, with every field of the protocol. */
function encode({ candidates = [], constraints, metadata }: RouteRequest): Fields {
  return { candidates, constraints: constraints ? encodeConstraints(constraints) : null, metadata: metadata ?? null }
}

function encodeConstraints(constraints: RouteConstraints): Fields {
  const { budget = null, needs = [], excludeModels = [], preferModels = [], maxCostPer1m = null, minQualityIndex = null } = constraints
  return {
    budget,
    needs,
    exclude_models: excludeModels,
    prefer_models: preferModels,
    max_cost_per_1m: maxCostPer1m,
    min_quality_index: minQualityIndex,
  }
}

function encodeMessage({ role, content, name }: Message): Fields {
  return { role, content: typeof content === 'string' ? content : content.flatMap(encodeBlock), ...(name === undefined ? undefined : { name }) }
}

/** Only the kinds that the protocol knows: a service may refuse others. Bytes, signatures and caches say nothing about the intent. */
function encodeBlock(block: ContentBlock): Fields[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return [{ type: 'text', text: block.text }]
    case 'thinking':
      return [{ type: 'thinking', text: block.text }]
    case 'document':
      return block.text === undefined ? [] : [{ type: 'text', text: block.text }]
    case 'audio':
      return block.transcript === undefined ? [] : [{ type: 'text', text: block.transcript }]
    case 'image':
      return [{ type: 'image', url: block.url?.startsWith('data:') ? null : (block.url ?? null), media_type: block.mediaType ?? null }]
    case 'tool_use':
      return [{ type: 'tool_use', id: block.id, name: block.name, input: block.input ?? {} }]
    case 'tool_result': {
      const { toolUseId, content, isError = false } = block
      return [{ type: 'tool_result', tool_use_id: toolUseId, content: typeof content === 'string' ? content : content.flatMap(encodeBlock), is_error: isError }]
    }
    default:
      return []
  }
}

/** What the service decided. Keys that the protocol does not know are passed over; what it leaves out has its default. */
function decode(fields: Fields, now: number, details: ErrorDetails): RouteDecision {
  const { alias, confidence, reasoning, classified_intent, ts } = fields
  const alternates = fields['alternates'] ?? []
  const source = fields['source'] ?? 'hosted'
  const wrong = (what: string): RoutingError => new RoutingError('invalid_response', `the router's answer makes no sense: ${what}`, details)
  if (typeof alias !== 'string' || !alias) throw wrong('`alias` is no name')
  if (typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1)) throw wrong('`confidence` is not between 0 and 1')
  if (source !== 'rule' && source !== 'hosted' && source !== 'self-hosted') throw wrong('`source` is not rule, hosted or self-hosted')
  const pairs = Array.isArray(alternates) ? alternates.map(pairOf) : [undefined]
  if (pairs.includes(undefined)) throw wrong('`alternates` are not pairs of an alias and a score')
  return {
    alias,
    confidence,
    reasoning: typeof reasoning === 'string' ? reasoning : null,
    alternates: pairs.filter((pair) => pair !== undefined),
    classifiedIntent: typeof classified_intent === 'string' ? classified_intent : null,
    source,
    ts: typeof ts === 'string' ? ts : new Date(now).toISOString(),
  }
}

function pairOf(value: unknown): readonly [string, number] | undefined {
  const [alias, score]: readonly unknown[] = Array.isArray(value) ? value : []
  return typeof alias === 'string' && typeof score === 'number' ? [alias, score] : undefined
}

type RoutingErrorClass = new (code: ErrorCode, message: string, details: ErrorDetails) => RoutingError

interface Kind {
  readonly error: RoutingErrorClass
  readonly code: ErrorCode
  /** The protocol's word, and the statuses that say the same: either is enough. */
  readonly word: string
  readonly statuses: readonly number[]
}

/** The first that fits counts. */
const KINDS: readonly Kind[] = [
  { error: RouterAuthError, code: 'authentication', word: 'AUTH_FAILED', statuses: [401, 403] },
  { error: RouterQuotaError, code: 'quota', word: 'QUOTA_EXCEEDED', statuses: [429] },
  { error: RouterTimeoutError, code: 'timeout_attempt', word: 'TIMEOUT', statuses: [408] },
  { error: RoutingError, code: 'invalid_request', word: 'INVALID_REQUEST', statuses: [400, 422] },
]

function fault({ error_code, message }: Fields, details: ErrorDetails): RoutingError {
  const { status = 0 } = details
  const kind = KINDS.find(({ word, statuses }) => statuses.includes(status) || error_code === word)
  const said = `the router answered ${status}${typeof message === 'string' && message ? `: ${message}` : ''}`
  return kind ? new kind.error(kind.code, said, details) : new RoutingError('server_error', said, details)
}
