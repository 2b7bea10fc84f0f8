// The clients: each asks once, in its own way, and tells how it went.
import { type Hub } from '../../src/hub.ts'
import type { ChatStream } from '../../src/core/chat-stream.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import type { StreamEvent } from '../../src/types/event.ts'
import type { ChatResponse } from '../../src/types/response.ts'
import type { Dice } from './dice.ts'
import type { Ending, Seen } from './story.ts'

export interface Question {
  readonly hub: Hub
  readonly alias: string
  readonly request: ChatRequest
  readonly dice: Dice
}

export interface Client {
  readonly name: string
  readonly weight: number
  readonly mode: 'chat' | 'stream'
  readonly ask: (question: Question) => Promise<Seen>
}

export const CLIENTS: readonly Client[] = [
  { name: 'chat', weight: 30, mode: 'chat', ask: ({ hub, alias, request }) => chat(hub.chat(alias, request)) },
  { name: 'chat, aborted', weight: 7, mode: 'chat', ask: aborting(({ hub, alias, request }) => chat(hub.chat(alias, request))) },
  { name: 'stream', weight: 26, mode: 'stream', ask: ({ hub, alias, request }) => read(hub.stream(alias, request), Infinity) },
  { name: 'stream, left early', weight: 10, mode: 'stream', ask: ({ hub, alias, request, dice }) => read(hub.stream(alias, request), dice.between(1, 12)) },
  { name: 'stream, aborted', weight: 10, mode: 'stream', ask: aborting(({ hub, alias, request }) => read(hub.stream(alias, request), Infinity)) },
  { name: 'stream, its response', weight: 5, mode: 'stream', ask: ({ hub, alias, request }) => chat(hub.stream(alias, request).response()) },
  { name: 'stream, its text', weight: 4, mode: 'stream', ask: textOnly },
  { name: 'stream, as bytes go', weight: 5, mode: 'stream', ask: readable },
  { name: 'stream, left in between', weight: 3, mode: 'stream', ask: hasty },
  { name: 'stream, never read', weight: 1, mode: 'stream', ask: unread },
]

/** Of a client that waits for the whole. */
async function chat(asked: Promise<ChatResponse>): Promise<Seen> {
  return { ending: await settled(asked), text: '', events: {} }
}

function settled(asked: Promise<ChatResponse>): Promise<Ending> {
  return asked.then(
    (response): Ending => ({ how: 'answered', response }),
    (error: unknown): Ending => ({ how: 'failed', error }),
  )
}

/** Aborts at some time, with a reason of its own: often before the headers, often in the middle, sometimes too late. */
function aborting(ask: (question: Question) => Promise<Seen>): Client['ask'] {
  return async ({ request, ...question }) => {
    const control = new AbortController()
    const reason = new Error('the client changed its mind')
    const after = Math.floor(question.dice.roll() ** 2 * 400) - 2
    const timer = after < 0 ? undefined : setTimeout(() => control.abort(reason), after)
    if (after < 0) control.abort(reason)
    const seen = await ask({ ...question, request: { ...request, signal: control.signal } })
    clearTimeout(timer)
    return { ...seen, reason }
  }
}

interface Watch {
  readonly see: (event: StreamEvent) => void
  readonly done: (ending: Ending) => Seen
}

function watch(): Watch {
  const events: { [type: string]: number } = {}
  let text = ''
  return {
    see(event) {
      events[event.type] = (events[event.type] ?? 0) + 1
      if (event.type === 'text_delta') text += event.text
      if (events['end'] && event.type !== 'end') events['after the end'] = 1
    },
    done: (ending) => ({ ending, text, events }),
  }
}

/** Breaks out of the loop after so many events. */
async function read(stream: ChatStream, most: number): Promise<Seen> {
  const { see, done } = watch()
  let left = most
  try {
    for await (const event of stream) {
      see(event)
      if (--left <= 0) break
    }
  } catch (error) {
    const again = await settled(stream.response())
    // What the loop threw and what the response rejects with are one and the same.
    return done({ how: 'failed', error: again.how === 'failed' && again.error === error ? error : new Error('response() ends otherwise than the loop', { cause: error }) })
  }
  const ending = await settled(stream.response())
  return done(left <= 0 && ending.how === 'answered' ? { how: 'walked', response: ending.response } : ending)
}

async function textOnly({ hub, alias, request }: Question): Promise<Seen> {
  const stream = hub.stream(alias, request)
  let text = ''
  try {
    for await (const piece of stream.textStream()) text += piece
  } catch (error) {
    return { ending: { how: 'failed', error }, text, events: {} }
  }
  return { ending: await settled(stream.response()), text, events: {} }
}

/** Reads the events as a `ReadableStream`, and cancels it in half of the cases, often while a read is under way. */
async function readable({ hub, alias, request, dice }: Question): Promise<Seen> {
  const stream = hub.stream(alias, request)
  const reader = stream.toReadableStream().getReader()
  const { see, done } = watch()
  let most = dice.chance(0.5) ? dice.between(0, 8) : Infinity
  try {
    for (;;) {
      if (most-- <= 0) {
        const waiting = reader.read().catch(() => undefined)
        if (dice.chance(0.5)) await new Promise((resolve) => setTimeout(resolve, dice.between(0, 60)))
        await reader.cancel()
        await waiting
        return done(left(await settled(stream.response())))
      }
      const { done: over, value } = await reader.read()
      if (over) return done(await settled(stream.response()))
      see(value)
    }
  } catch (error) {
    return done({ how: 'failed', error })
  }
}

/** Holds the iterator in its own hands: asks for several events at a time, and leaves while they are on their way. */
async function hasty({ hub, alias, request, dice }: Question): Promise<Seen> {
  const stream = hub.stream(alias, request)
  const iterator = stream[Symbol.asyncIterator]()
  const waiting = Promise.allSettled(Array.from({ length: dice.between(1, 4) }, () => iterator.next()))
  await new Promise((resolve) => setTimeout(resolve, dice.between(0, 80)))
  await iterator.return?.()
  const steps = await waiting
  const { see, done } = watch()
  for (const step of steps) if (step.status === 'fulfilled' && step.value.value) see(step.value.value)
  return done(left(await settled(stream.response())))
}

/** How it is for whoever walked away, unless it had failed before. */
function left(ending: Ending): Ending {
  if (ending.how === 'answered') return { how: 'walked', response: ending.response }
  const leaving = ending.how === 'failed' && ending.error instanceof DOMException && ending.error.message === 'the reader walked away'
  return leaving ? { how: 'walked', response: undefined } : ending
}

/** A stream that nobody reads costs nothing. */
async function unread({ hub, alias, request }: Question): Promise<Seen> {
  hub.stream(alias, request)
  return { ending: { how: 'unread' }, text: '', events: {} }
}
