// Requests that no type checker has seen: each is refused by name before anything is sent, and never by a plain throw.
import { describe, expect, it } from 'vitest'
import type { ChatRequest } from '../../src/types/request.ts'
import { answers, hello, json, makeHub } from './toy.ts'

const said = { role: 'user', content: 'hi' }
const wrong: readonly (readonly [name: string, request: unknown, says: RegExp])[] = [
  ['nothing', undefined, /needs `messages`/],
  ['null', null, /needs `messages`/],
  ['no messages', {}, /needs `messages`/],
  ['an empty list', { messages: [] }, /at least one/],
  ['a text for a list', { messages: 'hi' }, /needs `messages`/],
  ['null for a message', { messages: [said, null] }, /messages\[1\]/],
  ['a message without a role', { messages: [{ content: 'hi' }] }, /messages\[0\]/],
  ['a role that is another API\'s', { messages: [{ role: 'developer', content: 'hi' }, said] }, /messages\[0\].*system/],
  ['no content', { messages: [said, { role: 'assistant' }] }, /messages\[1\].*content/],
  ['content that is null, as beside tool calls elsewhere', { messages: [said, { role: 'assistant', content: null, tool_calls: [] }] }, /messages\[1\]/],
  ['texts for blocks', { messages: [{ role: 'user', content: ['hi'] }] }, /blocks that have a `type`/],
  ['null for a block', { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, null] }] }, /messages\[0\]/],
]

describe('a request', () => {
  it.each(wrong)('that is %s is refused', async (_, request, says) => {
    const fetch = answers(() => json(hello))
    const hub = makeHub(fetch)
    const asked = request as ChatRequest
    for (const work of [() => hub.chat('one', asked), () => hub.explain('one', asked), async () => hub.stream('one', asked).response()]) {
      await expect(work()).rejects.toMatchObject({ name: 'InvalidRequestError', code: 'invalid_request', alias: 'one', message: expect.stringMatching(says) as string })
    }
    expect(fetch.seen).toHaveLength(0)
  })

  it('is refused by a rejection, where a promise was to be had', () => {
    const hub = makeHub(answers(() => json(hello)))
    const works = [hub.chat('one', { messages: [] }), hub.explain('one', { messages: [] }), hub.explain('nobody', { messages: [{ role: 'user', content: 'hi' }] })]
    return Promise.all(works.map((work) => expect(work).rejects.toThrow()))
  })
})
