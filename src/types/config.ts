// The catalogue as data: one shape for YAML, JSON and code, in snake_case. `schema/` is proved to describe the same.
import type { BreakerConfig, LimitConfig } from './limits.ts'

/** A variable holds the secret. It is read when a call needs it, so a rotated secret is seen. */
export interface EnvCredential {
  readonly type: 'env'
  /** Name of the variable. */
  readonly var: string
}

/** The secret itself, for code that fetched it. Do not write one into a file. */
export interface LiteralCredential {
  readonly type: 'literal'
  /** The secret. */
  readonly value: string
}

/** A profile of the AWS configuration files. */
export interface AwsProfileCredential {
  readonly type: 'aws_profile'
  /** Name of the profile. Default: `default`. */
  readonly profile?: string
  /** AWS region. Default: the profile's. Where it is written it is the model's too, unless the entry names one. */
  readonly region?: string
}

/** A secret in AWS Secrets Manager. */
export interface AwsSecretsCredential {
  readonly type: 'aws_secrets'
  /** ARN of the secret. */
  readonly arn: string
  /** AWS region. Default: the one in the ARN. */
  readonly region?: string
  /** Field of a secret that is a JSON object. Default: the whole secret. */
  readonly field?: string
}

/** Google's Application Default Credentials. */
export interface GcpAdcCredential {
  readonly type: 'gcp_adc'
  /** E-mail address of the service account to act as. */
  readonly impersonate_service_account?: string
}

/** A secret in Google Secret Manager. */
export interface GcpSecretManagerCredential {
  readonly type: 'gcp_secret_manager'
  /** `projects/PROJECT/secrets/SECRET/versions/latest`. */
  readonly name: string
}

/** A token of Microsoft Entra ID. */
export interface AzureAdCredential {
  readonly type: 'azure_ad'
  /** The directory. Default: the variable AZURE_TENANT_ID. */
  readonly tenant_id?: string
  /** The application. Default: the variable AZURE_CLIENT_ID. */
  readonly client_id?: string
}

/** A secret in Azure Key Vault. */
export interface AzureKeyVaultCredential {
  readonly type: 'azure_key_vault'
  /** `https://NAME.vault.azure.net`. */
  readonly vault_url: string
  /** Name of the secret. */
  readonly name: string
}

/** A secret in HashiCorp Vault. */
export interface VaultCredential {
  readonly type: 'vault'
  /** Path of the secret. */
  readonly path: string
  /** Field of the secret. Default `value`. */
  readonly field?: string
}

export type CredentialObject =
  | EnvCredential
  | LiteralCredential
  | AwsProfileCredential
  | AwsSecretsCredential
  | GcpAdcCredential
  | GcpSecretManagerCredential
  | AzureAdCredential
  | AzureKeyVaultCredential
  | VaultCredential

/** A credential object, or `$env.VAR`. */
export type CredentialConfig = string | CredentialObject

/** US dollars per million tokens. */
export interface CostConfig {
  /** Input that no cache served. */
  readonly input_per_1m?: number
  /** Output, reasoning included. */
  readonly output_per_1m?: number
  /** Input read from the provider's cache. */
  readonly cached_input_per_1m?: number
  /** Input written to the provider's cache for its shorter time. */
  readonly cache_write_per_1m?: number
  /** Input written to the provider's cache for an hour. */
  readonly cache_write_1h_per_1m?: number
  /** US dollars for the request itself. */
  readonly per_request?: number
}

/** Negotiated rates over list prices. */
export interface PricingProfile {
  /** What the profile is, for people. */
  readonly description?: string
  /** Factor on the list price of input. Default 1. */
  readonly input_multiplier?: number
  /** Factor on the list price of output. Default 1. */
  readonly output_multiplier?: number
  /** Factor on the list price of cached input. Default 1. */
  readonly cached_input_multiplier?: number
  /** Prices that replace the list's, by `provider/model`. */
  readonly fixed_overrides?: { readonly [target: string]: CostConfig }
}

/** What a model can do. What is left out is unknown. */
export interface CapabilitiesConfig {
  /** Calls tools. */
  readonly tools?: boolean
  /** Takes images. */
  readonly vision?: boolean
  /** Takes audio. */
  readonly audio_input?: boolean
  /** Answers in audio. */
  readonly audio_output?: boolean
  /** Can be held to JSON. */
  readonly json_mode?: boolean
  /** Can be held to a JSON Schema. */
  readonly structured_output?: boolean
  /** Streams. */
  readonly streaming?: boolean
  /** Reasons before it answers. */
  readonly thinking?: boolean
  /** Tokens of input and output together. */
  readonly context_window?: number
  /** Tokens of one answer. */
  readonly max_output?: number
}

