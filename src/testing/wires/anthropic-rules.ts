// What the Messages API refuses, in its own words.
import type { ErrorFacts, JsonObject, Mint } from '../endpoint.ts'
import { list, number, object, objects, text } from '../read.ts'
import { badRequest } from './anthropic-errors.ts'
import { asksForThinking, rulesOf } from './anthropic-models.ts'
import { blocksOf } from './anthropic-read.ts'

interface Inspection {
  readonly body: JsonObject
  readonly version: string | null
  readonly mint: Mint
}

type Inspect = (inspection: Inspection) => string | undefined

const FIELDS = [
  'model', 'max_tokens', 'messages', 'system', 'cache_control', 'tools', 'tool_choice', 'thinking', 'output_config',
  'stop_sequences', 'stream', 'metadata', 'service_tier', 'speed', 'container', 'inference_geo', 'diagnostics',
  'temperature', 'top_p', 'top_k', 'context_management', 'mcp_servers', 'fallbacks', 'fallback_credit_token', 'compaction',
  'thread', 'billing_policy', 'output_format',
]

export function checkMessages(inspection: Inspection): ErrorFacts | undefined {
  for (const inspect of [versions, fields, messages, members, toolResults, signatures, sampling, thinking, tools, forced, caching]) {
    const message = inspect(inspection)
    if (message !== undefined) return { ...badRequest(message), headers: { 'x-should-retry': 'false' } }
  }
  return undefined
}

/** What a model refuses, wherever it is served: how it samples, how it thinks, and whether it can be made to call a tool. */
export function checkModel(body: JsonObject, mint: Mint): string | undefined {
  for (const inspect of [sampling, thinking, forced]) {
    const message = inspect({ body, version: null, mint })
    if (message !== undefined) return message
  }
  return undefined
}

const versions: Inspect = ({ version }) => {
  if (version === null) return 'anthropic-version: header is required'
  return /^(2023-01-01|2023-06-01|2026-10-21)$/.test(version) ? undefined : `anthropic-version: "${version}" is not a valid version`
}

const fields: Inspect = ({ body }) => {
  for (const field of ['model', 'messages', 'max_tokens']) if (body[field] === undefined) return `${field}: Field required`
  const unknown = Object.keys(body).find((field) => !FIELDS.includes(field))
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`
  const odd = Object.keys(object(body['metadata'])).find((key) => key !== 'user_id')
  if (odd !== undefined) return `metadata.${odd}: Extra inputs are not permitted`
  const asked = number(body['max_tokens'])
  if (asked === undefined) return 'max_tokens: Input should be a valid integer'
  if (asked < 0) return 'max_tokens: Input should be greater than or equal to 0'
  const model = text(body['model'])
  const most = rulesOf(model)?.maxTokens ?? Infinity
  if (asked > most) return `max_tokens: ${asked} > ${most}, which is the maximum allowed number of output tokens for ${model}`
  return list(body['messages']).length === 0 ? 'messages: at least one message is required' : undefined
}

const messages: Inspect = ({ body, version }) => {
  const all = objects(body['messages'])
  for (const [i, message] of all.entries()) {
    const { role, content } = message
    if (role !== 'user' && role !== 'assistant' && role !== 'system') {
      return `messages.${i}.role: Input should be 'user' or 'assistant'`
    }
    if (content === '' && i < all.length - 1) return `messages.${i}: all messages must have non-empty content except for the optional final assistant message`
    for (const [j, block] of blocksOf(message).entries()) {
      const at = `messages.${i}.content.${j}`
      if (block['type'] === 'text' && text(block['text']) === '') return 'messages: text content blocks must be non-empty'
      if (version !== '2026-10-21') continue
      if (role === 'assistant' && block['type'] === 'document') return `${at}: \`document\` blocks are not permitted in assistant messages`
      if (role === 'user' && list(block['citations']).length > 0) return `${at}.text.citations: citations are not permitted in user messages`
    }
  }
  if (all[0]?.['role'] !== 'user') return 'messages: first message must use the "user" role'
  return prefilled(body, all.at(-1) ?? {})
}

