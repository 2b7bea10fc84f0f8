// The Converse dialect: what is sent. `converse-turns.ts` writes the conversation, this file everything around it.
import { relayError } from '../errors.ts'
import { closed } from '../json/closed.ts'
import { deepMerge } from '../json/merge.ts'
import type { Encoding, WireRequest } from '../types/provider.ts'
import type { ServerTool, Tool } from '../types/tool.ts'
import { conversation, type Draft, type Turn } from './converse-turns.ts'

/** What a model takes of what Converse can say. */
export interface ConverseFamily {
  /** Its answers, and the arguments of strict tools, can be held to a JSON Schema. */
  readonly schema: boolean
  /** A tool's result may say that it is an error. */
  readonly status: boolean
  /** What an id of a call must look like. Default: up to 64 letters, digits, `_`, `-`, `.` and `:`. */
  readonly toolId?: RegExp
  /** A name that models share which understand each other's sealed thoughts. */
  readonly kin?: (model: string) => string | undefined
  /** Writes what Converse has no field for, and takes out what this model refuses. */
  readonly adjust?: (body: ConverseBody, encoding: Encoding) => void
}

export interface ConverseDialect {
  readonly family: (encoding: Encoding) => ConverseFamily
}

/** A request while it is written. */
export interface ConverseBody {
  readonly messages: readonly Turn[]
  readonly inferenceConfig: { maxTokens?: number | undefined; temperature?: number | undefined; topP?: number | undefined; readonly stopSequences?: readonly string[] | undefined }
  /** Merged by AWS into the body that the model itself takes. */
  readonly additionalModelRequestFields: Draft
}

export function encode(encoding: Encoding, dialect: ConverseDialect): WireRequest {
  const { request, extra, target, mode, note } = encoding
  const family = dialect.family(encoding)
  const { system, turns } = conversation(encoding, family)
  const { format, words } = formatOf(encoding, family)
  if (words) system.push({ text: words })
  if (request.seed !== undefined) note('seed', 'Converse has no such parameter')
  const { stop, maxTokens, temperature, topP } = request
  const inferenceConfig = { maxTokens, temperature, topP, stopSequences: typeof stop === 'string' ? [stop] : stop }
  const body: ConverseBody = { messages: turns, inferenceConfig, additionalModelRequestFields: {} }
  family.adjust?.(body, encoding)
  const whole = {
    messages: turns,
    system: system.length ? system : undefined,
    inferenceConfig: filled(inferenceConfig),
    toolConfig: toolsOf(encoding, family, turns),
    outputConfig: format,
    additionalModelRequestFields: filled(body.additionalModelRequestFields),
  }
  return {
    path: `/model/${segment(target.model)}/converse${mode === 'stream' ? '-stream' : ''}`,
    body: deepMerge(deepMerge(whole, extra), request.providerOptions),
  }
}

/** An id, or an ARN with its slashes and colons, as one segment of a path. */
export function segment(model: string): string {
  return encodeURIComponent(model).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function filled(fields: object): object | undefined {
  return Object.values(fields).some((value) => value !== undefined) ? fields : undefined
}

function toolsOf(encoding: Encoding, family: ConverseFamily, turns: readonly Turn[]): Draft | undefined {
  const { request, note } = encoding
  const { tools = [], toolChoice = 'auto' } = request
  let specs = tools.map((tool) => toolOf(tool, encoding, family))
  if (!specs.length || toolChoice === 'none') {
    // A history with calls is refused where no tools are named.
    const used = new Set(turns.flatMap(({ content }) => content.flatMap(({ toolUse }) => (toolUse ? [String((toolUse as Draft)['name'])] : []))))
    if (!used.size) return undefined
    if (specs.length) note('toolChoice', 'Converse has no `none`, and wants the tools of earlier calls: they are named still')
    else specs = [...used].map((name) => toolOf({ name }, encoding, family))
  }
  return { tools: specs, toolChoice: toolChoice === 'required' ? { any: {} } : typeof toolChoice === 'object' ? { tool: toolChoice } : undefined }
}

function toolOf(tool: Tool | ServerTool, { note, details }: Encoding, { schema: holds }: ConverseFamily): Draft {
  if ('native' in tool) return { ...tool.native }
  const { name, description, parameters, strict } = tool
  if (!/^[\w-]{1,64}$/.test(name)) {
    throw relayError('tool_schema', `tool \`${name}\`: a name is made of at most 64 letters, digits, _ and -`, details)
  }
  if (strict && !holds) note('tools', `\`${name}\` is not strict: the model cannot be held to a schema`)
  const schema = { type: 'object', ...(parameters ?? { properties: {} }) }
  const held = (strict && holds) || undefined
  // A blank description is refused.
  return { toolSpec: { name, description: description?.trim() ? description : undefined, inputSchema: { json: held ? closed(schema) : schema }, strict: held } }
}

/** How the answer is held to a shape: by AWS, or where it cannot, by the system prompt. */
function formatOf({ request, note }: Encoding, { schema: holds }: ConverseFamily): { readonly format?: Draft; readonly words?: string } {
  const { responseFormat: shape = 'text' } = request
  if (shape === 'text') return {}
  if (shape !== 'json_object' && holds) {
    const schema = JSON.stringify(closed(shape.schema))
    return { format: { textFormat: { type: 'json_schema', structure: { jsonSchema: { name: shape.name ?? 'response', schema } } } } }
  }
  note('responseFormat', 'asked for in the system prompt: nothing holds the model to it')
  const words = 'Answer with one JSON value and nothing else: no prose, no code fence.'
  return { words: shape === 'json_object' ? words.replace('value', 'object') : `${words} It must match this JSON Schema: ${JSON.stringify(shape.schema)}` }
}
