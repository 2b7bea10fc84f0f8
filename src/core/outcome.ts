// How a call ends: the response is finished, observers are told once, and what went wrong says all that it knows.
import { RelayError } from '../errors.ts'
import type { Call, Next, Outcome, Reply } from '../types/call.ts'
import type { ChatResponse } from '../types/response.ts'
import { follower, signalsOf } from './lifeline.ts'

/** Ends a reply that has begun. Throws where a ring refuses the finished answer. */
export function conclude(reply: Reply, status: Outcome['status'], error?: RelayError): ChatResponse {
  let response = reply.response()
  let refused: unknown
  try {
    for (const finish of reply.finish) response = finish(response)
  } catch (cause) {
    refused = cause
    if (cause instanceof RelayError) error = cause
  }
  if (error) error.partial = response
  const outcome: Outcome = { status: error ? 'error' : status, response, ...(error && { error }) }
  for (const settle of reply.settle) {
    try {
      settle(outcome)
    } catch (cause) {
      // Whoever fails at it keeps nobody from being told.
      refused ??= cause
    }
  }
  if (refused !== undefined) throw refused
  return response
}

/** What the caller is thrown: their own abort reason, or an error that carries the attempts. */
export function thrown(error: unknown, { budget, signal }: Pick<Call, 'budget' | 'signal'>): unknown {
  if (signal?.aborted && error === signal.reason) return error
  if (error instanceof RelayError) error.attempts = [...budget.attempts]
  return error
}

/** Ends a reply that is whole. A ring may still refuse the answer. */
export function answered(reply: Reply, call: Call): ChatResponse {
  try {
    return conclude(reply, 'ok')
  } catch (error) {
    throw thrown(error, call)
  }
}

/** Ends a reply that failed on the way, and gives what to throw. */
export function failed(reply: Reply, error: unknown, call: Call): unknown {
  const theirs = call.signal?.aborted && error === call.signal.reason
  reply.cancel(error)
  conclude(reply, theirs ? 'cancelled' : 'error', !theirs && error instanceof RelayError ? error : undefined)
  return thrown(error, call)
}

/** Asks and waits for the whole answer. */
export async function ask(next: Next, given: Call): Promise<ChatResponse> {
  // A controller takes microseconds: where there is nothing to follow there is none.
  const signals = signalsOf(given)
  if (!signals.length) return whole(next, given)
  const { signal, release } = follower(...signals)
  return whole(next, { ...given, signal }).finally(release)
}

async function whole(next: Next, call: Call): Promise<ChatResponse> {
  let reply: Reply | undefined
  try {
    reply = await next(call)
    while (await reply.pull()) reply.queue.length = 0
  } catch (error) {
    throw reply ? failed(reply, error, call) : thrown(error, call)
  }
  return answered(reply, call)
}
