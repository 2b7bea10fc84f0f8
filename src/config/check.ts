// What must hold of a catalogue beyond its shape. Safe on data of any shape, so that code without a schema can run it.
import { checkAddress } from '../http/address.ts'
import { variable } from '../secrets/env.ts'
import type { GroupConfig, RelayConfig } from '../types/config.ts'
import { type Problem, refers } from './env.ts'

/** A mapping whose fields nobody has looked at. */
export interface Fields { readonly [key: string]: unknown }
type Report = (path: Problem['path'], message: string) => void
interface At {
  readonly path: Problem['path']
  readonly report: Report
}

/** What the schema has and this version refuses: `section.field`, or `section.field=value`. */
const UNSUPPORTED: readonly string[] = [
  'observability.otel_enabled=true',
]


/** Numbers, as `section.field`: seconds above 0, whole ones, and the rest. */
const SECONDS = /^(defaults|model|member)\.(.*_)?timeout$/
const WHOLE = /^(defaults|model|member)\.max_/
const NUMBERS = /^(cost\.|profile\..*_multiplier|member\.weight|defaults\.retry_)/
const STRATEGIES: readonly unknown[] = ['fallback', 'loadbalance', 'weighted', 'conditional', 'fastest', 'cheapest'] satisfies GroupConfig['strategy'][]
/** Texts that become part of an address. */
const PARTS = /^model\.(region|project|location|api_version)$/

/**
 * Everything that is wrong with a catalogue whatever the providers are. `kinds`: the types of credentials that there are
 * sources for, besides `env` and `literal`; any where that is not known yet.
 */
export function problems(config: RelayConfig, kinds?: readonly string[]): Problem[] {
  const found: Problem[] = []
  const report: Report = (path, message) => void found.push({ path, message })
  const { version, defaults, observability, pricing_profiles, models, groups } = fields(config)
  if (fields(config) !== config) report([], 'a catalogue is a mapping that begins with `models`')
  for (const [section, value] of Object.entries({ defaults, observability, pricing_profiles, models, groups })) {
    if (value !== undefined && fields(value) !== value) report([section], 'must be a mapping')
  }
  if (!unset(version) && version !== 1) report(['version'], 'must be 1')
  checkFields('defaults', defaults, { path: ['defaults'], report })
  checkFields('observability', observability, { path: ['observability'], report })
  each(pricing_profiles, (profile, name) => {
    const path = ['pricing_profiles', name]
    checkFields('profile', profile, { path, report })
    each(fields(profile)['fixed_overrides'], (cost, target) => {
      checkFields('cost', cost, { path: [...path, 'fixed_overrides', target], report })
    })
  })
  each(models, (value, alias) => {
    const model = fields(value)
    const path = ['models', alias]
    const at = (field: string): string[] => [...path, field]
    const { target, cost, credential, credentials, base_url: url, pricing_profile: profile } = model
    if (has(groups, alias)) report(path, 'is the alias of a group too: rename one of them')
    checkAlias(path, report)
    checkFields('model', model, { path, report })
    checkFields('cost', cost, { path: at('cost'), report })
    if (!like(target, /^[^\s/]+\/\S(.*\S)?$/)) report(at('target'), 'must be provider/model')
    if (!unset(profile) && !has(pricing_profiles, profile)) {
      report(at('pricing_profile'), 'is no key of pricing_profiles')
    }
    const keys = Array.isArray(credentials) ? (credentials as readonly unknown[]) : []
    checkCredential(credential, { path: at('credential'), report, kinds })
    keys.forEach((key, i) => checkCredential(key, { path: [...at('credentials'), i], report, kinds }))
    if (!unset(credentials) && !keys.length) report(at('credentials'), 'must be a list that is not empty')
    if (keys.length && !unset(credential)) report(at('credentials'), 'cannot stand beside `credential`: put that key into the list')
    if (unset(url) || typeof url === 'string' && refers(url)) return
    const allowPrivate = model['allow_private_hosts'] === true
    const wrong = checkAddress(typeof url === 'string' ? url : '', { allowPrivate })
    if (wrong) report(at('base_url'), wrong)
  })
  const known = { ...fields(models), ...fields(groups) }
  each(groups, (group, alias) => checkGroup(fields(group), ['groups', alias], { known, report }))
  checkCircles(fields(groups), report)
  return found
}

