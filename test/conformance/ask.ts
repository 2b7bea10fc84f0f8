// A recorded request as a caller of the hub would write it.
import { createHash } from 'node:crypto'
import type { ContentBlock, Message } from '../../src/types/message.ts'
import type { ChatRequest, Reasoning } from '../../src/types/request.ts'
import type { Tool, ToolChoice } from '../../src/types/tool.ts'
import { strings, type NeutralBlock, type NeutralMedia, type NeutralRequest } from './record.ts'

/** True where the neutral shape holds all of the request: nothing of a provider's own, and no file that is not in the body. */
export function isWhole({ turns, server_tools = [], previous_response_id }: NeutralRequest, body: unknown): boolean {
  const known = filesOf(body)
  const found = (media: NeutralMedia): boolean => mediaOf(media, known) !== undefined
  const held = (block: NeutralBlock): boolean =>
    block.t === 'media' ? found(block) : /^(text|tool_use|tool_result|thinking)$/.test(block.t) && (block.media ?? []).every(found)
  return !previous_response_id && !server_tools.length && turns.length > 0 && turns.every(({ role, blocks }) => role !== 'system' && blocks.every(held))
}

/** `body` is the recorded one: files are in it, and the neutral shape has only a digest of each. */
export function askOf({ system = [], turns, tools = [], tool_choice: choice, params = {}, reasoning }: NeutralRequest, body?: unknown): ChatRequest {
  const told: readonly Message[] = system.map((text) => ({ role: 'system', content: text }))
  const known = filesOf(body)
  const messages = turns.map(({ role, blocks }): Message => {
    const content = blocks.flatMap((block) => blockOf(block, known))
    return { role: role === 'assistant' || role === 'tool' ? role : 'user', content: content.length ? content : 'attached' }
  })
  const { max_tokens, temperature, top_p, top_k, stop, seed, parallel_tool_calls } = params
  const fields = { maxTokens: max_tokens, temperature, topP: top_p, topK: top_k, stop, seed, parallelToolCalls: parallel_tool_calls, toolChoice: choice && choiceOf(choice), reasoning: effortOf(reasoning) }
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))
  return { messages: [...told, ...messages], ...(tools.length ? { tools: tools.map(toolOf) } : undefined), ...given }
}

type Files = ReadonlyMap<string, string>

/** What may be a file in a body, by its digest. */
function filesOf(body: unknown): Files {
  const data = [...strings(body)].map((text) => text.replace(/^data:[^,]*,/, '')).filter((text) => /^[\w+/-]{4,}=*$/.test(text))
  return new Map(data.map((text) => [createHash('sha256').update(text).digest('hex').slice(0, 16), text]))
}

const TYPES: { readonly [format: string]: string } = {
  pdf: 'application/pdf', txt: 'text/plain', jpeg: 'image/jpeg', png: 'image/png', wav: 'audio/wav', mp3: 'audio/mpeg',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
}

/** Undefined where the file is not at hand, or is a film, which requests have no block for. */
function mediaOf({ kind = '', mime, ref }: NeutralMedia, known: Files): ContentBlock | undefined {
  const [, how, what = ''] = /^(url(?=:https?:)|b64):(.*)$/s.exec(ref ?? '') ?? []
  const mediaType = mime ? (TYPES[mime] ?? mime) : undefined
  const [, type = 'document'] = /^(image|audio|video)/.exec(mediaType ?? kind) ?? []
  const data = known.get(what)
  if (type === 'video' || (how !== 'url' && data === undefined)) return undefined
  return { type: type as 'image', ...(how === 'url' ? { url: what } : { data: data ?? '' }), ...(mediaType !== undefined && { mediaType }) }
}

function blockOf({ t, id = '', name, text = '', args = {}, media = [], is_error, ...rest }: NeutralBlock, known: Files): ContentBlock[] {
  const attached = (t === 'media' ? [rest] : media).flatMap((one) => mediaOf(one, known) ?? [])
  if (t === 'media') return attached
  if (t === 'text') return [{ type: 'text', text }]
  if (t === 'tool_use') return [{ type: 'tool_use', id, name: name ?? '', input: args }]
  if (t !== 'tool_result') return []
  const content = attached.length ? [...(text ? [{ type: 'text' as const, text }] : []), ...attached] : text
  return [{ type: 'tool_result', toolUseId: id, content, ...(name && { name }), ...(is_error && { isError: true }) }]
}

function toolOf({ name, description, schema, strict }: NeutralRequest['tools'][number]): Tool {
  return { name, ...(description != null && { description }), ...(schema && { parameters: schema }), ...(strict && { strict }) }
}

function choiceOf({ mode, name, names = [] }: NonNullable<NeutralRequest['tool_choice']>): ToolChoice | undefined {
  if (mode === 'tool' && name) return { name }
  const [only] = names
  if (mode === 'any') return only !== undefined && names.length === 1 ? { name: only } : 'required'
  return mode === 'auto' || mode === 'none' ? mode : undefined
}

/** The level, or the budget in tokens, that stands somewhere in a provider's words. */
function effortOf(said: unknown): Reasoning | undefined {
  if (typeof said === 'number') return said
  if (typeof said === 'string') return /^(none|minimal|low|medium|high|xhigh)$/i.test(said) ? (said.toLowerCase() as Reasoning) : undefined
  if (typeof said !== 'object' || said === null) return undefined
  const named = Object.entries(said).filter(([key]) => /effort|level|budget|max_tokens|^reasoning$|^thinking$/i.test(key))
  return named.map(([, value]) => effortOf(value)).find((found) => found !== undefined)
}
