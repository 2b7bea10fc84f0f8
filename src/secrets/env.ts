// Keys from the environment: a record, a function of the name, or a binding that is asked when the key is needed.
import { relayError } from '../errors.ts'
import type { CredentialObject } from '../types/config.ts'
import type { Credential, SecretSources, Target } from '../types/provider.ts'
import type { Env, SecretBinding } from '../types/runtime.ts'

export type Lookup = (name: string) => unknown

/** One way to ask for a variable, however the environment was handed in. */
export function lookupIn(env: Env | undefined): Lookup {
  if (typeof env === 'function') return env
  return (name) => (env && Object.hasOwn(env, name) ? env[name] : undefined)
}

/** What a key is looked for in. */
export interface Keys {
  readonly lookup: Lookup
  /** For credentials of other types than `env` and `literal`. */
  readonly sources?: SecretSources | undefined
}

/** The key of a model: what its entry names, else the first of its provider's variables that is set, else what the surroundings hold. */
export async function keyOf({ alias, config, provider }: Target, { lookup, sources }: Keys): Promise<Credential | undefined> {
  const fail = (what: string): never => {
    throw relayError('config', `model \`${alias}\` ${what}`, { alias, provider: provider.name })
  }
  const { credential } = config
  // JSON may say null.
  if (credential == null) {
    for (const name of provider.env) {
      const value = await read(lookup(name))
      if (value) return { type: 'key', value }
    }
    const found = await provider.credential?.((name) => read(lookup(name)))
    if (found || provider.keyless) return found
    const ambient = provider.ambient && sources?.[provider.ambient.type]
    if (provider.ambient && ambient) return ambient(provider.ambient)
    return fail(`has no credential: set ${provider.env.join(' or ') || 'one'}, or name it in the catalogue; in code, hand \`env\` to the hub`)
  }
  const inCatalogue = 'has a key in the catalogue: put it in a variable, and write `$env.NAME`'
  const named: CredentialObject = typeof credential === 'string' ? { type: 'env', var: variable(credential) ?? fail(inCatalogue) } : credential
  const { type } = named
  if (type === 'literal') return { type: 'key', value: named.value }
  if (type === 'env') return { type: 'key', value: (await read(lookup(named.var))) ?? fail(`has no key: the variable ${named.var} is not set, or empty`) }
  const source = sources?.[type] ?? fail(`has a credential of the type \`${type}\`, which is not on this runtime yet: use \`$env.NAME\``)
  return source(named)
}

/** The variable that a text is a reference to, if it is one as a whole. */
export function variable(text: string): string | undefined {
  return /^\$(?:env\.([a-z_]\w*)|\{env:([a-z_]\w*)\})$/i.exec(text)?.slice(1).find(Boolean)
}

/** What a variable holds, trimmed; a binding is asked for it. */
export async function read(value: unknown): Promise<string | undefined> {
  let text = value
  if (isBinding(value)) {
    try {
      text = await value.get()
    } catch (cause) {
      // Without the cause, which nobody has scrubbed.
      throw relayError('network', `a secret binding gave no value: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  }
  return typeof text === 'string' ? text.trim() || undefined : undefined
}

/** A secret that is fetched when it is needed. */
export function isBinding(value: unknown): value is SecretBinding {
  return typeof (Object(value) as Partial<SecretBinding>).get === 'function'
}
