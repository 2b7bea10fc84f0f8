// The Converse dialect: what is sent. `converse-turns.ts` writes the conversation, this file everything around it.
import { escaped } from '../auth/sigv4.ts'
import { deepMerge } from '../json/merge.ts'
import type { Encoding, WireRequest } from '../types/provider.ts'
import type { ResponseFormat } from '../types/request.ts'
import type { ServerTool, Tool } from '../types/tool.ts'
import { conversation } from './converse-turns.ts'
import { unsent } from './fields.ts'
import { held, OPEN, spelled, worded } from './format.ts'
import type { Draft, Turn } from './turns.ts'

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
  /** The messages end with the beginning of an answer. */
  readonly begun: boolean
  /** Merged by AWS into the body that the model itself takes. */
  readonly additionalModelRequestFields: Draft
}

export function encode(encoding: Encoding, dialect: ConverseDialect): WireRequest {
  const { request, extra, target, mode, note } = encoding
  const { stop, maxTokens, temperature, topP, responseFormat: shape = 'text' } = request
  const family = dialect.family(encoding)
  const { system, turns, begun } = conversation(encoding, family)
  const grammar = typeof shape === 'object' && family.schema
  if (shape !== 'text' && !grammar) system.push({ text: worded(shape, note) })
  unsent(encoding, 'seed')
  const inferenceConfig = { maxTokens, temperature, topP, stopSequences: stop === undefined ? stop : [stop].flat() }
  const body: ConverseBody = { messages: turns, inferenceConfig, additionalModelRequestFields: {}, begun }
  family.adjust?.(body, encoding)
  const whole = {
    messages: turns,
    system: system.length ? system : undefined,
    inferenceConfig: filled(inferenceConfig),
    toolConfig: toolsOf(encoding, family, turns),
    outputConfig: grammar ? formatOf(shape, note) : undefined,
    additionalModelRequestFields: filled(body.additionalModelRequestFields),
  }
  return {
    path: `/model/${escaped(target.model)}/converse${mode === 'stream' ? '-stream' : ''}`,
    body: deepMerge(whole, extra, request.providerOptions),
  }
}

function formatOf({ name = 'response', schema }: Exclude<ResponseFormat, string>, note: Encoding['note']): Draft {
  const text = JSON.stringify(held(schema, note, 'responseFormat'))
  return { textFormat: { type: 'json_schema', structure: { jsonSchema: { name, schema: text } } } }
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
    if (specs.length) note('toolChoice', used.size ? 'there is no `none`, and the tools of earlier calls must be named' : 'there is no `none`: the tools are left out')
    if (!used.size) return undefined
    if (!specs.length) {
      note('tools', 'those of earlier calls must be named')
      specs = [...used].map((name) => toolOf({ name }, encoding, family))
    }
  }
  return { tools: specs, toolChoice: toolChoice === 'required' ? { any: {} } : typeof toolChoice === 'object' ? { tool: toolChoice } : undefined }
}

function toolOf(tool: Tool | ServerTool, { note, details }: Encoding, { schema: holds }: ConverseFamily): Draft {
  if ('native' in tool) return { ...tool.native }
  const { name, description, parameters, strict: wanted } = tool
  const schema = { type: 'object', ...(parameters ?? { properties: {} }) }
  const strict = (wanted && holds) || undefined
  if (wanted && !strict) note('tools', OPEN)
  const json = strict ? held(schema, note, 'tools') : schema
  // A blank description is refused.
  return { toolSpec: { name: spelled(name, 64, details), description: description?.trim() ? description : undefined, inputSchema: { json }, strict } }
}
