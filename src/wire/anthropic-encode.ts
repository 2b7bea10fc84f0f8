// The Messages dialect: what is sent. `anthropic-turns.ts` writes the conversation, this file everything around it.
import { relayError } from '../errors.ts'
import { lower } from '../json/lower.ts'
import { deepMerge } from '../json/merge.ts'
import type { Encoding, WireRequest } from '../types/provider.ts'
import type { JsonSchema, ServerTool, Tool } from '../types/tool.ts'
import type { MessagesDialect } from './anthropic-messages.ts'
import { familyOf, thinking, type Family, type Thinking } from './anthropic-models.ts'
import { conversation, page, thoughtlessLoop, type Draft } from './anthropic-turns.ts'

/** The version in which sampling parameters still exist, and the one from which they are an error whatever the model. */
const VERSION = '2023-06-01'
const WITHOUT_SAMPLING = '2026-10-21'

export function encode(given: Encoding, dialect: MessagesDialect): WireRequest {
  const encoding = { ...given, note: once(given.note) }
  const { request, target, extra, note } = encoding
  const lacks = dialect.lacks?.(target.model) ?? []
  const family = familyOf(target.model, lacks)
  const version = dialect.version?.(encoding) ?? target.config.api_version ?? VERSION
  const maxTokens = request.maxTokens ?? target.config.capabilities?.max_output ?? family.maxTokens
  if (request.maxTokens === undefined) note('maxTokens', `the API wants a number: ${maxTokens}`)

  const paper = page(encoding, family, lacks)
  const tools = request.tools?.map((tool) => paper.mark(toolOf(tool, encoding, family)))
  const { system, turns } = conversation(paper)
  const { thinking: thought, effort } = thoughtsOf(encoding, family, { maxTokens, thoughtless: thoughtlessLoop(turns) })
  const { format, words } = formatOf(encoding, family)
  if (words) system.push({ type: 'text', text: words })
  const betas = dialect.betasInBody ? betasOf(encoding) : []
  // The automatic breakpoint takes one of the four places.
  paper.settle({ ...extra, ...request.providerOptions }['cache_control'] ? 3 : 4)

  const body: Draft = {
    ...(dialect.version ? { anthropic_version: version } : { model: target.model }),
    anthropic_beta: some(betas),
    max_tokens: maxTokens,
    system: some(system),
    messages: turns,
    tools: some(tools),
    tool_choice: choiceOf(encoding, family),
    thinking: thought,
    output_config: effort || format ? { effort, format } : undefined,
    ...samplingOf(encoding, family, { thinks: (thought?.type ?? 'disabled') !== 'disabled', version }),
    stop_sequences: typeof request.stop === 'string' ? [request.stop] : request.stop,
    stream: (encoding.mode === 'stream' && !dialect.version) || undefined,
  }
  return {
    // Some write the version into the base URL, some do not.
    path: dialect.path?.(encoding) ?? (target.baseUrl.endsWith('/v1') ? '/messages' : '/v1/messages'),
    ...(dialect.version ? undefined : { headers: { 'anthropic-version': version } }),
    body: deepMerge(deepMerge(body, extra), request.providerOptions),
  }
}

function some<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length ? list : undefined
}

/** A long history gives the same reason again and again: it is said once. */
function once(note: Encoding['note']): Encoding['note'] {
  const said = new Set<string>()
  return (field, why) => {
    if (said.size < said.add(field + why).size) note(field, why)
  }
}

function toolOf(tool: Tool | ServerTool, { note, details }: Encoding, { can }: Family): Draft {
  if ('native' in tool) return { ...tool.native }
  const { name, description, parameters, strict } = tool
  if (!/^[\w-]{1,128}$/.test(name)) {
    throw relayError('tool_schema', `tool \`${name}\`: a name is made of letters, digits, _ and -`, details)
  }
  if (strict && !can('schema')) note('tools', `\`${name}\` is not strict: the model cannot be held to a schema`)
  const schema = { type: 'object', ...(parameters ?? { properties: {} }) }
  return strict && can('schema')
    ? { name, description, input_schema: closed(schema, () => note('tools', OPEN)), strict }
    : { name, description, input_schema: schema }
}

const KEPT = 'type properties required additionalProperties items enum const anyOf allOf $ref $defs default description title format minItems pattern'
const FORMATS = /^(date-time|time|date|duration|email|hostname|uri|ipv4|ipv6|uuid)$/
const OPEN = 'an object whose names the schema does not list is closed: it will be empty'

