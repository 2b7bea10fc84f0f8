// Who can be asked: a model of every provider whose wire the simulator speaks, and groups of them.
import { Hub } from '../../src/hub.ts'
import { providers as every } from '../../src/providers/index.ts'
import { simulator } from '../../src/testing/simulator.ts'
import type { CredentialConfig, GroupConfig, GroupMember, ModelConfig, RelayConfig } from '../../src/types/config.ts'
import type { Provider } from '../../src/types/provider.ts'
import { dice } from './dice.ts'
import { TOOL } from './faults.ts'
import type { Tool } from '../../src/types/tool.ts'
import type { LawSetting } from './story.ts'
import { MODEL } from './upstream.ts'

/** The servers speak plain HTTP on loopback, where some keys are otherwise never sent. */
const providers: readonly Provider[] = every.map((provider) => ({ ...provider, httpsOnly: false }))

/** A model of one provider. */
export interface Speaker {
  readonly alias: string
  readonly wire: string
  readonly config: ModelConfig
  /** Whether it calls tools. */
  readonly tools?: boolean
}

export interface Cast {
  readonly speakers: readonly Speaker[]
  /** Wires that no simulated server speaks yet. */
  readonly silent: readonly string[]
}

/** In milliseconds. */
export interface Clocks {
  readonly idle: number
  readonly begin: number
  readonly attempt: number
  readonly total: number
}

/** Short, so that a run is; with 1 long enough for a machine that is busy. A clock that runs out in vain breaks no law. */
export function clocksOf(patience: number): Clocks {
  return { idle: 600 * patience, begin: 4000 * patience, attempt: 6000 * patience, total: 30_000 * patience }
}

export const MAX_ATTEMPTS = 7

/** What all models have in common. */
const TERMS = { cost: { input_per_1m: 1000, output_per_1m: 3000 } }

/** Where an address has no fixed path, or the model's name says how it is spoken to. */
const OTHERWISE: { readonly [provider: string]: Partial<ModelConfig> & { readonly path?: string; readonly model?: string } } = {
  anthropic: { model: 'claude-sonnet-4-6' },
  google: { path: '/google/v1beta', model: 'gemini-2.5-flash' },
  bedrock: { path: '/bedrock', model: 'amazon.nova-pro-v1:0', region: 'us-east-1' },
  vertex: { path: '/vertex/v1', model: 'gemini-2.5-flash', project: 'p', location: 'us-central1' },
  azure: { path: '/azure/openai/v1', model: 'gpt-4.1', deployment: 'gpt-4.1' },
  cohere: { model: 'command-a-03-2025' },
}

function key(which: string): CredentialConfig {
  return { type: 'literal', value: `the-${which}-key-of-some-length` }
}

function speakerOf(provider: Provider, base: string): Speaker {
  const { name, style, wire, baseUrl } = provider
  const { path, model = 'some-model', ...more } = OTHERWISE[name] ?? {}
  const at = path ?? (typeof baseUrl === 'string' ? `/${name}${new URL(baseUrl).pathname}` : `/${name}`)
  const alias = style ? `${name}-${style}` : name
  const config: ModelConfig = {
    target: `${name}/${model}`,
    ...(style && { api_style: style }),
    base_url: `${base}${at}`.replace(/\/$/, ''),
    // Some have several keys, which take turns, and rest when they are refused or throttled.
    ...(alias.length % 2 ? { credential: key('only') } : { credentials: [key('first'), key('second'), key('third')] }),
    headers: { [MODEL]: alias },
    ...TERMS,
    ...more,
  }
  return { alias, wire: wire.name, config }
}

/** Tries each provider on the simulator: who is understood, whole and as a stream, takes part. */
export async function cast(base: string, only?: string): Promise<Cast> {
  const speakers: Speaker[] = []
  const silent = new Set<string>()
  for (const provider of providers) {
    const speaker = speakerOf(provider, base)
    if (only !== undefined && only !== speaker.wire) continue
    if (await understood(speaker, provider)) speakers.push({ ...speaker, tools: await understood(speaker, provider, [{ name: TOOL }]) })
    else silent.add(speaker.wire)
  }
  for (const { wire } of speakers) silent.delete(wire)
  return { speakers, silent: [...silent] }
}

async function understood({ alias, config }: Speaker, provider: Provider, tools?: readonly Tool[]): Promise<boolean> {
  const { fetch } = simulator({ answers: { text: 'Here I am.', ...(tools && { toolCalls: [{ name: TOOL }] }) } })
  const hub = new Hub({ models: { [alias]: config }, defaults: { max_retries: 0 } }, { providers: [provider], fetch })
  const request = { messages: [{ role: 'user' as const, content: 'Who is there?' }], ...(tools && { tools }) }
  try {
    const whole = await hub.chat(alias, request)
    const streamed = await hub.stream(alias, request).response()
    return whole.text === 'Here I am.' && streamed.text === whole.text && whole.toolCalls.length === (tools?.length ?? 0)
  } catch {
    return false
  }
}

export interface Catalogue {
  readonly config: RelayConfig
  /** What may be asked: models and groups, with how often each is. */
  readonly targets: readonly { readonly alias: string; readonly weight: number }[]
  readonly providers: readonly Provider[]
  readonly setting: LawSetting
  readonly wireOf: ReadonlyMap<string, string>
  /** Models that call tools. */
  readonly callers: readonly string[]
}

export interface Setting {
  readonly seed: number
  readonly speakers: readonly Speaker[]
  readonly rough: string
  readonly dead: string
  readonly clocks: Clocks
}

