// How long to wait before another try: what the server asks for, or full jitter over doubling steps.

/** How long a response asks to be left alone, in milliseconds, or undefined where it does not say. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const ms = Number(headers.get('retry-after-ms') || NaN)
  if (ms >= 0) return ms
  const text = headers.get('retry-after')?.trim()
  if (text) {
    if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
    // Some engines take `-3` for a month.
    const date = /[a-z]/i.test(text) ? Date.parse(text) : NaN
    if (!Number.isNaN(date)) return Math.max(0, date - now)
    return duration(text)
  }
  return exhausted(headers, now)
}

/** The last reset among the limits of which nothing remains, as far as they say: only those stand in the way. */
function exhausted(headers: Headers, now: number): number | undefined {
  let latest: number | undefined
  headers.forEach((value, name) => {
    const reset = /^(.*ratelimit.*?)reset(.*)$/.exec(name)
    if (!reset || Number(headers.get(`${reset[1]}remaining${reset[2]}`) ?? 0) !== 0) return
    const wait = duration(value) ?? instant(value, now)
    if (wait !== undefined) latest = Math.max(latest ?? 0, wait)
  })
  return latest
}

const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `6ms`, `1s`, `6m0s`, `1h2m3.5s` in milliseconds. */
export function duration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) return undefined
  let sum = 0
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) sum += Number(count) * (UNITS[unit ?? ''] ?? 0)
  return sum
}

/** A date, a count of seconds, or seconds or milliseconds since 1970. */
function instant(text: string, now: number): number | undefined {
  const count = Number(text || NaN)
  const at = Number.isNaN(count) ? Date.parse(text) : count > 1e11 ? count : count > 1e9 ? count * 1000 : now + count * 1000
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

export interface Backoff {
  /** Milliseconds. */
  readonly initial: number
  /** Milliseconds; caps what a server asks for too. */
  readonly max: number
  /** What the server asks for, in milliseconds. */
  readonly asked?: number | undefined
}

/** The wait before try `n` (0 = the first repeat). A server's own wish is kept, but for the cap. */
export function backoff(n: number, random: () => number, { initial, max, asked }: Backoff): number {
  if (asked !== undefined) return Math.min(asked, max)
  return random() * Math.min(max, initial * 2 ** n)
}
