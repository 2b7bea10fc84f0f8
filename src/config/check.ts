// What must hold of a catalogue beyond its shape. Safe on data of any shape, so that code without a schema can run it.
import { checkAddress } from '../http/address.ts'
import { isFields, type Fields } from '../json/merge.ts'
import { variable } from '../secrets/env.ts'
import type { GroupConfig, RelayConfig } from '../types/config.ts'
import { type Problem, refers } from './env.ts'

/** Says what is wrong, and in which field of what is looked at. */
type Report = (message: string, ...path: Problem['path']) => void

const STRATEGIES: readonly unknown[] = ['fallback', 'loadbalance', 'weighted', 'conditional', 'fastest', 'cheapest'] satisfies GroupConfig['strategy'][]

/** What must hold of a field that is set, by its place, `section.field`, and what to say where it does not. */
const RULES: readonly (readonly [place: RegExp, holds: (value: unknown) => boolean, message: string])[] = [
  [/^\.version$/, (version) => version === 1, 'must be 1'],
  [/^observability\.otel_enabled$/, (enabled) => enabled !== true, 'is not supported yet: take it out'],
  [/^(defaults|model|member)\.(.*_)?timeout$/, (seconds) => sized(seconds) > 0, 'must be a number of seconds above 0'],
  [/^defaults\.max_attempts$/, (count) => Number.isInteger(count) && sized(count) >= 1, 'must be a whole number, 1 or more'],
  [/^(defaults|model|member)\.max_/, (count) => Number.isInteger(count) && sized(count) >= 0, 'must be a whole number, 0 or more'],
  [/^(cost\.|profile\..*_multiplier|member\.weight|defaults\.retry_)/, (number) => sized(number) >= 0, 'must be a number, 0 or more'],
  [/^group\.strategy$/, (strategy) => STRATEGIES.includes(strategy), `must be one of ${STRATEGIES.join(', ')}`],
  // They become part of an address.
  [/^model\.(region|project|location|api_version)$/, (part) => like(part, /^[\w.:-]+$/), 'may only hold letters, digits and . : _ -'],
]

/**
 * Everything that is wrong with a catalogue whatever the providers are. `kinds`: the types of credentials that there are
 * sources for, besides `env` and `literal`; any where that is not known yet.
 */
export function problems(config: RelayConfig, kinds?: readonly string[]): Problem[] {
  const found: Problem[] = []
  const report: Report = (message, ...path) => void found.push({ path, message })
  const { pricing_profiles, models, groups } = fields(config)
  if (!isFields(config)) report('a catalogue is a mapping that begins with `models`')
  checkFields('', config, report)
  for (const name of ['defaults', 'observability', 'pricing_profiles', 'models', 'groups']) {
    const section = fields(config)[name]
    if (section !== undefined && !isFields(section)) report('must be a mapping', name)
    checkFields(name, section, within(report, name))
  }
  each(pricing_profiles, (profile, name) => {
    const here = within(report, 'pricing_profiles', name)
    checkFields('profile', profile, here)
    each(fields(profile)['fixed_overrides'], (cost, target) => checkFields('cost', cost, within(here, 'fixed_overrides', target)))
  })
  each(models, (model, alias) => {
    const here = within(report, 'models', alias)
    const { target, cost, credential, credentials, base_url: url, pricing_profile: profile, allow_private_hosts } = fields(model)
    if (has(groups, alias)) here('is the alias of a group too: rename one of them')
    checkAlias(alias, here)
    checkFields('model', model, here)
    checkFields('cost', cost, within(here, 'cost'))
    if (!like(target, /^[^\s/]+\/\S(.*\S)?$/)) here('must be provider/model', 'target')
    if (!unset(profile) && !has(pricing_profiles, profile)) here('is no key of pricing_profiles', 'pricing_profile')
    const keys = list(credentials)
    checkCredential(credential, kinds, within(here, 'credential'))
    keys.forEach((key, i) => checkCredential(key, kinds, within(here, 'credentials', i)))
    if (!unset(credentials) && !keys.length) here('must be a list that is not empty', 'credentials')
    if (keys.length && !unset(credential)) here('cannot stand beside `credential`: put that key into the list', 'credentials')
    const address = typeof url === 'string' ? url : ''
    const wrong = unset(url) || refers(address) ? undefined : checkAddress(address, { allowPrivate: allow_private_hosts === true })
    if (wrong) here(wrong, 'base_url')
  })
  const known = { ...fields(models), ...fields(groups) }
  each(groups, (group, alias) => {
    const here = within(report, 'groups', alias)
    checkAlias(alias, here)
    checkGroup(fields(group), known, here)
  })
  checkCircles(fields(groups), within(report, 'groups'))
  return found
}

