// What models cost.
import type { TUnsafe } from '@sinclair/typebox'
import * as Type from '@sinclair/typebox'
import type { CostConfig, PricingProfile } from '../src/types/config.ts'
import { exactly } from './exactly.ts'
import { closed, number, text } from './field.ts'

const rates = {
  input_per_1m: number(0, 'Input that no cache served.'),
  output_per_1m: number(0, 'Output, reasoning included.'),
  cached_input_per_1m: number(0, "Input read from the provider's cache."),
  cache_write_per_1m: number(0, "Input written to the provider's cache for its shorter time."),
  cache_write_1h_per_1m: number(0, "Input written to the provider's cache for an hour."),
  per_request: number(0, 'US dollars for the request itself.'),
}

/** A model's own prices. */
export const cost: TUnsafe<CostConfig> = exactly<CostConfig>()(Type.Object(rates, {
  ...closed,
  description: "The model's prices, in US dollars per million tokens. Default: the list's.",
}))

const override = Type.Object(rates, { ...closed, description: 'US dollars per million tokens.' })

export const profile: TUnsafe<PricingProfile> = exactly<PricingProfile>()(Type.Object({
  description: text('What the profile is, for people.'),
  input_multiplier: number(0, 'Factor on the list price of input. Default 1.'),
  output_multiplier: number(0, 'Factor on the list price of output. Default 1.'),
  cached_input_multiplier: number(0, 'Factor on the list price of cached input. Default 1.'),
  fixed_overrides: Type.Optional(Type.Record(Type.String(), override, {
    description: "Prices that replace the list's, by `provider/model`.",
  })),
}, { ...closed, description: 'Negotiated rates over list prices.' }))
