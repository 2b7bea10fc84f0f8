// Vectors and rankings, through the same rings as a chat: the texts travel as messages, the results as facts of the answer.
import { RelayError, relayError } from '../errors.ts'
import type { Budget, Call, Next } from '../types/call.ts'
import type { EmbedAnswer, Embedded, EmbedRequest, EmbedResponse, RerankRequest, RerankResponse } from '../types/embed.ts'
import type { Delta } from '../types/event.ts'
import type { Encoding, Target, Wire, WireRequest } from '../types/provider.ts'
import type { ChatRequest } from '../types/request.ts'
import type { Attempt, ChatResponse, Cost } from '../types/response.ts'
import { follower } from './lifeline.ts'
import { ask, thrown } from './outcome.ts'
import { plusCost, plusUsage } from './sum.ts'

/** Where results, and the model that they are from, stand on the way back. */
const RESULT = '#result'
const MODEL = '#model'
/** Requests of one call that are under way at a time: a Worker has six connections. */
const ABREAST = 4

/** A call of the hub, but for what it asks. */
export type Blank = Omit<Call, 'request' | 'speak'>

/**
 * Turns texts into vectors, in as many requests as they take. All vectors are one model's: who answered the first request
 * answers them all, with the same settings; if it cannot, the next member of the group is asked for all of them.
 */
export async function embed(next: Next, blank: Blank, { request, targets }: { readonly request: EmbedRequest; readonly targets: readonly Target[] }): Promise<EmbedResponse> {
  const texts = typeof request.input === 'string' ? [request.input] : request.input
  if (!texts.length || texts.some((text) => typeof text !== 'string' || text === '')) {
    throw relayError('invalid_request', '`input` must be a text or a list of texts, none of them empty', { alias: blank.alias })
  }
  const most = Math.min(...targets.flatMap((target) => target.provider.embed?.limit(target) ?? []))
  const batches = batched(texts, most, Math.min(...targets.flatMap(({ provider }) => provider.embed?.tokens ?? [])))
  const spoken = new Map<unknown, Target>()
  const fallen = new Map<string, RelayError>()
  // Of those who did not get to the end too.
  const costs: Cost[] = []
  const speak = (target: Target): Target => {
    spoken.set(target.alias, target)
    return embedding(target, request)
  }
  const send = async (batch: readonly string[], more?: Partial<Call>): Promise<ChatResponse> => {
    const response = await ask(next, { ...blank, request: carrying(request, batch), speak, fallen, ...more })
    costs.push(response.cost)
    return response
  }
  const [first = [], ...others] = batches
  for (;;) {
    const responses = [await send(first)]
    const target = spoken.get(responses[0]?.metadata[MODEL])
    try {
      for (let n = 0; n < others.length; n += ABREAST) {
        responses.push(...(await together(others.slice(n, n + ABREAST), blank, (batch, more) => send(batch, { ...more, ...(target && { target }) }))))
      }
    } catch (error) {
      if (!target || !(error instanceof RelayError) || targets.every(({ alias }) => alias === target.alias || fallen.has(alias))) throw error
      fallen.set(target.alias, error)
      continue
    }
    const embeddings = responses.flatMap(({ metadata }) => metadata[RESULT] as EmbedResponse['embeddings'])
    return { ...answered({ responses, costs }, blank, request.includeRaw), embeddings }
  }
}

/** A text that is too long by itself is sent all the same: its failure says more than ours would. */
function batched(texts: readonly string[], most: number, tokens: number): readonly (readonly string[])[] {
  const batches: string[][] = []
  let room = 0
  for (const text of texts) {
    // Hardly any text has more tokens than a third of its bytes.
    const size = tokens < Infinity ? new TextEncoder().encode(text).length / 3 : 0
    room -= size
    const last = batches.at(-1)
    if (last && last.length < most && room >= 0) last.push(text)
    else {
      batches.push([text])
      room = tokens - size
    }
  }
  return batches
}

type Send = (batch: readonly string[], more: Pick<Call, 'budget' | 'signal'>) => Promise<ChatResponse>

/**
 * Several requests at a time, each with one of its own besides the budget that all share. When one fails nobody waits for
 * the others: they are ended before it is told.
 */
async function together(batches: readonly (readonly string[])[], blank: Blank, send: Send): Promise<readonly ChatResponse[]> {
  const { budget, signal } = blank
  const control = follower(signal)
  const work = batches.map((batch) => {
    // What is counted by a request's own attempts must not count those beside it.
    const attempts: Attempt[] = []
    let mine = 1
    const own: Budget = {
      deadline: budget.deadline,
      attempts,
      get left() {
        return mine + budget.left
      },
      set left(left) {
        budget.left = Math.min(budget.left, left)
        mine = left - budget.left
      },
    }
    return send(batch, { budget: own, signal: control.signal }).finally(() => budget.attempts.push(...attempts))
  })
  try {
    return await Promise.all(work)
  } catch (error) {
    control.abort(new DOMException('another request of the same call failed', 'AbortError'))
    await Promise.allSettled(work)
    throw thrown(error, blank)
  } finally {
    control.release()
  }
}

