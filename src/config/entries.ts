// What must hold of names and texts inside entries, where a catalogue is read: `new Hub` leaves this to the first call.
import type { RelayConfig } from '../types/config.ts'
import { each, fields } from './check.ts'
import { refers } from './env.ts'
import type { KeyProblem } from './place.ts'

const QUANTITIES = ['requests', 'tokens', 'usd', 'concurrency']

/** Names that can be no names, headers that cannot be sent, and limits that limit nothing. Safe on data of any shape. */
export function entryProblems(config: RelayConfig): KeyProblem[] {
  const { models, groups, pricing_profiles, limits } = fields(config)
  const found: KeyProblem[] = []
  const atKey = (path: KeyProblem['path'], message: string): void => void found.push({ path, message, atKey: true })
  for (const [section, entries] of Object.entries({ models, groups, pricing_profiles })) {
    each(entries, (_, name) => refers(name) && atKey([section, name], 'holds a reference: only values can'))
  }
  each(models, (model, alias) => {
    each(fields(model)['headers'], (value, name) => {
      const path = ['models', alias, 'headers', name]
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) atKey(path, 'is no name of a header: letters, digits and - are')
      else if (typeof value === 'string' && /[^\t\x20-\x7e\x80-\xff]/.test(value)) found.push({ path, message: 'holds a line break, or another character that no header may' })
    })
  })
  each(pricing_profiles, (profile, name) => {
    each(fields(profile)['fixed_overrides'], (_, target) => {
      if (!/^[^\s/]+\/\S/.test(target)) atKey(['pricing_profiles', name, 'fixed_overrides', target], 'must be provider/model')
    })
  })
  const known = { ...fields(models), ...fields(groups) }
  for (const [n, limit] of Array.isArray(limits) ? limits.entries() : []) {
    const { models: counted, ...rest } = fields(limit)
    if (!QUANTITIES.some((field) => rest[field] !== undefined)) found.push({ path: ['limits', n], message: `limits nothing: give it ${QUANTITIES.join(', ')}` })
    for (const [i, alias] of Array.isArray(counted) ? counted.entries() : []) {
      if (typeof alias === 'string' && !Object.hasOwn(known, alias)) found.push({ path: ['limits', n, 'models', i], message: `${alias} is no key of models or groups` })
    }
  }
  return found
}
