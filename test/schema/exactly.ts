// The proof that schema and type are one does not compile where they differ: tsc checks this file, nobody runs it.
import type { Static } from '@sinclair/typebox'
import * as Type from '@sinclair/typebox'
import { config } from '../../schema/config.ts'
import { exactly, type Plain, type Same } from '../../schema/exactly.ts'
import type { RelayConfig } from '../../src/types/config.ts'

interface Thing {
  readonly name: string
  readonly size?: number
  readonly kind?: 'a' | 'b'
  readonly parts?: readonly string[]
  readonly by?: { readonly [key: string]: boolean }
}

const name = Type.String()
const size = Type.Optional(Type.Number())
const kind = Type.Optional(Type.Union([Type.Literal('a'), Type.Literal('b')]))
const parts = Type.Optional(Type.Array(Type.String()))
const by = Type.Optional(Type.Record(Type.String(), Type.Boolean()))

export const same: true = true satisfies Same<Plain<Static<typeof config>>, Plain<RelayConfig>>

export const proofs: readonly unknown[] = [
  exactly<Thing>()(Type.Object({ name, size, kind, parts, by })),
  // @ts-expect-error a field is missing
  exactly<Thing>()(Type.Object({ name, size, kind, parts })),
  // @ts-expect-error there is a field more
  exactly<Thing>()(Type.Object({ name, size, kind, parts, by, more: size })),
  // @ts-expect-error a field may be left out that may not
  exactly<Thing>()(Type.Object({ name: Type.Optional(name), size, kind, parts, by })),
  // @ts-expect-error a field may not be left out that may
  exactly<Thing>()(Type.Object({ name, size: Type.Number(), kind, parts, by })),
  // @ts-expect-error another type
  exactly<Thing>()(Type.Object({ name, size: Type.Optional(name), kind, parts, by })),
  // @ts-expect-error a word is missing
  exactly<Thing>()(Type.Object({ name, size, kind: Type.Optional(Type.Literal('a')), parts, by })),
  // @ts-expect-error any text where there are two words
  exactly<Thing>()(Type.Object({ name, size, kind: Type.Optional(name), parts, by })),
  // @ts-expect-error a list of something else
  exactly<Thing>()(Type.Object({ name, size, kind, parts: Type.Optional(Type.Array(Type.Number())), by })),
  // @ts-expect-error a record of something else
  exactly<Thing>()(Type.Object({ name, size, kind, parts, by: Type.Optional(Type.Record(Type.String(), Type.Unknown())) })),
]
