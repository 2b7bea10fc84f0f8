// How picking a model fails. What the picked model does wrong is an error of its own.
import { RelayError } from '../errors.ts'

/** No model was picked. */
export class RoutingError extends RelayError { override readonly name: string = 'RoutingError' }
/** The router does not take the key. */
export class RouterAuthError extends RoutingError { override readonly name = 'RouterAuthError' }
/** The router's allowance is used up: see `retryAfterMs`. */
export class RouterQuotaError extends RoutingError { override readonly name = 'RouterQuotaError' }
/** The router took too long. */
export class RouterTimeoutError extends RoutingError { override readonly name = 'RouterTimeoutError' }
/** No model is what was asked for: `message` says why each is not. */
export class NoCandidatesError extends RoutingError { override readonly name = 'NoCandidatesError' }
