// Leaves a deployment alone that keeps failing, and asks it again once in a while.
import { RelayError, relayError, type ErrorCode } from '../errors.ts'
import type { Call, Layer, Outcome } from '../types/call.ts'
import type { BreakerConfig } from '../types/limits.ts'

/** What says that a deployment is ill. A request's own shape, its limits and its caller's patience do not. */
const ILL: readonly ErrorCode[] = [
  'network',
  'overloaded',
  'server_error',
  'invalid_response',
  'stream_truncated',
  'timeout_connect',
  'timeout_first_content',
  'timeout_idle',
  'timeout_attempt',
]

/** One deployment's lately seen attempts. */
interface Circuit {
  /** Newest last. */
  seen: { readonly at: number; readonly ok: boolean }[]
  /** Not asked before this; 0 while it is closed. */
  openUntil: number
  /** A probe is under way until it ends, or at the latest until this. */
  probeUntil: number
}

export interface BreakerOptions {
  /** Undefined: no breaker for this model. */
  readonly configOf: (call: Call) => BreakerConfig | undefined
  /** Which deployment a call goes to. Default: provider, model and address. */
  readonly keyOf?: (call: Call) => string
}

/**
 * Opens a deployment's circuit when enough of its latest attempts failed. After the cooldown one call is let through: its
 * success closes the circuit, its failure opens it anew. Time is read when calls begin and end, so a clock that stands
 * still in between does no harm.
 */
export function breaker({ configOf, keyOf = deployment }: BreakerOptions): Layer {
  const circuits = new Map<string, Circuit>()
  return {
    stage: 'breaker',
    wrap: (next) => async (call) => {
      const config = configOf(call)
      if (!config) return next(call)
      const key = keyOf(call)
      let circuit = circuits.get(key)
      if (!circuit) circuits.set(key, (circuit = { seen: [], openUntil: 0, probeUntil: 0 }))
      const { now } = call.runtime
      const probe = admit(circuit, call, config)
      const report = judge(circuit, config, { now, probe })
      try {
        const reply = await next(call)
        reply.settle.push(({ status, error }: Outcome) => report(status === 'ok' ? true : status === 'error' ? error : undefined))
        return reply
      } catch (error) {
        report(error instanceof RelayError ? error : undefined)
        throw error
      }
    },
  }
}

function deployment({ target }: Call): string {
  return target ? JSON.stringify([target.provider.name, target.model, target.baseUrl, target.key]) : ''
}

/** Throws where the circuit is open; true where the call is its probe. */
function admit(circuit: Circuit, { runtime, target }: Call, { cooldown = 30 }: BreakerConfig): boolean {
  const now = runtime.now()
  if (circuit.openUntil === 0) return false
  if (now >= circuit.openUntil && now >= circuit.probeUntil) {
    // A probe that nobody hears of again must not keep the circuit open for ever.
    circuit.probeUntil = now + cooldown * 1000
    return true
  }
  const retryAfterMs = Math.max(circuit.openUntil, circuit.probeUntil) - now
  throw relayError('circuit_open', `\`${target?.alias}\` has failed too often lately and is left alone for ${Math.ceil(retryAfterMs / 1000)} s`, {
    provider: target?.provider.name,
    model: target?.model,
    alias: target?.alias,
    retryAfterMs,
  })
}

/** Takes what came of an attempt: true, an error, or undefined where it says nothing (the caller went away). */
function judge(circuit: Circuit, config: BreakerConfig, { now, probe }: { readonly now: () => number; readonly probe: boolean }): (result: true | RelayError | undefined) => void {
  const { window = 60, failure_rate = 0.5, min_requests = 10, cooldown = 30 } = config
  return (result) => {
    const at = now()
    if (probe) circuit.probeUntil = 0
    const ok = result === true || (result !== undefined && !ILL.includes(result.code))
    if (result === undefined) return
    if (probe || circuit.openUntil) {
      // Attempts that began before the circuit opened decide nothing any more.
      if (!probe) return
      circuit.openUntil = ok ? 0 : at + cooldown * 1000
      circuit.seen = []
      return
    }
    circuit.seen = [...circuit.seen.filter((it) => at - it.at < window * 1000), { at, ok }]
    const failures = circuit.seen.filter((it) => !it.ok).length
    if (circuit.seen.length >= min_requests && failures / circuit.seen.length >= failure_rate) {
      circuit.openUntil = at + cooldown * 1000
      circuit.seen = []
    }
  }
}
