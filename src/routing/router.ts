// What a router is: whoever picks the model that a request goes to, and what it is told and says.
import type { Message } from '../types/message.ts'

/** US dollars per million tokens, input and output averaged: below 1, below 10, or as much as it takes. */
export type Tier = 'cheap' | 'balanced' | 'premium'

/** What a model must be to be picked. What is left out asks for nothing. */
export interface RouteConstraints {
  /** A model whose price is unknown is neither cheap nor balanced. */
  readonly budget?: Tier | undefined
  /** What the model must be able to do, all of it: `tools`, `vision`, `thinking`, `json_mode`… */
  readonly needs?: readonly string[] | undefined
  /** Models that are not picked. */
  readonly excludeModels?: readonly string[] | undefined
  /** Models that are picked over others about as good. */
  readonly preferModels?: readonly string[] | undefined
  /** The most that a million tokens may cost in US dollars, input and output averaged. */
  readonly maxCostPer1m?: number | undefined
  /** The least quality, 0 to 100. */
  readonly minQualityIndex?: number | undefined
}

/** What a router is asked. */
export interface RouteRequest {
  readonly messages: readonly Message[]
  /** The aliases that may be picked. Empty: any that the router knows. */
  readonly candidates: readonly string[]
  readonly constraints?: RouteConstraints | undefined
  /** Free words for the router's own records. */
  readonly metadata?: { readonly [key: string]: string } | undefined
  /** Aborted when nobody waits for the decision any more. */
  readonly signal?: AbortSignal | undefined
}

/** Who decided: rules in this process, a service, or one of your own. */
export type DecisionSource = 'rule' | 'hosted' | 'self-hosted'

/** What a router says. It lands on `response.metadata.routing` as it is. */
export interface RouteDecision {
  /** The model that was picked. */
  readonly alias: string
  /** How sure the router is, 0 to 1. */
  readonly confidence: number
  /** Why, for people. */
  readonly reasoning?: string | null
  /** The next best with their scores, best first: asked in this order where the picked one fails. */
  readonly alternates: readonly (readonly [alias: string, score: number])[]
  /** What the request is about, where the router says: `code`, `math`, `chat`… */
  readonly classifiedIntent?: string | null
  readonly source: DecisionSource
  /** When it was decided, ISO 8601. */
  readonly ts: string
}

/** Picks a model for each request. Any object that can `route` is one. */
export interface Router {
  /** @throws RoutingError where nothing can be picked. */
  readonly route: (request: RouteRequest) => Promise<RouteDecision>
}
