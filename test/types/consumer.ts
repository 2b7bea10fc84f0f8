// What a user writes against the package, checked under every runtime's globals by main.ts. Placeholder till the hub exists.
import * as relay from '@relay/core'

export const names: string[] = Object.keys(relay)
