// `relay doctor`: whether a catalogue would work: its mistakes, its keys, and with --live one tiny call to each model.
import { catalog } from '../config/catalog.ts'
import { resolveEnv } from '../config/env.ts'
import { pathText } from '../config/place.ts'
import { RelayError, relayError } from '../errors.ts'
import { providers } from '../providers/index.ts'
import type { ModelConfig, RelayConfig } from '../types/config.ts'
import type { Problem } from '../yaml.ts'
import { checked, filesOf, hubFor, idle, needed } from './catalogue.ts'
import { CONFIG_OPTION, JSON_OPTION, listOf, valueOf, type Command, type Given } from './command.ts'
import { CONFIG, exitCode, INTERRUPTED, OK, UsageError } from './exit.ts'
import type { Io } from './io.ts'
import { keysOf, NOT_NEEDED, type KeyFacts } from './keys.ts'
import { paint, table, type Paint } from './paint.ts'
import { progress } from './progress.ts'
import { findingLine } from './report.ts'

export const doctor: Command = {
  name: 'doctor',
  takes: '[...files]',
  summary: 'Check that a catalogue would work: mistakes, keys, and with --live each model',
  options: [
    CONFIG_OPTION,
    ['-m, --model <alias>', 'Only this model, or the members of this group; several may be named'],
    ['--live', 'Ask each model for a word, which costs a few tokens, and tell how long it took'],
    ['--timeout <seconds>', 'With --live: the longest wait for each (default: 30)'],
    JSON_OPTION,
  ],
  examples: [
    ['doctor models.yaml', 'the catalogue and the keys; nothing is sent'],
    ['doctor models.yaml --live', 'one tiny call per model, and its latency'],
    ['doctor --live -m fast --json', 'one model, for a script'],
  ],
  run: examine,
}

/** How one model is. */
interface Health {
  readonly alias: string
  readonly target: string
  readonly key: string
  /** Null where none is needed, or only asking will tell. */
  readonly key_set: boolean | null
  /** Null where the model was not asked. */
  readonly ok: boolean | null
  readonly latency_ms: number | null
  /** Why it does not work. */
  readonly code: string | null
  readonly status: number | null
  readonly message: string | null
}

interface Patient {
  readonly alias: string
  readonly model: ModelConfig
  readonly keys: KeyFacts
  /** What stands in the way before anything is sent. */
  readonly problem: string | undefined
}

interface Findings {
  readonly health: Health
  /** What the command's exit code would be for this model alone. */
  readonly exit: number
}

/** Models that are asked at a time. */
const AT_ONCE = 4

async function examine(given: Given, io: Io): Promise<number> {
  const seconds = Number(valueOf(given, 'timeout') ?? 30)
  if (!(seconds > 0)) throw new UsageError('--timeout takes a number of seconds above 0')
  const catalogue = await checked(filesOf(given, given.words), io)
  if (!Object.keys(catalogue.config.models ?? {}).length) throw relayError('config', 'the catalogue has no models: there is nobody to ask')
  const config = chosen(catalogue.config, listOf(given, 'model'))
  const color = paint(io, 'stderr')
  for (const finding of idle(catalogue)) await io.stderr(findingLine(finding, color.yellow('warning:')))
  // What stands outside of the models is in the way of all of them.
  const general = catalogue.located(resolveEnv(config, io.env).problems.filter(({ path }) => path[0] !== 'models'))
  for (const finding of general) await io.stderr(findingLine(finding, color.red('error:')))
  const shared = general.map(said).join('\n') || undefined
  const patients = await Promise.all(Object.entries(config.models ?? {}).map(([alias, model]) => patient([alias, model], { config, shared, io })))
  const live = given.options['live'] === true
  const signal = live ? io.interrupted() : undefined
  const found = signal && !general.length ? await askAll(patients, { config, io, seconds, signal }) : patients.map(unasked)
  await report(found.map(({ health }) => health), { json: given.options['json'] === true, live, shared, io })
  if (signal?.aborted) return INTERRUPTED
  return general.length ? CONFIG : (found.find(({ exit }) => exit !== OK)?.exit ?? OK)
}

/** The models that are named, or stand behind a group that is; all where none is. */
function chosen(config: RelayConfig, aliases: readonly string[]): RelayConfig {
  if (!aliases.length) return config
  return { ...config, models: Object.assign({}, ...aliases.map((alias) => needed(config, alias).models)) as NonNullable<RelayConfig['models']> }
}

interface Ward {
  readonly config: RelayConfig
  /** What stands in the way of every model. */
  readonly shared: string | undefined
  readonly io: Io
}

