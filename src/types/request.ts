// What a caller asks.
import type { Message } from './message.ts'
import type { JsonSchema, ServerTool, Tool, ToolChoice } from './tool.ts'

/** How hard to think: a level, or a budget in tokens. */
export type Reasoning = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | number

/** What shape the answer must have. */
export type ResponseFormat =
  | 'text'
  | 'json_object'
  | {
    /** Default `response`. Letters, digits, `_` and `-`. */
    readonly name?: string
    readonly schema: JsonSchema
    /** Hold the model to the schema exactly. Default true. */
    readonly strict?: boolean
  }

/** One question to a model. Everything but `messages` is optional; a model's `params` in the catalogue are its defaults. */
export interface ChatRequest {
  readonly messages: readonly Message[]
  /** The most tokens of output, thinking included. */
  readonly maxTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stop?: string | readonly string[]
  readonly seed?: number
  readonly tools?: readonly (Tool | ServerTool)[]
  /** Default `auto`. */
  readonly toolChoice?: ToolChoice
  readonly parallelToolCalls?: boolean
  readonly responseFormat?: ResponseFormat
  readonly reasoning?: Reasoning
  /** Given back on the response, and on what observers see. Never sent to the provider. */
  readonly metadata?: { readonly [key: string]: unknown }
  /** Aborting rejects with the signal's own reason and closes the connection. */
  readonly signal?: AbortSignal
  /** The whole call, retries and fallbacks included, in milliseconds. */
  readonly timeoutMs?: number
  /** Merged last into the body that is sent, deeply; lists are replaced. */
  readonly providerOptions?: { readonly [key: string]: unknown }
  /** Further headers for this request. */
  readonly headers?: { readonly [name: string]: string }
  /** Keep what the provider sent on `response.raw`. Default false. */
  readonly includeRaw?: boolean
  /** System messages come from code that is trusted, so guards leave them alone. Default true. */
  readonly trustSystem?: boolean
}
