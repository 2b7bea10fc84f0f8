// What only some say on Chat Completions: thinking, in every form that there is of it, pictures, sound and sources.
import { at } from './fields.ts'
import { cite, cited, keep, other, say, THINKING, type Heard, type RawDetail, type RawMessage } from './openai-chat-content.ts'
import type { Ear } from './openai-dialect.ts'

/** Of the fields that hold thinking one is read: some servers send the same text in several. */
export const thinking: Ear = (heard, piece) => {
  if (!piece) return
  const { message, streamed } = piece
  const { reasoning_details: pieces, extra_content, content } = message
  const thoughts = (heard.thoughts ??= { details: [], kept: {} })
  const field = (['reasoning_content', 'reasoning'] as const).find((it) => typeof message[it] === 'string' && message[it])
  if (field) think(heard, field, message[field])
  else for (const { text, summary } of pieces ?? []) say(heard, 'thinking', text ?? summary)
  if (Array.isArray(content)) parts(heard, content)
  for (const piece of pieces ?? []) {
    if (streamed) merge(thoughts.details, piece)
    else thoughts.details.push(piece)
  }
  if (pieces?.length) thoughts.kept['reasoning_details'] = thoughts.details
  if (extra_content) thoughts.kept['extra_content'] = extra_content
  if (pieces?.length || extra_content) seal(heard)
}

/** Content as a list: thinking and text in turns. */
function parts(heard: Heard, content: Exclude<NonNullable<RawMessage['content']>, string>): void {
  for (const { type, text, thinking: inner, signature } of content) {
    if (type === 'text') say(heard, 'text', text)
    if (type !== 'thinking') continue
    for (const thought of inner ?? []) think(heard, 'thoughts', thought.text)
    if (signature) heard.out.push({ type: 'seal', block: THINKING, signature })
  }
}

function think(heard: Heard, field: string, text: unknown): void {
  say(heard, 'thinking', text)
  if (!text || !heard.thoughts || heard.thoughts.as === field) return
  heard.thoughts.as = field
  seal(heard)
}

/** Opaque state stands on the thinking, and goes back in the fields that it came in. */
function seal(heard: Heard): void {
  const { thoughts, out, said } = heard
  if (!thoughts) return
  const { as, kept, details } = thoughts
  if (!said.thinking) out.push({ type: 'thinking_delta', block: THINKING, text: '' })
  said.thinking = true
  keep(heard, THINKING, { ...(as && !details.length && { as }), with: kept })
}

function merge(details: RawDetail[], piece: RawDetail): void {
  const { type, index, id } = piece
  const place = index === undefined ? -1 : details.findIndex((it) => it.type === type && it.index === index && (!id || !it.id || it.id === id))
  const old = details[place]
  if (!old) return void details.push(piece)
  const grown: { [field: string]: unknown } = { ...old }
  for (const [field, value] of Object.entries(piece)) {
    const before = old[field]
    if (value !== null && value !== '') grown[field] = /^(text|summary|data)$/.test(field) && typeof before === 'string' ? before + String(value) : value
  }
  details[place] = grown
}

/** Pictures come whole. */
export const pictures: Ear = (heard, piece) => {
  for (const { image_url } of piece?.message.images ?? []) if (image_url?.url) other(heard, { type: 'image', url: image_url.url })
}

/** Sound comes in pieces of base64, each of which may be padded. */
export const sound: Ear = (heard, piece) => {
  const audio = piece?.message.audio
  if (audio) {
    const voice = (heard.audio ??= { data: [], id: '', transcript: '' })
    if (audio.data) voice.data.push(audio.data)
    voice.id ||= audio.id ?? ''
    voice.transcript += audio.transcript ?? ''
  }
  if (piece || !heard.audio?.data.length) return
  const { data, id, transcript } = heard.audio
  const { request, extra } = heard.encoding
  const format = at(request.providerOptions, 'audio.format') ?? at(extra, 'audio.format') ?? 'wav'
  other(heard, { type: 'audio', data: btoa(data.map(atob).join('')), mediaType: `audio/${format}`, transcript }, { audio: { id } })
}

/** What was found on the web is said again with every chunk. */
export const sources: Ear = (heard, piece) => {
  const { search_results: found, citations } = piece?.body ?? {}
  if (found?.length) heard.sources = found.map((raw) => cited('search_result', raw))
  else if (citations?.length) heard.sources = citations.map((url) => ({ kind: 'url', url }))
  if (!piece) for (const citation of heard.sources ?? []) cite(heard, citation)
}
