// Chance that can be had again: the same words give the same throws.

export interface Dice {
  /** 0 <= x < 1. */
  readonly roll: () => number
  /** A whole number, both ends included. */
  readonly between: (least: number, most: number) => number
  readonly chance: (share: number) => boolean
  readonly pick: <T>(from: readonly T[]) => T
  /** By weight. */
  readonly draw: <T extends { readonly weight: number }>(from: readonly T[]) => T
}

/** mulberry32, seeded by the FNV-1a hash of what it is for. */
export function dice(...words: readonly (string | number)[]): Dice {
  let state = 2166136261
  for (const sign of words.join('/')) state = Math.imul(state ^ (sign.codePointAt(0) ?? 0), 16777619)
  const roll = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const between = (least: number, most: number): number => least + Math.floor(roll() * (most - least + 1))
  return {
    roll,
    between,
    chance: (share) => roll() < share,
    pick: (from) => from[between(0, from.length - 1)]!,
    draw(from) {
      let left = roll() * from.reduce((sum, { weight }) => sum + weight, 0)
      return from.find(({ weight }) => (left -= weight) < 0) ?? from[0]!
    },
  }
}
