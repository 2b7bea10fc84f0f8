// The Messages dialect: messages to turns and blocks, under the API's rules of order, replay and caching.
import { relayError } from '../errors.ts'
import type { ContentBlock, Media, Origin, ToolUseBlock } from '../types/message.ts'
import type { Encoding } from '../types/provider.ts'
import { familyOf, type Family } from './anthropic-models.ts'
import { blocksOf, bytesOf, idsOf, reached, spoken, unpacked, without, type Ids } from './blocks.ts'
import { AS_TEXT, FOREIGN } from './fields.ts'
import { answerCalls, say, type Draft, type Manner, type Turn } from './turns.ts'

/** What is known while a conversation is written. */
export interface Page extends Encoding {
  readonly family: Family
  readonly lacks: readonly string[]
  readonly ids: Ids
  /** What a call's result has to know of it, by the API's id. */
  readonly toolsets: Map<unknown, unknown>
  readonly wrong: Map<unknown, string | undefined>
  /** Blocks that may end a cached prefix, in order. */
  readonly drafts: Draft[]
  /** Takes note of such a block. */
  readonly mark: (draft: Draft) => Draft
  /** Ends a cached prefix after the latest block, or after the next where there is none yet. */
  readonly hint: (ttl: '5m' | '1h' | undefined) => void
}

export const MANNER: Manner = {
  call: ({ type, id, name }) => (type === 'tool_use' ? { id, name } : undefined),
  answers: ({ type, tool_use_id }) => type === 'tool_result' && tool_use_id,
  thinks: ({ type }) => /thinking/.test(String(type)),
  missing: (tool_use_id, content) => ({ type: 'tool_result', tool_use_id, is_error: true, content }),
}

export function page(encoding: Encoding, family: Family, lacks: readonly string[]): Page {
  const drafts: Draft[] = []
  let pending: (() => void) | undefined
  const hint: Page['hint'] = (ttl) => {
    const last = drafts.at(-1)
    if (last) last['cache_control'] = { type: 'ephemeral', ...(ttl === '1h' && { ttl }) }
    else pending = () => hint(ttl)
  }
  const mark: Page['mark'] = (draft) => {
    drafts.push(draft)
    pending?.()
    pending = undefined
    return draft
  }
  return { ...encoding, family, lacks, ids: idsOf(encoding.note, spelled), toolsets: new Map(), wrong: new Map(), drafts, mark, hint }
}

export function conversation(paper: Page): { readonly system: Draft[]; readonly turns: readonly Turn[] } {
  const system: Draft[] = []
  const turns: Turn[] = []
  for (const { role, content } of paper.request.messages) {
    let blocks = blocksOf(content)
    let to: Turn['role'] = role === 'tool' ? 'user' : role
    const last = turns.at(-1)
    // Also where the model takes them: nothing may stand between a call and its result.
    if (to === 'system' && last && !(paper.family.can('system') && last.role !== 'assistant')) {
      paper.note('messages', 'a later system message is part of a user turn here')
      to = 'user'
      blocks = blocks.map((block) => (block.type === 'text' ? { ...block, text: `<system>\n${block.text}\n</system>` } : block))
    }
    const drafts = written(role === 'assistant' ? spoken(blocks, paper.note) : blocks, paper)
    if (to === 'system' && drafts.some(({ type }) => type !== 'text')) throw relayError('invalid_request', 'a system message holds nothing but text here', paper.details)
    if (to === 'system' && !last) system.push(...drafts)
    else say(turns, to, drafts)
  }
  answerCalls(turns, MANNER, paper)
  return { system, turns }
}

/** A message that says nothing but white space is an error, as is an empty text; white space among words is not. */
function written(blocks: readonly ContentBlock[], paper: Page): Draft[] {
  const blank = (block: ContentBlock): boolean => block.type === 'text' && !block.text.trim()
  const silent = !blocks.some((block) => block.type === 'text' && !blank(block))
  return blocks.flatMap((block): Draft[] => {
    const draft = silent && blank(block) ? undefined : draftOf(block, paper)
    if (draft && !blank(block) && !MANNER.thinks(draft)) paper.mark(draft)
    for (const hint of [block, ...(block.type === 'tool_result' ? blocksOf(block.content) : [])]) if (hint.type === 'cache_hint') paper.hint(hint.ttl)
    return draft ? [draft] : []
  })
}

