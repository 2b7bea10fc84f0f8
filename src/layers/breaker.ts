/**
 * Leaves a deployment alone that keeps failing, and asks it again once in a while.
 * @module
 */
import { RelayError, relayError, type ErrorCode } from '../errors.ts'
import type { Call, Layer } from '../types/call.ts'
import type { BreakerConfig } from '../types/limits.ts'

/** What says that a deployment is ill. A request's own shape, its limits and its caller's patience say nothing. */
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

/** So many slots has a window: what is older is forgotten a slot at a time. */
const SLOTS = 10

/** What came of the attempts of one slot. */
interface Slot {
  readonly at: number
  readonly seen: number
  readonly failed: number
}

/** What is known of one deployment. */
interface Circuit {
  /** Oldest first. */
  slots: readonly Slot[]
  /** Not asked before this; undefined while it is closed. */
  openUntil: number | undefined
  /** The attempt that probes it, until it is over or has taken too long. */
  probe: { until: number } | undefined
  /** Counts how often it opened and closed: an attempt from before decides nothing any more. */
  turn: number
}

export interface BreakerOptions {
  /** Undefined: no breaker for this model. */
  readonly configOf: (call: Call) => BreakerConfig | undefined
  /** Which deployment a call goes to. Default: provider, model, address and key. */
  readonly keyOf?: (call: Call) => string
}

/**
 * Opens a deployment's circuit when enough of its latest attempts failed. After the cooldown one call is let through: its
 * success closes the circuit, its failure opens it anew. Time is read when calls begin and end, so a clock that stands
 * still in between does no harm, and neither does one that is set back.
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
      if (!circuit) circuits.set(key, (circuit = { slots: [], openUntil: undefined, probe: undefined, turn: 0 }))
      const watch = admit(circuit, call, config)
      try {
        const reply = await next(call)
        watch.began()
        // Who walks away has had content before: that is an answer.
        reply.settle.push(({ error }) => watch.ended(error))
        return reply
      } catch (error) {
        watch.ended(error)
        throw error
      }
    },
  }
}

/** Sees one attempt. */
interface Watch {
  /** Its first content is here. */
  readonly began: () => void
  readonly ended: (error: unknown) => void
}

function deployment({ target }: Call): string {
  return target ? JSON.stringify([target.provider.name, target.model, target.baseUrl, target.config.credential]) : ''
}

/** Throws where the circuit is open. */
function admit(circuit: Circuit, { runtime, target }: Call, config: BreakerConfig): Watch {
  const { now } = runtime
  const cooldownMs = (config.cooldown ?? 30) * 1000
  if (circuit.openUntil === undefined) return listen(circuit, { config, now })
  // No further away than it can be, or a clock that is set back would keep it open.
  const latest = now() + cooldownMs
  circuit.openUntil = Math.min(circuit.openUntil, latest)
  if (circuit.probe) circuit.probe.until = Math.min(circuit.probe.until, latest)
  const wait = Math.max(circuit.openUntil, circuit.probe?.until ?? 0) - now()
  if (wait > 0) {
    const words = `\`${target?.alias}\` has failed too often lately and is left alone for ${Math.ceil(wait / 1000)} s`
    throw relayError('circuit_open', words, { provider: target?.provider.name, model: target?.model, alias: target?.alias, retryAfterMs: wait })
  }
  // One that nobody hears of again must not keep the circuit open for ever.
  const probe = (circuit.probe = { until: latest })
  let after: Watch | undefined
  return {
    began() {
      // It answers: how long its stream takes to end is nobody else's concern.
      if (circuit.probe === probe) turn(circuit, undefined)
      after = listen(circuit, { config, now })
    },
    ended(error) {
      if (after) return after.ended(error)
      if (circuit.probe !== probe) return
      circuit.probe = undefined
      if (isIll(error)) turn(circuit, now() + cooldownMs)
    },
  }
}

/** Counts what comes of an attempt at a closed circuit. */
function listen(circuit: Circuit, { config, now }: { readonly config: BreakerConfig; readonly now: () => number }): Watch {
  const { turn: mine } = circuit
  const { window = 60, failure_rate = 0.5, min_requests = 10, cooldown = 30 } = config
  return {
    began: () => undefined,
    ended(error) {
      const failed = isIll(error)
      if (circuit.turn !== mine || (error !== undefined && !failed)) return
      const at = now()
      circuit.slots = counted(circuit.slots, { now: at, windowMs: window * 1000, failed })
      const [seen, bad] = circuit.slots.reduce(([seen, bad], slot) => [seen + slot.seen, bad + slot.failed], [0, 0])
      if (bad && seen >= min_requests && bad / seen >= failure_rate) turn(circuit, at + cooldown * 1000)
    },
  }
}

function isIll(error: unknown): boolean {
  return error instanceof RelayError && ILL.includes(error.code)
}

function turn(circuit: Circuit, openUntil: number | undefined): void {
  circuit.openUntil = openUntil
  circuit.probe = undefined
  circuit.slots = []
  circuit.turn++
}

/** The slots of the window, with one attempt more. Slots of the future were written by a clock that was set back since. */
function counted(slots: readonly Slot[], { now, windowMs, failed }: { readonly now: number; readonly windowMs: number; readonly failed: boolean }): Slot[] {
  const length = windowMs / SLOTS
  const at = Math.floor(now / length) * length
  const lately = slots.filter((slot) => slot.at > now - windowMs && slot.at <= now)
  const mine = lately.find((slot) => slot.at === at)
  const more = { at, seen: (mine?.seen ?? 0) + 1, failed: (mine?.failed ?? 0) + Number(failed) }
  return [...lately.filter((slot) => slot !== mine), more]
}
