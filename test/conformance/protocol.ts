// What the harness needs to know of a protocol: whose wire reads a record, and what a request body echoes.
import type { ModelConfig } from '../../src/types/config.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { Recorded } from './record.ts'

/** What a tool loop's second request carries of the first answer, in the order in which it stands there. */
export interface Echo {
  /** `arguments` as a value, or the text where it is no JSON. */
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[]
  readonly results: readonly { readonly id: string; readonly text: string }[]
}

export interface Protocol {
  /** As the recordings call it. */
  readonly name: string
  /** The share of exchanges that must be right. Default 0.99. */
  readonly bar?: number
  /** Whose wire it is; undefined where there is none for this record. */
  readonly providerFor: (record: Recorded) => Provider | undefined
  /** The entry of the catalogue that the record's request would have come from. */
  readonly configFor?: (record: Recorded) => Partial<ModelConfig>
  readonly readBody: (body: unknown) => Echo
}
