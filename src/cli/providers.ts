// `relay providers`: who can be asked, where they are, and whether a key is set. A key itself is never shown.
import { providers as every } from '../providers/index.ts'
import type { Provider } from '../types/provider.ts'
import { JSON_OPTION, type Command } from './command.ts'
import { OK } from './exit.ts'
import { paint, table, type Paint } from './paint.ts'

export const providers: Command = {
  name: 'providers',
  takes: '',
  summary: 'List the providers, and whether their keys are set',
  options: [JSON_OPTION],
  examples: [['providers', 'who there is, and which keys are set']],
  async run({ options }, io) {
    const rows = every.map((provider) => factsOf(provider, io.env))
    if (options['json'] === true) await io.stdout(`${JSON.stringify(rows, undefined, 2)}\n`)
    else await io.stdout(tableOf(rows, paint(io, 'stdout')))
    return OK
  },
}

interface Facts {
  readonly name: string
  readonly wire: string
  /** Null where it depends on the model, or is the user's own server. */
  readonly base_url: string | null
  readonly env: readonly string[]
  readonly keyless: boolean
  /** The variable that holds a key now. */
  readonly set: string | null
}

function factsOf({ name, wire, baseUrl, env, keyless = false }: Provider, read: (name: string) => string | undefined): Facts {
  const set = env.find((variable) => read(variable)?.trim()) ?? null
  return { name, wire: wire.name, base_url: typeof baseUrl === 'string' ? baseUrl : null, env, keyless, set }
}

function tableOf(rows: readonly Facts[], color: Paint): string {
  const { green, dim } = color
  const cells = rows.map(({ name, wire, base_url, env, keyless, set }) => [
    name,
    dim(wire),
    base_url ?? dim('as the model says'),
    env.map((variable) => (variable === set ? green(variable) : variable)).join(' or '),
    set ? green('set') : dim(keyless ? 'not needed' : 'not set'),
  ])
  return table(['provider', 'wire', 'address', 'key', ''], cells, color)
}
