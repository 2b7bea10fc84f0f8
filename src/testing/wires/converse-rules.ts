// What the Converse API refuses, in its own words, and what the models behind it do.
import type { ErrorFacts, JsonObject, Mint } from '../endpoint.ts'
import { list, object, objects, parsed, text } from '../read.ts'
import { checkModel } from './anthropic-rules.ts'
import { invalid } from './aws-errors.ts'

interface Inspection {
  readonly body: JsonObject
  readonly model: string
  readonly mint: Mint
}

type Inspect = (inspection: Inspection) => string | undefined

const FIELDS = [
  'messages', 'system', 'inferenceConfig', 'toolConfig', 'guardrailConfig', 'additionalModelRequestFields', 'promptVariables',
  'additionalModelResponseFieldPaths', 'requestMetadata', 'performanceConfig', 'serviceTier', 'outputConfig',
]
const INFERENCE = ['maxTokens', 'temperature', 'topP', 'stopSequences']
const KINDS = [
  'text', 'image', 'document', 'video', 'audio', 'toolUse', 'toolResult', 'reasoningContent', 'citationsContent',
  'searchResult', 'cachePoint', 'guardContent', 'toolAddition', 'toolRemoval',
]
const MODEL_SAYS = 'The model returned the following errors: '

export function checkConverse(inspection: Inspection): ErrorFacts | undefined {
  for (const inspect of [fields, turns, blocks, documents, toolResults, tools, formats, cachePoints, signatures, claude]) {
    const message = inspect(inspection)
    if (message !== undefined) return invalid(message)
  }
  return undefined
}

const fields: Inspect = ({ body }) => {
  for (const [known, given] of [[FIELDS, body], [INFERENCE, object(body['inferenceConfig'])]] as const) {
    const odd = Object.keys(given).find((field) => !known.includes(field))
    if (odd !== undefined) return `Malformed input request: #: extraneous key [${odd}] is not permitted, please reformat your input and try again.`
  }
  return undefined
}

const turns: Inspect = ({ body }) => {
  const all = objects(body['messages'])
  if (all.length === 0) return 'A conversation must have at least one message. Try again with a conversation that has at least one message.'
  for (const [i, { role, content }] of all.entries()) {
    if (role !== 'user' && role !== 'assistant') return `Value '${text(role)}' at 'messages.${i + 1}.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]`
    if (list(content).length === 0) return `The content field in the Message object at messages.${i} is empty. Add a ContentBlock object to the content field and try again.`
    if (i > 0 && role === all[i - 1]?.['role']) return 'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.'
  }
  if (all[0]?.['role'] !== 'user') return 'A conversation must start with a user message. Try again with a conversation that starts with a user message.'
  const last = all.at(-1) ?? {}
  const end = text(objects(last['content']).at(-1)?.['text'])
  return last['role'] === 'assistant' && /\s$/.test(end) ? `${MODEL_SAYS}messages: final assistant content cannot end with trailing whitespace` : undefined
}

/** Each block with its place. */
function* placed(body: JsonObject): Generator<readonly [at: string, block: JsonObject, role: unknown]> {
  for (const [i, { content, role }] of objects(body['messages']).entries()) {
    for (const [j, block] of objects(content).entries()) yield [`messages.${i}.content.${j}`, block, role]
  }
}

const blocks: Inspect = ({ body }) => {
  for (const [at, block, role] of placed(body)) {
    const keys = Object.keys(block)
    if (keys.length !== 1 || !KINDS.includes(keys[0] ?? '')) return `The ContentBlock object at ${at} must set exactly one of the following keys: ${KINDS.slice(0, 7).join(', ')}.`
    if (block['text'] !== undefined && text(block['text']).trim() === '') return `The text field in the ContentBlock object at ${at} is blank. Add text to the text field, and try again.`
    for (const kind of ['image', 'document', 'video', 'audio', 'toolResult']) {
      if (role === 'assistant' && block[kind] !== undefined && object(block[kind])['type'] === undefined) return `The ${kind} field is not supported in the assistant role at ${at}.`
    }
    const { toolUseId: id, input } = object(block['toolUse'] ?? block['toolResult'])
    if (id !== undefined && !/^[a-zA-Z0-9_.:-]{1,64}$/.test(text(id))) {
      return `Value '${text(id)}' at '${at}.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+`
    }
    if (block['toolUse'] === undefined) continue
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return `The format of the value at ${at}.toolUse.input is invalid. Provide a json object for the field and try again.`
  }
  return undefined
}

const documents: Inspect = ({ body }) => {
  const names = new Set<unknown>()
  for (const [at, block] of placed(body)) {
    const { name } = object(block['document'])
    if (block['document'] === undefined) continue
    if (!/^[\p{L}\p{N}\s()[\]-]+$/u.test(text(name)) || /\s\s/.test(text(name))) {
      return `The provided document name at ${at}.document.name contains invalid characters. File names can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.`
    }
    if (names.has(name)) return `${at}.document.name: document names must be unique.`
    names.add(name)
  }
  for (const [i, { content }] of objects(body['messages']).entries()) {
    const all = objects(content)
    if (all.some((block) => block['document']) && !all.some((block) => block['text'])) {
      return `Add a text block to the content field of the Message object at messages.${i}: a document needs one.`
    }
  }
  return undefined
}

function callIds(message: JsonObject | undefined, kind: 'toolUse' | 'toolResult'): string[] {
  return objects(object(message)['content']).flatMap(({ [kind]: block }) => {
    const { toolUseId, type = 'tool_use' } = object(block)
    // What a tool of the model's own gave back stands beside its call.
    return block === undefined || type !== 'tool_use' ? [] : [text(toolUseId)]
  })
}

