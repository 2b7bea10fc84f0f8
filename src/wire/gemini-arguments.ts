// Tool arguments that arrive as values at paths (`streamFunctionCallArguments`), put together.

export interface PartialArgument {
  /** `$.days[0].city`, `$['a.b']`; `$.tags[]` is an empty list. */
  readonly jsonPath?: string
  readonly stringValue?: string
  readonly numberValue?: number
  readonly boolValue?: boolean
  readonly nullValue?: unknown
}

interface Container {
  [key: string]: unknown
}

/** Sets one value, or lengthens the string that is there. A path that leaves holes in a list is not followed. */
export function growArguments(args: Container, { jsonPath = '', stringValue, numberValue, boolValue, nullValue }: PartialArgument): void {
  const steps = [...jsonPath.matchAll(/\['((?:[^'\\]|\\.)*)'\]|\[(\d*)\]|([^.[\]$]+)/g)]
  const keys = steps.map(([, quoted, index, name]) => quoted ?? index ?? name ?? '')
  // A path without a value is an empty container.
  const value = stringValue ?? numberValue ?? boolValue ?? (nullValue === undefined ? {} : null)
  let node: Container | undefined = args
  keys.forEach((key, at) => {
    if (!node || key === '' || key === '__proto__' || (Array.isArray(node) && !(Number(key) <= node.length))) {
      node = undefined
      return
    }
    const following = keys[at + 1]
    const old = node[key]
    if (following !== undefined) node[key] = typeof old === 'object' && old ? old : /^\d*$/.test(following) ? [] : {}
    else node[key] = typeof old === 'string' && stringValue !== undefined ? old + stringValue : value
    node = node[key] as Container
  })
}
