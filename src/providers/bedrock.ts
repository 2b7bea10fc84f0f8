// AWS Bedrock, through the Converse API: every text model that it serves.
import { awsUrl } from '../auth/aws-host.ts'
import { awsSign } from '../auth/aws-sign.ts'
import { relayError } from '../errors.ts'
import { awsKeys } from '../secrets/aws-env.ts'
import type { Encoding, Provider, Target } from '../types/provider.ts'
import { awsSkewed } from '../wire/aws-fault.ts'
import { familyOf, thinking } from '../wire/anthropic-models.ts'
import { bedrockEmbeddings, bedrockReranking } from '../wire/bedrock-embeddings.ts'
import type { ConverseBody, ConverseFamily } from '../wire/converse-encode.ts'
import { thoughtlessLoop } from '../wire/converse-turns.ts'
import { converse } from '../wire/converse.ts'

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
  const { messages, inferenceConfig: inference, additionalModelRequestFields: native } = body
  const { request, target, note, details } = encoding
  const { reasoning, toolChoice = 'auto', tools, parallelToolCalls, topK } = request
  const model = familyOf(nameOf(target))
  const { can } = model
  const forced = !!tools?.length && toolChoice !== 'auto' && toolChoice !== 'none'
  if (forced && !can('forced')) {
    throw relayError('unsupported', "this model cannot be made to call a tool: use toolChoice 'auto', or `responseFormat` for JSON", details)
  }
  const { thinking: thought, effort, note: why } = thinking(model, reasoning, request.maxTokens ?? target.config.capabilities?.max_output ?? model.maxTokens)
  if (why) note('reasoning', why)
  if (thought?.type === 'enabled' && (forced || thoughtlessLoop(messages))) {
    note('reasoning', forced ? 'no thinking where a tool must be called' : 'no thinking in a tool loop that began without it')
  } else if (thought) native['thinking'] = thought
  if (effort) native['output_config'] = { effort }
  if (parallelToolCalls === false && tools?.length) {
    const choice = typeof toolChoice === 'object' ? { type: 'tool', ...toolChoice } : { type: forced ? 'any' : 'auto' }
    native['tool_choice'] = { ...choice, disable_parallel_tool_use: true }
  }
  const never = can('sampling') ? '' : 'this model does not take it'
  const fixed = never || (native['thinking'] && thought?.type !== 'disabled' ? 'not while the model thinks' : '')
  const { temperature, topP = 1 } = inference
  if (temperature !== 1) drop(body, encoding, ['temperature', fixed])
  const both = inference.temperature !== undefined && !can('both') && 'this model takes temperature or top_p, not both'
  drop(body, encoding, ['topP', topP < 0.95 ? fixed || both : never || both])
  if (topK === undefined) return
  if (fixed) note('topK', fixed)
  else native['top_k'] = topK
}

/** Takes a parameter out, where there is a reason to. */
function drop({ inferenceConfig }: ConverseBody, { note }: Encoding, [field, why]: readonly ['temperature' | 'topP' | 'maxTokens', string | false]): void {
  if (!why || inferenceConfig[field] === undefined) return
  note(field, why)
  inferenceConfig[field] = undefined
}

function nova(body: ConverseBody, encoding: Encoding): void {
  const { request: { topK }, target, note } = encoding
  const { additionalModelRequestFields: native } = body
  const effort = levelOf(encoding)
  if (effort && !/nova-2/.test(nameOf(target))) note('reasoning', 'it does not think')
  else if (effort) native['reasoningConfig'] = { type: 'enabled', maxReasoningEffort: effort }
  // Beside the highest level these are errors.
  const why = effort === 'high' && native['reasoningConfig'] ? 'not while the model thinks its hardest' : ''
  for (const field of ['temperature', 'topP', 'maxTokens'] as const) drop(body, encoding, [field, why])
  if (topK === undefined) return
  if (why) note('topK', why)
  else native['inferenceConfig'] = { topK }
}

function others({ additionalModelRequestFields: native }: ConverseBody, encoding: Encoding): void {
  const { request: { topK }, target, note } = encoding
  const effort = levelOf(encoding)
  const name = nameOf(target)
  const field = /gpt-oss/.test(name) ? 'reasoning_effort' : /qwen/.test(name) ? 'reasoning_config' : undefined
  if (topK !== undefined) native['top_k'] = topK
  if (effort && field) native[field] = effort
  else if (effort) note('reasoning', 'no field for it is known: the model thinks as it is made to')
}

/** How hard to think, for models that know three levels. */
function levelOf({ request: { reasoning = 'none', parallelToolCalls }, note }: Encoding): string | undefined {
  if (parallelToolCalls !== undefined) note('parallelToolCalls', 'there is no such switch here')
  if (reasoning === 'none' || reasoning === 0) return undefined
  if (typeof reasoning === 'number') return reasoning <= 2048 ? 'low' : reasoning <= 8192 ? 'medium' : 'high'
  return reasoning === 'minimal' ? 'low' : reasoning === 'xhigh' ? 'high' : reasoning
}