/** Each call is answered in the very next turn, and nothing else is; and the tools are named as long as they are spoken of. */
const toolResults: Inspect = ({ body }) => {
  const all = objects(body['messages'])
  for (const [i, message] of all.entries()) {
    const called = message['role'] === 'assistant' ? callIds(message, 'toolUse') : []
    const given = callIds(all[i + 1], 'toolResult')
    const missing = called.filter((id) => !given.includes(id))
    if (missing.length > 0) return `Expected toolResult blocks at messages.${i + 1}.content for the following Ids: ${missing.join(', ')}`
    const before = callIds(all[i - 1], 'toolUse')
    if (callIds(message, 'toolResult').some((id) => !before.includes(id))) {
      return `The number of toolResult blocks at messages.${i}.content exceeds the number of toolUse blocks of previous turn.`
    }
  }
  const used = all.some((message) => callIds(message, 'toolUse').length + callIds(message, 'toolResult').length > 0)
  return used && body['toolConfig'] === undefined ? 'The toolConfig field must be defined when using toolUse and toolResult content blocks.' : undefined
}

const tools: Inspect = ({ body }) => {
  const { tools: all, toolChoice } = object(body['toolConfig'])
  if (body['toolConfig'] !== undefined && list(all).length === 0) return 'The tools field in the toolConfig object must hold at least one tool.'
  for (const [i, { toolSpec }] of objects(all).entries()) {
    if (toolSpec === undefined) continue
    const { name, description, inputSchema } = object(toolSpec)
    const at = `toolConfig.tools.${i}.member.toolSpec`
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(text(name))) return `Value '${text(name)}' at '${at}.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`
    if (description === '') return `Value at '${at}.description' failed to satisfy constraint: Member must have length greater than or equal to 1`
    if (object(object(inputSchema)['json'])['type'] !== 'object') return `The value at ${at}.inputSchema.json.type must be one of the following: object.`
  }
  const keys = Object.keys(object(toolChoice))
  const odd = toolChoice !== undefined && (keys.length !== 1 || !['auto', 'any', 'tool'].includes(keys[0] ?? ''))
  return odd ? 'The toolChoice object must set exactly one of the following keys: auto, any, tool.' : undefined
}

const formats: Inspect = ({ body }) => {
  const { textFormat } = object(body['outputConfig'])
  const { type, structure } = object(textFormat)
  if (textFormat === undefined || type !== 'json_schema') return undefined
  const { schema } = object(object(structure)['jsonSchema'])
  return typeof schema === 'string' && typeof parsed(schema) === 'object' ? undefined : 'outputConfig.textFormat.structure.jsonSchema.schema must be a string that holds a JSON schema.'
}

const cachePoints: Inspect = ({ body }) => {
  const lists = [object(body['toolConfig'])['tools'], body['system'], ...objects(body['messages']).map(({ content }) => content)].map(objects)
  for (const one of lists) {
    const first = one[0]?.['cachePoint'] !== undefined
    if (first) return 'A cachePoint must follow the content that it is to cache.'
  }
  const points = lists.flat().flatMap(({ cachePoint }) => cachePoint === undefined ? [] : [object(cachePoint)])
  if (points.length > 4) return `${MODEL_SAYS}A maximum of 4 blocks with cache_control may be provided. Found ${points.length}.`
  const ttls = points.map((point) => point['ttl'] ?? '5m')
  return ttls.includes('5m') && ttls.lastIndexOf('1h') > ttls.indexOf('5m')
    ? `${MODEL_SAYS}a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block`
    : undefined
}

/** Sealed thinking comes back byte for byte, or not at all. */
const signatures: Inspect = ({ body, model, mint }) => {
  for (const [at, { reasoningContent }] of placed(body)) {
    const { reasoningText, redactedContent } = object(reasoningContent)
    const { text: thought, signature } = object(reasoningText)
    if (redactedContent !== undefined && !mint.knows(decoded(text(redactedContent)), '')) return `${MODEL_SAYS}${at}: Invalid \`data\` in \`redacted_thinking\` block`
    if (reasoningText === undefined || !model.includes('claude')) continue
    if (signature === undefined) return `${MODEL_SAYS}${at}.thinking.signature: Field required`
    if (!mint.knows(text(signature), text(thought))) return `${MODEL_SAYS}${at}: Invalid \`signature\` in \`thinking\` block`
  }
  return undefined
}

/** What the model's own API has, of which base64 goes over the line. */
function decoded(base64: string): string {
  try {
    return atob(base64)
  } catch {
    return ''
  }
}

/** Claude's own rules hold here too. */
const claude: Inspect = ({ body, model, mint }) => {
  if (!model.includes('claude')) return undefined
  const { maxTokens, temperature, topP } = object(body['inferenceConfig'])
  const { tools: all, toolChoice } = object(body['toolConfig'])
  const { any, tool } = object(toolChoice)
  const message = checkModel({
    ...object(body['additionalModelRequestFields']),
    model,
    max_tokens: maxTokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(any === undefined && tool === undefined ? {} : { tools: objects(all), tool_choice: { type: 'any' } }),
    messages: objects(body['messages']).map(({ role, content }) => ({ role, content: objects(content).map(inMessages) })),
  }, mint)
  return message === undefined ? undefined : MODEL_SAYS + message
}

/** A block's kind under the name that it has in the Messages API. */
function inMessages(block: JsonObject): JsonObject {
  const { reasoningContent, toolUse, toolResult } = block
  if (reasoningContent !== undefined) return { type: 'thinking' }
  if (toolUse !== undefined) return { type: 'tool_use' }
  return { type: toolResult === undefined ? 'text' : 'tool_result' }
}
