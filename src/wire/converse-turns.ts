// The Converse dialect: messages to turns and blocks, under its rules of order, names and replay.
import { relayError, type RelayError } from '../errors.ts'
import type { AudioBlock, ContentBlock, DocumentBlock, ImageBlock, ToolResultBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import type { ConverseFamily } from './converse-encode.ts'
import { isMintedBy } from './origin.ts'

/** JSON that is being written. */
export interface Draft {
  [field: string]: unknown
}

export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: Draft[]
}

/** What is known while a conversation is written. */
interface Page extends Encoding {
  readonly family: ConverseFamily
  /** Names that documents have already: no two may be alike. */
  readonly names: Set<string>
  /** What was wrong with the arguments of calls, by their id as it is sent. */
  readonly invalid: Map<unknown, string>
}

export function conversation(encoding: Encoding, family: ConverseFamily): { readonly system: Draft[]; readonly turns: Turn[] } {
  const page: Page = { ...encoding, family, names: new Set(), invalid: new Map() }
  const system: Draft[] = []
  const turns: Turn[] = []
  for (const { role: said, content } of encoding.request.messages) {
    const blocks: readonly ContentBlock[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
    const drafts = blocks.flatMap((block) => written(block, page))
    const role = said === 'tool' ? 'user' : said
    if (role === 'system') {
      if (turns.length) page.note('messages', 'a later system message stands with the first ones here')
      system.push(...drafts)
    } else if (turns.at(-1)?.role === role) turns.at(-1)?.content.push(...drafts)
    // Neighbours of one role are one turn; an empty turn is an error.
    else if (drafts.length) turns.push({ role, content: drafts })
  }
  answer(turns, page)
  for (const turn of turns) settle(turn, page)
  limitPoints([system, ...turns.map(({ content }) => content)], page)
  const last = turns.at(-1)
  const text = last?.role === 'assistant' ? last.content.at(-1) : undefined
  // What an answer is to go on from must not end in white space.
  if (typeof text?.['text'] === 'string') text['text'] = text['text'].trimEnd()
  return { system, turns }
}

/** Every call is answered in the turn after it. */
function answer(turns: Turn[], page: Page): void {
  for (let at = 0; at < turns.length; at++) {
    const calls = turns[at]?.content.flatMap(({ toolUse }) => (toolUse && !Object(toolUse).type ? [toolUse as Draft] : [])) ?? []
    const next = turns[at + 1]?.content ?? []
    const answered = new Set(next.map(({ toolResult }) => Object(toolResult).toolUseId as unknown))
    const missing = calls.filter(({ toolUseId }) => !answered.has(toolUseId)).map(({ name, toolUseId }) => {
      const error = page.invalid.get(toolUseId)
      if (at + 1 === turns.length && !error) {
        throw wrong('invalid_request', `the messages end with a call of \`${name}\` (${toolUseId}): add its tool_result before you ask again`, page)
      }
      page.note('messages', `the call of \`${name}\` has no result: an error stands in for it`)
      return { toolResult: { toolUseId, content: [{ text: error ?? 'The tool was not run.' }], status: failed(page) } }
    })
    if (at + 1 < turns.length) next.unshift(...missing)
    else if (missing.length) turns.push({ role: 'user', content: missing })
  }
}

/** Whether the conversation is in the middle of a tool loop that does not begin with thinking: with a budget that is an error. */
export function thoughtlessLoop(turns: readonly Turn[]): boolean {
  let first: Turn | undefined
  for (const turn of turns) {
    if (turn.role === 'assistant') first ??= turn
    else if (!turn.content.some(({ toolResult }) => toolResult)) first = undefined
  }
  return first !== undefined && !first.content[0]?.['reasoningContent']
}

function failed({ family }: Page): string | undefined {
  return family.status ? 'error' : undefined
}

/** Results first, text beside a document, nothing to cache before there is something. */
function settle({ role, content }: Turn, { note }: Page): void {
  if (role === 'user') content.sort((a, b) => Number('toolResult' in b) - Number('toolResult' in a))
  if (content.some(({ document }) => document) && !content.some(({ text }) => text)) {
    note('messages', 'a document wants a text beside it')
    content.push({ text: 'See the document.' })
  }
  while (content[0]?.['cachePoint']) {
    note('cache_hint', 'there is nothing before it in its turn')
    content.shift()
  }
}

/** Four places to cache up to at most, and none that lasts longer than one before it. */
function limitPoints(lists: readonly Draft[][], { note }: Page): void {
  const points = lists.flatMap((list) => list.flatMap(({ cachePoint }) => (cachePoint ? [cachePoint as Draft] : [])))
  // The first is shared by the most conversations, and the last reach the furthest.
  const spare = points.splice(1, Math.max(0, points.length - 4))
  if (spare.length) note('cache_hint', 'there may be four: the first and the last three are kept')
  for (const list of lists) list.splice(0, list.length, ...list.filter(({ cachePoint }) => !spare.includes(cachePoint as Draft)))
  let short = false
  for (const point of points) {
    if (short && point['ttl']) {
      note('cache_hint', 'an hour may not follow five minutes: it is five minutes too')
      point['ttl'] = undefined
    }
    short ||= !point['ttl']
  }
}

/** A block as Converse has it; none where it is not sent. */
function written(block: ContentBlock, page: Page): Draft[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      // A blank text is an error.
      return block.text.trim() ? [{ text: block.text }] : []
    case 'image':
    case 'audio':
      return [{ [block.type]: bytes(block, page) }]
    case 'document':
      return [documentOf(block, page)]
    case 'thinking':
    case 'redacted_thinking':
      return thought(block, page)
    case 'tool_use': {
      const { name, input = {}, invalid } = block
      const toolUseId = callId(block.id, page)
      if (invalid) {
        page.invalid.set(toolUseId, invalid.error)
        page.note('messages', 'arguments that are no JSON object go back as the text they are')
      }
      return [{ toolUse: { toolUseId, name, input: invalid ? { invalid_arguments: invalid.raw } : input } }]
    }
    case 'tool_result':
      return result(block, page)
    case 'cache_hint':
      return [{ cachePoint: { type: 'default', ttl: block.ttl === '1h' ? block.ttl : undefined } }]
    case 'native':
      if ((!block.origin || block.origin.provider === page.target.provider.name) && block.kind in Object(block.data)) return [{ ...Object(block.data) }]
      page.note('messages', `a block of the kind \`${block.kind}\` is not Converse's own: it is left out`)
      return []
  }
}

