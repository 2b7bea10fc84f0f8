// `relay compile`: a catalogue as plain data, checked now, so that a Worker ships no YAML parser. No secret is written down.
import { refers } from '../config/env.ts'
import { pathText } from '../config/place.ts'
import { relayError, scrub } from '../errors.ts'
import type { RelayConfig } from '../types/config.ts'
import { configOf, filesOf } from './catalogue.ts'
import { CONFIG_OPTION, valueOf, type Command } from './command.ts'
import { OK, UsageError } from './exit.ts'

export const compile: Command = {
  name: 'compile',
  takes: '[...files]',
  summary: 'Write a catalogue as data, for runtimes without files; $env references stay',
  options: [CONFIG_OPTION, ['-o, --out <file>', 'A .json, .ts, .js or .mjs file (default: JSON to the standard output)']],
  examples: [
    ['compile models.yaml -o models.ts', 'for `fromConfig(config, { env })`, with the aliases as types'],
    ['compile models.yaml prod.yaml -o models.json', 'two catalogues, merged'],
  ],
  async run(given, io) {
    const files = filesOf(given, given.words)
    const out = valueOf(given, 'out')
    const write = writerFor(out)
    const config = await configOf(files, io)
    refuseSecrets(config)
    const text = write(JSON.stringify(config, undefined, 2), files)
    if (out === undefined || out === '-') await io.stdout(text)
    else await io.writeFile(out, text)
    return OK
  },
}

type Writer = (json: string, files: readonly string[]) => string

const json: Writer = (json) => `${json}\n`
const head: Writer = (_, files) => `// Written by \`relay compile ${files.join(' ')}\`: change that and run it again.\n`
const script: Writer = (json, files) => `${head(json, files)}export const config = ${json}\n`
const typed: Writer = (json, files) =>
  `${head(json, files)}import type { RelayConfig } from '@relay/core'\n\nexport const config = ${json} as const satisfies RelayConfig\n`

function writerFor(out = '-'): Writer {
  const writers: { readonly [ending: string]: Writer } = { json, ts: typed, mts: typed, js: script, mjs: script }
  const writer = out === '-' ? json : writers[/\.(\w+)$/.exec(out)?.[1] ?? '']
  if (!writer) throw new UsageError(`--out must end in .json, .ts, .mts, .js or .mjs, and ${out} does not`)
  return writer
}

/** A text that looks like a key is one, wherever it stands: what is written here gets committed. */
function refuseSecrets(config: RelayConfig): void {
  const found: string[] = []
  const walk = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value === 'string') {
      if (scrub(value) !== value) found.push(`${pathText(path)}: looks like a secret`)
    } else if (typeof value === 'object' && value !== null) {
      const { type, value: literal } = value as { readonly type?: unknown; readonly value?: unknown }
      if (type === 'literal' && !(typeof literal === 'string' && refers(literal))) found.push(`${pathText(path)}: is a literal credential`)
      else for (const [key, item] of Object.entries(value)) walk(item, [...path, Array.isArray(value) ? Number(key) : key])
    }
  }
  walk(config, [])
  if (found.length) throw relayError('config', `a secret is never written down: put it into a variable and write $env.NAME\n${found.join('\n')}`)
}
