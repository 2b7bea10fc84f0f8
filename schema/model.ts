// One deployment of one model.
import type { TNumber, TOptional, TUnsafe } from '@sinclair/typebox'
import * as Type from '@sinclair/typebox'
import type { CapabilitiesConfig, ModelConfig, ParamsConfig } from '../src/types/config.ts'
import { credential } from './credential.ts'
import { exactly } from './exactly.ts'
import { between, closed, duration, flag, text, texts, whole, word } from './field.ts'
import { breaker } from './limit.ts'
import { cost } from './price.ts'

const LEVELS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const

/** The clocks of a model, and of all of them. */
export const timeouts: { readonly [clock in Clock]: TOptional<TNumber> } = {
  timeout: duration('The whole call, in seconds. Default 600.'),
  connect_timeout: duration(
    "Till the response's headers, in seconds; for a call that does not stream only when it is set. Default 60.",
  ),
  first_content_timeout: duration('Till the first content of a stream, in seconds. Default 300.'),
  idle_timeout: duration('Between two events of a stream, in seconds; comments and pings do not count. Default 120.'),
}

type Clock = 'timeout' | 'connect_timeout' | 'first_content_timeout' | 'idle_timeout'

export const params: TUnsafe<ParamsConfig> = exactly<ParamsConfig>()(Type.Object({
  max_tokens: whole(1, 'The most tokens to answer with, 1 or more.'),
  temperature: between(0, 2, '0 to 2.'),
  top_p: between(0, 1, '0 to 1.'),
  top_k: whole(0, 'A whole number, 0 or more.'),
  stop: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())], {
    description: 'Where the answer ends, if it comes to that: one text or several.',
  })),
  seed: Type.Optional(Type.Integer({ description: 'A whole number.' })),
  parallel_tool_calls: flag('Whether one answer may hold several tool calls.'),
  reasoning: Type.Optional(Type.Union([...LEVELS.map((level) => Type.Literal(level)), Type.Integer({ minimum: 0 })], {
    description: 'How much to reason: a level, or a budget in tokens.',
  })),
}, {
  additionalProperties: true,
  description: "Default parameters of the model's requests. Keys that Relay does not know go into the body as they are.",
}))

const capabilities: TUnsafe<CapabilitiesConfig> = exactly<CapabilitiesConfig>()(Type.Object({
  tools: flag('Calls tools.'),
  vision: flag('Takes images.'),
  audio_input: flag('Takes audio.'),
  audio_output: flag('Answers in audio.'),
  json_mode: flag('Can be held to JSON.'),
  structured_output: flag('Can be held to a JSON Schema.'),
  streaming: flag('Streams.'),
  thinking: flag('Reasons before it answers.'),
  context_window: whole(1, 'Tokens of input and output together.'),
  max_output: whole(1, 'Tokens of one answer.'),
}, { ...closed, description: 'What the model can do. What is left out is looked up, or unknown.' }))

export const model: TUnsafe<ModelConfig> = exactly<ModelConfig>()(Type.Object({
  target: Type.String({
    pattern: '^[^\\s/]+/\\S|\\$(env\\.|\\{env:)',
    description: '`provider/model`; the first slash splits.',
  }),
  credential: Type.Optional(credential),
  credentials: Type.Optional(Type.Array(credential, {
    minItems: 1,
    description: 'Several keys: one that is refused is left out, one that is throttled rests. Instead of `credential`.',
  })),
  base_url: text('Where the provider is, instead of its own address: https, or http on loopback.'),
  allow_private_hosts: flag('Lets `base_url` be a private, link-local or metadata address, and what is fetched for the model stand at one. Default false.'),
  api_version: text("Version of the provider's API, where it asks for one."),
  api_style: word(
    ['chat_completions', 'responses', 'converse', 'invoke'],
    "Which of the provider's APIs to speak. Default: its first.",
  ),
  region: text('Cloud region.'),
  project: text('Cloud project.'),
  location: text('Cloud location, where the provider calls it so.'),
  deployment: text("Name of the deployment, where it is not the model's."),
  params: Type.Optional(params),
  headers: Type.Optional(Type.Record(Type.String(), Type.String(), {
    description: "Further headers of the model's requests.",
  })),
  capabilities: Type.Optional(capabilities),
  inherit_from: text('`provider/model` to take capabilities and prices from, for a fine-tuned model.'),
  cost: Type.Optional(cost),
  pricing_profile: text('A key of `pricing_profiles`.'),
  max_retries: whole(0, 'Further attempts after a failure that may pass. Default: as `defaults`.'),
  rpm_limit: whole(1, 'Requests a minute.'),
  tpm_limit: whole(1, 'Tokens a minute.'),
  max_concurrency: whole(1, 'Calls under way at a time.'),
  breaker: Type.Optional(breaker('When the deployment is left alone for failing too often. Default: as `defaults`.')),
  tags: texts('Free words to find models by.'),
  ...timeouts,
}, { ...closed, description: 'One deployment of one model.' }))
