// What somebody may have meant to write.

/** The candidate that a word is a slip of, if there is one. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[\s_.-]/g, '')
  const wanted = plain(word)
  // Long words are nobody's slip, and comparing them costs the product of their lengths.
  if (wanted.length > 60) return undefined
  // A name of one or two letters is one slip from every other.
  const most = Math.floor(wanted.length / 3)
  const near = candidates
    .filter((candidate) => Math.abs(candidate.length - word.length) <= most + 3)
    .map((candidate) => ({ candidate, slips: distance(wanted, plain(candidate)) }))
    .filter(({ candidate, slips }) => slips <= most && candidate !== word)
    .sort((a, b) => a.slips - b.slips)
  return near[0]?.candidate
}

/** How many letters must be put in, taken out, replaced or swapped with the next. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1)
      row.push(least)
    }
    before = above
    above = row
  }
  return above[b.length]!
}
