// The Messages dialect: messages to turns and blocks, under the API's rules of order, replay and caching.
import { relayError, type ErrorCode } from '../errors.ts'
import type { ContentBlock, Media, Origin, ToolResultBlock, ToolUseBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import { familyOf, type Family } from './anthropic-models.ts'

/** JSON that is being written. */
export interface Draft {
  [field: string]: unknown
}

export interface Turn {
  readonly role: 'user' | 'assistant' | 'system'
  readonly content: Draft[]
}

/** What is known while a conversation is written. */
export interface Page extends Encoding {
  readonly family: Family
  readonly lacks: readonly string[]
  /** The API's ids of calls, by the ids that the messages use. */
  readonly ids: Map<string, string>
  /** What a call's result has to know of it, by the API's id. */
  readonly calls: Map<unknown, { readonly toolset: unknown; readonly error: string | undefined }>
  /** Takes note of a block that may end a cached prefix. */
  readonly mark: (draft: Draft) => Draft
  /** Ends a cached prefix after the latest block, or after the next where there is none yet. */
  readonly hint: (ttl: '5m' | '1h' | undefined) => void
  /** Keeps as many breakpoints as there may be. */
  readonly settle: (most: number) => void
}

export function page(encoding: Encoding, family: Family, lacks: readonly string[]): Page {
  const marked = new Set<Draft>()
  let latest: Draft | undefined
  let pending: (() => void) | undefined
  const hint: Page['hint'] = (ttl) => {
    if (!latest) {
      pending = () => hint(ttl)
      return
    }
    latest['cache_control'] = { type: 'ephemeral', ...(ttl === '1h' ? { ttl } : undefined) }
    marked.add(latest)
  }
  const mark: Page['mark'] = (draft) => {
    latest = draft
    pending?.()
    pending = undefined
    return draft
  }
  const settle: Page['settle'] = (most) => {
    const marks = [...marked]
    // The first is shared by the most conversations, and the last reach the furthest.
    const spare = marks.splice(1, Math.max(0, marks.length - most))
    for (const draft of spare) delete draft['cache_control']
    if (spare.length) encoding.note('cache_hint', `${most} breakpoints at most: the first and the last are kept`)
    let short = false
    for (const draft of marks) {
      const lasts = 'ttl' in (draft['cache_control'] as Draft)
      if (short && lasts) {
        draft['cache_control'] = { type: 'ephemeral' }
        encoding.note('cache_hint', 'an hour may not follow five minutes: it is five minutes too')
      }
      short ||= !lasts
    }
  }
  return { ...encoding, family, lacks, ids: new Map(), calls: new Map(), mark, hint, settle }
}

export function conversation(paper: Page): { readonly system: Draft[]; readonly turns: readonly Turn[] } {
  const system: Draft[] = []
  const turns: Turn[] = []
  for (const { role, content } of paper.request.messages) {
    let blocks: readonly ContentBlock[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
    let to: Turn['role'] = role === 'tool' ? 'user' : role
    const last = turns.at(-1)
    if (to === 'system' && last && !(paper.family.can('system') && last.role !== 'assistant')) {
      // Also where the model takes them: nothing may stand between a call and its result.
      paper.note('messages', 'a later system message is part of a user turn here')
      to = 'user'
      blocks = blocks.map((block) => (block.type === 'text' ? { ...block, text: `<system>\n${block.text}\n</system>` } : block))
    }
    const drafts = written(blocks, paper)
    if (to === 'system' && drafts.some(({ type }) => type !== 'text')) {
      throw wrong(paper, 'invalid_request', 'a system message holds nothing but text here')
    }
    if (to === 'system' && !last) system.push(...drafts)
    // Neighbours of one role are one turn; an empty turn is an error.
    else if (last?.role === to) last.content.push(...drafts)
    else if (drafts.length) turns.push({ role: to, content: drafts })
  }
  answer(turns, paper)
  return { system, turns }
}

/** Every call is answered in the next turn, and answers come first in it. */
function answer(turns: Turn[], paper: Page): void {
  for (let at = 0; at < turns.length; at++) {
    const calls = turns[at]?.content.filter(({ type }) => type === 'tool_use') ?? []
    if (!calls.length) continue
    const content = turns[at + 1]?.content ?? []
    const results = content.filter(isResult)
    for (const { id, name } of calls) {
      if (results.some((result) => result['tool_use_id'] === id)) continue
      const error = paper.calls.get(id)?.error
      if (at + 1 === turns.length && !error) {
        throw wrong(paper, 'invalid_request', `the messages end with a call of \`${name}\` (${id}): add its tool_result before you ask again`)
      }
      paper.note('messages', `the call of \`${name}\` has no result: an error stands in for it`)
      results.push({ type: 'tool_result', tool_use_id: id, is_error: true, content: error ?? 'The tool was not run.' })
    }
    const ordered = [...results, ...content.filter((draft) => !isResult(draft))]
    if (at + 1 === turns.length) turns.push({ role: 'user', content: ordered })
    else content.splice(0, content.length, ...ordered)
  }
}

function isResult({ type }: Draft): boolean {
  return type === 'tool_result'
}

/**
 * Whether the conversation is in the middle of a tool loop that does not begin with thinking, as one that another model
 * began: with a thinking budget that is an error.
 */
export function thoughtlessLoop(turns: readonly Turn[]): boolean {
  let first: Turn | undefined
  for (const turn of turns) {
    if (turn.role === 'assistant') first ??= turn
    else if (!turn.content.some(isResult)) first = undefined
  }
  return first !== undefined && !isThought(first.content[0])
}

function isThought(draft: Draft | undefined): boolean {
  return /thinking/.test(String(draft?.['type']))
}

/** A message that says nothing but white space is an error, as is an empty text; white space among words is not. */
function written(blocks: readonly ContentBlock[], paper: Page): Draft[] {
  const blank = (block: ContentBlock): boolean => block.type === 'text' && block.text.trim() === ''
  const silent = !blocks.some((block) => block.type === 'text' && !blank(block))
  return blocks.flatMap((block) => {
    const draft = silent && blank(block) ? undefined : draftOf(block, paper)
    if (draft && !blank(block) && !isThought(draft)) paper.mark(draft)
    const inside = block.type === 'tool_result' && typeof block.content === 'object' ? block.content : []
    for (const hint of [block, ...inside]) if (hint.type === 'cache_hint') paper.hint(hint.ttl)
    return draft ? [draft] : []
  })
}

/** A block as the API has it, or undefined for one that is not sent. */
function draftOf(block: ContentBlock, paper: Page): Draft | undefined | void {
  const { type, origin } = block
  const own = isOwn(origin, paper)
  switch (type) {
    case 'text':
    case 'refusal':
      return block.text ? { ...(own && Object(origin?.state)), type: 'text', text: block.text } : undefined
    case 'image':
      return { type, source: source(block, paper) }
    case 'document': {
      const { text: data, title, context, citations } = block
      const from = data === undefined ? source(block, paper) : { type: 'text', media_type: 'text/plain', data }
      return { type, source: from, title, context, citations: citations ? { enabled: true } : undefined }
    }
    case 'audio':
      if (!block.transcript) throw wrong(paper, 'unsupported', 'this API takes no audio')
      paper.note('messages', 'audio is sent as its transcript')
      return { type: 'text', text: block.transcript }
    case 'thinking':
      if (block.signature && isOwnThought(origin, paper)) return { type, thinking: block.text, signature: block.signature }
      return paper.note('messages', "thinking that is unsigned, or another model's, is left out")
    case 'redacted_thinking':
      if (isOwnThought(origin, paper)) return { type, data: Object(origin?.state).encoded ? atob(block.data) : block.data }
      return paper.note('messages', "another model's hidden thinking is left out")
    case 'tool_use':
      return called(block, own, paper)
    case 'tool_result':
      return result(block, paper)
    case 'native':
      // A block under its own name is another API's, at the same provider.
      if (own && !(block.kind in Object(block.data))) return { type: block.kind, ...Object(block.data) }
      return paper.note('messages', `another provider's \`${block.kind}\` is left out`)
    case 'cache_hint':
      return undefined
  }
}

/** What a provider's models made is no Messages block where they speak other protocols too, unless one of this family made it. */
function isOwn(origin: Origin | undefined, { target }: Page): boolean {
  if (!origin) return true
  return origin.provider === target.provider.name && (origin.model === target.model || familyOf(origin.model).key !== undefined)
}

/** Signatures hold wherever the model is served, and for that model alone. */
function isOwnThought(origin: Origin | undefined, { target, family }: Page): boolean {
  if (!origin) return true
  const { key } = familyOf(origin.model)
  return key === undefined || family.key === undefined ? origin.provider === target.provider.name && origin.model === target.model : key === family.key
}

function called(block: ToolUseBlock, own: boolean, paper: Page): Draft {
  const { id: given, name, input = {}, invalid, origin } = block
  const state = own ? (Object(origin?.state) as Draft) : {}
  let id = spelled(given)
  while (paper.calls.has(id)) id += '_'
  paper.ids.set(given, id)
  paper.calls.set(id, { toolset: state['toolset_name'], error: invalid?.error })
  if (id !== given) paper.note('messages', 'ids of calls are spelled as this API wants them')
  if (invalid) paper.note('messages', 'arguments that are no JSON object go back as the text they are')
  return { ...state, type: 'tool_use', id, name: spelled(name), input: invalid ? { invalid_arguments: invalid.raw } : input }
}

/** Letters, digits, `_` and `-`: nothing else may be in an id or a name. */
function spelled(name: string): string {
  return name.replace(/[^\w-]/g, '_') || '_'
}

function result({ toolUseId, content, isError }: ToolResultBlock, paper: Page): Draft {
  const id = paper.ids.get(toolUseId) ?? spelled(toolUseId)
  const inner = typeof content === 'string' ? content : content.flatMap((block) => draftOf(block, paper) ?? [])
  return {
    type: 'tool_result',
    tool_use_id: id,
    content: inner.length ? inner : undefined,
    is_error: isError || undefined,
    toolset_name: paper.calls.get(id)?.toolset,
  }
}

function source({ url, data, fileId, mediaType }: Media, paper: Page): Draft {
  const place = fileId ? 'file' : 'url'
  if (url?.startsWith('data:')) {
    const comma = url.indexOf(',')
    return source({ data: url.slice(comma + 1), mediaType: url.slice(5, comma).replace(/;.*/, '') }, paper)
  }
  if (fileId || url) {
    if (paper.lacks.includes(place)) throw wrong(paper, 'unsupported', `a ${place} cannot be read from here: put the bytes into \`data\``)
    return fileId ? { type: place, file_id: fileId } : { type: place, url }
  }
  if (!data || !mediaType) throw wrong(paper, 'invalid_request', 'an image or a document needs a `url`, a `fileId`, or `data` with its `mediaType`')
  if (!mediaType.startsWith('text/')) return { type: 'base64', media_type: mediaType.replace('/jpg', '/jpeg'), data }
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0))
  return { type: 'text', media_type: 'text/plain', data: new TextDecoder().decode(bytes) }
}

function wrong({ details }: Page, code: ErrorCode, message: string): Error {
  return relayError(code, message, details)
}
