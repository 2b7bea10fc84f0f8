// What must hold of a catalogue once it is known which providers there are.
import { checkAddress } from '../http/address.ts'
import type { RelayConfig } from '../types/config.ts'
import { each, fields } from './check.ts'
import { type Problem, refers } from './env.ts'

/** What is asked about a provider. A `Provider` is one. */
export interface ProviderFacts {
  readonly name: string
  readonly style?: string | undefined
  readonly baseUrl?: unknown
  readonly httpsOnly?: boolean | undefined
}

/** Models that none of the providers can be asked for, or not like that. */
export function providerProblems(config: unknown, providers: readonly ProviderFacts[]): Problem[] {
  const found: Problem[] = []
  const known = [...new Set(providers.map(({ name }) => name))]
  each(fields(config)['models'], (model, alias) => {
    const { target, api_style: style, base_url: url } = fields(model)
    const report = (field: string, message: string): void => {
      found.push({ path: ['models', alias, field], message })
    }
    if (typeof target !== 'string' || target.indexOf('/') < 1 || refers(target)) return
    const name = target.slice(0, target.indexOf('/'))
    const named = providers.filter((provider) => provider.name === name)
    if (!named.length) {
      return report('target', `names the provider ${name}, which is not here: there is ${known.join(', ') || 'none'}`)
    }
    const styles = named.map(({ style: own = 'chat_completions' }) => own)
    const provider = typeof style === 'string' ? named[styles.indexOf(style)] : named[0]
    if (!provider) return report('api_style', `${name} does not speak ${String(style)}, but ${styles.join(', ')}`)
    if (typeof url !== 'string') {
      if (provider.baseUrl === undefined) report('base_url', `is missing: ${name} has no address of its own`)
    } else if (provider.httpsOnly && !refers(url)) {
      const wrong = checkAddress(url, { allowPrivate: true, httpsOnly: true })
      if (wrong) report('base_url', wrong)
    }
  })
  return found
}

/** Models whose address cannot be told: a call to one would fail for want of what its entry leaves out. */
export function placeless(config: RelayConfig, providers: readonly ProviderFacts[]): Problem[] {
  return Object.entries(config.models ?? {}).flatMap(([alias, model]) => {
    const [name = '', ...id] = model.target.split('/')
    const address = providers.find((provider) => provider.name === name)?.baseUrl
    const given = [model.region, model.location, model.project, model.api_version, fields(model.credential)['region']]
    if (typeof address !== 'function' || model.base_url !== undefined || given.some((text) => refers(String(text)))) return []
    try {
      address(model, id.join('/'))
      return []
    } catch (error) {
      return [{ path: ['models', alias, 'region'], message: error instanceof Error ? error.message : String(error) }]
    }
  })
}