/** A block as the API has it, or undefined for one that is not sent. */
function draftOf(block: ContentBlock, paper: Page): Draft | undefined {
  const { type, origin } = block
  const own = isOwn(origin, paper)
  switch (type) {
    case 'text':
    case 'refusal':
      return block.text ? { ...(own && Object(origin?.state)), type: 'text', text: block.text } : undefined
    case 'image':
      without('detail', block, paper.note)
      return { type, source: source(block, paper) }
    case 'document': {
      const { text: data, title, context, citations } = block
      return { type, source: data === undefined ? source(block, paper) : { ...PLAIN, data }, title, context, citations: citations && { enabled: true } }
    }
    case 'audio':
      if (!block.transcript) throw relayError('unsupported', 'audio is not heard here: give its `transcript`', paper.details)
      paper.note('messages', 'audio is sent as its transcript')
      return { type: 'text', text: block.transcript }
    case 'thinking':
      if (block.signature && isOwnThought(origin, paper)) return { type, thinking: block.text, signature: block.signature }
      break
    case 'redacted_thinking':
      if (isOwnThought(origin, paper)) return { type, data: Object(origin?.state).encoded ? atob(block.data) : block.data }
      break
    case 'tool_use':
      return called(block, own ? Object(origin?.state) : {}, paper)
    case 'tool_result': {
      const { toolUseId, content, isError } = block
      const id = paper.ids.result(toolUseId)
      const inner = typeof content === 'string' ? content : content.flatMap((one) => draftOf(one, paper) ?? [])
      return { type, tool_use_id: id, content: inner.length ? inner : undefined, is_error: isError || undefined, toolset_name: paper.toolsets.get(id) }
    }
    case 'native':
      // A block under its own name is another API's, at the same provider.
      if (own && !(block.kind in Object(block.data))) return { type: block.kind, ...Object(block.data) }
      break
    case 'cache_hint':
      return undefined
  }
  paper.note('messages', FOREIGN)
  return undefined
}

/** What a provider's models made is no Messages block where they speak other protocols too, unless one of this family made it. */
function isOwn(origin: Origin | undefined, { target }: Page): boolean {
  return !origin || (origin.provider === target.provider.name && (origin.model === target.model || !!familyOf(origin.model).key))
}

/** Signatures hold wherever the model is served, and for that model alone. */
function isOwnThought(origin: Origin | undefined, { target, family }: Page): boolean {
  if (!origin) return true
  const { key } = familyOf(origin.model)
  return key && family.key ? key === family.key : origin.provider === target.provider.name && origin.model === target.model
}

function called({ id: given, name, input = {}, invalid }: ToolUseBlock, state: Draft, paper: Page): Draft {
  const id = paper.ids.call(given)
  paper.wrong.set(id, invalid?.error)
  paper.toolsets.set(id, state['toolset_name'])
  if (invalid) paper.note('messages', AS_TEXT)
  return { ...state, type: 'tool_use', id, name: spelled(name), input: invalid ? { invalid_arguments: invalid.raw } : input }
}

/** Letters, digits, `_` and `-`: nothing else may be in an id or a name. */
function spelled(name: string): string {
  return name.replace(/[^\w-]/g, '_') || '_'
}

const PLAIN = { type: 'text', media_type: 'text/plain' }

function source(media: Media & { readonly type: string }, paper: Page): Draft {
  const { data, mediaType } = bytesOf(media)
  const { url, fileId: file_id } = media
  const type = file_id ? 'file' : 'url'
  if (data && mediaType) {
    return mediaType.startsWith('text/') ? { ...PLAIN, data: unpacked(data) } : { type: 'base64', media_type: mediaType.replace('/jpg', '/jpeg'), data }
  }
  if (!url && !file_id) throw relayError('invalid_request', 'an image or a document needs a `url`, a `fileId`, or `data` with its `mediaType`', paper.details)
  return paper.lacks.includes(type) ? source(reached(media, paper), paper) : { type, url, file_id }
}
