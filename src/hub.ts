// The hub: one catalogue, every call.
import { catalog, type Catalog } from './config/catalog.ts'
import { problems } from './config/check.ts'
import { resolveEnv, type Problem } from './config/env.ts'
import { ratesOf } from './config/rates.ts'
import { chatStream, type ChatStream } from './core/chat-stream.ts'
import { platformTimer } from './core/deadline.ts'
import { embed, rerank, type Blank } from './core/embed.ts'
import { explain, type Explanation } from './core/explain.ts'
import { pipeline } from './core/layer.ts'
import { ask } from './core/outcome.ts'
import { sender } from './core/send.ts'
import { relayError } from './errors.ts'
import type { GroupFeature } from './layers/groups/feature.ts'
import { price, type PriceOf } from './layers/price.ts'
import { retry } from './layers/retry.ts'
import { route } from './layers/route.ts'
import { rulesOf } from './layers/rules.ts'
import { routed, type RoutedOptions } from './routing/routed.ts'
import type { Router } from './routing/router.ts'
import { keyOf, lookupIn, type Keys } from './secrets/env.ts'
import { keyring } from './secrets/pool.ts'
import type { World } from './secrets/world.ts'
import type { Call, Decide, Layer, Next } from './types/call.ts'
import type { DefaultsConfig, RelayConfig } from './types/config.ts'
import type { EmbedRequest, EmbedResponse, RerankRequest, RerankResponse } from './types/embed.ts'
import type { ContentBlock, Message } from './types/message.ts'
import type { Provider, SecretSources, Target } from './types/provider.ts'
import type { ChatRequest } from './types/request.ts'
import type { ChatResponse } from './types/response.ts'
import type { Env, FetchLike, Runtime, Scope } from './types/runtime.ts'

/** What a hub is made with, besides its catalogue. */
export interface HubOptions {
  /** The companies that the catalogue's models belong to: only what is handed in is in your bundle. */
  readonly providers: readonly Provider[]
  /** Further rings. In which order they are listed does not matter; one of a built-in stage takes its place. */
  readonly layers?: readonly Layer[]
  /** Where keys and `$env.NAME` come from. Default: nowhere. */
  readonly env?: Env
  /** Default: the global `fetch`. */
  readonly fetch?: FetchLike
  /**
   * Fetches pictures, sounds and documents at an address for models that take bytes only. Default: `fetch`, where the address
   * is https and public. `false`: none is fetched, and such a request fails with `unsupported`.
   */
  readonly fetchMedia?: FetchLike | false
  /** Clock, chance and timers. Default: the platform's. */
  readonly runtime?: Partial<Runtime>
  /** What groups can do beyond `fallback`, `loadbalance` and `weighted`: `@relay/core/groups`. */
  readonly groups?: readonly GroupFeature[]
  /** List prices, for models whose catalogue entry names none. */
  readonly prices?: PriceOf
  /** Where credentials of other types than `env` and `literal` come from. */
  readonly secrets?: (world: World) => SecretSources
}

/** A hub bound to one model or group, for hot loops. */
export interface ModelHandle {
  readonly chat: (request: ChatRequest) => Promise<ChatResponse>
  readonly stream: (request: ChatRequest) => ChatStream
}

/** What all the scopes of a hub share. */
interface Engine {
  readonly catalog: Catalog
  readonly defaults: DefaultsConfig
  readonly runtime: Runtime
  readonly keys: Keys
  readonly next: Next
}

/** Asks the models of one catalogue. Make one at module scope and keep it: it holds nothing that belongs to a request. */
export class Hub {
  private readonly engine: Engine
  private readonly scope: Scope

  /** @throws ConfigError where the catalogue is wrong: it lists every mistake. */
  constructor(config: RelayConfig, options: HubOptions) {
    this.engine = assemble(config, options)
    this.scope = {}
  }

  /**
   * Asks a model, or the members of a group until one answers.
   * @throws RelayError, or the reason of the signal that was aborted.
   */
  async chat(alias: string, request: ChatRequest): Promise<ChatResponse> {
    return handle(this.engine, this.scope, { alias }).chat(request)
  }

