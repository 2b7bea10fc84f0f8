// The kinds of field that a catalogue has. Each says in a sentence what it is: editors show that.
import * as Type from '@sinclair/typebox'
import type { TArray, TBoolean, TInteger, TLiteral, TNumber, TOptional, TString, TUnion } from '@sinclair/typebox'

/** For objects that take no field but their own. */
export const closed: { readonly additionalProperties: false } = { additionalProperties: false }

/** A text that is not empty. */
export function text(description: string): TOptional<TString> {
  return Type.Optional(Type.String({ minLength: 1, description }))
}

/** A list of texts. */
export function texts(description: string): TOptional<TArray<TString>> {
  return Type.Optional(Type.Array(Type.String(), { description }))
}

/** True or false. */
export function flag(description: string): TOptional<TBoolean> {
  return Type.Optional(Type.Boolean({ description }))
}

/** A number, `least` or more. */
export function number(least: number, description: string): TOptional<TNumber> {
  return Type.Optional(Type.Number({ minimum: least, description }))
}

/** A number from `least` to `most`. */
export function between(least: number, most: number, description: string): TOptional<TNumber> {
  return Type.Optional(Type.Number({ minimum: least, maximum: most, description }))
}

/** A number of seconds or hours above 0. */
export function duration(description: string): TOptional<TNumber> {
  return Type.Optional(Type.Number({ exclusiveMinimum: 0, description }))
}

/** A whole number, `least` or more. */
export function whole(least: number, description: string): TOptional<TInteger> {
  return Type.Optional(Type.Integer({ minimum: least, description }))
}

/** One of several words. */
export function word<const W extends readonly string[]>(words: W, description: string): TOptional<TUnion<Literals<W>>> {
  const literals = words.map((item) => Type.Literal(item)) as unknown as Literals<W>
  return Type.Optional(Type.Union([...literals], { description }) as unknown as TUnion<Literals<W>>)
}

type Literals<W extends readonly string[]> = { -readonly [Index in keyof W]: TLiteral<W[Index]> }
