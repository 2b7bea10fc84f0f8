// The limits that a catalogue names, at its models and at its top, as one list of rules.
import type { RelayConfig } from '../types/config.ts'
import type { LimitConfig } from '../types/limits.ts'

/** Those of the models come first: each counts what its own model is asked, whatever group that was through. */
export function rulesOf({ models = {}, limits = [] }: RelayConfig): readonly LimitConfig[] {
  const own = Object.entries(models).flatMap(([alias, { rpm_limit: requests, tpm_limit: tokens, max_concurrency: concurrency }]) => {
    const most = Object.entries({ requests, tokens, concurrency }).filter(([, value]) => value !== undefined)
    return most.length ? [{ name: `model:${alias}`, models: [alias], ...Object.fromEntries(most) }] : []
  })
  // Named by their place in the catalogue, which what comes before it here must not shift.
  return [...own, ...limits.map((rule, n) => ({ name: `limits.${n}`, ...rule }))]
}
