// What one event of a stream costs each client.
import { clients } from './clients.ts'
import { race, ratios } from './measure.ts'
import { events, streaming } from './traffic.ts'

const EVENTS = 1000

export async function stream(): Promise<void> {
  for (const [what, padded, perChunk] of [
    ['one event a chunk', false, 1],
    ['ten events a chunk', false, 10],
    ["ten events a chunk, with OpenAI's random padding", true, 10],
  ] as const) {
    const fetch = streaming(events(EVENTS, padded), perChunk)
    const contestants = clients.map(({ name, stream }) => ({ name, run: repeat(stream(fetch)) }))
    console.log(`\n${what}`)
    ratios('event', await race(contestants, EVENTS, { count: 3 }))
  }
}

/** The same work over and over; that all contestants read the same text is checked on the way. */
export function repeat(work: () => Promise<string>): (count: number) => Promise<void> {
  return async (count) => {
    for (let n = 0; n < count; n++) if (!(await work())) throw new Error('a contestant read nothing')
  }
}
