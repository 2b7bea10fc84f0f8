// What a catalogue may say without effect: worth telling, not worth refusing.
import type { RelayConfig } from '../types/config.ts'
import { each, fields } from './check.ts'
import type { Problem } from './env.ts'

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

/** What a catalogue says that has no effect. Nothing is passed over in silence. */
export function warnings(config: RelayConfig): Problem[] {
  const found: Problem[] = []
  for (const [section, settings] of Object.entries(WITHOUT_EFFECT)) {
    each(fields(config)[section], (_, field) => {
      const why = Object.hasOwn(settings, field) ? settings[field] : undefined
      if (why) found.push({ path: [section, field], message: `has no effect: ${why}` })
    })
  }
  each(config.groups, (group, alias) => {
    const { strategy = 'fallback', members } = fields(group)
    if (strategy === 'weighted' || !Array.isArray(members)) return
    members.forEach((member, i) => {
      if (fields(member)['weight'] === undefined) return
      const path = ['groups', alias, 'members', i, 'weight']
      found.push({ path, message: 'has no effect but under `strategy: weighted`' })
    })
  })
  return found
}
