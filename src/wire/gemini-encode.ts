// A request as Gemini's generateContent takes it.
import { parsed } from '../json/event.ts'
import { lower } from '../json/lower.ts'
import { deepMerge, isFields } from '../json/merge.ts'
import type { AudioBlock, ContentBlock, DocumentBlock, ImageBlock, ToolResultBlock } from '../types/message.ts'
import type { Encoding, WireRequest } from '../types/provider.ts'
import type { JsonSchema, ServerTool, Tool } from '../types/tool.ts'
import { blocksOf, bytesOf, without, wordsOf } from './blocks.ts'
import { drop, FOREIGN, MOVED, UNKNOWN, unsent } from './fields.ts'
import { lost, worded } from './format.ts'
import { GEMINI_SCHEMA, generationOf, versionOf } from './gemini-generation.ts'
import { isMintedBy, keptOf } from './origin.ts'

/** What differs between the places that speak this dialect. */
export interface GeminiDialect {
  /** Where a model is, under the base URL. */
  readonly path: (model: string) => string
  /** An id is an unknown field to some, unless the call that it names came with it. */
  readonly receivedIdsOnly?: boolean
  /** `toolConfig.includeServerSideToolInvocations` is known here. */
  readonly serverToolTurns?: boolean
}

/** Opaque state of a block, as the `seal` delta carries it. */
export interface PartState {
  readonly thoughtSignature?: string
  readonly id?: string
}

interface Part {
  readonly [field: string]: unknown
}

interface Content {
  readonly role: 'user' | 'model'
  readonly parts: Part[]
}

interface Turns {
  readonly contents: Content[]
  readonly system: Part[]
}

/** What stands in for the signature of a call that another model made. Gemini 3 refuses a call without any. */
const STAND_IN = 'skip_thought_signature_validator'

export function encodeGemini(encoding: Encoding, dialect: GeminiDialect): WireRequest {
  const { request, extra, target, mode, note } = encoding
  const { contents, system } = turnsOf(encoding, dialect)
  const { responseFormat: shape = 'text', tools = [], toolChoice = 'auto' } = request
  const version = versionOf(target.model)
  unsent(encoding)
  // Before Gemini 3 functions and JSON do not go together, and from then on not where a function must be called.
  const apart = (version && version < 3) || !/^(auto|none)$/.test(String(toolChoice))
  const words = shape !== 'text' && apart && tools.some((tool) => !('native' in tool))
  if (words) system.push({ text: worded(shape, note) })
  const first = contents.find(({ role }) => role === 'user')
  // Gemma has no place for instructions but the first thing that the user says.
  const prepend = first && /^(.*\/)?gemma/.test(target.model)
  if (prepend) first.parts.unshift(...system)
  if (prepend && system.length) note('messages', 'there are no system messages here: part of the first user message')
  const own = {
    systemInstruction: system.length && !prepend ? { parts: system } : undefined,
    contents,
    ...toolsOf(encoding, dialect),
    generationConfig: generationOf(words ? { ...encoding, request: { ...request, responseFormat: 'text' } } : encoding),
  }
  const body = deepMerge(own, extra, request.providerOptions)
  if (body['cachedContent']) drop(body, note, ['systemInstruction tools toolConfig', 'part of the cached content: left out'])
  const method = mode === 'stream' ? 'streamGenerateContent?alt=sse' : 'generateContent'
  return { path: `${dialect.path(target.model)}:${method}`, body }
}

function turnsOf(encoding: Encoding, dialect: GeminiDialect): Turns {
  const { request, target, note } = encoding
  const contents: Content[] = []
  const system: Part[] = []
  const calls = new Map<string, Called>()
  // Results of one turn are one content and nothing stands between them, so what else a tool gave back waits here.
  const late: Part[] = []
  let last = ''
  const push = (kind: 'user' | 'model' | 'results', part: Part): void => {
    if (kind !== 'results') for (const one of late.splice(0)) push('user', one)
    if (kind !== last) contents.push({ role: kind === 'model' ? kind : 'user', parts: [] })
    last = kind
    contents.at(-1)?.parts.push(part)
  }

  for (const { role, content } of request.messages) {
    const blocks = blocksOf(content)
    // A result must come right after its call.
    for (const block of blocks) {
      if (block.type !== 'tool_result') continue
      const { toolUseId } = block
      const { id, name } = calls.get(toolUseId) ?? { id: dialect.receivedIdsOnly ? undefined : toolUseId, name: toolUseId }
      const { part, media } = resultOf(block, { id, name: block.name ?? name }, encoding)
      push('results', part)
      late.push(...media)
    }
    for (const block of blocks) {
      const part = partOf(block, encoding, role === 'assistant')
      if (block.type === 'tool_use') {
        const mine = keptOf(block, target) !== undefined
        const { id, thoughtSignature } = mine ? stateOf(block, target) : { id: dialect.receivedIdsOnly ? undefined : block.id }
        calls.set(block.id, { name: block.name, id })
        const first = last !== 'model' || !contents.at(-1)?.parts.some((one) => one['functionCall'])
        const foreign = !mine && first && versionOf(target.model) >= 3
        if (foreign) note('messages', 'a call that another model made has a stand-in for its signature')
        if (block.invalid) note('messages', 'arguments that are no JSON object are left out')
        push('model', { functionCall: { id, name: block.name, args: block.input ?? {} }, thoughtSignature: foreign ? STAND_IN : thoughtSignature })
      } else if (!part) {
        if (block.type !== 'tool_result') note('messages', FOREIGN)
      } else if (role === 'system') {
        if (contents.length) note('messages', MOVED)
        system.push(part)
      }
      else if (role !== 'assistant') push('user', part)
      else if (part['text'] !== '' || part['thoughtSignature']) push('model', part)
    }
  }
  for (const one of late.splice(0)) push('user', one)
  return { contents, system }
}

