// What a catalogue may say without effect: worth telling, not worth refusing.
import type { RelayConfig } from '../types/config.ts'
import { each, fields } from './check.ts'
import type { Problem } from './env.ts'
import { placeless, type ProviderFacts } from './provided.ts'

/** Settings that are read and change nothing, and why. */
const WITHOUT_EFFECT: { readonly [section: string]: { readonly [field: string]: string } } = {
  defaults: {
    http2: "connections are the runtime's",
    pool_max_keepalive: "connections are the runtime's",
    pool_max_connections: "connections are the runtime's",
    keepalive_expiry: "connections are the runtime's",
  },
  catalog: {
    enabled: 'prices are looked up where they are handed to the hub',
    fetch_live_pricing: 'prices are not fetched',
    refresh_interval_hours: 'prices are not fetched',
    offline: 'prices are not fetched',
  },
  observability: {
    capture_messages: 'layers are told in code what to record',
    log_level: 'layers are told in code what to record',
  },
}

/** Parameters that Relay has a name for, and fields of a body that are not a catalogue's to write. */
const NAMED = /^(max_tokens|top_[pk]|parallel_tool_calls)$/
const WRITTEN = /^(model|messages|stream|tools)$/

/**
 * What a catalogue says that has no effect, or another than was meant, and with `providers` which of them would not know
 * where a model is. Nothing is passed over in silence.
 */
export function warnings(config: RelayConfig, providers: readonly ProviderFacts[] = []): Problem[] {
  const found = placeless(config, providers)
  if (!Object.keys(fields(config.models)).length) found.push({ path: [], message: 'has no models: there is nobody to ask' })
  for (const [section, settings] of Object.entries(WITHOUT_EFFECT)) {
    each(fields(config)[section], (_, field) => {
      const why = Object.hasOwn(settings, field) ? settings[field] : undefined
      if (why) found.push({ path: [section, field], message: `has no effect: ${why}` })
    })
  }
  each(config.models, (model, alias) => {
    each(fields(model)['params'], (_, field) => {
      const meant = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      const why = NAMED.test(meant) && meant !== field ? `is not known: did you mean \`${meant}\`?`
        : WRITTEN.test(field) ? 'takes the place of what Relay writes there'
        : undefined
      if (why) found.push({ path: ['models', alias, 'params', field], message: why })
    })
  })
  each(config.models, (model, alias) => {
    if (fields(model)['inherit_from'] === undefined) return
    found.push({ path: ['models', alias, 'inherit_from'], message: 'only tells what family the model is of: prices and capabilities are not taken from it yet' })
  })
  each(config.groups, (group, alias) => {
    const { strategy = 'fallback', members, balance, hedge } = fields(group)
    const warn = (path: readonly (string | number)[], only: string): void =>
      void found.push({ path: ['groups', alias, ...path], message: `has no effect but ${only}` })
    if (balance !== undefined && strategy !== 'loadbalance') warn(['balance'], 'under `strategy: loadbalance`')
    if (!Array.isArray(members)) return
    if (hedge !== undefined && members.length < 2) warn(['hedge'], 'where there are two members or more')
    members.forEach((member, i) => {
      const { weight, when } = fields(member)
      if (weight !== undefined && strategy !== 'weighted') warn(['members', i, 'weight'], 'under `strategy: weighted`')
      if (when !== undefined && strategy !== 'conditional') warn(['members', i, 'when'], 'under `strategy: conditional`')
      for (const path of endless(when)) found.push({ path: ['groups', alias, 'members', i, 'when', ...path], message: 'repeats what repeats: a text may be written that it is tried on for ever' })
    })
  })
  return found
}

/** Where a condition has a pattern with a repetition in a repetition, which some texts keep busy for longer than anybody waits. */
function endless(when: unknown): readonly (readonly (string | number)[])[] {
  return Object.entries(Object(when) as object).flatMap(([key, value]: [string, unknown]) => {
    if (key === '$regex' && typeof value === 'string') {
      const plain = value.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x')
      return /\([^()]*[+*][^()]*\)[+*{]/.test(plain) ? [[key]] : []
    }
    return typeof value === 'object' ? endless(value).map((path) => [Array.isArray(when) ? Number(key) : key, ...path]) : []
  })
}
