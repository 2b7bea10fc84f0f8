// The Messages dialect: what is sent. `anthropic-turns.ts` writes the conversation, this file everything around it.
import { deepMerge } from '../json/merge.ts'
import type { Encoding, WireRequest } from '../types/provider.ts'
import type { ServerTool, Tool } from '../types/tool.ts'
import type { MessagesDialect } from './anthropic-messages.ts'
import { choiceOf, familyOf, fitted } from './anthropic-models.ts'
import { conversation, MANNER, page } from './anthropic-turns.ts'
import { unsent } from './fields.ts'
import { held, OPEN, spelled, worded } from './format.ts'
import { limitPoints, prefilled, thoughtlessLoop, type Draft } from './turns.ts'

/** The version in which sampling parameters still exist, and the one from which they are an error whatever the model. */
const VERSION = '2023-06-01'
const WITHOUT_SAMPLING = '2026-10-21'

export function encode(encoding: Encoding, dialect: MessagesDialect): WireRequest {
  const { request, target, extra, note, mode } = encoding
  const { stop, maxTokens: most, responseFormat: shape = 'text' } = request
  const lacks = dialect.lacks?.(target.model) ?? []
  const family = familyOf(target.model, lacks)
  const version = dialect.version?.(encoding) ?? target.config.api_version ?? VERSION
  const maxTokens = most ?? target.config.capabilities?.max_output ?? family.maxTokens
  if (most === undefined) note('maxTokens', `the API wants a number: ${maxTokens}`)
  unsent(encoding, 'seed')

  const paper = page(encoding, family, lacks)
  const tools = request.tools?.map((tool) => paper.mark(toolOf(tool, encoding, family.can('schema') && !lacks.includes('strict'))))
  const { system, turns } = conversation(paper)
  const begun = prefilled(turns, MANNER, note)
  const { thinking, effort, temperature, topP, topK } = fitted(encoding, family, {
    maxTokens,
    thoughtless: thoughtlessLoop(turns, MANNER),
    begun,
    // Clouds put a word of their own before the date.
    gone: version.slice(-WITHOUT_SAMPLING.length) >= WITHOUT_SAMPLING,
  })
  const grammar = typeof shape === 'object' && family.can('schema') && !begun
  const format = grammar ? { type: 'json_schema', schema: held(shape.schema, note, 'responseFormat') } : undefined
  if (shape !== 'text' && !grammar) system.push({ type: 'text', text: worded(shape, note) })
  // The automatic breakpoint takes one of the four places.
  const marked = paper.drafts.filter(({ cache_control }) => cache_control)
  const spare = limitPoints(marked.map(({ cache_control }) => cache_control as Draft), { ...extra, ...request.providerOptions }['cache_control'] ? 3 : 4, note)
  for (const draft of marked) if (spare.includes(draft['cache_control'] as Draft)) delete draft['cache_control']

  const cloud = dialect.version
  const body: Draft = {
    ...(cloud ? { anthropic_version: version } : { model: target.model }),
    max_tokens: maxTokens,
    system: some(system),
    messages: turns,
    tools: some(tools),
    tool_choice: choiceOf(encoding, family),
    thinking,
    output_config: effort || format ? { effort, format } : undefined,
    temperature,
    top_p: topP,
    top_k: topK,
    stop_sequences: stop && [stop].flat(),
    stream: (mode === 'stream' && !cloud) || undefined,
  }
  return {
    // Some write the version into the base URL, some do not.
    path: dialect.path?.(encoding) ?? (target.baseUrl.endsWith('/v1') ? '/messages' : '/v1/messages'),
    ...(cloud ? undefined : { headers: { 'anthropic-version': version } }),
    body: deepMerge(body, extra, request.providerOptions),
  }
}

function some<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list && list.length ? list : undefined
}

function toolOf(tool: Tool | ServerTool, { note, details }: Encoding, holds: boolean): Draft {
  if ('native' in tool) return { ...tool.native }
  const { name, description, parameters, strict } = tool
  const schema = { type: 'object', ...(parameters ?? { properties: {} }) }
  const grammar = (strict && holds) || undefined
  if (strict && !grammar) note('tools', OPEN)
  return { name: spelled(name, 128, details), description, input_schema: grammar ? held(schema, note, 'tools') : schema, strict: grammar }
}

/** The betas that headers ask for, where these are not read, so that the body must hold their values. */
export function withBetas({ body, ...sent }: WireRequest, { request, target }: Encoding): WireRequest {
  const betas = [target.config.headers, request.headers].flatMap((headers) =>
    Object.entries(headers ?? {}).flatMap(([name, value]) => (name.toLowerCase() === 'anthropic-beta' ? value.split(/\s*,\s*/) : [])),
  )
  return { ...sent, body: betas.length ? { anthropic_beta: betas, ...body } : body }
}
