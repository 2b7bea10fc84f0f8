// Merges plain data deeply: what the later one says wins, and lists are replaced.

interface Fields {
  readonly [field: string]: unknown
}

/** `over` on top of `under`. Neither is changed; a field that `over` holds as `undefined` is one that JSON leaves out. */
export function deepMerge(under: Fields, over: Fields | undefined): { [field: string]: unknown } {
  const merged = Object.entries(over ?? {}).map(([field, value]) => {
    const below = under[field]
    return [field, isFields(below) && isFields(value) ? deepMerge(below, value) : value] as const
  })
  // Spreading defines fields and never calls a setter, so a field named `__proto__` stays a field.
  return { ...under, ...Object.fromEntries(merged) }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
