// The order in which members are asked, by the strategies that every hub knows.
import type { Runtime } from '../../types/runtime.ts'
import type { Member, Visit } from './feature.ts'

/** Orders members, and learns which of them are busy. */
export interface Order {
  readonly arrange: (members: readonly Member[], visit: Visit) => readonly Member[]
  /** Says that a member is asked; what it returns, that it is done. */
  readonly begin: (name: string, visit: Visit) => () => void
}

/** Whoever is not drawn first is still there to fall back on. */
export function order(): Order {
  const turns = new Map<string, number>()
  // Until when each call may last: a call that nobody ends (a stream that is never read) must not count for ever.
  const busy = new Map<string, Set<{ readonly until: number }>>()
  const running = (name: string, now: number): readonly { readonly until: number }[] => [...(busy.get(name) ?? [])].filter(({ until }) => until > now)
  const ways: { readonly [way: string]: Order['arrange'] } = {
    fallback: (members) => members,
    weighted: (members, { call }) => drawn(members, call.runtime, ({ weight = 1 }) => weight),
    random: (members, { call }) => drawn(members, call.runtime, () => 1),
    round_robin(members, { alias }) {
      const turn = turns.get(alias) ?? 0
      turns.set(alias, (turn + 1) % members.length)
      return [...members.slice(turn), ...members.slice(0, turn)]
    },
    least_busy(members, { call: { runtime } }) {
      const now = runtime.now()
      return drawn(members, runtime, () => 1).sort((a, b) => running(a.name, now).length - running(b.name, now).length)
    },
  }
  return {
    arrange(members, visit) {
      const { strategy = 'fallback', balance = 'random' } = visit.group
      return (ways[strategy === 'loadbalance' ? balance : strategy] ?? ((all) => all))(members, visit)
    },
    begin(name, { group, call: { budget, runtime } }) {
      if (group.balance !== 'least_busy') return () => undefined
      const mine = { until: budget.deadline }
      busy.set(name, new Set([...running(name, runtime.now()), mine]))
      return () => void busy.get(name)?.delete(mine)
    },
  }
}

function drawn(members: readonly Member[], { random }: Runtime, weight: (member: Member) => number): Member[] {
  const left = members.filter((member) => weight(member) > 0)
  const chosen: Member[] = []
  while (left.length) {
    let at = random() * left.reduce((sum, member) => sum + weight(member), 0)
    const found = left.findIndex((member) => (at -= weight(member)) < 0)
    chosen.push(...left.splice(Math.max(0, found), 1))
  }
  return chosen
}
