// The whole catalogue.
import type { TUnsafe } from '@sinclair/typebox'
import * as Type from '@sinclair/typebox'
import type { CatalogConfig, DefaultsConfig, ObservabilityConfig, RelayConfig } from '../src/types/config.ts'
import { exactly } from './exactly.ts'
import { closed, duration, flag, number, whole, word } from './field.ts'
import { group } from './group.ts'
import { breaker, limit } from './limit.ts'
import { model, timeouts } from './model.ts'
import { profile } from './price.ts'

const READ = "Read so that a catalogue of Relay for Python loads; connections are the runtime's here."

const defaults: TUnsafe<DefaultsConfig> = exactly<DefaultsConfig>()(Type.Object({
  max_retries: whole(0, 'Further attempts at one model after a failure that may pass. Default 2.'),
  max_attempts: whole(1, 'The most requests one call may make, retries and fallbacks together. Default 10.'),
  retry_initial_backoff: number(0, 'Before the first retry, in seconds. Default 0.5.'),
  retry_max_backoff: number(
    0,
    "The longest wait before a retry, a server's `Retry-After` included, in seconds. Default 30.",
  ),
  stream_overall_timeout: duration('The whole call of a stream, in seconds. Default: as `timeout`.'),
  breaker: Type.Optional(breaker('When a deployment is left alone for failing too often. Default: never.')),
  http2: flag(READ),
  pool_max_keepalive: whole(0, READ),
  pool_max_connections: whole(0, READ),
  keepalive_expiry: number(0, READ),
  ...timeouts,
}, { ...closed, description: 'What holds for every model that does not say otherwise.' }))

const catalog: TUnsafe<CatalogConfig> = exactly<CatalogConfig>()(Type.Object({
  enabled: flag('Whether known models and prices are looked up. Default true.'),
  fetch_live_pricing: flag('Whether prices are fetched from providers that publish them.'),
  refresh_interval_hours: duration('Hours between two fetches of live prices.'),
  offline: flag('Never fetches prices.'),
}, { ...closed, description: 'The catalogue of known models and prices.' }))

const observability: TUnsafe<ObservabilityConfig> = exactly<ObservabilityConfig>()(Type.Object({
  otel_enabled: flag('Whether calls are traced with OpenTelemetry. Default false.'),
  capture_messages: word(
    ['never', 'metadata_only', 'full'],
    'How much of messages may go into traces. Default `metadata_only`.',
  ),
  log_level: word(
    ['debug', 'info', 'warning', 'error'],
    'The least that is worth a line in the log. Default `info`.',
  ),
}, { ...closed, description: 'What can be seen from outside.' }))

export const config: TUnsafe<RelayConfig> = exactly<RelayConfig>()(Type.Object({
  version: Type.Optional(Type.Literal(1, { description: 'Version of this shape. Default 1.' })),
  defaults: Type.Optional(defaults),
  catalog: Type.Optional(catalog),
  observability: Type.Optional(observability),
  pricing_profiles: Type.Optional(Type.Record(Type.String(), profile, {
    description: 'Negotiated rates over list prices, by name.',
  })),
  limits: Type.Optional(Type.Array(limit, { description: 'Limits and budgets of requests, tokens, US dollars and concurrency.' })),
  models: Type.Optional(Type.Record(Type.String(), model, { description: 'Deployments of models, by alias.' })),
  groups: Type.Optional(Type.Record(Type.String(), group, { description: 'Groups of models, by alias.' })),
}, { ...closed, description: 'The whole catalogue: what `models.yaml` holds, and what `new Hub` takes.' }))
