// What turns of blocks must keep to: calls are answered in the next turn, and few places end what is cached.
import { relayError } from '../errors.ts'
import type { Encoding } from '../types/provider.ts'

/** JSON that is being written. */
export interface Draft {
  [field: string]: unknown
}

export interface Turn {
  readonly role: 'user' | 'assistant' | 'system'
  readonly content: Draft[]
}

/** How a dialect writes calls, results and thoughts. */
export interface Manner {
  readonly call: (draft: Draft) => { readonly id: unknown; readonly name: unknown } | undefined
  /** The id of the call that a draft is the result of. */
  readonly answers: (draft: Draft) => unknown
  readonly thinks: (draft: Draft) => unknown
  /** The result that stands in for one that is missing. */
  readonly missing: (id: unknown, words: string) => Draft
}

/** Neighbours of one role are one turn; an empty turn is an error. */
export function say(turns: Turn[], role: Turn['role'], drafts: Draft[]): void {
  const last = turns.at(-1)
  if (last?.role === role) last.content.push(...drafts)
  else if (drafts.length) turns.push({ role, content: drafts })
}

/** Every call is answered in the next turn, and answers come first in it. `wrong`: what was wrong with a call, by its id. */
export function answerCalls(turns: Turn[], { call, answers, missing }: Manner, { note, details, wrong }: Encoding & { readonly wrong: ReadonlyMap<unknown, string | undefined> }): void {
  for (let at = 0; at < turns.length; at++) {
    const calls = turns[at]?.content.flatMap((draft) => call(draft) ?? []) ?? []
    const next = turns[at + 1]?.content ?? []
    for (const { id, name } of calls) {
      if (next.some((draft) => answers(draft) === id)) continue
      const error = wrong.get(id)
      if (!turns[at + 1] && !error) throw relayError('invalid_request', `the messages end with a call of \`${name}\` (${id}): add its tool_result`, details)
      note('messages', `the call of \`${name}\` has no result: an error stands in for it`)
      next.push(missing(id, error ?? 'The tool was not run.'))
    }
    if (calls.length) next.sort((a, b) => Number(!!answers(b)) - Number(!!answers(a)))
    if (next.length && !turns[at + 1]) turns.push({ role: 'user', content: next })
  }
}

/** Whether the conversation is in the middle of a tool loop that does not begin with thinking, as one that another model began. */
export function thoughtlessLoop(turns: readonly Turn[], { answers, thinks }: Manner): boolean {
  let first: Turn | undefined
  for (const turn of turns) {
    if (turn.role === 'assistant') first ??= turn
    else if (!turn.content.some(answers)) first = undefined
  }
  return !!first && !thinks(first.content[0] ?? {})
}

/** Whether the conversation ends with the beginning of an answer (prefill), which must not end in white space. */
export function prefilled(turns: readonly Turn[], manner: Pick<Manner, 'thinks'>, note: Encoding['note']): boolean {
  const { role, content = [] } = turns.at(-1) ?? {}
  const last = content.at(-1)
  const { text } = last ?? {}
  if (role !== 'assistant' || !last || typeof text !== 'string') return false
  const shown = (last['text'] = text.trimEnd())
  if (shown !== text) note('messages', 'what is to be gone on from goes without the space at its end')
  if (!shown) {
    content.pop()
    return prefilled(turns, manner, note)
  }
  // What a server's own tools left is to be gone on with, and is no beginning.
  return content.every((draft) => 'text' in draft || manner.thinks(draft))
}

/** Where what is cached ends: `most` places, and none that lasts longer than one before it. Returns those that are too many. */
export function limitPoints(points: Draft[], most: number, note: Encoding['note']): readonly Draft[] {
  // The first is shared by the most conversations, and the last reach the furthest.
  const spare = points.splice(1, Math.max(0, points.length - most))
  if (spare.length) note('cache_hint', `${most} at most: the first and the last are kept`)
  let short = false
  for (const point of points) {
    if (short && point['ttl']) {
      delete point['ttl']
      note('cache_hint', 'an hour may not follow five minutes: sent as 5m')
    }
    short ||= !point['ttl']
  }
  return spare
}
