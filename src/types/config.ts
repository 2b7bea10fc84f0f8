// The catalogue as data: one shape for YAML, JSON and code, in snake_case. `schema/` describes the same shape; a type test proves it.

export type CredentialObject =
  | { readonly type: 'env'; readonly var: string }
  | { readonly type: 'literal'; readonly value: string }
  | { readonly type: 'aws_profile'; readonly profile?: string; readonly region?: string }
  | { readonly type: 'aws_secrets'; readonly arn: string; readonly region?: string; readonly field?: string }
  | { readonly type: 'gcp_adc'; readonly impersonate_service_account?: string }
  | { readonly type: 'gcp_secret_manager'; readonly name: string }
  | { readonly type: 'azure_ad'; readonly tenant_id?: string; readonly client_id?: string }
  | { readonly type: 'azure_key_vault'; readonly vault_url: string; readonly name: string }
  | { readonly type: 'vault'; readonly path: string; readonly field?: string }

/** A credential object, or `$env.VAR`. */
export type CredentialConfig = string | CredentialObject

/** US dollars per million tokens. */
export interface CostConfig {
  readonly input_per_1m?: number
  readonly output_per_1m?: number
  readonly cached_input_per_1m?: number
  readonly cache_write_per_1m?: number
  readonly cache_write_1h_per_1m?: number
  /** US dollars for the request itself. */
  readonly per_request?: number
}

/** Negotiated rates over list prices. */
export interface PricingProfile {
  readonly description?: string
  readonly input_multiplier?: number
  readonly output_multiplier?: number
  readonly cached_input_multiplier?: number
  /** By `provider/model`. */
  readonly fixed_overrides?: { readonly [target: string]: CostConfig }
}

/** What a model can do. What is left out is unknown. */
export interface CapabilitiesConfig {
  readonly tools?: boolean
  readonly vision?: boolean
  readonly audio_input?: boolean
  readonly audio_output?: boolean
  readonly json_mode?: boolean
  readonly structured_output?: boolean
  readonly streaming?: boolean
  readonly thinking?: boolean
  readonly context_window?: number
  readonly max_output?: number
}

/** Default parameters of a model's requests. Keys that Relay does not know go into the body as they are. */
export interface ParamsConfig {
  readonly max_tokens?: number
  readonly temperature?: number
  readonly top_p?: number
  readonly top_k?: number
  readonly stop?: string | readonly string[]
  readonly seed?: number
  readonly parallel_tool_calls?: boolean
  readonly reasoning?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | number
  readonly [field: string]: unknown
}

/** Clocks, in seconds. Each that runs out is a TimeoutError of its own. */
export interface TimeoutsConfig {
  /** In `defaults`: the whole call, retries and fallbacks included; default 600. On a model: one attempt at it. */
  readonly timeout?: number
  /** From sending to the response's headers; for a call that does not stream only when it is set. Default 60. */
  readonly connect_timeout?: number
  /** From sending to the first content of a stream. Default 300. */
  readonly first_content_timeout?: number
  /** Between two events of a stream; comments and pings do not count. Default 120. */
  readonly idle_timeout?: number
}

/** One deployment of one model. */
export interface ModelConfig extends TimeoutsConfig {
  /** `provider/model`; the first slash splits. */
  readonly target: string
  readonly credential?: CredentialConfig
  readonly base_url?: string
  readonly allow_private_hosts?: boolean
  readonly api_version?: string
  readonly api_style?: 'chat_completions' | 'responses' | 'converse' | 'invoke'
  readonly region?: string
  readonly project?: string
  readonly location?: string
  readonly deployment?: string
  readonly params?: ParamsConfig
  readonly headers?: { readonly [name: string]: string }
  readonly capabilities?: CapabilitiesConfig
  readonly inherit_from?: string
  readonly cost?: CostConfig
  readonly pricing_profile?: string
  readonly max_retries?: number
  readonly rpm_limit?: number
  readonly tpm_limit?: number
  readonly tags?: readonly string[]
}

export interface GroupMember {
  /** A key of `models` or of `groups`. */
  readonly name: string
  /** For `weighted`. Default 1. */
  readonly weight?: number
  /** For `conditional`. */
  readonly when?: { readonly [key: string]: unknown }
}

export interface GroupConfig {
  /** Default `fallback`. */
  readonly strategy?: 'fallback' | 'loadbalance' | 'weighted' | 'conditional'
  readonly members: readonly (string | GroupMember)[]
  /** `strict`: only what is surely the provider's fault moves on to the next member. Default `default`. */
  readonly retry_classifier?: 'default' | 'strict'
}

export interface DefaultsConfig extends TimeoutsConfig {
  /** Further attempts at one model after a failure that may pass. Default 2. */
  readonly max_retries?: number
  /** The most requests one call may make, retries and fallbacks together. Default 10. */
  readonly max_attempts?: number
  /** Seconds. Default 0.5. */
  readonly retry_initial_backoff?: number
  /** Seconds; also the most that a server's `Retry-After` is waited for. Default 30. */
  readonly retry_max_backoff?: number
  /** The whole call of a stream, in seconds. Default: as `timeout`. */
  readonly stream_overall_timeout?: number
  /** Read so that a catalogue of Relay for Python loads; connections are the runtime's here. */
  readonly http2?: boolean
  readonly pool_max_keepalive?: number
  readonly pool_max_connections?: number
  readonly keepalive_expiry?: number
}

export interface CatalogConfig {
  readonly enabled?: boolean
  readonly fetch_live_pricing?: boolean
  readonly refresh_interval_hours?: number
  readonly offline?: boolean
}

export interface ObservabilityConfig {
  readonly otel_enabled?: boolean
  readonly capture_messages?: 'never' | 'metadata_only' | 'full'
  readonly log_level?: 'debug' | 'info' | 'warning' | 'error'
}

/** The whole catalogue: what `models.yaml` holds, and what `new Hub` takes. */
export interface RelayConfig {
  readonly version?: 1
  readonly defaults?: DefaultsConfig
  readonly catalog?: CatalogConfig
  readonly observability?: ObservabilityConfig
  readonly pricing_profiles?: { readonly [name: string]: PricingProfile }
  readonly models?: { readonly [alias: string]: ModelConfig }
  readonly groups?: { readonly [alias: string]: GroupConfig }
}
