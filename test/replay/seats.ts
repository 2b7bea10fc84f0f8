// Who may take a turn in a conversation: every wire, under the models whose rules of replay differ.
import type { ModelConfig, Provider } from '@relay/core'
import {
  anthropic, azure, azureResponses, bedrock, bedrockInvoke, cohere, compatible, deepseek, fireworks, google, groq, lmstudio, mistral, ollama,
  openai, openaiResponses, openrouter, openrouterResponses, together, vertex, vllm, xai, xaiResponses,
} from '@relay/core/providers'

export interface Seat {
  readonly name: string
  readonly provider: Provider
  readonly config: ModelConfig
  /** Seats of one family understand each other's sealed thoughts. */
  readonly family?: string
}

const credential = { type: 'literal', value: 'a-key-of-some-length' } as const

function seat(provider: Provider, model: string, { family, ...more }: Partial<ModelConfig> & { readonly family?: string } = {}): Seat {
  const style = more.api_style === undefined ? '' : ` (${more.api_style})`
  return {
    name: `${provider.name}/${model}${style}`,
    provider,
    config: { target: `${provider.name}/${model}`, credential, ...more },
    ...(family === undefined ? {} : { family }),
  }
}

const claude = { family: 'claude' }
const region = 'us-east-1'

export const seats: readonly Seat[] = [
  seat(openai, 'gpt-5.4', { api_style: 'chat_completions' }),
  seat(groq, 'openai/gpt-oss-120b'),
  seat(together, 'deepseek-ai/DeepSeek-V3.2'),
  seat(deepseek, 'deepseek-v4-pro'),
  seat(xai, 'grok-4'),
  seat(mistral, 'magistral-medium-latest'),
  seat(fireworks, 'accounts/fireworks/models/kimi-k2-thinking'),
  seat(openrouter, 'anthropic/claude-sonnet-4.5'),
  seat(ollama, 'qwen3'),
  seat(vllm, 'qwen3', { base_url: 'http://localhost:8000/vllm/v1' }),
  seat(lmstudio, 'qwen3'),
  seat(compatible, 'any', { base_url: 'https://gateway.example/compatible/v1' }),
  seat(azure, 'prod', { base_url: 'https://r.openai.azure.com/openai/v1', api_style: 'chat_completions' }),
  seat(openaiResponses, 'gpt-5.4', { api_style: 'responses' }),
  seat(azureResponses, 'prod', { base_url: 'https://r.openai.azure.com/openai/v1', api_style: 'responses' }),
  seat(xaiResponses, 'grok-4', { api_style: 'responses' }),
  seat(openrouterResponses, 'openai/gpt-5.4', { api_style: 'responses' }),
  seat(anthropic, 'claude-sonnet-4-5', claude),
  seat(anthropic, 'claude-opus-4-8', claude),
  seat(anthropic, 'claude-opus-5-5', claude),
  seat(bedrock, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', { region, ...claude }),
  seat(bedrockInvoke, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', { region, api_style: 'invoke', ...claude }),
  seat(bedrock, 'us.amazon.nova-2-lite-v1:0', { region }),
  seat(bedrock, 'mistral.mistral-large-2407-v1:0', { region }),
  seat(cohere, 'command-a-reasoning-08-2025'),
  seat(google, 'gemini-3.8-flash'),
  seat(google, 'gemini-2.5-flash'),
  seat(vertex, 'gemini-3.8-flash', { project: 'p', location: 'global' }),
  seat(vertex, 'claude-sonnet-4-6', { project: 'p', location: 'global', ...claude }),
  seat(vertex, 'moonshotai/kimi-k2-thinking-maas', { project: 'p', location: 'global' }),
]
