// Chance without chance: ids, signatures and the cutting of text, the same for the same seed.
import type { Mint } from './endpoint.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

interface Minting {
  readonly seed: string
  /** Characters a piece; undefined cuts at words. */
  readonly chunk: number | undefined
  /** What has gone out as opaque, by the simulator as a whole. */
  readonly opaque: Set<string>
}

export function mint({ seed, chunk, opaque }: Minting): Mint {
  const next = generator(seed)
  const known = (what: string, text: string): string => `${what}\n${text}`
  const sign = (text: string): string => {
    const own = generator(text)
    return `Ev${Array.from({ length: 86 }, () => LETTERS[own(LETTERS.length)]).join('')}`
  }
  return {
    number: next,
    id: (prefix, length, alphabet = LETTERS) =>
      prefix + Array.from({ length }, () => alphabet[next(alphabet.length)]).join(''),
    pieces: (text) => chunk === undefined ? (text.match(/\s*\S{1,12}\s*$|\s*\S{1,12}|\s+/gu) ?? []) : cut(text, chunk),
    sign,
    remember: (what, text) => void opaque.add(known(what, text)),
    knows: (what, text) => opaque.has(known(what, text)) || what === sign(text),
  }
}

/** Never through the middle of a character. */
function cut(text: string, size: number): string[] {
  const characters = [...text]
  const pieces: string[] = []
  for (let i = 0; i < characters.length; i += size) pieces.push(characters.slice(i, i + size).join(''))
  return pieces
}

/** mulberry32, seeded by the FNV-1a hash of a text: whole numbers below a limit. */
function generator(seed: string): (limit: number) => number {
  let state = 2166136261
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 16777619)
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * limit)
  }
}