function prefilled(body: JsonObject, last: JsonObject): string | undefined {
  if (last['role'] !== 'assistant') return undefined
  if (rulesOf(text(body['model']))?.prefill === false || asksForThinking(body)) {
    return 'This model does not support assistant message prefill. The conversation must end with a user message.'
  }
  return /\s$/.test(text(blocksOf(last).at(-1)?.['text']))
    ? 'messages: final assistant content cannot end with trailing whitespace'
    : undefined
}

/** What a block may hold, besides `type` and `cache_control`. A kind that is not here is not looked into. */
const MEMBERS: { readonly [type: string]: string } = {
  text: 'text citations',
  image: 'source transformations',
  document: 'source title context citations',
  search_result: 'source title content citations',
  thinking: 'thinking signature',
  redacted_thinking: 'data',
  tool_use: 'id name input caller toolset_name',
  tool_result: 'tool_use_id content is_error toolset_name',
  server_tool_use: 'id name input caller',
}

const members: Inspect = ({ body }) => {
  for (const [i, message] of objects(body['messages']).entries()) {
    for (const [j, block] of blocksOf(message).entries()) {
      const type = text(block['type'])
      const known = MEMBERS[type]?.split(' ')
      const odd = Object.keys(block).find((key) => known && key !== 'type' && key !== 'cache_control' && !known.includes(key))
      if (odd !== undefined) return `messages.${i}.content.${j}.${type}.${odd}: Extra inputs are not permitted`
      const { input } = block
      if (type === 'tool_use' && (typeof input !== 'object' || input === null || Array.isArray(input))) return `messages.${i}.content.${j}.tool_use.input: Input should be a valid dictionary`
    }
  }
  return undefined
}

/** Each call is answered at the head of the very next message, and nothing else is. */
const toolResults: Inspect = ({ body }) => {
  const all = objects(body['messages'])
  for (const [i, message] of all.entries()) {
    const next = blocksOf(all[i + 1] ?? {})
    const head = next.slice(0, next.findIndex((block) => block['type'] !== 'tool_result') >>> 0)
    const given = head.map((block) => text(block['tool_use_id']))
    const called = blocksOf(message).filter((block) => block['type'] === 'tool_use').map((block) => text(block['id']))
    const missing = message['role'] === 'assistant' ? called.filter((id) => !given.includes(id)) : []
    if (missing.length > 0) {
      return `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. `
        + 'Each `tool_use` block must have a corresponding `tool_result` block in the next message.'
    }
    const before = blocksOf(all[i - 1] ?? {}).map((block) => text(block['id']))
    for (const [j, block] of blocksOf(message).entries()) {
      const id = text(block['tool_use_id'])
      if (block['type'] !== 'tool_result' || before.includes(id)) continue
      return `messages.${i}.content.${j}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. `
        + 'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.'
    }
  }
  return undefined
}

/** Thinking comes back byte for byte, or not at all. */
const signatures: Inspect = ({ body, mint }) => {
  for (const [i, message] of objects(body['messages']).entries()) {
    if (message['role'] !== 'assistant') continue
    for (const [j, block] of blocksOf(message).entries()) {
      const at = `messages.${i}.content.${j}`
      if (block['type'] === 'thinking') {
        if (block['signature'] === undefined) return `${at}.thinking.signature: Field required`
        if (!mint.knows(text(block['signature']), text(block['thinking']))) return `${at}: Invalid \`signature\` in \`thinking\` block`
      }
      if (block['type'] === 'redacted_thinking' && !mint.knows(text(block['data']), '')) {
        return `${at}: Invalid \`data\` in \`redacted_thinking\` block`
      }
    }
  }
  return undefined
}

const sampling: Inspect = ({ body, version }) => {
  const given = ['temperature', 'top_p', 'top_k'].filter((field) => body[field] !== undefined && body[field] !== null)
  if (version === '2026-10-21' && given.length > 0) return `${given[0]}: Extra inputs are not permitted`
  const { temperature, top_p: topP } = body
  const rules = rulesOf(text(body['model']))
  if (rules?.sampling === false) {
    const odd = given.find((field) => field === 'top_k' || (field === 'temperature' ? temperature !== 1 : Number(topP) < 0.99))
    return odd === undefined ? undefined : `\`${odd}\` is deprecated for this model.`
  }
  if (given.includes('temperature') && (Number(temperature) < 0 || Number(temperature) > 1)) {
    return `temperature: Input should be ${Number(temperature) < 0 ? 'greater than or equal to 0' : 'less than or equal to 1'}`
  }
  if (rules && given.includes('temperature') && given.includes('top_p')) {
    return '`temperature` and `top_p` cannot both be specified for this model. Please use only one.'
  }
  if (!asksForThinking(body)) return undefined
  if (given.includes('temperature') && temperature !== 1) return '`temperature` may only be set to 1 when thinking is enabled.'
  if (given.includes('top_k')) return '`top_k` must be unset when thinking is enabled.'
  return given.includes('top_p') && Number(topP) < 0.95 ? '`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.' : undefined
}