/** Reports of what lies further in. */
function within(report: Report, ...outer: Problem['path']): Report {
  return (message, ...path) => report(message, ...outer, ...path)
}

/** A mapping as one; anything else as an empty one. */
export function fields(value: unknown): Fields {
  return isFields(value) ? value : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function each(value: unknown, use: (item: unknown, key: string) => void): void {
  for (const [key, item] of Object.entries(fields(value))) use(item, key)
}

function unset(value: unknown): boolean {
  return value === undefined || value === null
}

function has(value: unknown, key: unknown): boolean {
  return typeof key === 'string' && Object.hasOwn(fields(value), key)
}

/** A text that will match once its references are replaced may be anything. */
function like(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && (pattern.test(value) || refers(value))
}

/** A number as one; what is none, or has no end, is less than any that may stand in a catalogue. */
function sized(value: unknown): number {
  return Number.isFinite(value) ? value as number : -1
}

function checkAlias(alias: string, report: Report): void {
  if (/^$|^\s|\s$|[\0-\x1f\x7f]/.test(alias)) report('is no alias: write a name without spaces around it')
}

/** What holds for a field by its name. */
function checkFields(section: string, value: unknown, report: Report): void {
  each(value, (item, key) => {
    const broken = item === undefined ? undefined : RULES.find(([place, holds]) => place.test(`${section}.${key}`) && !holds(item))
    if (broken) report(broken[2], key)
  })
}

/** `kinds`: the types that there are sources for. Undefined: whoever asks does not know yet. */
function checkCredential(credential: unknown, kinds: readonly string[] | undefined, report: Report): void {
  if (unset(credential)) return
  const { type, ...held } = fields(credential)
  const field = type === 'env' ? 'var' : type === 'literal' ? 'value' : undefined
  if (typeof credential === 'string') {
    // What holds a broken reference is reported by who resolves it.
    if (!variable(credential) && !refers(credential)) report('must be $env.VAR or a mapping with `type`: a key has no place in a catalogue')
  } else if (!field) {
    if (kinds && !kinds.includes(String(type))) report(`${String(type)} is not on this runtime yet: use ${['env', 'literal', ...kinds].join(', ')}`, 'type')
  } else if (!like(held[field], /./)) report('must be a text that is not empty', field)
}

/** The members' aliases, in their short form and their long one. */
function memberNames({ members }: Fields): readonly unknown[] {
  return list(members).map((member) => typeof member === 'string' ? member : fields(member)['name'])
}

function checkGroup(group: Fields, known: Fields, report: Report): void {
  checkFields('group', group, report)
  const members = list(group['members'])
  const names = memberNames(group)
  names.forEach((name, i) => {
    const here = within(report, 'members', i)
    checkFields('member', members[i], here)
    if (typeof name !== 'string') here('is missing: a member is an alias, or a mapping with one', 'name')
    else if (!has(known, name) && !refers(name)) here(`${name} is no key of models or groups`)
    else if (names.indexOf(name) < i) here(`${name} is listed twice`)
  })
  if (!names.length) report('must list at least one alias', 'members')
  else if (group['strategy'] === 'weighted' && members.every((member) => fields(member)['weight'] === 0)) report('must hold a weight above 0', 'members')
}

/** Routing follows groups into groups, so there must be an end to that, and not too far away. */
function checkCircles(groups: Fields, report: Report): void {
  const done = new Set<unknown>()
  const enter = (trail: readonly string[]): void => {
    const alias = trail.at(-1)!
    memberNames(fields(groups[alias])).forEach((name, i) => {
      if (typeof name !== 'string' || done.has(name) || !has(groups, name)) return
      const from = trail.indexOf(name)
      if (from < 0 && trail.length < 50) return enter([...trail, name])
      const circle = [...trail.slice(from), name].join(' -> ')
      const wrong = from < 0 ? 'groups in groups go deeper than 50' : `groups go in a circle: ${circle}`
      report(`${wrong}; take one out`, alias, 'members', i)
    })
    done.add(alias)
  }
  for (const alias of Object.keys(groups)) if (!done.has(alias)) enter([alias])
}
