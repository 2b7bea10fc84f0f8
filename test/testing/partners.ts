// Every provider that Relay has, with a model of its own and the counterpart that the simulator has for it.
import type { ModelConfig, Provider } from '@relay/core'
import {
  anthropic, azure, azureResponses, bedrock, bedrockInvoke, cohere, compatible, deepseek, fireworks, google, groq, lmstudio, mistral, ollama,
  openai, openaiResponses, openrouter, openrouterResponses, perplexity, perplexityResponses, together, vertex, vllm, xai, xaiResponses,
} from '@relay/core/providers'

export interface Partner {
  readonly name: string
  readonly provider: Provider
  /** The simulator's name for it, and for its wire. */
  readonly dialect: string
  readonly wire: string
  readonly config: ModelConfig
}

const credential = { type: 'literal', value: 'a-key-of-some-length' } as const

function chat(provider: Provider, model = 'some-model'): Partner {
  const { name } = provider
  const config = { target: `${name}/${model}`, base_url: 'https://api.test/v1', credential }
  return { name, provider, dialect: name, wire: 'openai-chat', config }
}

/** A partner that lives at its own address. */
function at(wire: string, provider: Provider, model: string, more: Partial<ModelConfig> & { readonly as?: string } = {}): Partner {
  const { as, ...rest } = more
  return { name: as ?? wire, provider, dialect: provider.name, wire, config: { target: `${provider.name}/${model}`, credential, ...rest } }
}

export const partners: readonly Partner[] = [
  ...[openai, groq, together, deepseek, xai, mistral, fireworks, perplexity, openrouter, ollama, vllm, lmstudio, compatible].map((provider) => chat(provider)),
  { ...chat(anthropic), wire: 'anthropic-messages' },
  at('openai-responses', openaiResponses, 'gpt-5.4', { api_style: 'responses' }),
  at('openai-chat', azure, 'prod', { base_url: 'https://r.openai.azure.com/openai/v1', as: 'azure' }),
  at('openai-chat', azure, 'prod', { base_url: 'https://r.openai.azure.com', api_version: '2024-10-21', deployment: 'gpt 5', as: 'azure, classic' }),
  at('openai-responses', azureResponses, 'prod', { base_url: 'https://r.openai.azure.com/openai/v1', api_style: 'responses', as: 'azure by responses' }),
  at('openai-responses', xaiResponses, 'grok-4', { api_style: 'responses', as: 'xai by responses' }),
  at('openai-responses', openrouterResponses, 'openai/gpt-5.4', { api_style: 'responses', as: 'openrouter by responses' }),
  at('openai-responses', perplexityResponses, 'sonar', { api_style: 'responses', as: 'perplexity by responses' }),
  at('converse', bedrock, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', { region: 'us-east-1' }),
  at('converse', bedrock, 'us.amazon.nova-2-lite-v1:0', { region: 'us-east-1', as: 'converse with another model' }),
  at('gemini', google, 'gemini-3.8-flash'),
  at('gemini', google, 'gemini-2.5-flash', { as: 'an older gemini' }),
  at('gemini', vertex, 'gemini-3.8-flash', { project: 'p', location: 'global', as: 'gemini on vertex' }),
  at('gemini', vertex, 'gemini-3.8-flash', { project: 'p', location: 'europe-west4', api_version: 'v1', as: 'gemini on an older vertex' }),
  at('anthropic-messages', vertex, 'claude-sonnet-4-6', { project: 'p', location: 'us', as: 'claude on vertex' }),
  at('openai-chat', vertex, 'moonshotai/kimi-k2-thinking-maas', { project: 'p', location: 'global', as: 'others on vertex' }),
  at('cohere', cohere, 'command-a-reasoning-08-2025'),
  at('bedrock-invoke', bedrockInvoke, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', { region: 'us-east-1', api_style: 'invoke' }),
]
