// Limits, budgets and circuit breakers.
import type { TUnsafe } from '@sinclair/typebox'
import * as Type from '@sinclair/typebox'
import type { BreakerConfig, LimitConfig } from '../src/types/limits.ts'
import { exactly } from './exactly.ts'
import { between, closed, duration, number, text, texts, whole, word } from './field.ts'

export function breaker(description: string): TUnsafe<BreakerConfig> {
  return exactly<BreakerConfig>()(Type.Object({
    window: duration('How far back is looked, in seconds. Default 60.'),
    failure_rate: between(0, 1, 'The share of attempts that failed, 0 to 1, from which on the circuit opens. Default 0.5.'),
    min_requests: whole(1, 'Fewer attempts than this say nothing. Default 10.'),
    cooldown: duration('How long the deployment is left alone before one call probes it, in seconds. Default 30.'),
  }, { ...closed, description }))
}

export const limit: TUnsafe<LimitConfig> = exactly<LimitConfig>()(Type.Object({
  name: text("The counter's name: limits with the same name share it. Default: the rule's place in the list."),
  models: texts('The models or groups that it counts. Default: all.'),
  per: word(['minute', 'hour', 'day', 'month'], 'A sliding window. Default `minute`.'),
  requests: whole(1, 'Requests in the window.'),
  tokens: whole(1, 'Tokens in the window, input and output.'),
  usd: number(0, 'US dollars in the window.'),
  concurrency: whole(1, 'Calls under way at a time.'),
  by: Type.Optional(Type.Array(Type.Union([Type.Literal('tenant'), Type.Literal('model')]), {
    description: 'A counter of its own for each tenant (`hub.with({ tenant })`), each model, or each pair of both. Default: one for all.',
  })),
  on_limit: word(
    ['wait', 'fallback', 'error'],
    "When it is reached: wait for room, try the group's next member, or refuse the call. Default `fallback`.",
  ),
  max_wait: number(0, 'With `wait`: the longest wait, in seconds. Default 30.'),
}, { ...closed, description: 'One limit, or budget.' }))
