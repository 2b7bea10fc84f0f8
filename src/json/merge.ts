// Merges plain data deeply: what a later one says wins, and lists are replaced.

export interface Fields {
  readonly [field: string]: unknown
}

/** Each on top of what stands before it. None is changed; a field that is `undefined` is one that JSON leaves out. */
export function deepMerge(under: Fields, ...overs: readonly (Fields | undefined)[]): { [field: string]: unknown } {
  return overs.reduce<Fields>((below, over = {}) => {
    const merged = Object.entries(over).map(([field, value]) => [field, isFields(below[field]) && isFields(value) ? deepMerge(below[field], value) : value] as const)
    // Spreading defines fields and never calls a setter, so a field named `__proto__` stays a field.
    return { ...below, ...Object.fromEntries(merged) }
  }, under)
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
