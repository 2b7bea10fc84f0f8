// A stream as callers hold it: events, text, or the response at the end.
import { relayError } from '../errors.ts'
import type { Call, Next, Reply } from '../types/call.ts'
import type { Delta, StreamEvent } from '../types/event.ts'
import type { ChatResponse } from '../types/response.ts'
import { follower, signalsOf, type Follower } from './lifeline.ts'
import { answered, conclude, failed, thrown } from './outcome.ts'

/**
 * The events of one answer. Nothing is sent before the first is asked for. It can be read once: as events, as text, as a
 * `ReadableStream`, or by `response()`, which reads what nobody else does.
 */
export interface ChatStream extends AsyncIterable<StreamEvent> {
  [Symbol.asyncIterator](): AsyncIterator<StreamEvent, undefined>
  /** The response, when the stream has ended; after a `break`, what had arrived. Rejects as the stream does. */
  response(): Promise<ChatResponse>
  /** The text alone, bit by bit. */
  textStream(): AsyncIterable<string>
  /** The events as a WHATWG stream; cancelling it closes the connection. */
  toReadableStream(): ReadableStream<StreamEvent>
}

type Step = IteratorResult<StreamEvent, undefined>

/** Who reads a stream. */
interface Reader {
  /** Aborted with the first of the call's signals, or when the reader walks away. */
  readonly walk: Follower
  /** Is told how the events ended, before whoever reads them is. */
  readonly over: (how: Ending) => void
}

/** Opened on first use. */
export function chatStream(next: Next, call: Call): ChatStream {
  let taken = false
  let ending: Ending | undefined
  const waiting: (() => void)[] = []

  const take = (): AsyncIterator<StreamEvent, undefined> => {
    if (taken) throw relayError('config', 'the stream is being read already: a stream can be read once', { alias: call.alias })
    taken = true
    const walk = follower(...signalsOf(call))
    const over = (how: Ending): void => {
      walk.release()
      ending ??= how
      for (const wake of waiting.splice(0)) wake()
    }
    return events(next, { ...call, signal: walk.signal }, { walk, over })
  }
  return {
    [Symbol.asyncIterator]: take,
    async response() {
      if (!taken) for (const all = take(); !(await all.next()).done;);
      if (!ending) await new Promise<void>((wake) => waiting.push(wake))
      if (ending && 'response' in ending) return ending.response
      throw ending?.error
    },
    async *textStream() {
      for await (const event of { [Symbol.asyncIterator]: take }) if (event.type === 'text_delta') yield event.text
    },
    toReadableStream: () => readable(take()),
  }
}

type Ending = { readonly response: ChatResponse } | { readonly error: unknown }

/** A hand-made iterator: an async generator costs twice as much for each event. */
function events(next: Next, call: Call, { walk, over }: Reader): AsyncIterator<StreamEvent, undefined> {
  const { signal } = walk
  let reply: Reply | undefined
  let [at, closed, pulling] = [0, false, false]
  let left: { readonly error: unknown } | undefined

  const close = (how: Ending): void => {
    closed = true
    over(how)
  }
  const fail = (error: unknown): never => {
    close({ error })
    throw error
  }
  /** Who aborts between two steps may never ask for another: the call ends now, and says so when they do. */
  const leave = (): void => {
    if (!reply || !signal.aborted || pulling || closed || left) return
    over((left = { error: failed(reply, signal.reason, call) }))
  }
  const open = async (): Promise<Step> => {
    try {
      reply = await next(call)
    } catch (error) {
      return closed ? DONE : fail(thrown(error, call))
    }
    if (closed) return abandoned(reply, signal.reason)
    signal.addEventListener('abort', leave)
    leave()
    return started(reply)
  }
  const more = (reply: Reply): Promise<Step> => {
    if (left) return Promise.reject(left.error).catch(fail)
    at = reply.queue.length = 0
    pulling = true
    return reply.pull().then(
      (going) => {
        pulling = false
        if (!closed && !going) return whole(reply, call, { close, fail })
        leave()
        return closed ? DONE : yielded(reply.queue[at++])
      },
      (error) => (closed ? DONE : fail(failed(reply, error, call))),
    )
  }
  const step = (): Step | Promise<Step> => {
    if (closed || !reply) return closed ? DONE : open()
    return at < reply.queue.length ? yielded(reply.queue[at++]) : more(reply)
  }
  return {
    next: inTurn(step),
    async return() {
      if (closed) return DONE
      closed = true
      walk.abort(new DOMException('the reader walked away', 'AbortError'))
      if (reply && !left) return abandoned(reply, signal.reason, close)
      close(left ?? { error: signal.reason })
      return DONE
    },
  }
}

/** The reader left, perhaps while a ring still held the answer. */
function abandoned(reply: Reply, reason: unknown, close?: Exits['close']): Step {
  reply.cancel(reason)
  const response = conclude(reply, 'cancelled')
  close?.({ response })
  return DONE
}

interface Exits {
  readonly close: (how: Ending) => void
  readonly fail: (error: unknown) => never
}

/** The last event. A ring may still refuse the answer. */
function whole(reply: Reply, call: Call, { close, fail }: Exits): Step {
  let response: ChatResponse
  try {
    response = answered(reply, call)
  } catch (error) {
    return fail(error)
  }
  close({ response })
  return yielded({ type: 'end', finishReason: response.finishReason, response })
}

/** Who asks for the next step while one is under way waits for it; one that is there already costs no more than a promise. */
function inTurn(step: () => Step | Promise<Step>): () => Promise<Step> {
  let busy: Promise<Step> | undefined
  return () => {
    const mine = busy ? busy.then(step, step) : step()
    if (!(mine instanceof Promise)) return Promise.resolve(mine)
    const free = (): void => void (busy === mine && (busy = undefined))
    busy = mine
    mine.then(free, free)
    return mine
  }
}

function yielded(value: StreamEvent | Delta | undefined): Step {
  return { done: false, value: value as StreamEvent }
}

function started(reply: Reply): Step {
  const { id, model, providerModel, provider } = reply.response()
  return yielded({ type: 'start', id, model, providerModel, provider })
}

const DONE: Step = { done: true, value: undefined }

/** Pull-based, so that a client that goes away is noticed, and nothing is read that nobody waits for. */
function readable(source: AsyncIterator<StreamEvent, undefined>): ReadableStream<StreamEvent> {
  return new ReadableStream<StreamEvent>(
    {
      async pull(controller) {
        const { done, value } = await source.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await source.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
