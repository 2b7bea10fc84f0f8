// What a model may call, and how much it is free to.

/** A JSON Schema, as data: draft 2020-12 or draft 7. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** A tool that the caller runs. */
export interface Tool {
  /** Letters, digits, `_` and `-`, at most 64. */
  readonly name: string
  readonly description?: string
  /** The JSON Schema of the arguments, an object. Default: no arguments. */
  readonly parameters?: JsonSchema
  /** Ask the provider to hold the model to the schema exactly. Default false. */
  readonly strict?: boolean
}

/** A tool that the provider runs, in the provider's own words, sent as it is. */
export interface ServerTool {
  readonly native: { readonly [key: string]: unknown }
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string }
