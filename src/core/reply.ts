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
  hangUp(connection)
  return reply(connection, { answer, queue, pull: async () => false })
}

/** A reply that streams, once its first content is decoded: errors before that are thrown, with what had arrived. */
export async function streamReply(connection: Connection, body: ReadableStream<Uint8Array>): Promise<Reply> {
  const { line, watch, call, encoding } = connection
  const answer = begin(connection)
  const queue: Delta[] = []
  const events: unknown[] = []
  if (call.request.includeRaw) answer.raw = events
  const decoder = repeating(encoding.target.provider.wire.decoder(encoding))
  const framer = encoding.target.provider.wire.framing.framer((data, event) => {
    if (answer.complete()) return
    if (call.request.includeRaw) events.push(event ? { event, data } : { data })
    for (const delta of decoder.frame(data, event)) take(delta, answer, queue)
  })
  const reader = body.getReader()
  let failed: { readonly error: unknown } | undefined

  // A custom `fetch` may not tie its body to the signal.
  line.signal.addEventListener('abort', () => void reader.cancel(line.signal.reason).catch(() => undefined), { once: true })
  const fail = (error: unknown): unknown => {
    hangUp(connection, error)
    return error
  }
  /** One read. What was decoded before a failure is handed over before it. */
  const step = async (): Promise<void> => {
    const before = queue.length
    try {
      const { done, value } = await line.hold(reader.read())
      if (done) finish(framer, connection, { answer, queue, end: () => decoder.end() })
      else framer.push(value)
    } catch (error) {
      if (queue.length === before) throw fail(error)
      failed = { error }
    }
    if (answer.complete()) linger(reader, connection)
  }
  const pull = async (): Promise<boolean> => {
    if (failed) throw fail(failed.error)
    if (answer.complete()) return false
    if (line.gone()) await line.hold(Promise.resolve())
    watch.expect('timeout_idle', connection.idle)
    const before = queue.length
    while (queue.length === before && !answer.complete() && !failed) await step()
    watch.rest()
    return queue.length > before || !answer.complete()
  }

  try {
    while (!answer.opened() && !failed) await step()
    if (failed && !answer.opened()) throw fail(failed.error)
  } catch (error) {
    if (error instanceof RelayError && answer.touched()) error.partial ??= answer.response()
    throw error
  }
  watch.rest()
  return reply(connection, { answer, queue, pull })
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

interface Ending {
  readonly answer: Assembler
  readonly queue: Delta[]
  readonly end: () => readonly Delta[]
}

/** The body has ended. Without its terminal event that is no success, however well it reads. */
function finish(framer: Framer, { encoding }: Connection, { answer, queue, end }: Ending): void {
  const truncated = (cause?: unknown): RelayError =>
    relayError('stream_truncated', 'the stream ended before its terminal event', { ...encoding.details, cause })
  let left: boolean
  try {
    left = framer.end()
  } catch (error) {
    // Half an event at the end of the body is a cut, not bad JSON.
    if (error instanceof RelayError && error.code === 'invalid_response') throw truncated(error)
    throw error
  }
  if (!answer.complete()) for (const delta of end()) take(delta, answer, queue)
  if (left || !answer.complete()) throw truncated()
}

function hangUp({ line, watch }: Connection, reason?: unknown): void {
  watch.stop()
  if (reason !== undefined) line.cut(reason)
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
