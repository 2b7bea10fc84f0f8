// Several models under one alias.
import type { TUnsafe } from '@sinclair/typebox'
import * as Type from '@sinclair/typebox'
import type { GroupConfig, GroupMember } from '../src/types/config.ts'
import { exactly } from './exactly.ts'
import { closed, number, word } from './field.ts'

const member: TUnsafe<GroupMember> = exactly<GroupMember>()(Type.Object({
  name: Type.String({ minLength: 1, description: 'A key of `models` or of `groups`.' }),
  weight: number(0, 'Share of the calls under `weighted`, 0 or more. Default 1.'),
  when: Type.Optional(Type.Record(Type.String(), Type.Unknown(), {
    description: 'What a request must be for the member under `conditional`.',
  })),
}, { ...closed, description: 'One member of a group.' }))

export const group: TUnsafe<GroupConfig> = exactly<GroupConfig>()(Type.Object({
  strategy: word(
    ['fallback', 'loadbalance', 'weighted', 'conditional'],
    'How a member is chosen. Default `fallback`: the first that answers.',
  ),
  members: Type.Array(Type.Union([Type.String({ minLength: 1 }), member]), {
    minItems: 1,
    description: 'Aliases of models or groups, or members with a weight.',
  }),
  retry_classifier: word(
    ['default', 'strict'],
    "`strict`: only what is surely the provider's fault moves on to the next member. Default `default`.",
  ),
}, { ...closed, description: 'Several models under one alias.' }))