/** Each under its condition; the last under none. */
function fitting(names: readonly string[], conditions: readonly NonNullable<GroupMember['when']>[]): readonly (string | GroupMember)[] {
  return names.map((name, i) => {
    const when = i < names.length - 1 ? conditions[i] : undefined
    return when ? { name, when } : name
  })
}

/** The groups that are like this, and those that they stand in. */
function withAround(groups: { readonly [alias: string]: GroupConfig }, like: (group: GroupConfig) => unknown): string[] {
  const holds = (alias: string): boolean => {
    const group = groups[alias]
    return !!group && (!!like(group) || group.members.some((member) => holds(typeof member === 'string' ? member : member.name)))
  }
  return Object.keys(groups).filter(holds)
}

export function catalogue({ seed, speakers, rough, dead, clocks }: Setting): Catalogue {
  const { pick, between } = dice(seed, 'groups')
  const openai = providers.find(({ wire }) => wire.name === 'openai-chat')!
  const literal = { type: 'literal', value: 'a-key-of-some-length' } as const
  const stranger = (alias: string, base_url: string): ModelConfig => ({
    target: `${openai.name}/some-model`, base_url, credential: literal, headers: { [MODEL]: alias }, ...TERMS,
  })
  const models: { [alias: string]: ModelConfig } = {
    ...Object.fromEntries(speakers.map(({ alias, config }) => [alias, config])),
    rough: stranger('rough', rough),
    dead: stranger('dead', dead),
  }
  const wires = [...new Set(speakers.map(({ wire }) => wire))]
  // Wires take turns, whoever has more providers.
  const one = (): string => {
    const wire = pick(wires)
    return pick(speakers.filter((speaker) => speaker.wire === wire)).alias
  }
  const some = (count: number): string[] => [...new Set(Array.from({ length: count * 3 }, one))].slice(0, count)
  const groups: { [alias: string]: GroupConfig } = {
    chain: { members: some(3) },
    'after-the-dead': { members: ['dead', ...some(2)] },
    'after-the-rough': { members: ['rough', ...some(2)] },
    'weighed': { strategy: 'weighted', members: some(3).map((name) => ({ name, weight: between(1, 4) })) },
    'spread': { strategy: 'loadbalance', members: some(4) },
    'in-turn': { strategy: 'loadbalance', balance: 'round_robin', members: some(4) },
    'least-busy': { strategy: 'loadbalance', balance: 'least_busy', members: some(4) },
    'strict': { retry_classifier: 'strict', members: some(3) },
    'hedged': { members: some(3), hedge: { after: 40, max_extra: 1 } },
    'hedged-by-habit': { members: some(2), hedge: { after: 'p95', max_extra: '30%' } },
    'goes-on': { members: some(4), on_interrupt: 'continue' },
    'hedged-and-goes-on': { members: some(4), hedge: { after: 60, max_extra: 0.5 }, on_interrupt: 'continue', strategy: 'loadbalance' },
    'fastest': { strategy: 'fastest', members: some(3) },
    'cheapest': { strategy: 'cheapest', members: some(3) },
    // Half of the tenants, one of the modes, long and odd questions; the last takes whatever comes.
    'sorted': {
      strategy: 'conditional',
      members: fitting(some(4), [{ tenant: { $in: ['tenant-0', 'tenant-3'] } }, { $and: [{ stream: true }, { $not: { tokens: { $lt: 30 } } }] }, { text: { $regex: '^\\d*[13579]: ' } }]),
    },
    'sorted-groups': {
      strategy: 'conditional',
      members: fitting(['goes-on', 'hedged', 'sorted', 'in-turn'], [{ mode: 'stream', tokens: { $gte: 40 } }, { tokens: { $gte: 30 } }, { tenant: { $nin: ['tenant-1'] }, tools: false }]),
    },
    'nested': { members: ['spread', 'after-the-dead', ...some(1)].filter((name, i, all) => all.indexOf(name) === i) },
  }
  const targets = [
    ...wires.flatMap((wire) => {
      const own = speakers.filter((speaker) => speaker.wire === wire)
      return own.map(({ alias }) => ({ alias, weight: 12 / own.length / wires.length }))
    }),
    { alias: 'rough', weight: 0.4 },
    { alias: 'dead', weight: 0.1 },
    ...Object.keys(groups).map((alias) => ({ alias, weight: 1 })),
  ]
  return {
    config: {
      defaults: {
        max_attempts: MAX_ATTEMPTS,
        max_retries: 2,
        retry_initial_backoff: 0.01,
        retry_max_backoff: 0.1,
        timeout: clocks.total / 1000,
        connect_timeout: clocks.begin / 1000,
        first_content_timeout: clocks.begin / 1000,
        idle_timeout: clocks.idle / 1000,
      },
      models: Object.fromEntries(Object.entries(models).map(([alias, model]) => [alias, { ...model, timeout: clocks.attempt / 1000 }])),
      groups,
    },
    targets,
    providers: providers.filter((provider) => Object.values(models).some(({ target }) => target.startsWith(`${provider.name}/`))),
    setting: {
      joined: withAround(groups, ({ on_interrupt }) => on_interrupt === 'continue'),
      hedged: withAround(groups, ({ hedge }) => hedge),
    },
    callers: speakers.flatMap(({ alias, tools }) => (tools ? [alias] : [])),
    wireOf: new Map([...speakers.map(({ alias, wire }) => [alias, wire] as const), ['rough', 'raw bytes'], ['dead', 'nobody']]),
  }
}
