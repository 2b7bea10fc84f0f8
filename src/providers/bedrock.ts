// AWS Bedrock, through the Converse API: every text model that it serves.
import { awsUrl } from '../auth/aws-host.ts'
import { awsSign } from '../auth/aws-sign.ts'
import { relayError } from '../errors.ts'
import { awsKeys } from '../secrets/aws-env.ts'
import type { Encoding, Provider } from '../types/provider.ts'
import type { Reasoning } from '../types/request.ts'
import { familyOf, thinking } from '../wire/anthropic-models.ts'
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
  sign: awsSign('bedrock'),
}

const OTHERS: ConverseFamily = { schema: true, status: false, adjust: others }

/** The first that the model's name matches counts. */
const FAMILIES: readonly (readonly [name: RegExp, family: ConverseFamily])[] = [
  [/nova/, { schema: false, status: true, adjust: nova }],
  [/[sx]tral/, { ...OTHERS, toolId: /^(tooluse_[\w-]+|[a-zA-Z0-9]{9})$/ }],
  [/llama|titan|jamba|command/, { ...OTHERS, schema: false }],
]

function family({ target: { model, config } }: Encoding): ConverseFamily {
  // The ARN of an application's profile hides what model it stands for.
  const name = config.inherit_from ? `${model} ${config.inherit_from}` : model
  if (/claude/.test(name)) {
    const { key = '' } = familyOf(name)
    // From 4.7 on AWS refuses the schemas that the models themselves know.
    const schema = familyOf(name).can('schema') && Number(key.split('-')[1]) < 407
    return { schema, status: true, kin: (made) => familyOf(made).key, adjust: (body, encoding) => claude(body, encoding, name) }
  }
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? OTHERS
}

function claude({ messages, inferenceConfig: inference, additionalModelRequestFields: native }: ConverseBody, { request, target, note, details }: Encoding, name: string): void {
  const { reasoning, toolChoice, tools, parallelToolCalls, topK } = request
  const { can, maxTokens } = familyOf(name)
  const forced = !!tools?.length && (toolChoice === 'required' || typeof toolChoice === 'object')
  if (forced && !can('forced')) {
    throw relayError('unsupported', "this model cannot be made to call a tool: use toolChoice 'auto', or `responseFormat` for JSON", details)
  }
  const thoughts = thinking(familyOf(name), reasoning, request.maxTokens ?? target.config.capabilities?.max_output ?? maxTokens)
  if (thoughts.note) note('reasoning', thoughts.note)
  const { thinking: thought, effort } = thoughts
  const hindered = thought?.type === 'enabled' && (forced || thoughtlessLoop(messages))
  if (hindered) note('reasoning', forced ? 'no thinking where a tool must be called' : 'no thinking in a tool loop that began without it')
  if (thought && !hindered) native['thinking'] = thought
  if (effort) native['output_config'] = { effort }
  if (parallelToolCalls === false && tools?.length) {
    const choice = typeof toolChoice === 'object' ? { type: 'tool', name: toolChoice.name } : { type: toolChoice === 'required' ? 'any' : 'auto' }
    native['tool_choice'] = { ...choice, disable_parallel_tool_use: true }
  }
  const fixed = !!native['thinking'] && thought?.type !== 'disabled' && 'not while the model thinks'
  const never = !can('sampling') && 'this model does not take it'
  const drop = (field: 'temperature' | 'topP', why: string | false): void => {
    if (why && inference[field] !== undefined) {
      note(field, why)
      delete inference[field]
    }
  }
  drop('temperature', never || (inference.temperature !== 1 && fixed))
  drop('topP', never || ((inference.topP ?? 1) < 0.95 && fixed) || (inference.temperature !== undefined && !can('both') && 'this model takes temperature or top_p, not both'))
  if (topK === undefined) return
  if (never || fixed) note('topK', never || fixed || '')
  else native['top_k'] = topK
}

/** A level as models take it that know three. */
function level(reasoning: Exclude<Reasoning, 'none'>): string {
  if (typeof reasoning === 'number') return reasoning <= 2048 ? 'low' : reasoning <= 8192 ? 'medium' : 'high'
  return reasoning === 'minimal' ? 'low' : reasoning === 'xhigh' ? 'high' : reasoning
}

function nova({ inferenceConfig: inference, additionalModelRequestFields: native }: ConverseBody, { request, target, note }: Encoding): void {
  const { reasoning = 'none', topK, parallelToolCalls } = request
  if (parallelToolCalls !== undefined) note('parallelToolCalls', 'there is no such switch here')
  if (topK !== undefined) native['inferenceConfig'] = { topK }
  if (reasoning === 'none' || reasoning === 0) return
  if (!/nova-2/.test(target.model)) return note('reasoning', 'it does not think')
  const effort = level(reasoning)
  native['reasoningConfig'] = { type: 'enabled', maxReasoningEffort: effort }
  if (effort !== 'high') return
  // At the highest level these are errors.
  for (const field of ['temperature', 'topP', 'maxTokens'] as const) {
    if (inference[field] === undefined) continue
    note(field, 'not while the model thinks its hardest')
    delete inference[field]
  }
  delete native['inferenceConfig']
}

function others({ additionalModelRequestFields: native }: ConverseBody, { request, target: { model }, note }: Encoding): void {
  const { reasoning, topK, parallelToolCalls } = request
  if (parallelToolCalls !== undefined) note('parallelToolCalls', 'there is no such switch here')
  if (topK !== undefined) native['top_k'] = topK
  if (reasoning === undefined || reasoning === 'none' || reasoning === 0) return
  const field = /gpt-oss/.test(model) ? 'reasoning_effort' : /qwen/.test(model) ? 'reasoning_config' : undefined
  if (field) native[field] = level(reasoning)
  else note('reasoning', 'no field for it is known: the model thinks as it is made to')
}
