// What the cases stand on: one catalogue, a simulated world that answers by script, and requests that several cases ask.
import { Hub, type ChatRequest, type HubOptions, type Provider, type RelayConfig, type StreamEvent, type Tool } from '@relay/core'
import { anthropic } from '@relay/core/providers/anthropic'
import { compatible } from '@relay/core/providers/compatible'
import { deepseek } from '@relay/core/providers/deepseek'
import { fireworks } from '@relay/core/providers/fireworks'
import { groq } from '@relay/core/providers/groq'
import { lmstudio } from '@relay/core/providers/lmstudio'
import { mistral } from '@relay/core/providers/mistral'
import { ollama } from '@relay/core/providers/ollama'
import { openai } from '@relay/core/providers/openai'
import { openrouter } from '@relay/core/providers/openrouter'
import { perplexity } from '@relay/core/providers/perplexity'
import { together } from '@relay/core/providers/together'
import { vllm } from '@relay/core/providers/vllm'
import { xai } from '@relay/core/providers/xai'
import { simulator, type Script, type SimulatedRequest, type SimulatorOptions } from '@relay/core/testing'

/** Everyone who needs nothing but a key, and a model of theirs. */
export const COMPANIES: readonly (readonly [Provider, string])[] = [
  [openai, 'gpt-4.1-mini'],
  [anthropic, 'claude-haiku-4-5'],
  [groq, 'llama-3.3-70b-versatile'],
  [together, 'meta-llama/Llama-3.3-70B-Instruct-Turbo'],
  [deepseek, 'deepseek-chat'],
  [xai, 'grok-4'],
  [mistral, 'mistral-small-latest'],
  [fireworks, 'accounts/fireworks/models/llama-v3p3-70b-instruct'],
  [perplexity, 'sonar'],
  [openrouter, 'openai/gpt-4.1-mini'],
  [ollama, 'llama3.2'],
  [vllm, 'served'],
  [lmstudio, 'loaded'],
  [compatible, 'whatever'],
]

export const PROVIDERS: readonly Provider[] = COMPANIES.map(([provider]) => provider)

const COST = { input_per_1m: 3, output_per_1m: 15, cached_input_per_1m: 0.3 }

export const CATALOGUE: RelayConfig = {
  defaults: { retry_initial_backoff: 0.001, retry_max_backoff: 0.002 },
  models: {
    openai: { target: 'openai/gpt-4.1-mini', cost: COST },
    anthropic: { target: 'anthropic/claude-sonnet-4-5', cost: COST },
    deepseek: { target: 'deepseek/deepseek-reasoner', cost: COST },
  },
  groups: { both: { members: ['openai', 'anthropic'] } },
}

export const ENV: { readonly [name: string]: string } = Object.fromEntries(PROVIDERS.flatMap(({ env }) => env).map((name) => [name, `test-${name.toLowerCase()}`]))

export interface Stage {
  readonly hub: Hub
  /** What the provider was asked, in order. */
  readonly requests: readonly SimulatedRequest[]
}

export interface StageOptions extends Partial<HubOptions> {
  readonly simulator?: SimulatorOptions
}

export function stage(answers: Script, config: RelayConfig = CATALOGUE, options: StageOptions = {}): Stage {
  const { simulator: more, ...rest } = options
  const { fetch, requests } = simulator({ answers, ...more })
  return { hub: new Hub(config, { providers: PROVIDERS, env: ENV, fetch, ...rest }), requests }
}

export const HELLO: ChatRequest = { messages: [{ role: 'user', content: 'Hello' }] }

export const WEATHER: Tool = {
  name: 'get_weather',
  description: 'The weather in a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
}

/** Reads a stream to its end. */
export async function events(stream: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const seen: StreamEvent[] = []
  for await (const event of stream) seen.push(event)
  return seen
}
