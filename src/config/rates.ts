// Prices that the catalogue itself names: a model's `cost`, and the negotiated rates of its pricing profile.
import type { Price, PriceOf } from '../layers/price.ts'
import type { CostConfig, PricingProfile, RelayConfig } from '../types/config.ts'

/** `list` finds what the world asks; the catalogue's own word comes before it, its multipliers on top. */
export function ratesOf(config: RelayConfig, list: PriceOf = () => undefined): PriceOf {
  return (target) => {
    const { cost, pricing_profile, target: name } = target.config
    const profile = pricing_profile === undefined ? undefined : config.pricing_profiles?.[pricing_profile]
    const fixed = profile?.fixed_overrides?.[name]
    if (fixed) return { rates: { ...cost, ...fixed }, source: 'user_override', confidence: 'exact' }
    const base: Price | undefined = cost ? { rates: cost, source: 'user_override', confidence: 'exact' } : list(target)
    return base && profile ? { ...base, rates: multiplied(base.rates, profile), source: 'user_override' } : base
  }
}

/** Cached input is input where it has no rate of its own. */
function multiplied(rates: CostConfig, { input_multiplier = 1, output_multiplier = 1, cached_input_multiplier = 1 }: PricingProfile): CostConfig {
  const factors: { readonly [rate: string]: number } = {
    input_per_1m: input_multiplier,
    output_per_1m: output_multiplier,
    cached_input_per_1m: cached_input_multiplier,
    cache_write_per_1m: input_multiplier,
    cache_write_1h_per_1m: input_multiplier,
  }
  const all = { ...rates, cached_input_per_1m: rates.cached_input_per_1m ?? rates.input_per_1m }
  return Object.fromEntries(Object.entries(all).flatMap(([key, rate]) => (rate == null ? [] : [[key, rate * (factors[key] ?? 1)]])))
}
