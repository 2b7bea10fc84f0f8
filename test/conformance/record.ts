// The recordings as they lie in ../shared/data, and how they are read. The project holds no copy of them.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

export interface RecordedCall {
  readonly id: string | null
  readonly name: string
  readonly arguments: unknown
  readonly arguments_raw: string | null
  readonly args_valid: boolean
  readonly kind?: string
}

export interface Expectation {
  readonly kind: string
  readonly text?: string
  readonly thinking?: string
  readonly tool_calls?: readonly RecordedCall[]
  readonly finish_reason?: string | null
  readonly refusal?: string
  /** The prompt was not let through. */
  readonly block_reason?: string
  readonly stream?: { readonly terminal: boolean }
  readonly usage_norm?: { readonly [field: string]: number | null } | null
  readonly thinking_blocks?: readonly { readonly signature?: string | null }[]
  readonly redacted_thinking?: readonly string[]
  readonly thought_signatures?: readonly { readonly sig: string }[]
  readonly reasoning_items?: readonly { readonly encrypted_content?: string | null }[]
  readonly reasoning_details?: readonly { readonly data?: string; readonly signature?: string }[]
  readonly error?: { readonly class_advisory: string | null; readonly message?: string }
}

/** One exchange. */
export interface Recorded {
  readonly id: string
  readonly provider: string
  readonly api: string
  readonly protocol: string
  readonly streaming: boolean
  readonly model: string | null
  readonly request: { readonly url: string; readonly body: unknown }
  readonly response: { readonly status: number; readonly headers: { readonly [name: string]: string }; readonly body_base64: string }
  readonly expect: Expectation
}

interface NeutralBlock {
  readonly t: string
  readonly id?: string
  readonly name?: string | null
  readonly text?: string
  readonly args?: { readonly [name: string]: unknown }
  readonly media?: readonly { readonly kind: string; readonly mime?: string }[]
}

export interface NeutralRequest {
  readonly system: readonly string[]
  readonly turns: readonly { readonly role: string; readonly blocks: readonly NeutralBlock[] }[]
  readonly tools: readonly { readonly name: string; readonly description?: string; readonly schema?: { readonly [keyword: string]: unknown } }[]
}

/** Two turns of a tool loop. */
export interface RecordedLoop {
  readonly id: string
  readonly protocol: string
  readonly first: string
  readonly stateful: boolean
  readonly tool_calls: readonly RecordedCall[]
  readonly tool_results: readonly NeutralBlock[]
  readonly first_request_neutral: NeutralRequest
  readonly second_request_body: unknown
  readonly must_echo: { readonly [kind: string]: readonly unknown[] | boolean }
}

const DATA = new URL('../../../shared/data/', import.meta.url)

/** Undefined where the recordings are not. */
export function recorded<T>(file: string): readonly T[] | undefined {
  const path = fileURLToPath(new URL(file, DATA))
  if (!existsSync(path)) return undefined
  const lines = gunzipSync(readFileSync(path)).toString('utf8').split('\n')
  return lines.filter(Boolean).map((line) => JSON.parse(line) as T)
}