/** A mapping as one; anything else as an empty one. */
export function fields(value: unknown): Fields {
  return value && typeof value === 'object' && !Array.isArray(value) ? value as Fields : {}
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

function checkAlias(path: Problem['path'], report: Report): void {
  if (/^$|^\s|\s$|[\0-\x1f\x7f]/.test(`${path[1]}`)) report(path, 'is no alias: write a name without spaces around it')
}

/** What holds for a field by its name. */
function checkFields(section: string, value: unknown, { path, report }: At): void {
  each(value, (item, key) => {
    const place = `${section}.${key}`
    const number = Number.isFinite(item) ? item as number : -1
    const whole = WHOLE.test(place)
    const least = key === 'max_attempts' ? 1 : 0
    const places = [place, typeof item === 'object' ? '' : `${place}=${String(item)}`]
    const wrong = unset(item) ? undefined
      : places.some((known) => UNSUPPORTED.includes(known)) ? 'is not supported yet: take it out'
      : SECONDS.test(place) && number <= 0 ? 'must be a number of seconds above 0'
      : whole && (number < least || number % 1) ? `must be a whole number, ${least} or more`
      : NUMBERS.test(place) && number < 0 ? 'must be a number, 0 or more'
      : place === 'group.strategy' && !STRATEGIES.includes(item) ? `must be one of ${STRATEGIES.join(', ')}`
      : PARTS.test(place) && !like(item, /^[\w.:-]+$/) ? 'may only hold letters, digits and . : _ -'
      : undefined
    if (wrong) report([...path, key], wrong)
  })
}

function checkCredential(credential: unknown, { path, report, kinds }: CredentialAt): void {
  if (unset(credential)) return
  const { type, ...rest } = fields(credential)
  if (typeof credential === 'string') {
    // What holds a broken reference is reported by who resolves it.
    if (!variable(credential) && !refers(credential)) {
      report(path, 'must be $env.VAR or a mapping with `type`: a key has no place in a catalogue')
    }
  } else if (type !== 'env' && type !== 'literal') {
    if (kinds && !kinds.includes(String(type))) report([...path, 'type'], `${String(type)} is not on this runtime yet: use ${['env', 'literal', ...kinds].join(', ')}`)
  } else if (!like(rest[type === 'env' ? 'var' : 'value'], /./)) report([...path, type === 'env' ? 'var' : 'value'], 'must be a text that is not empty')
}

interface CredentialAt extends At {
  /** The types that there are sources for. Undefined: whoever asks does not know yet. */
  readonly kinds: readonly string[] | undefined
}

/** The members' aliases, in their short form and their long one. */
function memberNames({ members }: Fields): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(members) ? members : []
  return list.map((member) => typeof member === 'string' ? member : fields(member)['name'])
}

interface Aliases {
  readonly known: Fields
  readonly report: Report
}

function checkGroup(group: Fields, path: Problem['path'], { known, report }: Aliases): void {
  checkAlias(path, report)
  checkFields('group', group, { path, report })
  const names = memberNames(group)
  const members = names.length ? group['members'] as readonly unknown[] : []
  names.forEach((name, i) => {
    const here = [...path, 'members', i]
    checkFields('member', members[i], { path: here, report })
    if (typeof name !== 'string') report([...here, 'name'], 'is missing: a member is an alias, or a mapping with one')
    else if (!has(known, name) && !refers(name)) report(here, `${name} is no key of models or groups`)
    else if (names.indexOf(name) < i) report(here, `${name} is listed twice`)
  })
  if (!names.length || group['strategy'] === 'weighted' && members.every((member) => fields(member)['weight'] === 0)) {
    report([...path, 'members'], names.length ? 'must hold a weight above 0' : 'must list at least one alias')
  }
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
      report(['groups', alias, 'members', i], `${wrong}; take one out`)
    })
    done.add(alias)
  }
  for (const alias of Object.keys(groups)) if (!done.has(alias)) enter([alias])
}