/** A schema that answers can be held to: the rest of what it asks for moves into descriptions, and objects are closed. */
function closed(schema: JsonSchema, wasOpen: () => void): JsonSchema {
  const strict = JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const kept: Draft = { ...value }
    // Under a name that the dialect does not keep.
    const move = (keyword: string, name: string): void => {
      kept[name] = kept[keyword]
      delete kept[keyword]
    }
    if (typeof kept['format'] === 'string' && !FORMATS.test(kept['format'])) move('format', 'other format')
    if (typeof kept['minItems'] === 'number' && kept['minItems'] > 1) move('minItems', 'at least')
    if (![kept['type']].flat().includes('object')) return kept
    if (typeof kept['additionalProperties'] === 'object') wasOpen()
    kept['additionalProperties'] = false
    return kept
  }) as JsonSchema
  return lower(strict, { keep: KEPT.split(' ') })
}

function choiceOf({ request, details }: Encoding, { can }: Family): Draft | undefined {
  const { tools, toolChoice, parallelToolCalls } = request
  if (!tools?.length) return undefined
  const name = typeof toolChoice === 'object' ? toolChoice.name : undefined
  if ((name || toolChoice === 'required') && !can('forced')) {
    throw relayError('unsupported', "this model cannot be made to call a tool: use toolChoice 'auto', or `responseFormat` for JSON", details)
  }
  const serial = (parallelToolCalls === false && toolChoice !== 'none') || undefined
  if (toolChoice === undefined && !serial) return undefined
  const type = name ? 'tool' : toolChoice === 'required' ? 'any' : (toolChoice ?? 'auto')
  return { type, name, disable_parallel_tool_use: serial }
}

function thoughtsOf({ request, note }: Encoding, family: Family, given: { readonly maxTokens: number; readonly thoughtless: boolean }): Thinking {
  const { reasoning, toolChoice } = request
  const thoughts = thinking(family, reasoning, given.maxTokens)
  if (thoughts.note) note('reasoning', thoughts.note)
  if (thoughts.thinking?.type !== 'enabled') return thoughts
  const forced = toolChoice === 'required' || typeof toolChoice === 'object'
  if (!forced && !given.thoughtless) return thoughts
  note('reasoning', forced ? 'no thinking where a tool must be called' : 'no thinking in a tool loop that began without it')
  return {}
}

/** How the answer is held to a shape: by the API, or where it cannot, by the system prompt. */
function formatOf({ request, note }: Encoding, { can }: Family): { readonly format?: Draft; readonly words?: string } {
  const { responseFormat: shape = 'text' } = request
  if (shape === 'text') return {}
  if (shape !== 'json_object' && can('schema')) return { format: { type: 'json_schema', schema: closed(shape.schema, () => note('responseFormat', OPEN)) } }
  note('responseFormat', 'asked for in the system prompt: nothing holds the model to it')
  const words = 'Answer with one JSON value and nothing else: no prose, no code fence.'
  return { words: shape === 'json_object' ? words.replace('value', 'object') : `${words} It must match this JSON Schema: ${JSON.stringify(shape.schema)}` }
}

function samplingOf({ request, note }: Encoding, { can }: Family, given: { readonly thinks: boolean; readonly version: string }): Draft {
  const { temperature, topP, topK, seed } = request
  // Clouds put a word of their own before the date.
  const gone = !can('sampling') || given.version.slice(-WITHOUT_SAMPLING.length) >= WITHOUT_SAMPLING
  const drop = (field: string, value: number | undefined, why: string | false | undefined): number | undefined => {
    if (value === undefined || !why) return value
    note(field, why)
    return undefined
  }
  const never = gone && 'this model or version of the API does not take it'
  const fixed = given.thinks && 'not while the model thinks'
  if (temperature !== undefined && temperature > 1 && !gone) note('temperature', 'it ends at 1 here')
  const warmth = drop('temperature', temperature, never || (temperature !== 1 && fixed))
  const both = warmth !== undefined && !can('both') && 'this model takes temperature or top_p, not both'
  drop('seed', seed, 'there is no such parameter')
  return {
    temperature: warmth && Math.min(1, warmth),
    top_p: drop('topP', topP, never || (topP !== undefined && topP < 0.95 && fixed) || both),
    top_k: drop('topK', topK, never || fixed),
  }
}

/** The betas that headers ask for. */
function betasOf({ request, target }: Encoding): readonly string[] {
  return [target.config.headers, request.headers].flatMap((headers) =>
    Object.entries(headers ?? {}).flatMap(([name, value]) => (name.toLowerCase() === 'anthropic-beta' ? value.split(/\s*,\s*/) : [])),
  )
}
