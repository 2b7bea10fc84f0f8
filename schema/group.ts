// Several models under one alias.
import type { TUnsafe } from '@sinclair/typebox'
import * as Type from '@sinclair/typebox'
import type { GroupConfig, GroupMember, HedgeConfig, ParamsConfig } from '../src/types/config.ts'
import { exactly } from './exactly.ts'
import { closed, number, whole, word } from './field.ts'
import { params, timeouts } from './model.ts'

const member: TUnsafe<GroupMember> = exactly<GroupMember>()(Type.Object({
  name: Type.String({ minLength: 1, description: 'A key of `models` or of `groups`.' }),
  weight: number(0, 'Share of the calls under `weighted`, 0 or more. Default 1.'),
  when: Type.Optional(Type.Record(Type.String(), Type.Unknown(), {
    description: 'What a request must be for the member under `conditional`.',
  })),
  params: Type.Optional(Type.Unsafe<ParamsConfig>({ ...params, description: "Parameters of the member's requests, over its model's own." })),
  max_retries: whole(0, 'Further attempts at the member. Default: as its model.'),
  ...timeouts,
}, { ...closed, description: 'One member of a group.' }))

const CAUSES = [
  'rate_limit',
  'overloaded',
  'server_error',
  'network',
  'timeout',
  'stream_truncated',
  'invalid_response',
  'auth',
  'quota',
  'context_window',
  'content_policy',
  'not_found',
  'request_too_large',
  'unsupported',
  'invalid_request',
  'circuit_open',
  'limit',
] as const

const hedge: TUnsafe<HedgeConfig> = exactly<HedgeConfig>()(Type.Object({
  after: Type.Optional(Type.Union([Type.Literal('p95'), Type.Number({ exclusiveMinimum: 0 })], {
    description: 'How long the first content is waited for: milliseconds, or `p95` of what was measured. Default `p95`.',
  })),
  max_extra: Type.Optional(Type.Union([Type.String({ pattern: '^\\d+(\\.\\d+)?%$' }), Type.Number({ minimum: 0, maximum: 1 })], {
    description: 'The share of calls that may ask a second member, as `5%` or 0.05. Default `5%`.',
  })),
}, { ...closed, description: 'A second member is asked when the first is slow to its first content.' }))

export const group: TUnsafe<GroupConfig> = exactly<GroupConfig>()(Type.Object({
  strategy: word(
    ['fallback', 'loadbalance', 'weighted', 'conditional', 'fastest', 'cheapest'],
    'How a member is chosen. Default `fallback`: the first that answers.',
  ),
  members: Type.Array(Type.Union([Type.String({ minLength: 1 }), member]), {
    minItems: 1,
    description: 'Aliases of models or groups, or members with settings of their own.',
  }),
  balance: word(['random', 'round_robin', 'least_busy'], 'How `loadbalance` spreads calls. Default `random`.'),
  retry_classifier: word(
    ['default', 'strict'],
    "`strict`: only what is surely the provider's fault moves on to the next member. Default `default`.",
  ),
  on: Type.Optional(Type.Array(Type.Union(CAUSES.map((cause) => Type.Literal(cause))), {
    minItems: 1,
    description: 'The failures that move on to the next member. Default: all that another member may not have.',
  })),
  hedge: Type.Optional(hedge),
  on_interrupt: word(
    ['error', 'continue'],
    'What becomes of a stream that breaks: an error with what had arrived, or the next member goes on. Default `error`.',
  ),
}, { ...closed, description: 'Several models under one alias.' }))
