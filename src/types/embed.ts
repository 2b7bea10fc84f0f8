// Texts as vectors, and documents in the order in which they answer a query: what is asked, and what comes back.
import type { ErrorDetails } from '../errors.ts'
import type { Target, WireRequest } from './provider.ts'
import type { Attempt, Cost, Usage } from './response.ts'

/** What a vector is for. Some models make other vectors for a query than for the documents that it is to find. */
export type EmbedPurpose = 'query' | 'document' | 'classification' | 'clustering' | 'similarity'

interface Ask {
  /** Given back on the response. Never sent to the provider. */
  readonly metadata?: { readonly [key: string]: unknown }
  /** Aborting rejects with the signal's own reason and closes the connection. */
  readonly signal?: AbortSignal
  /** The whole call, all its requests and retries included, in milliseconds. */
  readonly timeoutMs?: number
  /** Merged last into each body that is sent, deeply; lists are replaced. */
  readonly providerOptions?: { readonly [key: string]: unknown }
  /** Further headers for each request. */
  readonly headers?: { readonly [name: string]: string }
  /** Keep what the provider sent on `response.raw`: a list, one body for each request. Default false. */
  readonly includeRaw?: boolean
}

interface Answer {
  /** The alias that was asked. */
  readonly model: string
  /** The provider's name for the model that answered. */
  readonly providerModel: string
  readonly provider: string
  /** Output is 0. */
  readonly usage: Usage
  readonly cost: Cost
  readonly costUsd: number | null
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly latencyMs: number
  readonly attempts: readonly Attempt[]
  readonly metadata: { readonly [key: string]: unknown }
  /** What the provider sent. Only with `includeRaw`. */
  readonly raw?: unknown
}

/** Texts to turn into vectors: any number, more than one request takes as well. None may be empty. */
export interface EmbedRequest extends Ask {
  readonly input: string | readonly string[]
  /** How long the vectors are to be, where the model can make shorter ones. */
  readonly dimensions?: number
  readonly purpose?: EmbedPurpose
}

export interface EmbedResponse extends Answer {
  /** One vector for each text, in the order in which the texts were given. */
  readonly embeddings: readonly (readonly number[])[]
}

/** Documents to put into the order in which they answer a query. */
export interface RerankRequest extends Ask {
  readonly query: string
  readonly documents: readonly string[]
  /** How many are wanted. Default: all. */
  readonly topN?: number
}

export interface RerankResult {
  /** The document's place in the request. */
  readonly index: number
  /** Higher is better. Scores of different queries do not compare. */
  readonly score: number
  readonly document: string
}

export interface RerankResponse extends Answer {
  /** Best first. */
  readonly results: readonly RerankResult[]
}

/** What one request is made of. `request` is the call's own; `input` and `documents` are what of it this request is about. */
export interface EmbedEncoding {
  readonly request: EmbedRequest
  readonly input: readonly string[]
  /** Default parameters of the model that Relay has no name for. */
  readonly extra: { readonly [field: string]: unknown }
  readonly target: Target
  readonly note: (field: string, why: string) => void
  readonly details: ErrorDetails
}

export interface RerankEncoding extends Omit<EmbedEncoding, 'request' | 'input'> {
  readonly request: RerankRequest
}

/** A body and its headers, which some count tokens in. */
export interface EmbedAnswer {
  readonly body: unknown
  readonly headers: Headers
}

/** What one request's answer says. */
export interface Embedded {
  /** In the order of the input. */
  readonly embeddings: readonly (readonly number[])[]
  readonly inputTokens?: number
  readonly model?: string
  /** The price that the provider itself names. */
  readonly usd?: number
}

export interface Reranked {
  /** Best first. */
  readonly results: readonly Omit<RerankResult, 'document'>[]
  readonly inputTokens?: number
  /** What the provider bills by, where it is not tokens. */
  readonly searchUnits?: number
}

/** How embeddings are asked for: pure functions. A failure is what the provider's chat wire says that it is. */
export interface EmbedWire {
  /** The most texts that one request may hold. */
  readonly limit: (target: Target) => number
  /** The most tokens that the texts of one request may come to, where there is such a limit. */
  readonly tokens?: number
  readonly encode: (encoding: EmbedEncoding) => WireRequest
  /** Throws a RelayError where there is not one vector for each text. */
  readonly decode: (answer: EmbedAnswer, encoding: EmbedEncoding) => Embedded
}

/** How documents are ranked. One request takes them all: scores of different requests do not compare. */
export interface RerankWire {
  readonly encode: (encoding: RerankEncoding) => WireRequest
  readonly decode: (answer: EmbedAnswer, encoding: RerankEncoding) => Reranked
}
