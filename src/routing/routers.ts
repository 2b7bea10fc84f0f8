/**
 * Routers: which model a request goes to, by rules over a list of models, by a service, or by code of your own.
 * @module
 */
export { NoCandidatesError, RouterAuthError, RouterQuotaError, RouterTimeoutError, RoutingError } from './errors.ts'
export { routed, type Asked, type Routed, type RoutedOptions } from './routed.ts'
export type { DecisionSource, RouteConstraints, RouteDecision, Router, RouteRequest, Tier } from './router.ts'
export { rowsOf, type Benchmarks, type ModelRow } from './rows.ts'
export { RuleBasedRouter, type RuleOptions } from './rule-based.ts'
export { SemanticRouter, type SemanticOptions } from './semantic.ts'
