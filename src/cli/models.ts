// `relay models`: what a catalogue holds, one line each or one model in full. No secret is ever shown.
import { refers } from '../config/env.ts'
import { variable } from '../secrets/env.ts'
import { scrub } from '../errors.ts'
import { providers } from '../providers/index.ts'
import type { GroupConfig, ModelConfig, RelayConfig } from '../types/config.ts'
import { configOf, filesOf, known } from './catalogue.ts'
import { CONFIG_OPTION, JSON_OPTION, type Command, type Given } from './command.ts'
import { OK, UsageError } from './exit.ts'
import type { Io } from './io.ts'
import { paint, table, type Paint } from './paint.ts'

export const models: Command = {
  name: 'models',
  takes: '<list|inspect> [alias]',
  summary: 'List what a catalogue holds, or show one model or group in full',
  options: [CONFIG_OPTION, JSON_OPTION],
  examples: [
    ['models list', 'aliases, targets, prices, and whether the keys are set'],
    ['models inspect fast', 'everything about one model; secrets are not shown'],
  ],
  async run(given, io) {
    const [action, alias, ...more] = given.words
    if (action === 'list' && alias === undefined) return list(given, io)
    if (action === 'inspect' && alias !== undefined && !more.length) return inspect(alias, given, io)
    throw new UsageError('write `relay models list` or `relay models inspect ALIAS`')
  },
}

type Facts = { readonly [name: string]: unknown }

async function list(given: Given, io: Io): Promise<number> {
  const { models = {}, groups = {} } = await configOf(filesOf(given), io)
  const modelRows = Object.entries(models).map(([alias, model]) => modelFacts(alias, model, io))
  const groupRows = Object.entries(groups).map(([alias, group]) => groupFacts(alias, group))
  if (given.options['json'] === true) await io.stdout(`${JSON.stringify([...modelRows, ...groupRows], undefined, 2)}\n`)
  else await io.stdout(rows(modelRows, groupRows, paint(io, 'stdout')))
  return OK
}

function rows(models: readonly Facts[], groups: readonly Facts[], color: Paint): string {
  const { green, dim, bold } = color
  const modelCells = models.map(({ alias, target, price, key, key_set }) => [
    bold(String(alias)),
    String(target),
    String(price ?? dim('unknown')),
    key_set === null ? dim('not needed') : `${String(key)} ${key_set === true ? green('set') : dim('not set')}`,
  ])
  const groupCells = groups.map(({ alias, strategy, members }) => [bold(String(alias)), (members as readonly string[]).join(', '), dim(String(strategy)), ''])
  return table(['alias', 'target', '$ per 1M in/out', 'key'], [...modelCells, ...groupCells], color)
}

async function inspect(alias: string, given: Given, io: Io): Promise<number> {
  const config = await configOf(filesOf(given), io)
  const facts = inspected(known(config, alias), config, io)
  if (given.options['json'] === true) await io.stdout(`${JSON.stringify(facts, undefined, 2)}\n`)
  else {
    const { dim } = paint(io, 'stdout')
    const shown = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null)
    const width = Math.max(...shown.map(([name]) => name.length))
    const text = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))
    await io.stdout(shown.map(([name, value]) => `${dim(name.padEnd(width))}  ${text(value)}\n`).join(''))
  }
  return OK
}

function inspected(alias: string, config: RelayConfig, io: Io): Facts {
  const { models = {}, groups = {} } = config
  if (Object.hasOwn(models, alias)) {
    const model = models[alias]!
    const { credential: _, headers, target: __, base_url: ___, cost, ...rest } = model
    // Values of headers may be keys, whatever they look like.
    const names = headers && Object.keys(headers)
    return clean({ ...modelFacts(alias, model, io), cost, headers: names, ...rest })
  }
  return groupFacts(alias, groups[alias]!)
}

/** Whatever looks like a key is taken out, wherever it stands. */
function clean(facts: Facts): Facts {
  return JSON.parse(scrub(JSON.stringify(facts))) as Facts
}

function modelFacts(alias: string, model: ModelConfig, io: Io): Facts {
  const { target, cost, base_url, api_style } = model
  const [name, ...rest] = target.split('/')
  const named = providers.filter((provider) => provider.name === name)
  const provider = named.find(({ style = 'chat_completions' }) => style === api_style) ?? named[0]
  const { baseUrl } = provider ?? {}
  const own = typeof baseUrl === 'string' ? baseUrl : null
  const price = cost && `${cost.input_per_1m ?? '?'} / ${cost.output_per_1m ?? '?'}`
  const { key, set } = keyOf(model, { env: provider?.env ?? [], keyless: provider?.keyless ?? false, read: io.env })
  return clean({ alias, target, provider: name, model: rest.join('/'), wire: provider?.wire.name, base_url: base_url ?? own, key, key_set: set, price: price ?? null })
}

interface Keys {
  readonly env: readonly string[]
  readonly keyless: boolean
  readonly read: (name: string) => string | undefined
}

/** Where the key of a model comes from, and whether it is there: null where it cannot be told, or none is needed. */
function keyOf({ credential }: ModelConfig, { env, keyless, read }: Keys): { readonly key: string | null; readonly set: boolean | null } {
  const isSet = (name: string): boolean => !!read(name)?.trim()
  if (credential === undefined) {
    const found = env.find(isSet)
    if (found === undefined && keyless) return { key: null, set: null }
    return { key: found ?? (env.join(' or ') || 'credential'), set: found !== undefined }
  }
  const name = typeof credential === 'string' ? variable(credential) : credential.type === 'env' ? variable(credential.var) ?? credential.var : undefined
  if (name !== undefined && !refers(name)) return { key: name, set: isSet(name) }
  return { key: typeof credential === 'string' ? 'a reference' : `(${credential.type})`, set: true }
}

function groupFacts(alias: string, { strategy = 'fallback', members, retry_classifier }: GroupConfig): Facts {
  const shown = members.map((member) => (typeof member === 'string' ? member : member.weight === undefined ? member.name : `${member.name} (${member.weight})`))
  return { alias, strategy, members: shown, ...(retry_classifier === undefined ? undefined : { retry_classifier }) }
}
