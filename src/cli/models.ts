// `relay models`: what a catalogue holds, one line each or one model in full. No secret is ever shown.
import { resolveEnv } from '../config/env.ts'
import { scrub } from '../errors.ts'
import { providers } from '../providers/index.ts'
import type { GroupConfig, ModelConfig, RelayConfig } from '../types/config.ts'
import { configOf, filesOf, known } from './catalogue.ts'
import { CONFIG_OPTION, JSON_OPTION, type Command, type Given } from './command.ts'
import { OK, UsageError } from './exit.ts'
import type { Io } from './io.ts'
import { keysOf, NOT_NEEDED } from './keys.ts'
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
  const modelRows = await Promise.all(Object.entries(models).map(([alias, model]) => modelFacts(alias, model, io)))
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
    key === null ? dim('not needed') : `${String(key)} ${key_set === true ? green('set') : dim(key_set === null ? 'when asked' : 'not set')}`,
  ])
  const groupCells = groups.map(({ alias, strategy, members }) => [bold(String(alias)), (members as readonly string[]).join(', '), dim(String(strategy)), ''])
  return table(['alias', 'target', '$ per 1M in/out', 'key'], [...modelCells, ...groupCells], color)
}

async function inspect(alias: string, given: Given, io: Io): Promise<number> {
  const config = await configOf(filesOf(given), io)
  const facts = await inspected(known(config, alias), config, io)
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

async function inspected(alias: string, config: RelayConfig, io: Io): Promise<Facts> {
  const { models = {}, groups = {} } = config
  if (Object.hasOwn(models, alias)) {
    const model = models[alias]!
    const { credential: _, credentials: __, headers, target: ___, base_url: ____, cost, ...rest } = model
    // Values of headers may be keys, whatever they look like.
    const names = headers && Object.keys(headers)
    return clean({ ...(await modelFacts(alias, model, io)), cost, headers: names, ...rest })
  }
  return groupFacts(alias, groups[alias]!)
}

/** Whatever looks like a key is taken out, wherever it stands. */
function clean(facts: Facts): Facts {
  return JSON.parse(scrub(JSON.stringify(facts))) as Facts
}

async function modelFacts(alias: string, model: ModelConfig, { env }: Io): Promise<Facts> {
  const { target, cost, base_url, api_style } = model
  const [name = '', ...rest] = target.split('/')
  const id = rest.join('/')
  const named = providers.filter((provider) => provider.name === name)
  const provider = named.find(({ style = 'chat_completions' }) => style === api_style) ?? named[0]
  const { baseUrl } = provider ?? {}
  const own = typeof baseUrl === 'string' ? baseUrl : null
  const price = cost && `${cost.input_per_1m ?? '?'} / ${cost.output_per_1m ?? '?'}`
  // What a reference names that is not set stays a reference, which is a key that is not there.
  const { [alias]: config = model } = resolveEnv({ models: { [alias]: model } }, env).config.models ?? {}
  const keys = provider && (await keysOf({ alias, provider, model: id, baseUrl: '', config }, env))
  const key = keys && keys.from !== NOT_NEEDED ? keys.from : null
  return clean({ alias, target, provider: name, model: id, wire: provider?.wire.name, base_url: base_url ?? own, key, key_set: keys?.set ?? null, price: price ?? null })
}

function groupFacts(alias: string, { strategy = 'fallback', members, retry_classifier }: GroupConfig): Facts {
  const shown = members.map((member) => (typeof member === 'string' ? member : member.weight === undefined ? member.name : `${member.name} (${member.weight})`))
  return { alias, strategy, members: shown, ...(retry_classifier === undefined ? undefined : { retry_classifier }) }
}