function thought(block: ContentBlock & { readonly type: 'thinking' | 'redacted_thinking' }, page: Page): Draft[] {
  const { origin } = block
  const { kin } = page.family
  const mine = !origin || isMintedBy(block, page.target)
  const related = origin && kin?.(origin.model) !== undefined && kin(origin.model) === kin(page.target.model)
  if (block.type === 'redacted_thinking') {
    // What Converse minted is base64 of what the model's own API calls its data.
    const minted = !origin || Object(origin.state).encoded === true
    if (mine || related) return [{ reasoningContent: { redactedContent: minted ? block.data : btoa(block.data) } }]
  } else if ((mine && (block.signature || origin)) || (related && block.signature)) {
    return [{ reasoningContent: { reasoningText: { text: block.text, signature: block.signature } } }]
  }
  page.note('messages', "thinking that is unsigned, or another model's, is left out")
  return []
}

/** An id as the model takes it: the same for the same, in every request. */
function callId(id: string, { family: { toolId = /^[\w.:-]{1,64}$/ }, note }: Page): string {
  if (toolId.test(id)) return id
  note('messages', 'ids of calls are spelled as this model wants them')
  let hash = 0xcbf29ce484222325n
  for (const char of id) hash = BigInt.asUintN(64, (hash ^ BigInt(char.codePointAt(0) ?? 0)) * 0x100000001b3n)
  return hash.toString(36).padStart(9, '0').slice(-9)
}

function result({ toolUseId, content, isError }: ToolResultBlock, page: Page): Draft[] {
  const blocks: readonly ContentBlock[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  const inner = blocks.flatMap((block) => (block.type === 'text' ? [{ text: block.text }] : written(block, page)))
  const parts = inner.filter((part) => !part['cachePoint'])
  // An error that says nothing is refused.
  if (isError && !parts.some((part) => part['text'] !== '')) parts.splice(0, parts.length, { text: 'error' })
  const draft = { toolResult: { toolUseId: callId(toolUseId, page), content: parts, status: isError ? failed(page) : undefined } }
  return [draft, ...inner.filter((part) => part['cachePoint'])]
}

function documentOf(block: DocumentBlock, page: Page): Draft {
  const { text, title, context, citations } = block
  const { format, source } = text === undefined ? bytes(block, page) : { format: 'txt', source: { text } }
  const plain = (title ?? '').replace(/[^\p{L}\p{N}\s()[\]-]+/gu, ' ').replace(/\s+/g, ' ').trim().slice(0, 180) || 'document'
  let name = plain
  for (let n = 2; page.names.has(name); n++) name = `${plain} ${n}`
  page.names.add(name)
  return { document: { format, name, source, context, citations: citations ? { enabled: true } : undefined } }
}

/** The word for a media type where it is not the type's own second half. */
const FORMATS: readonly (readonly [type: RegExp, format: string])[] = [
  [/^jpg/, 'jpeg'],
  [/^plain/, 'txt'],
  [/markdown/, 'md'],
  [/wordprocessing/, 'docx'],
  [/msword/, 'doc'],
  [/spreadsheet/, 'xlsx'],
  [/excel/, 'xls'],
]

function bytes({ type, url = '', data, mediaType }: ImageBlock | AudioBlock | DocumentBlock, page: Page): { readonly format: string; readonly source: Draft } {
  const [, declared, inline] = /^data:([^;,]*)[^,]*,(.*)$/s.exec(url) ?? []
  const content = data ?? inline
  const stored = url.startsWith('s3://')
  if (content === undefined && !stored) throw wrong('unsupported', `this ${type} cannot be fetched from here: put its bytes into \`data\`, or name it by an s3:// URL`, page)
  const kind = mediaType ?? declared ?? ''
  const word = (kind.split('/')[1] ?? (stored ? /\.(\w+)$/.exec(url)?.[1] : undefined) ?? '').toLowerCase().replace(/^x-/, '')
  if (!word) throw wrong('invalid_request', `this ${type} wants its \`mediaType\``, page)
  const format = type === 'audio' && word === 'mpeg' ? 'mp3' : (FORMATS.find(([pattern]) => pattern.test(word))?.[1] ?? word)
  return { format, source: stored ? { s3Location: { uri: url } } : { bytes: content } }
}

function wrong(code: 'unsupported' | 'invalid_request', message: string, { details }: Page): RelayError {
  return relayError(code, message, details)
}