/** Puts documents into the order in which they answer a query, in one request. */
export async function rerank(next: Next, blank: Blank, request: RerankRequest): Promise<RerankResponse> {
  const { query, documents } = request
  if (!query || !documents?.length) throw relayError('invalid_request', 'ranking needs a `query` and `documents`, at least one', { alias: blank.alias })
  const response = await ask(next, { ...blank, request: carrying(request, [query, ...documents]), speak: (target) => ranking(target, request) })
  return { ...answered({ responses: [response], costs: [response.cost] }, blank, request.includeRaw), results: response.metadata[RESULT] as RerankResponse['results'] }
}

/** The request as rings see it. */
function carrying(request: EmbedRequest | RerankRequest, texts: readonly string[]): ChatRequest {
  const kept = Object.entries(request).filter(([field]) => /^(metadata|providerOptions|headers|includeRaw)$/.test(field))
  return { ...Object.fromEntries(kept), messages: texts.map((content) => ({ role: 'user', content })) }
}

function textsOf({ request }: Encoding): string[] {
  return request.messages.map(({ content }) => (typeof content === 'string' ? content : ''))
}

function embedding(target: Target, request: EmbedRequest): Target {
  return speaking(target, target.provider.embed ?? missing(target, 'embeddings'), {
    asked: (encoding) => ({ ...encoding, request, input: textsOf(encoding) }),
    told: ({ embeddings, ...facts }) => told({ [RESULT]: embeddings, [MODEL]: target.alias }, facts),
  })
}

function ranking(target: Target, request: RerankRequest): Target {
  return speaking(target, target.provider.rerank ?? missing(target, 'ranking'), {
    asked(encoding) {
      const [query = '', ...documents] = textsOf(encoding)
      return { ...encoding, request: { ...request, query, documents } }
    },
    told({ results, searchUnits, ...facts }) {
      const whole = results.map((result) => ({ ...result, document: request.documents[result.index] ?? '' }))
      return told({ [RESULT]: whole, ...(searchUnits !== undefined && { searchUnits }) }, facts)
    },
  })
}

/** A wire that is no chat's. */
interface Words<Asked, Told> {
  readonly encode: (asked: Asked) => WireRequest
  readonly decode: (answer: EmbedAnswer, asked: Asked) => Told
}

interface Meaning<Asked, Told> {
  readonly asked: (encoding: Encoding) => Asked
  readonly told: (answer: Told) => readonly Delta[]
}

/** The same model, asked in other words; what a failure means its chat wire knows. */
function speaking<Asked, Told>({ provider, ...target }: Target, { encode, decode }: Words<Asked, Told>, { asked, told }: Meaning<Asked, Told>): Target {
  const words: Pick<Wire, 'encode' | 'decode'> = {
    encode: (encoding) => encode(asked(encoding)),
    decode: (body, encoding, headers = new Headers()) => told(decode({ body, headers }, asked(encoding))),
  }
  return { ...target, provider: { ...provider, wire: { ...provider.wire, ...words } } }
}

function missing({ alias, provider }: Target, what: string): never {
  throw relayError('unsupported', `\`${provider.name}\` has no ${what} that Relay knows: \`${alias}\` cannot be asked for them`, { alias, provider: provider.name })
}

function told(values: ChatResponse['metadata'], { inputTokens, model, usd }: Pick<Embedded, 'inputTokens' | 'model' | 'usd'>): Delta[] {
  return [
    { type: 'metadata', values },
    { type: 'finish', reason: 'stop', raw: null },
    { type: 'usage', usage: { outputTokens: 0, ...(inputTokens !== undefined && { inputTokens }) } },
    { type: 'meta', ...(model !== undefined && { model }) },
    ...(usd === undefined ? [] : [{ type: 'cost' as const, usd }]),
    { type: 'done' },
  ]
}

interface Answered {
  readonly responses: readonly ChatResponse[]
  /** Of those too whose answers are not among them. */
  readonly costs: readonly Cost[]
}

/** One answer of several: tokens and dollars are summed, and an unknown cost stays unknown. */
function answered({ responses, costs }: Answered, { alias, budget, runtime, startedAt }: Blank, raw = false): Omit<EmbedResponse, 'embeddings'> {
  const [{ providerModel, provider, createdAt, metadata: { [RESULT]: _, [MODEL]: __, ...metadata } }] = responses as readonly [ChatResponse]
  const cost = costs.reduce(plusCost)
  return {
    model: alias,
    providerModel,
    provider,
    usage: responses.map(({ usage }) => usage).reduce(plusUsage),
    cost,
    costUsd: cost.totalUsd,
    createdAt,
    latencyMs: runtime.now() - startedAt,
    attempts: [...budget.attempts],
    metadata,
    ...(raw && { raw: responses.map((it) => it.raw) }),
  }
}