const thinking: Inspect = ({ body }) => {
  const { type, budget_tokens: budget } = object(body['thinking'])
  const rules = rulesOf(text(body['model']))
  const { effort } = object(body['output_config'])
  if (typeof effort === 'string' && rules && !rules.efforts.includes(effort)) {
    if (rules.efforts.length === 0) return 'This model does not support the effort parameter.'
    return `This model does not support effort level '${effort}'. Supported levels: ${[...rules.efforts].sort().join(', ')}.`
  }
  if (type === undefined) return undefined
  if (rules && !rules.takes.includes(text(type))) {
    return type === 'adaptive'
      ? 'adaptive thinking is not supported on this model'
      : `"thinking.type.${text(type)}" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`
  }
  if (type !== 'enabled') return undefined
  if (typeof budget !== 'number') return 'thinking.enabled.budget_tokens: Field required'
  if (budget < 1024) return 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024'
  if (budget >= Number(body['max_tokens'])) return '`max_tokens` must be greater than `thinking.budget_tokens`.'
  return startsWithThinking(body)
}

/** Thinking of the manual kind: the turn whose tools are being answered begins with it, however many steps ago that was. */
function startsWithThinking(body: JsonObject): string | undefined {
  const all = objects(body['messages'])
  let begun: number | undefined
  for (const [i, message] of all.entries()) {
    if (message['role'] === 'assistant') begun ??= i
    else if (!blocksOf(message).some((block) => block['type'] === 'tool_result')) begun = undefined
  }
  const first = begun === undefined ? undefined : blocksOf(all[begun] ?? {})[0]?.['type']
  if (begun === undefined || first === 'thinking' || first === 'redacted_thinking') return undefined
  return `messages.${begun}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${text(first)}\`. `
    + 'When `thinking` is enabled, a final `assistant` message must start with a thinking block.'
}

const tools: Inspect = ({ body }) => {
  for (const [i, tool] of objects(body['tools']).entries()) {
    if (tool['input_schema'] === undefined) continue
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(text(tool['name']))) {
      return `tools.${i}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`
    }
    if (object(tool['input_schema'])['type'] !== 'object') return `tools.${i}.custom.input_schema.type: Field required`
  }
  return undefined
}

const forced: Inspect = ({ body }) => {
  const { type, disable_parallel_tool_use: alone } = object(body['tool_choice'])
  if (type === 'none' && alone !== undefined) return 'tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted'
  if (type !== 'any' && type !== 'tool') return undefined
  if (list(body['tools']).length === 0) return 'tool_choice: tool_choice may only be specified while providing tools.'
  const rules = rulesOf(text(body['model']))
  if (rules?.forcedTools === false || object(body['thinking'])['type'] === 'enabled') {
    return 'Thinking may not be enabled when tool_choice forces tool use.'
  }
  return undefined
}

const caching: Inspect = ({ body }) => {
  const blocks = [...objects(body['tools']), ...objects(body['system']), ...objects(body['messages']).flatMap(blocksOf)]
  const marked = blocks.filter((block) => block['cache_control'])
  const sealed = marked.find((block) => block['type'] === 'thinking' || block['type'] === 'redacted_thinking')
  if (sealed !== undefined) return `${text(sealed['type'])}.cache_control: Extra inputs are not permitted`
  const count = marked.length + (body['cache_control'] ? 1 : 0)
  if (count > 4) return `A maximum of 4 blocks with cache_control may be provided. Found ${count}.`
  const ttls = marked.map((block) => object(block['cache_control'])['ttl'] ?? '5m')
  if (ttls.lastIndexOf('1h') > ttls.indexOf('5m') && ttls.includes('5m')) {
    return "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block"
  }
  return undefined
}