/** Default parameters of a model's requests. Keys that Relay does not know go into the body as they are. */
export interface ParamsConfig {
  /** The most tokens to answer with, 1 or more. */
  readonly max_tokens?: number
  /** 0 to 2. */
  readonly temperature?: number
  /** 0 to 1. */
  readonly top_p?: number
  /** A whole number, 0 or more. */
  readonly top_k?: number
  /** Where the answer ends, if it comes to that: one text or several. */
  readonly stop?: string | readonly string[]
  /** A whole number. */
  readonly seed?: number
  /** Whether one answer may hold several tool calls. */
  readonly parallel_tool_calls?: boolean
  /** How much to reason: a level, or a budget in tokens. */
  readonly reasoning?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | number
  readonly [field: string]: unknown
}

/** Clocks, in seconds. Each that runs out is a TimeoutError of its own. */
export interface TimeoutsConfig {
  /** The whole call, in seconds. Default 600. */
  readonly timeout?: number
  /** Till the response's headers, in seconds; for a call that does not stream only when it is set. Default 60. */
  readonly connect_timeout?: number
  /** Till the first content of a stream, in seconds. Default 300. */
  readonly first_content_timeout?: number
  /** Between two events of a stream, in seconds; comments and pings do not count. Default 120. */
  readonly idle_timeout?: number
}

/** One deployment of one model. */
export interface ModelConfig extends TimeoutsConfig {
  /** `provider/model`; the first slash splits. */
  readonly target: string
  /** A credential object, or `$env.VAR`. Default: the provider's own variable. */
  readonly credential?: CredentialConfig
  /** Several keys: one that is refused is left out, one that is throttled rests. Instead of `credential`. */
  readonly credentials?: readonly CredentialConfig[]
  /** Where the provider is, instead of its own address: https, or http on loopback. */
  readonly base_url?: string
  /** Lets `base_url` be a private, link-local or metadata address, and what is fetched for the model stand at one. Default false. */
  readonly allow_private_hosts?: boolean
  /** Version of the provider's API, where it asks for one. */
  readonly api_version?: string
  /** Which of the provider's APIs to speak. Default: its first. */
  readonly api_style?: 'chat_completions' | 'responses' | 'converse' | 'invoke'
  /** Cloud region. */
  readonly region?: string
  /** Cloud project. */
  readonly project?: string
  /** Cloud location, where the provider calls it so. */
  readonly location?: string
  /** Name of the deployment, where it is not the model's. */
  readonly deployment?: string
  /** Default parameters of the model's requests. Keys that Relay does not know go into the body as they are. */
  readonly params?: ParamsConfig
  /** Further headers of the model's requests. */
  readonly headers?: { readonly [name: string]: string }
  /** What the model can do. What is left out is looked up, or unknown. */
  readonly capabilities?: CapabilitiesConfig
  /** `provider/model` to take capabilities and prices from, for a fine-tuned model. */
  readonly inherit_from?: string
  /** The model's prices, in US dollars per million tokens. Default: the list's. */
  readonly cost?: CostConfig
  /** A key of `pricing_profiles`. */
  readonly pricing_profile?: string
  /** Further attempts after a failure that may pass. Default: as `defaults`. */
  readonly max_retries?: number
  /** Requests a minute. */
  readonly rpm_limit?: number
  /** Tokens a minute. */
  readonly tpm_limit?: number
  /** Calls under way at a time. */
  readonly max_concurrency?: number
  /** When the deployment is left alone for failing too often. Default: as `defaults`. */
  readonly breaker?: BreakerConfig
  /** Free words to find models by. */
  readonly tags?: readonly string[]
}

/** One member of a group. */
export interface GroupMember extends TimeoutsConfig {
  /** A key of `models` or of `groups`. */
  readonly name: string
  /** Share of the calls under `weighted`, 0 or more. Default 1. */
  readonly weight?: number
  /** What a request must be for the member under `conditional`. */
  readonly when?: { readonly [key: string]: unknown }
  /** Parameters of the member's requests, over its model's own. */
  readonly params?: ParamsConfig
  /** Further attempts at the member. Default: as its model. */
  readonly max_retries?: number
}

/** A failure, as `on` names it. */
export type FallbackCause =
  | 'rate_limit' | 'overloaded' | 'server_error' | 'network' | 'timeout' | 'stream_truncated' | 'invalid_response'
  | 'auth' | 'quota' | 'context_window' | 'content_policy' | 'not_found' | 'request_too_large' | 'unsupported' | 'invalid_request'
  | 'circuit_open' | 'limit'

