// Merges one JSON object into another.

interface Fields {
  readonly [field: string]: unknown
}

/** What is in `over` wins; objects are merged field by field, lists and everything else are replaced. */
export function deepMerge(base: Fields, over: Fields): { [field: string]: unknown } {
  const merged: { [field: string]: unknown } = { ...base }
  for (const [field, value] of Object.entries(over)) {
    const old = Object.hasOwn(merged, field) ? merged[field] : undefined
    const next = isFields(old) && isFields(value) ? deepMerge(old, value) : value
    // `__proto__` is a field like any other here.
    Object.defineProperty(merged, field, { value: next, enumerable: true, writable: true, configurable: true })
  }
  return merged
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