function partOf(block: ContentBlock, { target, note }: Encoding, made: boolean): Part | undefined {
  const { thoughtSignature } = stateOf(block, target)
  switch (block.type) {
    case 'text':
    case 'refusal':
      return { text: block.text, thoughtSignature }
    case 'thinking':
      // A summary without its signature is of no use to the model.
      return thoughtSignature ? { text: block.text, thought: true, thoughtSignature } : undefined
    case 'image':
    case 'audio':
      return { ...mediaPart(block, note), thoughtSignature }
    case 'document':
      return mediaPart(block, note)
    case 'native':
      // What is not a part (grounding) is there to be read only.
      return (isMintedBy(block, target) || !made || !block.origin) && block.kind in Object(block.data) ? (block.data as Part) : undefined
    default:
      return undefined
  }
}

function stateOf(block: ContentBlock, target: Encoding['target']): PartState {
  return Object(keptOf(block, target)) as PartState
}

interface Called {
  readonly name: string
  readonly id: string | undefined
}

interface Result {
  readonly part: Part
  /** What of it must follow as parts of their own. */
  readonly media: readonly Part[]
}

/** What may stand inside of a result. */
const INSIDE = /^(image\/(png|jpeg|webp)|application\/pdf|text\/plain)$/

function resultOf({ content, isError }: ToolResultBlock, call: Called, { target, note }: Encoding): Result {
  const texts: string[] = []
  const media: Part[] = []
  for (const block of blocksOf(content)) {
    const { type } = block
    const part = type === 'image' || type === 'audio' || type === 'document' ? mediaPart(block, note) : type === 'text' ? { text: block.text } : note('tool_result', FOREIGN)
    if (typeof part?.['text'] === 'string') texts.push(part['text'])
    else if (part) media.push(part)
  }
  const inside = versionOf(target.model) >= 3 ? media.filter(({ inlineData }) => INSIDE.test(Object(inlineData).mimeType)) : []
  const response = answerOf(texts.join('\n'), isError)
  return {
    part: { functionResponse: { ...call, response, parts: inside.length ? inside : undefined } },
    media: media.filter((one) => !inside.includes(one)),
  }
}

/** Must be an object. `$ref` in one would be taken for the name of a file. */
function answerOf(text: string, isError = false): Part {
  const value = parsed(text)
  const fits = isFields(value) && !text.includes('"$ref"') && (!isError || 'error' in value)
  return fits ? value : { [isError ? 'error' : 'output']: text }
}

const TYPES: { readonly [extension: string]: string } = {
  png: 'image/png',
  webp: 'image/webp',
  pdf: 'application/pdf',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  image: 'image/jpeg',
  audio: 'audio/wav',
}

function mediaPart(block: ImageBlock | AudioBlock | DocumentBlock, note: Encoding['note']): Part {
  const { type, url = '', fileId } = block
  const text = type === 'document' && block.text !== undefined ? wordsOf(block) : undefined
  without(text === undefined ? 'detail title context citations' : 'citations', block, note)
  if (text !== undefined) return { text }
  const { data, mediaType } = bytesOf(block)
  const [, extension = ''] = /\.(\w+)([?#]|$)/.exec(url) ?? []
  const mimeType = (mediaType || (TYPES[extension] ?? TYPES[type] ?? TYPES['pdf']))?.replace('/jpg', '/jpeg')
  return data === undefined ? { fileData: { mimeType, fileUri: fileId ?? url } } : { inlineData: { mimeType, data } }
}

function toolsOf({ request, target, note }: Encoding, { serverToolTurns }: GeminiDialect): Part {
  const { tools = [], toolChoice = 'auto', parallelToolCalls } = request
  const own = tools.filter((tool): tool is Tool => !('native' in tool))
  const native = tools.filter((tool): tool is ServerTool => 'native' in tool).map((tool) => tool.native)
  if (parallelToolCalls === false && own.length) note('parallelToolCalls', UNKNOWN)
  const functionDeclarations = own.map(({ name, description, parameters }) => ({ name, description, parametersJsonSchema: schemaOf(parameters, lost(note, `tools.${name}`)) }))
  // Calls of both kinds in one answer: only under these two, and from Gemini 3 on.
  const mixed = own.length > 0 && native.length > 0 && versionOf(target.model) >= 3
  const loose = mixed || own.some(({ strict }) => strict) ? 'VALIDATED' : undefined
  const allowedFunctionNames = typeof toolChoice === 'object' ? [toolChoice.name] : undefined
  const mode = typeof toolChoice === 'object' ? 'ANY' : { auto: loose, none: 'NONE', required: 'ANY' }[toolChoice]
  const functionCallingConfig = mode && own.length ? { mode, allowedFunctionNames } : undefined
  const includeServerSideToolInvocations = (mixed && serverToolTurns) || undefined
  const toolConfig = { functionCallingConfig, includeServerSideToolInvocations }
  return {
    tools: tools.length ? [...(own.length ? [{ functionDeclarations }] : []), ...native] : undefined,
    toolConfig: functionCallingConfig || includeServerSideToolInvocations ? toolConfig : undefined,
  }
}

/** A tool without arguments has no schema: an object without properties is refused by some. */
function schemaOf(parameters: JsonSchema | undefined, dropped: ReturnType<typeof lost>): JsonSchema | undefined {
  const { properties = parameters } = parameters ?? {}
  return parameters && Object.keys(Object(properties)).length ? lower(parameters, GEMINI_SCHEMA, dropped) : undefined
}
