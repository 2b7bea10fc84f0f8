// Sources to one catalogue that is right, or one error that lists every mistake with its place.
import { relayError, scrub } from '../errors.ts'
import type { RelayConfig } from '../types/config.ts'
import { fields, problems } from './check.ts'
import { entryProblems } from './entries.ts'
import { type Problem, resolveEnv } from './env.ts'
import { groupProblems } from './groups.ts'
import { merge } from './merge.ts'
import { nearest } from './nearest.ts'
import { type Finding, findingText, inOrder, type KeyProblem, locate, type Sourced } from './place.ts'
import { type ProviderFacts, providerProblems } from './provided.ts'
import { shapeProblems, withoutNulls } from './shape.ts'

/** What a catalogue is checked with. */
export interface Checks {
  /** Where variables are looked up. Without it, references are checked and kept. */
  readonly lookup?: ((name: string) => unknown) | undefined
  /** Without them, what depends on providers is not looked at. */
  readonly providers?: readonly ProviderFacts[] | undefined
}

/**
 * Merges sources, later ones over earlier ones, and checks the result.
 * @throws ConfigError that lists every mistake.
 */
export function validate(sources: readonly Sourced[], { lookup, providers }: Checks): RelayConfig {
  const files = sources.map((source) => source.place?.file)
  const broken = sources.filter((source) => source.broken).flatMap((source) => source.findings)
  if (broken.length) fail(broken, files)
  const { data, place, findings } = sources.reduce(merge, { data: {}, findings: [] })
  const config = withoutNulls(data) as RelayConfig
  const resolved = resolveEnv(config, lookup ?? (() => '-'))
  const meant = lookup ? resolved.config : config
  const shape = shapeProblems(config)
  const all: readonly KeyProblem[] = [
    ...resolved.problems,
    ...problems(meant),
    ...groupProblems(meant),
    ...entryProblems(meant),
    ...(providers ? providerProblems(meant, providers) : []),
  ]
  const meaning = all.map(({ path, message, atKey }): KeyProblem => ({
    path,
    message: message + hint(path, meant, providers),
    // About an alias, not about what it stands for.
    atKey: atKey ?? (path.length === 2 && (path[0] === 'models' || path[0] === 'groups')),
  }))
  const found = without(shape, [...findings, ...misspelt(shape)]).map((problem) => locate(problem, place))
  const rest = without(meaning, [...findings, ...shape]).map((problem) => locate(problem, place))
  if (findings.length + found.length + rest.length) fail([...findings, ...found, ...rest], files)
  return meant
}

/** Where fields are missing that are only misspelt. */
function misspelt(shape: readonly KeyProblem[]): Problem[] {
  return shape.flatMap(({ path, message, meant }) => {
    return meant === undefined ? [] : [{ path: [...path.slice(0, -1), meant], message }]
  })
}

/** Problems but for those about what is known to be wrong already: they are noise. */
function without(later: readonly KeyProblem[], said: readonly Problem[]): readonly KeyProblem[] {
  const known = new Set(said.map(({ path }) => JSON.stringify(path)))
  return later.filter(({ path }) => ![...path, ''].some((_, i) => known.has(JSON.stringify(path.slice(0, i)))))
}

function fail(found: readonly Finding[], files: readonly (string | undefined)[]): never {
  const data = inOrder(found.map((finding) => ({ ...finding, message: scrub(finding.message) })), files)
  const lines = data.slice(0, 50).map(findingText)
  if (data.length > lines.length) lines.push(`and ${data.length - lines.length} more`)
  const head = data.length > 1 ? [`the catalogue has ${data.length} mistakes:`] : []
  throw relayError('config', [...head, ...lines].join('\n'), { data })
}

/** What a name that is none of those that it could be may be a slip of. */
function hint(path: Problem['path'], config: RelayConfig, providers: readonly ProviderFacts[] = []): string {
  const { models, groups, pricing_profiles } = config
  const [, alias, field] = path
  let value: unknown = config
  for (const step of path) value = Array.isArray(value) ? value[Number(step)] : fields(value)[step]
  const name = typeof value === 'string' ? value : fields(value)['name']
  if (typeof name !== 'string') return ''
  const word = field === 'target' ? name.split('/')[0]! : name
  const candidates = field === 'members' || path[0] === 'limits' ? [...Object.keys(fields(models)), ...Object.keys(fields(groups))]
    : field === 'pricing_profile' ? Object.keys(fields(pricing_profiles))
    : field === 'target' ? providers.map((provider) => provider.name)
    : []
  if (candidates.includes(word)) return ''
  const near = nearest(word, candidates.filter((candidate) => candidate !== alias))
  return near === undefined ? '' : `; did you mean \`${near}\`?`
}
