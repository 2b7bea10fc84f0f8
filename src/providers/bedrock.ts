// AWS Bedrock, through the Converse API: every text model that it serves.
import { awsUrl } from '../auth/aws-host.ts'
import { awsSign } from '../auth/aws-sign.ts'
import { awsKeys } from '../secrets/aws-env.ts'
import type { Encoding, Provider, Target } from '../types/provider.ts'
import { anew, choiceOf, familyOf, fitted } from '../wire/anthropic-models.ts'
import { awsSkewed } from '../wire/aws-fault.ts'
import { bedrockEmbeddings, bedrockReranking } from '../wire/bedrock-embeddings.ts'
import { converse } from '../wire/converse.ts'
import type { ConverseBody, ConverseFamily } from '../wire/converse-encode.ts'
import { MANNER } from '../wire/converse-turns.ts'
import { levelOf, nearest } from '../wire/effort.ts'
import { UNKNOWN } from '../wire/fields.ts'
import { thoughtlessLoop } from '../wire/turns.ts'

export const bedrock: Provider = {
  name: 'bedrock',
  style: 'converse',
  wire: converse({ family }),
  baseUrl: awsUrl('bedrock-runtime'),
  env: ['AWS_BEARER_TOKEN_BEDROCK'],
  credential: awsKeys,
  ambient: { type: 'aws_profile' },
  skewed: awsSkewed,
  sign: awsSign('bedrock'),
  anew,
  embed: bedrockEmbeddings,
  rerank: bedrockReranking,
}

const OTHERS: ConverseFamily = { schema: true, status: false, adjust: others }

/** The first that the model's name matches counts. */
const FAMILIES: readonly (readonly [name: RegExp, family: ConverseFamily])[] = [
  [/claude/, { schema: true, status: true, kin: (model) => familyOf(model).key, adjust: claude }],
  [/nova/, { schema: false, status: true, adjust: nova }],
  [/[sx]tral/, { ...OTHERS, toolId: /^(tooluse_[\w-]+|[a-zA-Z0-9]{9})$/ }],
  [/llama|titan|jamba|command/, { ...OTHERS, schema: false }],
]

function family({ target }: Encoding): ConverseFamily {
  const name = nameOf(target)
  const found = FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? OTHERS
  if (!found.kin) return found
  const { can, key = '' } = familyOf(name)
  // From 4.7 on AWS refuses the schemas that the models themselves know.
  return { ...found, schema: can('schema') && Number(key.split('-')[1]) < 407 }
}

/** The ARN of an application's profile hides what model it stands for: what the entry inherits from tells. */
function nameOf({ model, config: { inherit_from: like = '' } }: Target): string {
  return `${model} ${like}`
}

function claude(body: ConverseBody, encoding: Encoding): void {
  const { messages, begun, inferenceConfig: inference, additionalModelRequestFields: native } = body
  const { request, target } = encoding
  const model = familyOf(nameOf(target))
  const choice = choiceOf(encoding, model)
  const { thinking, effort, temperature, topP, topK: top_k } = fitted(encoding, model, {
    maxTokens: request.maxTokens ?? target.config.capabilities?.max_output ?? model.maxTokens,
    thoughtless: thoughtlessLoop(messages, MANNER),
    begun,
  })
  Object.assign(inference, { temperature, topP })
  Object.assign(native, { thinking, output_config: effort && { effort }, top_k, tool_choice: choice?.['disable_parallel_tool_use'] ? choice : undefined })
}

function nova({ inferenceConfig, additionalModelRequestFields: native }: ConverseBody, encoding: Encoding): void {
  const { request: { topK }, target, note } = encoding
  const effort = effortOf(encoding, /nova-2/.test(nameOf(target)))
  if (effort) native['reasoningConfig'] = { type: 'enabled', maxReasoningEffort: effort }
  // Beside the highest level these are errors.
  const drops = effort === 'high' && native['reasoningConfig']
  const all = { ...inferenceConfig, topK }
  for (const field of ['temperature', 'topP', 'maxTokens', 'topK'] as const) if (drops && all[field] !== undefined) note(field, 'not while the model thinks its hardest')
  if (drops) Object.assign(inferenceConfig, { temperature: undefined, topP: undefined, maxTokens: undefined })
  else if (topK !== undefined) native['inferenceConfig'] = { topK }
}

function others({ additionalModelRequestFields: native }: ConverseBody, encoding: Encoding): void {
  const { request: { topK }, target } = encoding
  const name = nameOf(target)
  const field = /gpt-oss/.test(name) ? 'reasoning_effort' : /qwen/.test(name) ? 'reasoning_config' : undefined
  const effort = effortOf(encoding, !!field)
  if (topK !== undefined) native['top_k'] = topK
  if (effort && field) native[field] = effort
}

/** How hard to think, for models that know three levels, or none. */
function effortOf({ request: { reasoning = 'none', parallelToolCalls }, note }: Encoding, knows: boolean): string | undefined {
  if (parallelToolCalls !== undefined) note('parallelToolCalls', UNKNOWN)
  const level = levelOf(reasoning)
  const effort = level === 'none' ? undefined : nearest(level, ['low', 'medium', 'high'])
  if (effort && (!knows || effort !== reasoning)) note('reasoning', knows ? `sent as ${effort}` : UNKNOWN)
  return knows ? effort : undefined
}
