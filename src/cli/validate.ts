// `relay validate`: every mistake of a catalogue with its file, line and column.
import { resolveEnv } from '../config/env.ts'
import { inOrder } from '../config/place.ts'
import { ConfigError } from '../errors.ts'
import type { RelayConfig } from '../types/config.ts'
import type { Finding } from '../yaml.ts'
import { checked, filesOf, idle, type Checked } from './catalogue.ts'
import { CONFIG_OPTION, JSON_OPTION, type Command, type Given } from './command.ts'
import { CONFIG, OK } from './exit.ts'
import type { Io } from './io.ts'
import { paint } from './paint.ts'
import { findingLine } from './report.ts'

export const validate: Command = {
  name: 'validate',
  takes: '[...files]',
  summary: 'Check a catalogue; later files override earlier ones',
  options: [
    CONFIG_OPTION,
    ['--env', 'A variable that is not set is a mistake, not a warning'],
    ['--strict', 'Warnings are mistakes'],
    JSON_OPTION,
  ],
  examples: [
    ['validate', 'checks models.yaml; needs no key'],
    ['validate models.yaml prod.yaml --env', 'in a deployment: the variables must be there too'],
  ],
  run: check,
}

interface Verdict {
  readonly config?: RelayConfig
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
}

async function check(given: Given, io: Io): Promise<number> {
  const files = filesOf(given, given.words)
  const { config, errors, warnings } = await judge(files, given, io)
  if (given.options['json'] === true) await io.stdout(`${JSON.stringify({ valid: !errors.length, errors, warnings }, undefined, 2)}\n`)
  else {
    const { red, yellow, green } = paint(io, 'stderr')
    const lines = [
      ...errors.map((error) => findingLine(error, red('error:'))),
      ...warnings.map((warning) => findingLine(warning, yellow('warning:'))),
    ]
    await io.stderr(lines.join(''))
    const { models = {}, groups = {} } = config ?? {}
    const content = `${plural(Object.keys(models).length, 'model')}, ${plural(Object.keys(groups).length, 'group')}`
    if (errors.length) await io.stderr(`${red('not valid:')} ${plural(errors.length, 'mistake')} in ${files.join(', ')}\n`)
    else await io.stdout(`${io.terminal.stdout ? green('valid:') : 'valid:'} ${files.join(', ')}: ${content}\n`)
  }
  return errors.length ? CONFIG : OK
}

async function judge(files: readonly string[], { options }: Given, io: Io): Promise<Verdict> {
  let found: Checked
  try {
    found = await checked(files, io)
  } catch (error) {
    // A file that cannot be read has no findings.
    if (!(error instanceof ConfigError) || !Array.isArray(error.data)) throw error
    return { errors: error.data as readonly Finding[], warnings: [] }
  }
  const { config, located } = found
  const unset = located(resolveEnv(config, io.env).problems)
  const without = idle(found)
  const strict = options['strict'] === true
  if (strict) return { config, errors: inOrder([...unset, ...without], files), warnings: [] }
  if (options['env'] === true) return { config, errors: unset, warnings: without }
  return { config, errors: [], warnings: inOrder([...unset, ...without], files) }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
