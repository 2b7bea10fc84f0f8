// The Converse dialect: messages to turns and blocks, under its rules of order, names and replay.
import { relayError } from '../errors.ts'
import type { AudioBlock, ContentBlock, DocumentBlock, ImageBlock, Media, ToolResultBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import { blocksOf, bytesOf, idsOf, nine, reached, spoken, without, type Ids } from './blocks.ts'
import type { ConverseFamily } from './converse-encode.ts'
import { AS_TEXT, FOREIGN, MOVED, UNKNOWN } from './fields.ts'
import { isMintedBy } from './origin.ts'
import { answerCalls, limitPoints, prefilled, say, type Draft, type Manner, type Turn } from './turns.ts'

/** What is known while a conversation is written. */
interface Page extends Encoding {
  readonly family: ConverseFamily
  /** Names that documents have already: no two may be alike. */
  readonly names: Set<string>
  readonly ids: Ids
  /** What was wrong with the arguments of calls, by their id as it is sent. */
  readonly wrong: Map<unknown, string>
}

export const MANNER: Manner = {
  call: ({ toolUse }) => {
    const { toolUseId: id, name, type } = Object(toolUse) as Draft
    return id && !type ? { id, name } : undefined
  },
  answers: ({ toolResult }) => Object(toolResult).toolUseId as unknown,
  thinks: ({ reasoningContent }) => reasoningContent,
  missing: (toolUseId, text) => ({ toolResult: { toolUseId, content: [{ text }], status: 'error' } }),
}

export function conversation(encoding: Encoding, family: ConverseFamily): { readonly system: Draft[]; readonly turns: Turn[]; readonly begun: boolean } {
  const { note } = encoding
  const { toolId = /^[\w.:-]{1,64}$/ } = family
  const ids = idsOf(note, (id) => (toolId.test(id) ? id : nine(id, note)))
  const page: Page = { ...encoding, family, names: new Set(), ids, wrong: new Map() }
  const system: Draft[] = []
  const turns: Turn[] = []
  for (const { role, content } of encoding.request.messages) {
    const blocks = blocksOf(content)
    const drafts = (role === 'assistant' ? spoken(blocks, note) : blocks).flatMap((block) => written(block, page))
    if (role !== 'system') say(turns, role === 'assistant' ? role : 'user', drafts)
    else {
      if (turns.length) note('messages', MOVED)
      system.push(...drafts)
    }
  }
  answerCalls(turns, MANNER, page)
  const contents = turns.map(({ content }) => content)
  for (const content of contents) settle(content, page)
  const spare = limitPoints([system, ...contents].flat().flatMap(({ cachePoint }) => (cachePoint ? [cachePoint as Draft] : [])), 4, note)
  for (const list of [system, ...contents]) list.splice(0, list.length, ...list.filter(({ cachePoint }) => !spare.includes(cachePoint as Draft)))
  return { system, turns, begun: prefilled(turns, MANNER, note) }
}

/** Text beside a document, nothing to cache before there is something, and no `status` where it is not known. */
function settle(content: Draft[], { note, family }: Page): void {
  if (content.some(({ document }) => document) && !content.some(({ text }) => text)) {
    note('messages', 'a document wants a text beside it')
    content.push({ text: 'See the document.' })
  }
  while (content[0]?.['cachePoint']) {
    note('cache_hint', 'there is nothing before it in its turn')
    content.shift()
  }
  if (family.status) return
  for (const { toolResult } of content) {
    if (Object(toolResult).status) note('messages', `isError: ${UNKNOWN}`)
    delete Object(toolResult).status
  }
}

/** A block as Converse has it; none where it is not sent. */
function written(block: ContentBlock, page: Page): Draft[] {
  const { note, target } = page
  switch (block.type) {
    case 'text':
    case 'refusal':
      // A blank text is an error.
      return block.text.trim() ? [{ text: block.text }] : []
    case 'image':
    case 'audio':
      without('detail', block, note)
      return [{ [block.type]: media(block, page) }]
    case 'document':
      return [documentOf(block, page)]
    case 'thinking':
    case 'redacted_thinking':
      return thought(block, page)
    case 'tool_use': {
      const { name, input = {}, invalid } = block
      const toolUseId = page.ids.call(block.id)
      if (invalid) {
        page.wrong.set(toolUseId, invalid.error)
        note('messages', AS_TEXT)
      }
      return [{ toolUse: { toolUseId, name, input: invalid ? { invalid_arguments: invalid.raw } : input } }]
    }
    case 'tool_result':
      return result(block, page)
    case 'cache_hint':
      return [{ cachePoint: { type: 'default', ttl: block.ttl === '1h' ? block.ttl : undefined } }]
    case 'native':
      if ((!block.origin || isMintedBy(block, target)) && block.kind in Object(block.data)) return [{ ...Object(block.data) }]
      note('messages', FOREIGN)
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
  // What was cut before it was signed is refused by those who sign.
  } else if ((mine || related) && (block.signature || (origin && !kin))) {
    return [{ reasoningContent: { reasoningText: { text: block.text, signature: block.signature } } }]
  }
  page.note('messages', FOREIGN)
  return []
}

function result({ toolUseId, content, isError }: ToolResultBlock, page: Page): Draft[] {
  const inner = blocksOf(content).flatMap((block) => (block.type === 'text' ? [{ text: block.text }] : written(block, page)))
  const [parts, points] = [inner.filter((part) => !part['cachePoint']), inner.filter((part) => part['cachePoint'])]
  // An error that says nothing is refused.
  const silent = isError && !parts.some((part) => part['text'] !== '')
  return [{ toolResult: { toolUseId: page.ids.result(toolUseId), content: silent ? [{ text: 'error' }] : parts, status: isError ? 'error' : undefined } }, ...points]
}

function documentOf(block: DocumentBlock, page: Page): Draft {
  const { text, title, context, citations } = block
  const { format, source } = text === undefined ? media(block, page) : { format: 'txt', source: { text } }
  const plain = (title ?? '').replace(/[^\p{L}\p{N}\s()[\]-]+/gu, ' ').replace(/\s+/g, ' ').trim().slice(0, 180) || 'document'
  let name = plain
  for (let n = 2; page.names.has(name); n++) name = `${plain} ${n}`
  page.names.add(name)
  return { document: { format, name, source, context, citations: citations && { enabled: true } } }
}

/** The word for a media type where it is not the type's own second half. */
const FORMATS: readonly (readonly [type: RegExp, format: string])[] = [
  [/^jpg/, 'jpeg'],
  [/^plain/, 'txt'],
  [/markdown/, 'md'],
  [/^mpeg/, 'mp3'],
  [/wordprocessing/, 'docx'],
  [/msword/, 'doc'],
  [/spreadsheet/, 'xlsx'],
  [/excel/, 'xls'],
]

function media(block: Media & Pick<ImageBlock | AudioBlock | DocumentBlock, 'type'>, page: Page): { readonly format: string; readonly source: Draft } {
  const { type, url = '' } = block
  const { data, mediaType = '' } = bytesOf(block)
  const stored = url.startsWith('s3://')
  if (data === undefined && !stored) return media(reached(block, page), page)
  const word = (mediaType.split('/')[1] ?? /\.(\w+)$/.exec(url)?.[1] ?? '').toLowerCase().replace(/^x-/, '')
  if (!word) throw relayError('invalid_request', `the ${type} wants its \`mediaType\``, page.details)
  return { format: FORMATS.find(([pattern]) => pattern.test(word))?.[1] ?? word, source: stored ? { s3Location: { uri: url } } : { bytes: data } }
}
