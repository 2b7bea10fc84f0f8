// Whether the keys of a model are there, found out as a hub would, but without asking anybody.
import { ConfigError } from '../errors.ts'
import { keyOf, variable } from '../secrets/env.ts'
import type { CredentialConfig } from '../types/config.ts'
import type { Target } from '../types/provider.ts'

/** The keys of one model. */
export interface KeyFacts {
  /** Where they come from: names of variables, or a kind of credential. */
  readonly from: string
  /** Null where none is needed, or only asking will tell. */
  readonly set: boolean | null
  /** What is missing, and what to do. */
  readonly problem?: string
}

/** Where the keys come from of a server that asks for none. */
export const NOT_NEEDED: string = 'not needed'

type Read = (name: string) => string | undefined

export async function keysOf(target: Target, read: Read): Promise<KeyFacts> {
  const { credential, credentials = [credential] } = target.config
  const found = await Promise.all(credentials.map((one) => keyFacts(target, one, read)))
  const problem = found.find((one) => one.problem !== undefined)?.problem
  return {
    from: [...new Set(found.map(({ from }) => from))].join(', '),
    set: problem !== undefined ? false : found.every(({ set }) => set === true) ? true : null,
    ...(problem === undefined ? undefined : { problem }),
  }
}

async function keyFacts(target: Target, credential: CredentialConfig | undefined, read: Read): Promise<KeyFacts> {
  const { provider, config } = target
  const from = sourceOf(target, credential, read)
  if (typeof credential === 'object' && credential.type !== 'env' && credential.type !== 'literal') return { from, set: null }
  const { credential: _, credentials: __, ...rest } = config
  const alone = { ...target, config: credential === undefined ? rest : { ...rest, credential } }
  try {
    return (await keyOf(alone, { lookup: read })) ? { from, set: true } : { from: NOT_NEEDED, set: null }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (credential === undefined && provider.ambient) return { from: provider.ambient.type, set: null }
    return { from, set: false, problem: error.message }
  }
}

function sourceOf({ provider: { env } }: Target, credential: CredentialConfig | undefined, read: Read): string {
  if (credential === undefined) return env.find((name) => read(name)?.trim()) ?? (env.join(' or ') || 'credential')
  if (typeof credential === 'string') return variable(credential) ?? 'a text'
  return credential.type === 'env' ? credential.var : credential.type
}