/** A model with what is known of it before anything is sent. */
async function patient([alias, model]: readonly [string, ModelConfig], { config, shared, io: { env } }: Ward): Promise<Patient> {
  const { config: resolved, problems } = resolveEnv({ ...config, models: { [alias]: model } }, env)
  // A variable that a credential names is the key's affair.
  const unset = problems.find(({ path }) => path[0] === 'models' && !String(path[2]).startsWith('credential'))
  if (unset) return { alias, model, keys: { from: '', set: null }, problem: said(unset) }
  try {
    const keys = await keysOf(catalog(resolved, providers).target(alias), env)
    return { alias, model, keys, problem: keys.problem ?? shared }
  } catch (error) {
    if (!(error instanceof RelayError)) throw error
    return { alias, model, keys: { from: '', set: null }, problem: error.message }
  }
}

function unasked({ alias, model, keys, problem }: Patient): Findings {
  const health = {
    alias,
    target: model.target,
    key: keys.from,
    key_set: keys.set,
    ok: null,
    latency_ms: null,
    code: problem === undefined ? null : 'config',
    status: null,
    message: problem ?? null,
  }
  return { health, exit: problem === undefined ? OK : CONFIG }
}

interface Visit {
  readonly config: RelayConfig
  readonly io: Io
  readonly seconds: number
  readonly signal: AbortSignal
}

/** A few at a time, and told in the order of the catalogue. */
async function askAll(patients: readonly Patient[], visit: Visit): Promise<Findings[]> {
  const { now, done, end } = progress(visit.io)
  const found: Findings[] = []
  const waiting = new Set<string>()
  const left = [...patients.entries()]
  let count = 0
  const tell = (): Promise<void> => now(`${count} of ${patients.length} asked, waiting for ${[...waiting].join(', ')}`)
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [at, patient] = next
      waiting.add(patient.alias)
      await tell()
      found[at] = patient.problem === undefined ? await ask(patient, visit) : unasked(patient)
      waiting.delete(patient.alias)
      await done(`${++count} of ${patients.length} ${patient.alias}: ${outcome(found[at].health)}`)
      await tell()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  await end()
  return found
}

/** One request, never repeated: what is told is how this model does, not how well Relay makes up for it. */
async function ask(patient: Patient, { config, io, seconds, signal }: Visit): Promise<Findings> {
  const { alias, model } = patient
  const { limits: _, groups: __, defaults, ...rest } = config
  const alone = { ...rest, defaults: { ...defaults, max_retries: 0, max_attempts: 1 }, models: { [alias]: { ...model, max_retries: 0 } } }
  const { health } = unasked(patient)
  try {
    const { latencyMs } = await hubFor(alone, io).chat(alias, {
      messages: [{ role: 'user', content: 'Reply with the word OK.' }],
      maxTokens: 16,
      timeoutMs: seconds * 1000,
      signal,
    })
    return { health: { ...health, ok: true, latency_ms: Math.round(latencyMs) }, exit: OK }
  } catch (error) {
    const { code = signal.aborted ? 'interrupted' : 'error', status = null } = error instanceof RelayError ? error : {}
    const message = error instanceof Error ? error.message : String(error)
    return { health: { ...health, ok: false, code, status, message }, exit: exitCode(error) }
  }
}

interface Shown {
  readonly json: boolean
  readonly live: boolean
  /** Said already. */
  readonly shared: string | undefined
  readonly io: Io
}

async function report(rows: readonly Health[], { json, live, shared, io }: Shown): Promise<void> {
  if (json) return io.stdout(`${JSON.stringify(rows, undefined, 2)}\n`)
  const { red, dim } = paint(io, 'stderr')
  await io.stdout(tableOf(rows, live, paint(io, 'stdout')))
  const ill = rows.filter(({ code }) => code !== null)
  for (const { alias, message } of ill) if (message !== shared) await io.stderr(`${red(`${alias}:`)} ${message}\n`)
  const fine = `${rows.length - ill.length} of ${rows.length} ${rows.length === 1 ? 'model' : 'models'}`
  await io.stderr(`${live ? `${fine} answered` : `${fine} could be asked; ${dim('--live asks them')}`}\n`)
}

function tableOf(rows: readonly Health[], live: boolean, color: Paint): string {
  const { bold, green, red, dim } = color
  const cells = rows.map((health) => {
    const { alias, target, key, key_set, ok, code } = health
    const known = key_set === null ? '' : key_set ? green('set') : red('not set')
    const state = key_set === null && key && key !== NOT_NEEDED ? dim('when asked') : known
    const answer = outcome(health)
    const painted = ok === true ? green(answer) : code === null ? dim(answer) : red(answer)
    return [bold(alias), target, `${key} ${state}`.trim(), ...(live ? [painted] : [])]
  })
  return table(['alias', 'target', 'key', ...(live ? ['answer'] : [])], cells, color)
}

/** `ok, 312 ms`, `rate_limit 429`, `not asked`. */
function outcome({ ok, latency_ms, code, status }: Health): string {
  if (ok === true) return `ok, ${latency_ms} ms`
  if (ok === null) return 'not asked'
  return status === null ? String(code) : `${code} ${status}`
}

function said({ path, message }: Problem): string {
  return path.length ? `${pathText(path)}: ${message}` : message
}
