// The proof that a schema and a hand-written type say the same: it does not compile where they differ.
import type { Static, TSchema, TUnsafe } from '@sinclair/typebox'

/** A type without its `readonly` and its open end (`[key: string]: unknown`), neither of which TypeBox infers. */
export type Plain<T> = T extends readonly (infer Item)[] ? Plain<Item>[]
  : T extends object ? { -readonly [Key in keyof T as Open<T, Key> extends true ? never : Key]: Plain<T[Key]> }
  : T

type Open<T, Key extends keyof T> = string extends Key ? unknown extends T[Key] ? true : false : false

/** True where two types are the same both ways, what may be left out included. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

/** A schema whose values are exactly of the type `T`. */
export type Describes<T, S extends TSchema> = Same<Plain<Static<S>>, Plain<T>> extends true ? S : never

/** `exactly<T>()(schema)` is the schema, known by its type. */
export function exactly<T>(): <S extends TSchema>(schema: Describes<T, S>) => TUnsafe<T> {
  return (schema) => schema as TSchema as TUnsafe<T>
}
