// The catalogue at work: aliases to models that can be asked, and to groups.
import { relayError } from '../errors.ts'
import { checkAddress } from '../http/address.ts'
import type { GroupConfig, RelayConfig } from '../types/config.ts'
import type { Provider, Target } from '../types/provider.ts'

export interface Catalog {
  /** All models. */
  readonly aliases: readonly string[]
  readonly groups: { readonly [alias: string]: GroupConfig }
  readonly group: (alias: string) => GroupConfig | undefined
  /** Throws a ConfigError that says what to do where there is no such model, or nobody to ask it. */
  readonly target: (alias: string) => Target
  /** The models behind an alias, in the order in which they are listed. */
  readonly targets: (alias: string) => readonly Target[]
}

/** Looks models up in a configuration that has been checked. */
export function catalog(config: RelayConfig, providers: readonly Provider[]): Catalog {
  const { models = {}, groups = {} } = config
  const targets = new Map<string, Target>()
  const build = (alias: string): Target => {
    const fail = (what: string): never => {
      throw relayError('config', what, { alias })
    }
    const model = own(models, alias)
    if (!model) {
      const known = [...Object.keys(models), ...Object.keys(groups)]
      return fail(`\`${alias}\` is neither a model nor a group of the catalogue, which has: ${known.join(', ') || 'nothing'}`)
    }
    const slash = model.target.indexOf('/')
    const name = model.target.slice(0, slash)
    const named = providers.filter((provider) => provider.name === name)
    const provider = model.api_style === undefined ? named[0] : named.find(({ style = 'chat_completions' }) => style === model.api_style)
    if (!provider) {
      const style = named.length ? ` with \`api_style: ${model.api_style}\`` : ''
      return fail(`model \`${alias}\` needs the provider \`${name}\`${style}, which was not handed in: add it to the hub's \`providers\``)
    }
    const id = model.target.slice(slash + 1)
    const { baseUrl } = provider
    const base = model.base_url ?? (typeof baseUrl === 'function' ? baseUrl(model, id) : baseUrl)
    if (!base) return fail(`model \`${alias}\` needs a \`base_url\`: \`${name}\` has no address of its own`)
    const wrong = checkAddress(base, { allowPrivate: model.allow_private_hosts, httpsOnly: provider.httpsOnly })
    if (wrong) fail(`model \`${alias}\`: its base_url ${wrong}`)
    return { alias, provider, model: id, baseUrl: base.replace(/\/+$/, ''), config: model }
  }
  const self: Catalog = {
    aliases: Object.keys(models),
    groups,
    group: (alias) => own(groups, alias),
    targets: (alias) => {
      const group = own(groups, alias)
      return group ? group.members.flatMap((member) => self.targets(typeof member === 'string' ? member : member.name)) : [self.target(alias)]
    },
    target(alias) {
      let target = targets.get(alias)
      if (!target) targets.set(alias, (target = build(alias)))
      return target
    },
  }
  return self
}

function own<T>(record: { readonly [key: string]: T }, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
