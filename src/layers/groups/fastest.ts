// The strategy `fastest`: members by how soon they have lately begun to answer.
import type { GroupFeature, Member, Visit } from './feature.ts'

/** What the latest answer counts in the average. */
const LATEST = 0.25
/** After so long an average says nothing any more, and the member is asked again to see. */
const STALE_MS = 300_000
/** What a failure counts as: who fails is not fast. */
const FAILURE_MS = 10_000
/** One call at a time finds out how fast a member is; after so long another may. */
const LOOK_MS = 60_000

interface Pace {
  average: number
  /** When it was measured last. */
  at: number
  /** Until when somebody is finding out. */
  looking: number
}

/** For groups with `strategy: fastest`. */
export const fastest: GroupFeature = {
  name: 'fastest',
  start() {
    // A whole answer takes longer than the first word of a stream: they are measured apart.
    const paces = new Map<string, Pace>()
    const keyOf = (name: string, mode: string): string => `${mode}:${name}`
    return {
      order(members, { call: { mode, runtime } }: Visit) {
        const now = runtime.now()
        const ranked = members.map((member): readonly [rank: number, pace: Pace | undefined, member: Member] => {
          const pace = paces.get(keyOf(member.name, mode))
          if (pace && now - pace.at < STALE_MS) return [pace.average, pace, member]
          return [pace && pace.looking > now ? (pace.at === -Infinity ? Infinity : pace.average) : -1, pace, member]
        })
        ranked.sort(([a], [b]) => (a === b ? 0 : a - b))
        const [first] = ranked
        if (first && first[0] < 0) {
          const { average = 0, at = -Infinity } = first[1] ?? {}
          paces.set(keyOf(first[2].name, mode), { average, at, looking: now + LOOK_MS })
        }
        return ranked.map(([, , member]) => member)
      },
      saw({ name, call: { mode, runtime }, ms, outcome }) {
        if (outcome === 'lost') return
        const key = keyOf(name, mode)
        const now = runtime.now()
        const value = outcome === 'ok' ? ms : ms + FAILURE_MS
        const pace = paces.get(key)
        const fresh = pace && now - pace.at < STALE_MS
        paces.set(key, { average: fresh ? pace.average + LATEST * (value - pace.average) : value, at: now, looking: 0 })
      },
    }
  },
}