  /** The same as events. Nothing is sent before the first is asked for. */
  stream(alias: string, request: ChatRequest): ChatStream {
    return handle(this.engine, this.scope, { alias }).stream(request)
  }

  /**
   * Turns texts into vectors, in as many requests as they take.
   * @throws RelayError, or the reason of the signal that was aborted.
   */
  async embed(alias: string, request: EmbedRequest): Promise<EmbedResponse> {
    const { catalog, next } = this.engine
    return embed(next, blank(this.engine, this.scope, { alias, mode: 'embed', request }), { request, targets: catalog.targets(alias) })
  }

  /**
   * Puts documents into the order in which they answer a query.
   * @throws RelayError, or the reason of the signal that was aborted.
   */
  async rerank(alias: string, request: RerankRequest): Promise<RerankResponse> {
    return rerank(this.engine.next, blank(this.engine, this.scope, { alias, mode: 'rerank', request }), request)
  }

  /**
   * Asks the model that a router picks, and its alternates in turn where it fails. The decision is on
   * `response.metadata.routing`. Where no candidates are named the router is told the models of the catalogue, and may pick
   * a group, too. For streams: `routed(hub, router)` of `@relay/core/routing`.
   * @throws RoutingError where nothing is picked, else as `chat` does.
   */
  async route(router: Router, request: ChatRequest, options: RoutedOptions = {}): Promise<ChatResponse> {
    const { aliases, groups } = this.engine.catalog
    const told: Router = options.candidates?.length ? router : { route: async (asked) => router.route({ ...asked, candidates: aliases }) }
    return routed(this, told, { candidates: [...aliases, ...Object.keys(groups)], ...options }).chat(request)
  }

  /** A handle on whoever is chosen for each request: see `routed` of `@relay/core/routing`. */
  by(decide: Decide): ModelHandle {
    return handle(this.engine, this.scope, { alias: '', decide })
  }

  /** @throws ConfigError where there is no such model or group. */
  get(alias: string): ModelHandle {
    if (!this.engine.catalog.group(alias)) this.engine.catalog.target(alias)
    return handle(this.engine, this.scope, { alias })
  }

  /**
   * What would be sent for a request, to each model that could be asked, and what was dropped, rewritten or filled in on
   * the way. Nothing goes out; a key is looked for in the environment only, and masked.
   * @throws RelayError where the request cannot be put into a model's words.
   */
  async explain(alias: string, request: ChatRequest, mode: 'chat' | 'stream' = 'chat'): Promise<readonly Explanation[]> {
    const { catalog, keys } = this.engine
    const call = begin(this.engine, this.scope, { alias, mode, request })
    return Promise.all(catalog.targets(alias).map(async (target) => explain(call, target, await keyOf(target, keys).catch(() => undefined))))
  }

  /** The same hub, for one incoming request. Of a scope within a scope both signals count. */
  with(scope: Scope): Hub {
    const metadata = { ...this.scope.metadata, ...scope.metadata }
    const around = this.scope.signal && { within: this.scope }
    return Object.assign(Object.create(Hub.prototype) as Hub, { engine: this.engine, scope: { ...this.scope, ...scope, metadata, ...around } })
  }

