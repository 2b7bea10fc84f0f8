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
  /** `custom`: a tool that takes free text. */
  readonly kind?: string
  /** The free text. */
  readonly input?: string
}

export interface Expectation {
  readonly kind: string
  readonly id?: string | null
  readonly model?: string | null
  readonly text?: string
  readonly thinking?: string
  /** Says that what stands between two parts of a summary is nobody's. */
  readonly thinking_joiner?: string
  readonly tool_calls?: readonly RecordedCall[]
  readonly finish_reason?: string | null
  readonly refusal?: string
  /** The prompt was not let through. */
  readonly block_reason?: string
  readonly block_message?: string | null
  readonly stream?: { readonly terminal: boolean; readonly bad_json_events?: number }
  readonly usage?: unknown
  readonly usage_norm?: { readonly [field: string]: number | null } | null
  readonly thinking_blocks?: readonly { readonly signature?: string | null }[]
  readonly redacted_thinking?: readonly string[]
  readonly thought_signatures?: readonly { readonly sig: string }[]
  readonly reasoning_items?: readonly { readonly encrypted_content?: string | null; readonly summary?: readonly string[] }[]
  readonly reasoning_details?: readonly { readonly data?: string; readonly signature?: string }[]
  readonly error?: { readonly class_advisory: string | null; readonly message?: string }
  /** Of embeddings: how many, how long, how each begins, and the tokens that a header names. */
  readonly count?: number
  readonly dims?: readonly number[]
  readonly first8?: readonly (readonly number[])[]
  readonly usage_header?: string
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
  readonly neutral: NeutralRequest | null
  readonly response: { readonly status: number; readonly headers: { readonly [name: string]: string }; readonly body_base64: string }
  readonly expect: Expectation
}

export interface NeutralMedia {
  readonly kind?: string
  readonly mime?: string | null
  /** `url:` and an address, or `b64:` and the beginning of the base64 text's SHA-256. */
  readonly ref?: string | null
}

export interface NeutralBlock extends NeutralMedia {
  readonly t: string
  /** Of what has no shape in common: the provider's word. */
  readonly type?: string
  readonly id?: string
  readonly name?: string | null
  readonly text?: string
  readonly args?: { readonly [name: string]: unknown }
  readonly media?: readonly NeutralMedia[]
  readonly is_error?: boolean | null
}

export interface NeutralTool {
  readonly name: string
  readonly description?: string | null
  readonly schema?: { readonly [keyword: string]: unknown } | null
  readonly strict?: boolean | null
}

export interface NeutralRequest {
  readonly system: readonly string[]
  readonly turns: readonly { readonly role: string; readonly blocks: readonly NeutralBlock[] }[]
  readonly tools: readonly NeutralTool[]
  readonly server_tools?: readonly string[]
  readonly tool_choice?: { readonly mode: string; readonly name?: string; readonly names?: readonly string[] } | null
  readonly params?: { readonly [name: string]: unknown }
  /** In the provider's own words. */
  readonly reasoning?: unknown
  readonly previous_response_id?: string | null
}

/** Two turns of a tool loop. */
export interface RecordedLoop {
  readonly id: string
  readonly protocol: string
  readonly api: string
  readonly first: string
  /** The provider keeps the first turn: the second request only points at it. */
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

export const bodyOf = (record: Recorded): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(record.response.body_base64, 'base64'))

/** All strings that stand anywhere in a value. */
export function strings(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof value === 'string') found.add(value)
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) strings(inner, found)
  return found
}

export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}
