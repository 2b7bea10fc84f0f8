// What must hold of groups beyond their shape, where a catalogue is read: `new Hub` leaves this to the first call.
import { predicate } from '../layers/groups/predicate.ts'
import type { RelayConfig } from '../types/config.ts'
import { each, fields } from './check.ts'
import type { Problem } from './env.ts'

/** Conditions that cannot be read, and settings of hedges that say nothing. Safe on data of any shape. */
export function groupProblems(config: RelayConfig): Problem[] {
  const found: Problem[] = []
  each(config.groups, (group, alias) => {
    const { members, hedge } = fields(group)
    const { max_extra } = fields(hedge)
    if (typeof max_extra === 'string' && !/^\d+(\.\d+)?%$/.test(max_extra)) {
      found.push({ path: ['groups', alias, 'hedge', 'max_extra'], message: 'must be a share of the calls, as 5% or 0.05' })
    }
    if (!Array.isArray(members)) return
    members.forEach((member, i) => {
      const { when } = fields(member)
      if (when === undefined || when === null) return
      predicate(when, (path, message) => found.push({ path: ['groups', alias, 'members', i, 'when', ...path], message }))
    })
  })
  return found
}
