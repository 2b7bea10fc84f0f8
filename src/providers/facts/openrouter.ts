// What OpenRouter's two APIs have in common.
import type { CostOf, Dialect } from '../../wire/openai-dialect.ts'

/** A budget of tokens goes out as such. */
export const effort: NonNullable<Dialect['effort']> = (level, budget) => ({ reasoning: budget ? { max_tokens: budget } : { effort: level } })

/** With a key of your own (`is_byok`) `cost` is the fee alone: the company behind is paid besides. */
export const cost: CostOf = ({ cost, is_byok, cost_details }) => {
  const { upstream_inference_cost: upstream } = (cost_details ?? {}) as { readonly upstream_inference_cost?: number | null }
  return is_byok === true && typeof cost === 'number' ? cost + (upstream ?? 0) : cost
}

export const faults: NonNullable<Dialect['faults']> = [
  ['context_window', /^[^|]*(max_tokens_exceeded|token_limit_exceeded|string_too_long)/],
  // Held back for requests that are still running: they will give it back.
  ['rate_limit', /^402.*in.flight.budget(?!.*weight)/is],
  ['content_policy', /^[^|]*(refusal|invalid_prompt.*(policy|flag|moderat))|^403.*(flag|moderat)/is],
  ['invalid_request', /^[^|]*invalid_prompt/],
]
