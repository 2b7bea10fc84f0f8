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
  const keys = [...jsonPath.matchAll(/\['((?:[^'\\]|\\.)*)'\]|\[(\d*)\]|([^.[\]$]+)/g)].map(([, quoted, index, name]) => quoted ?? index ?? name ?? '')
  let node: Container | undefined = args
  keys.forEach((key, at) => {
    if (!node || key === '' || key === '__proto__' || (Array.isArray(node) && !(Number(key) <= node.length))) {
      node = undefined
      return
    }
    const following = keys[at + 1]
    const old = node[key]
    if (following !== undefined) node[key] = typeof old === 'object' && old ? old : /^\d*$/.test(following) ? [] : {}
    else node[key] = stringValue === undefined ? numberValue ?? boolValue ?? (nullValue === undefined ? {} : null) : typeof old === 'string' ? old + stringValue : stringValue
    node = node[key] as Container
  })
}
