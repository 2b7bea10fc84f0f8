// Keys from the environment: a record, a function of the name, or a binding that is asked when the key is needed.
import { relayError } from '../errors.ts'
import type { CredentialConfig } from '../types/config.ts'
import type { Credential, Target } from '../types/provider.ts'
import type { Env, SecretBinding } from '../types/runtime.ts'

export type Lookup = (name: string) => unknown

/** One way to ask for a variable, however the environment was handed in. */
export function lookupIn(env: Env | undefined): Lookup {
  if (typeof env === 'function') return env
  return (name) => (env && Object.hasOwn(env, name) ? env[name] : undefined)
}

/** The key of a model: what its entry names, else the first of its provider's variables that is set. */
export async function keyOf({ alias, config, provider }: Target, lookup: Lookup): Promise<Credential | undefined> {
  const { credential } = config
  const details = { alias, provider: provider.name }
  if (credential === undefined) {
    for (const name of provider.env) {
      const value = await read(lookup(name))
      if (value) return { type: 'key', value }
    }
    const several = await provider.credential?.((name) => read(lookup(name)))
    if (several || provider.keyless) return several
    const names = provider.env.join(' or ') || '`credential`'
    throw relayError('config', `model \`${alias}\` has no credential: set ${names}, or give it one in the catalogue; in code, hand \`env\` to the hub`, details)
  }
  const named = variableOf(credential)
  if (named === undefined) {
    if (typeof credential === 'object' && credential.type === 'literal') return { type: 'key', value: credential.value }
    const type = typeof credential === 'string' ? 'string' : credential.type
    throw relayError('config', `model \`${alias}\`: credentials of the type \`${type}\` are not on this runtime yet: use \`$env.NAME\``, details)
  }
  const value = await read(lookup(named))
  if (!value) throw relayError('config', `model \`${alias}\`: the variable ${named} of its credential is not set, or empty`, details)
  return { type: 'key', value }
}

function variableOf(credential: CredentialConfig): string | undefined {
  if (typeof credential === 'object') return credential.type === 'env' ? credential.var : undefined
  return /^\$(?:env\.(\w+)|\{env:(\w+)\})$/.exec(credential)?.slice(1).find(Boolean)
}

async function read(value: unknown): Promise<string | undefined> {
  if (typeof value === 'string') return value.trim() || undefined
  return isBinding(value) ? (await value.get()).trim() || undefined : undefined
}

function isBinding(value: unknown): value is SecretBinding {
  return typeof value === 'object' && value !== null && 'get' in value && typeof value.get === 'function'
}
