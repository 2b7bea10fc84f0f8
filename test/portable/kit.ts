// The whole test framework of the portable suite: no import, no runtime's API, so it runs wherever JavaScript does.

export interface Assert {
  ok(value: unknown, message?: string): void
  equal(actual: unknown, expected: unknown, message?: string): void
  deepEqual(actual: unknown, expected: unknown, message?: string): void
  /** Returns what was thrown, so that a case can look closer. `expected` is a class, a pattern for the message, or fields. */
  throws(run: () => unknown, expected?: Expected): unknown
  rejects(run: Promise<unknown> | (() => Promise<unknown>), expected?: Expected): Promise<unknown>
}

export type Expected = RegExp | (new (...input: never[]) => unknown) | Readonly<Record<string, unknown>>
export type Run = (assert: Assert) => void | Promise<void>

export interface Suite {
  test(name: string, run: Run): void
}

/** What a file in `cases/` exports by default: it names its cases, and whoever calls it runs them. */
export type Cases = (t: Suite) => void

export interface Case {
  readonly name: string
  readonly run: Run
}

export interface Report {
  readonly passed: number
  readonly failures: readonly { readonly name: string; readonly error: string }[]
}

export function collect(all: Readonly<Record<string, Cases>>): Case[] {
  const found: Case[] = []
  for (const [file, cases] of Object.entries(all)) {
    cases({ test: (name, run) => void found.push({ name: `${file}: ${name}`, run }) })
  }
  return found
}

/** One after the other: a case that hangs is named by its own limit and does not take the rest with it. */
export async function run(cases: readonly Case[], limitMs = 10_000): Promise<Report> {
  const failures: { name: string; error: string }[] = []
  for (const { name, run } of cases) {
    try {
      await within(limitMs, Promise.resolve(run(assert)))
    } catch (error) {
      failures.push({ name, error: describe(error) })
    }
  }
  return { passed: cases.length - failures.length, failures }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${ms} ms`)), ms)
  })
  try {
    await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}

export const assert: Assert = {
  ok(value, message) {
    if (!value) fail(message ?? `expected something truthy, got ${show(value)}`)
  },
  equal(actual, expected, message) {
    if (!Object.is(actual, expected)) fail(`${message ?? 'not equal'}: got ${show(actual)}, expected ${show(expected)}`)
  },
  deepEqual(actual, expected, message) {
    const path = difference(actual, expected, '')
    if (path !== undefined) {
      fail(`${message ?? 'not equal'} at ${path || 'the top'}: got ${show(actual)}, expected ${show(expected)}`)
    }
  },
  throws(run, expected) {
    let thrown: unknown
    try {
      run()
    } catch (error) {
      thrown = error ?? new Error('threw nothing')
    }
    if (thrown === undefined) fail('expected an error, none was thrown')
    matches(thrown, expected)
    return thrown
  },
  async rejects(work, expected) {
    const promise = typeof work === 'function' ? work() : work
    const outcome = await promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    if (!('error' in outcome)) return fail(`expected a rejection, got ${show(outcome.value)}`)
    matches(outcome.error, expected)
    return outcome.error
  },
}

function fail(message: string): never {
  throw new Error(message)
}

function matches(error: unknown, expected: Expected | undefined): void {
  if (expected === undefined) return
  if (typeof expected === 'function') {
    if (!(error instanceof expected)) fail(`expected ${expected.name}, got ${describe(error)}`)
  } else if (expected instanceof RegExp) {
    const message = error instanceof Error ? error.message : String(error)
    if (!expected.test(message)) fail(`expected a message like ${expected}, got ${describe(error)}`)
  } else {
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual((error as Record<string, unknown>)[key], value, `the error's ${key}`)
    }
  }
}

/** The path to the first difference, or undefined. Keys that are absent and keys that are undefined differ. */
function difference(a: unknown, b: unknown, path: string): string | undefined {
  if (Object.is(a, b)) return undefined
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return path
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return path
  if (a instanceof Date) return a.getTime() === (b as Date).getTime() ? undefined : path
  if (a instanceof Map || a instanceof Set) return difference([...a], [...(b as Iterable<unknown>)], path)
  const keys = Reflect.ownKeys(a)
  if (keys.length !== Reflect.ownKeys(b).length) return path
  for (const key of keys) {
    const here = `${path}.${String(key)}`
    if (!Object.hasOwn(b, key)) return here
    const deeper = difference(Reflect.get(a, key), Reflect.get(b, key), here)
    if (deeper !== undefined) return deeper
  }
  return undefined
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : show(error)
}

function show(value: unknown): string {
  try {
    const text = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner))
    return text === undefined ? String(value) : text.length > 600 ? `${text.slice(0, 600)}…` : text
  } catch {
    return String(value)
  }
}