  /** Waits for nothing and frees what rings hold. A hub that is closed can still be asked. */
  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function assemble(given: RelayConfig, options: HubOptions): Engine {
  const { providers, layers = [], groups = [], env, prices, secrets } = options
  const lookup = lookupIn(env)
  const runtime = platform(options)
  const sources = secrets?.({ env: lookup, fetch: runtime.fetch, now: runtime.now })
  const keys = keyring((target) => keyOf(target, { lookup, sources }), (target) => keyOf(target, { lookup }))
  const { config, problems: unset } = resolveEnv(given, lookup)
  const wrong = unset.length ? unset : problems(config, Object.keys(sources ?? {}))
  if (wrong.length) throw relayError('config', listed(wrong), { data: wrong })
  const known = catalog(config, providers)
  const { defaults = {} } = config
  const { max_retries = 2, retry_initial_backoff = 0.5, retry_max_backoff = 30 } = defaults
  const priceOf = ratesOf(config, prices)
  const retries = (target: Target): number => target.config.max_retries ?? max_retries
  const [initial, max] = [retry_initial_backoff * 1000, retry_max_backoff * 1000]
  const builtIn = [
    route(known, { features: groups, priceOf, retries, max }),
    retry({ retries, initial, max, keys }),
    price(priceOf),
  ]
  demand(config, layers)
  const rings = [...layers, ...builtIn.filter(({ stage }) => !layers.some((layer) => layer.stage === stage))]
  const send = sender({ ...keys, timeouts: defaults, media: options.fetchMedia })
  return { catalog: known, defaults, runtime, keys: { lookup }, next: pipeline(rings, send) }
}

/** What the catalogue asks of a ring must not be passed over where there is no such ring. */
function demand(config: RelayConfig, layers: readonly Layer[]): void {
  const { defaults, models = {} } = config
  const asked = {
    limit: rulesOf(config).length > 0 && '@relay/core/layers/limit',
    breaker: [defaults, ...Object.values(models)].some((it) => it?.breaker) && '@relay/core/layers/breaker',
  }
  for (const [stage, door] of Object.entries(asked)) {
    if (!door || layers.some((layer) => layer.stage === stage)) continue
    throw relayError('config', `the catalogue asks for a ${stage}: hand one in as one of the hub's \`layers\`, from '${door}'`)
  }
}

function listed(wrong: readonly Problem[]): string {
  return ['the catalogue is wrong:', ...wrong.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))].join('\n')
}

function platform({ fetch, runtime }: HubOptions): Runtime {
  return {
    // Looked up for each call, so that whoever replaces the global one is heard.
    fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
    now: Date.now,
    random: Math.random,
    timer: platformTimer,
    defer: (work) => void work.catch(() => undefined),
    ...runtime,
  }
}

function handle(engine: Engine, scope: Scope, asked: Pick<Call, 'alias' | 'decide'>): ModelHandle {
  const start = (mode: 'chat' | 'stream', request: ChatRequest): Call => begin(engine, scope, { ...asked, mode, request })
  return {
    chat: async (request) => ask(engine.next, start('chat', request)),
    stream: (request) => chatStream(engine.next, start('stream', request)),
  }
}

function begin(engine: Engine, scope: Scope, asked: Asked & Pick<Call, 'request'>): Call {
  const { alias, request } = asked
  const messages: unknown = request?.messages
  if (!Array.isArray(messages) || !messages.length) throw relayError('invalid_request', 'a request needs `messages`, at least one', { alias })
  const odd = messages.findIndex((message) => !isSpoken(message))
  if (odd >= 0) throw relayError('invalid_request', `messages[${odd}] needs a \`role\` (system, user, assistant, tool) and \`content\`: a text, or blocks that have a \`type\``, { alias })
  return { ...blank(engine, scope, asked), request }
}

/** For callers without types: what no wire knows would be left out, or fail deep inside. */
function isSpoken(message: unknown): boolean {
  const { role, content } = Object(message) as Partial<Message>
  if (!/^(system|user|assistant|tool)$/.test(`${role}`)) return false
  return typeof content === 'string' || (Array.isArray(content) && content.every((block: unknown) => (Object(block) as ContentBlock).type))
}

interface Asked extends Pick<Call, 'alias' | 'mode' | 'decide'> {
  readonly request: Pick<ChatRequest, 'signal' | 'timeoutMs'>
}

/** A call that does not say yet what it asks. */
function blank({ runtime, defaults }: Engine, scope: Scope, { alias, mode, decide, request: { signal, timeoutMs } }: Asked): Blank {
  const { timeout = 600, stream_overall_timeout = timeout, max_attempts = 10 } = defaults
  const startedAt = runtime.now()
  const deadline = startedAt + (timeoutMs ?? (mode === 'stream' ? stream_overall_timeout : timeout) * 1000)
  return {
    alias,
    mode,
    decide,
    scope,
    runtime: scope.defer ? { ...runtime, defer: scope.defer } : runtime,
    signal,
    startedAt,
    budget: { left: max_attempts, deadline, attempts: [] },
    kind: 'first',
  }
}
