// References to variables in the catalogue: `$env.VAR` for a whole text, `${env:VAR}` also inside one.
import { isBinding, variable } from '../secrets/env.ts'
import type { RelayConfig } from '../types/config.ts'

/** A mistake in the catalogue: where it is, and what is wrong and what to do. */
export interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** A catalogue whose references are replaced, and the references that could not be. */
export interface Resolved {
  readonly config: RelayConfig
  readonly problems: readonly Problem[]
}

/** True where a text still holds a reference, well-formed or not. */
export function refers(text: string): boolean {
  return /\$(env\b|\{env)/i.test(text)
}

/** `models.ALIAS.credential`, or one of `credentials`. */
function isKey(path: Problem['path']): boolean {
  return path[0] === 'models' && (path.length === 3 ? path[2] === 'credential' : path.length === 4 && path[2] === 'credentials')
}

/**
 * Replaces every reference by the variable's value. A model's `credential` becomes `{ type: 'env', var }` once the
 * variable is known to be there: the secret never stands in the catalogue, and may be a binding, read at the call.
 */
export function resolveEnv(config: RelayConfig, lookup: (name: string) => unknown): Resolved {
  const problems: Problem[] = []
  const read = (name: string, path: Problem['path'], credential?: boolean): unknown => {
    const value = lookup(name)
    if (typeof value === 'string' ? value : credential && isBinding(value)) return value
    const wrong = value === '' ? 'is empty'
      : value === undefined || value === null ? 'is not set'
      : `holds no text${credential ? '' : ': a secret binding can only stand in `credential`'}`
    problems.push({ path, message: `the variable ${name} ${wrong}` })
    return undefined
  }
  const text = (value: string, path: Problem['path']): string => {
    const name = variable(value)
    if (name) return (read(name, path) ?? value) as string
    if (!refers(value)) return value
    if (refers(value.replace(/\$\{env:[a-z_]\w*\}/gi, ''))) {
      problems.push({ path, message: 'holds a broken reference: write $env.NAME alone, or ${env:NAME} inside a text' })
      return value
    }
    return value.replace(/\$\{env:(\w+)\}/gi, (whole, inner: string) => (read(inner, path) ?? whole) as string)
  }
  const walk = (value: unknown, path: Problem['path']): unknown => {
    if (typeof value === 'string') {
      const name = isKey(path) && variable(value)
      return name ? read(name, path, true) ? { type: 'env', var: name } : value : text(value, path)
    }
    if (Array.isArray(value)) return value.map((item, i) => walk(item, [...path, i]))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]))
  }
  return { config: walk(config, []) as RelayConfig, problems }
}