/** A second member is asked when the first is slow. */
export interface HedgeConfig {
  /** How long the first content is waited for: milliseconds, or `p95` of what was measured. Default `p95`. */
  readonly after?: 'p95' | number
  /** The share of calls that may ask a second member, as `5%` or 0.05. Default `5%`. */
  readonly max_extra?: string | number
}

/** Several models under one alias. */
export interface GroupConfig {
  /** How a member is chosen. Default `fallback`: the first that answers. */
  readonly strategy?: 'fallback' | 'loadbalance' | 'weighted' | 'conditional' | 'fastest' | 'cheapest'
  /** Aliases of models or groups, or members with settings of their own. */
  readonly members: readonly (string | GroupMember)[]
  /** How `loadbalance` spreads calls. Default `random`. */
  readonly balance?: 'random' | 'round_robin' | 'least_busy'
  /** `strict`: only what is surely the provider's fault moves on to the next member. Default `default`. */
  readonly retry_classifier?: 'default' | 'strict'
  /** The failures that move on to the next member. Default: all that another member may not have. */
  readonly on?: readonly FallbackCause[]
  /** A second member is asked when the first is slow to its first content. */
  readonly hedge?: HedgeConfig
  /** What becomes of a stream that breaks: an error with what had arrived, or the next member goes on. Default `error`. */
  readonly on_interrupt?: 'error' | 'continue'
}

/** What holds for every model that does not say otherwise. */
export interface DefaultsConfig extends TimeoutsConfig {
  /** Further attempts at one model after a failure that may pass. Default 2. */
  readonly max_retries?: number
  /** The most requests one call may make, retries and fallbacks together. Default 10. */
  readonly max_attempts?: number
  /** Before the first retry, in seconds. Default 0.5. */
  readonly retry_initial_backoff?: number
  /** The longest wait before a retry, a server's `Retry-After` included, in seconds. Default 30. */
  readonly retry_max_backoff?: number
  /** The whole call of a stream, in seconds. Default: as `timeout`. */
  readonly stream_overall_timeout?: number
  /** Read so that a catalogue of Relay for Python loads; connections are the runtime's here. */
  readonly http2?: boolean
  /** Read so that a catalogue of Relay for Python loads; connections are the runtime's here. */
  readonly pool_max_keepalive?: number
  /** Read so that a catalogue of Relay for Python loads; connections are the runtime's here. */
  readonly pool_max_connections?: number
  /** Read so that a catalogue of Relay for Python loads; connections are the runtime's here. */
  readonly keepalive_expiry?: number
  /** When a deployment is left alone for failing too often. Default: never. */
  readonly breaker?: BreakerConfig
}

/** The catalogue of known models and prices. */
export interface CatalogConfig {
  /** Whether known models and prices are looked up. Default true. */
  readonly enabled?: boolean
  /** Whether prices are fetched from providers that publish them. */
  readonly fetch_live_pricing?: boolean
  /** Hours between two fetches of live prices. */
  readonly refresh_interval_hours?: number
  /** Never fetches prices. */
  readonly offline?: boolean
}

/** What can be seen from outside. */
export interface ObservabilityConfig {
  /** Whether calls are traced with OpenTelemetry. Default false. */
  readonly otel_enabled?: boolean
  /** How much of messages may go into traces. Default `metadata_only`. */
  readonly capture_messages?: 'never' | 'metadata_only' | 'full'
  /** The least that is worth a line in the log. Default `info`. */
  readonly log_level?: 'debug' | 'info' | 'warning' | 'error'
}

/** The whole catalogue: what `models.yaml` holds, and what `new Hub` takes. */
export interface RelayConfig {
  /** Version of this shape. Default 1. */
  readonly version?: 1
  /** What holds for every model that does not say otherwise. */
  readonly defaults?: DefaultsConfig
  /** The catalogue of known models and prices. */
  readonly catalog?: CatalogConfig
  /** What can be seen from outside. */
  readonly observability?: ObservabilityConfig
  /** Negotiated rates over list prices, by name. */
  readonly pricing_profiles?: { readonly [name: string]: PricingProfile }
  /** Limits and budgets of requests, tokens, US dollars and concurrency. */
  readonly limits?: readonly LimitConfig[]
  /** Deployments of models, by alias. */
  readonly models?: { readonly [alias: string]: ModelConfig }
  /** Groups of models, by alias. */
  readonly groups?: { readonly [alias: string]: GroupConfig }
}
