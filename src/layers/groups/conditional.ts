// The strategy `conditional`: members whose `when` fits the request, in the order in which they are listed.
import { relayError } from '../../errors.ts'
import type { GroupFeature, Member, Visit } from './feature.ts'
import { predicate, type Predicate } from './predicate.ts'

/** For groups with `strategy: conditional`. */
export const conditional: GroupFeature = {
  name: 'conditional',
  start() {
    const known = new WeakMap<object, Predicate>()
    const fits = ({ name, when }: Member, { alias, call }: Visit): boolean => {
      if (!when) return true
      let holds = known.get(when)
      if (!holds) {
        holds = predicate(when, (path, message) => {
          throw relayError('config', `groups.${alias}: the \`when\` of \`${name}\`: ${[...path, message].join(': ')}`, { alias })
        })
        known.set(when, holds)
      }
      return holds(call)
    }
    return { order: (members, visit) => members.filter((member) => fits(member, visit)) }
  },
}
