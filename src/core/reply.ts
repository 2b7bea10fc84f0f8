// Reads an answer that arrives bit by bit: bytes to frames to deltas, and the ways in which that can end.
import { RelayError, relayError } from '../errors.ts'
import type { Call, Reply } from '../types/call.ts'
import type { Delta } from '../types/event.ts'
import type { Encoding, Framer, Target } from '../types/provider.ts'
import { assembler, type Assembler } from './assemble.ts'
import type { Stopwatch } from './deadline.ts'
import type { Lifeline } from './lifeline.ts'
import { repeating } from './repeat.ts'

/** What an answer is read with. */
export interface Connection {
  readonly call: Call
  readonly target: Target
  readonly encoding: Encoding
  readonly line: Lifeline
  readonly watch: Stopwatch
  /** Seconds between two events. */
  readonly idle: number
  /** Is told that an answer which had begun failed. */
  readonly broke: (error: unknown) => void
}

/** How long the end of a body is waited for after its terminal event, so that the connection can be used again. */
const LINGER_MS = 250

/** Deltas that a caller sees. */
const VISIBLE: { readonly [type: string]: true | undefined } = {
  text_delta: true,
  thinking_delta: true,
  tool_call_delta: true,
  citation: true,
  usage: true,
}

/** A reply that is whole already. */
export function wholeReply(connection: Connection, deltas: readonly Delta[], raw: unknown): Reply {
  const answer = begin(connection)
  const queue: Delta[] = []
  if (connection.call.request.includeRaw) answer.raw = raw
  for (const delta of deltas) take(delta, answer, queue)
  held(answer, connection)
  hangUp(connection)
  return reply(connection, { answer, queue, pull: async () => false })
}

/** A reply that streams, once its first content is decoded: errors before that are thrown, with what had arrived. */
export async function streamReply(connection: Connection, body: ReadableStream<Uint8Array>): Promise<Reply> {
  const { watch, idle } = connection
  const answer = begin(connection)
  const queue: Delta[] = []
  const read = reading(connection, body, { answer, queue })
  let failed: { readonly error: unknown } | undefined
  let mark = 0

  const fail = (error: unknown): never => {
    connection.broke(error)
    hangUp(connection, error)
    throw error
  }
  /** Reads until there is something to hand over, which goes before a failure that follows it in the same bytes. */
  const step = (): Promise<void> =>
    read().then(
      () => (queue.length === mark && !answer.complete() ? step() : undefined),
      (error) => {
        if (queue.length === mark || !answer.opened()) fail(error)
        failed = { error }
      },
    )
  try {
    while (!answer.opened()) await step()
    held(answer, connection)
  } catch (error) {
    if (error instanceof RelayError && answer.touched()) error.partial ??= answer.response()
    throw error
  }
  watch.rest()
  // Promises are chained by hand: an async function costs two more for each chunk.
  const pull = async (): Promise<boolean> => {
    if (failed) fail(failed.error)
    if (answer.complete()) return false
    watch.expect('timeout_idle', idle)
    mark = queue.length
    await step()
    watch.rest()
    return queue.length > mark
  }
  return reply(connection, { answer, queue, pull })
}

/** A model that broke down before it said anything has not answered: it can be asked again, and so can another. */
function held(answer: Assembler, { encoding: { details } }: Connection): void {
  const raw = answer.failed()
  if (!raw) return
  const error = relayError('server_error', `the model broke down: ${raw}`, { ...details, status: 500 })
  error.partial = answer.response()
  throw error
}

interface Sink {
  readonly answer: Assembler
  readonly queue: Delta[]
}

/** One read of the body into the answer, whenever it is called. */
function reading(connection: Connection, body: ReadableStream<Uint8Array>, { answer, queue }: Sink): () => Promise<void> {
  const { line, call, encoding } = connection
  const { wire } = encoding.target.provider
  const events: unknown[] = []
  if (call.request.includeRaw) answer.raw = events
  const decoder = repeating(wire.decoder(encoding))
  const framer = wire.framing.framer((data, event) => {
    if (answer.complete()) return
    if (answer.raw) events.push(event ? { event, data } : { data })
    for (const delta of decoder.frame(data, event)) take(delta, answer, queue)
  })
  const reader = body.getReader()
  // A custom `fetch` may not tie its body to the signal.
  line.signal.addEventListener('abort', () => void reader.cancel(line.signal.reason).catch(() => undefined), { once: true })
  const broken = (error: unknown): never => {
    // A body that has begun and breaks is cut off, as one that ends too soon is.
    if (!(error instanceof RelayError) || error.code !== 'network') throw error
    throw relayError('stream_truncated', `${TRUNCATED}: ${error.message}`, { ...encoding.details, cause: error })
  }
  return () =>
    line.hold(reader.read()).then(({ done, value }) => {
      legible(() => {
        if (!done) framer.push(value)
        else if (!ended(framer, encoding)) for (const delta of decoder.end()) take(delta, answer, queue)
      }, encoding)
      if (answer.complete()) linger(reader, connection)
      else if (done) throw relayError('stream_truncated', TRUNCATED, encoding.details)
    }, broken)
}

/** A shape that a wire does not know is no answer, and nobody's TypeError. */
export function legible<T>(read: () => T, { details }: Encoding): T {
  try {
    return read()
  } catch (cause) {
    throw cause instanceof RelayError ? cause : relayError('invalid_response', `the answer cannot be read: ${String(cause)}`, { ...details, cause })
  }
}

const TRUNCATED = 'the stream ended before its terminal event'

/** Whether bytes are left over at the end of the body. Half an event is a cut, not bad JSON. */
function ended(framer: Framer, { details }: Encoding): boolean {
  try {
    return framer.end()
  } catch (cause) {
    if (!(cause instanceof RelayError) || cause.code !== 'invalid_response') throw cause
    throw relayError('stream_truncated', TRUNCATED, { ...details, cause })
  }
}

function begin({ call, target }: Connection): Assembler {
  const { alias, request, scope, budget, startedAt, runtime } = call
  const metadata = { ...scope.metadata, ...request.metadata }
  return assembler({ alias, target, request, metadata, attempts: budget.attempts, startedAt, now: runtime.now })
}

function take(delta: Delta, answer: Assembler, queue: Delta[]): void {
  answer.fold(delta)
  if (VISIBLE[delta.type]) queue.push(delta)
}

function hangUp({ line, watch }: Connection, reason?: unknown): void {
  watch.stop()
  if (reason !== undefined) line.abort(reason)
  else line.release()
}

/** The answer is whole. Its body should end now; one that does not is cancelled. */
function linger(reader: ReadableStreamDefaultReader<Uint8Array>, connection: Connection): void {
  hangUp(connection)
  const close = (): void => void reader.cancel().catch(() => undefined)
  const cancel = connection.call.runtime.timer(close, LINGER_MS)
  const drain = async (): Promise<void> => {
    while (!(await reader.read()).done);
  }
  drain().then(cancel, cancel)
}

function reply(connection: Connection, { answer, queue, pull }: { answer: Assembler; queue: Delta[]; pull: () => Promise<boolean> }): Reply {
  return {
    target: connection.target,
    queue,
    pull,
    response: () => answer.response(),
    cancel: (reason) => hangUp(connection, reason ?? new DOMException('the reader walked away', 'AbortError')),
    finish: [],
    settle: [],
  }
}
