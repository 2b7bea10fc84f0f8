// A placeholder until the example is written: it proves that the package bundles for Workers.
import * as relay from '@relay/core'

export default {
  fetch: (): Response => Response.json(Object.keys(relay)),
}
