// One saboteur for each law: which of them a call meets is told by its number.
import type { Call, Layer, Next, Reply } from '../../src/types/call.ts'
import type { FetchLike } from '../../src/types/runtime.ts'
import { CALL } from './upstream.ts'

export interface Sabotage {
  readonly layers: readonly Layer[]
  readonly fetch: FetchLike
  /** Takes back what was left behind. */
  readonly tidy: () => void
}

/** What each of them must be noticed by. Whoever meets the last is left alone. */
export const SABOTEURS: readonly { readonly deed: string; readonly noticed?: string }[] = [
  { deed: 'a word is another', noticed: 'nothing is lost' },
  { deed: 'bytes come twice', noticed: 'nothing is lost' },
  { deed: 'two calls take each other\'s answer', noticed: 'nothing is lost' },
  { deed: 'an end is told twice', noticed: 'it ends exactly once' },
  { deed: 'an end is not told', noticed: 'it ends exactly once' },
  { deed: 'usage is made up', noticed: 'an answer says what was served' },
  { deed: 'a request is made behind the books', noticed: 'every request is recorded' },
  { deed: 'limits are told of fewer tokens', noticed: 'the limits hold what each request used' },
  { deed: 'limits are told of fewer dollars', noticed: 'the limits hold what each request used' },
  { deed: 'limits are not told', noticed: 'the limits hold what each request used' },
  { deed: 'the client is told of another cost', noticed: 'what the client is told is what the limits hold' },
  { deed: 'errors are of any kind', noticed: 'errors are typed' },
  { deed: 'litter is left' },
  { deed: 'nothing is done' },
]
/** What they must be noticed by when all is over. */
export const NOTICED_AFTERWARDS: readonly string[] = [
  'settled usage is what was served', 'the limits have booked what requests used', 'reservations left', 'reservations settled twice', 'timers left', 'listeners left', 'memory is flat',
]

export function deedOf(call: number): string {
  return SABOTEURS[call % SABOTEURS.length]!.deed
}

export function sabotage(): Sabotage {
  const kept: (() => void)[] = []
  const layers: Layer[] = [
    { stage: 'redact', wrap: (next) => async (call) => outermost(next, call, kept) },
    {
      stage: 'guard',
      wrap: (next) => async (call) => {
        const reply = await next(call)
        if (doing(call) === 'usage is made up') reply.finish.push((response) => ({ ...response, usage: { ...response.usage, inputTokens: 1 } }))
        if (doing(call) === 'the client is told of another cost') reply.finish.push((response) => ({ ...response, costUsd: Number(response.costUsd) + 1e-6 }))
        return reply
      },
    },
    // Stand around the ring of limits, and right inside of it.
    { stage: 'limit', wrap: (next) => async (call) => honest(await next(call), call) },
    { stage: 'breaker', wrap: (next) => async (call) => misled(await next(call), call) },
    {
      stage: 'trace',
      wrap: (next) => async (call) => {
        if (doing(call) === 'a request is made behind the books') await unbooked(next, call)
        return next(call)
      },
    },
  ]
  return { layers, fetch: line(), tidy: () => kept.splice(0).forEach((take) => take()) }
}

function doing({ request }: Call): string {
  return deedOf(Number(request.headers?.[CALL]))
}

const TRUTH = '#truth'

/** What limits, further out, are to take for the answer. */
function misled(reply: Reply, call: Call): Reply {
  const deed = doing(call)
  if (deed === 'limits are told of fewer tokens') {
    reply.finish.push((it) => ({ ...it, usage: { ...it.usage, totalTokens: it.usage.totalTokens - 1 }, metadata: { ...it.metadata, [TRUTH]: it } }))
  }
  if (deed === 'limits are told of fewer dollars') reply.finish.push((it) => ({ ...it, costUsd: Number(it.costUsd) / 2, metadata: { ...it.metadata, [TRUTH]: it } }))
  return reply
}

/** Nobody else notices. */
function honest(reply: Reply, call: Call): Reply {
  reply.finish.push((it) => (it.metadata[TRUTH] as typeof it | undefined) ?? it)
  // The ring of limits is the only one that listens here.
  if (doing(call) === 'limits are not told') reply.settle.pop()
  return reply
}

async function outermost(next: Next, call: Call, kept: (() => void)[]): Promise<Reply> {
  const deed = doing(call)
  if (deed === 'litter is left') litter(call, kept)
  try {
    const reply = await next(call)
    if (deed === 'an end is told twice') reply.settle.push(...reply.settle)
    if (deed === 'an end is not told') reply.settle.length = 0
    return reply
  } catch (error) {
    throw deed === 'errors are of any kind' ? new Error('something', { cause: error }) : error
  }
}

function litter({ runtime, scope }: Call, kept: (() => void)[]): void {
  const words = Array.from({ length: 40_000 }, (_, n) => `${n} words`)
  kept.push(runtime.timer(() => undefined, 600_000), () => void words.pop())
  scope.signal?.addEventListener('abort', () => undefined)
}

async function unbooked(next: Next, call: Call): Promise<void> {
  const { deadline } = call.budget
  await next({ ...call, budget: { left: 1, deadline, attempts: [] } }).then((reply) => reply.cancel(), () => undefined)
}

function line(): FetchLike {
  let waiting: { readonly mine: Response; readonly take: (theirs: Response) => void } | undefined
  return async (input, init) => {
    const deed = deedOf(Number(new Headers(init?.headers).get(CALL)))
    const response = await fetch(input, init)
    if (deed === 'a word is another') return altered(response, (chunk) => [replaced(chunk)])
    if (deed === 'bytes come twice') return altered(response, (chunk) => [chunk, chunk])
    if (deed !== 'two calls take each other\'s answer' || !response.ok) return response
    if (waiting) {
      const { mine, take } = waiting
      waiting = undefined
      take(response)
      return mine
    }
    return new Promise((resolve) => {
      waiting = { mine: response, take: resolve }
      setTimeout(() => {
        if (waiting?.mine === response) waiting = undefined
        resolve(response)
      }, 500)
    })
  }
}

function altered(response: Response, change: (chunk: Uint8Array) => readonly Uint8Array[]): Response {
  const body = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        for (const one of change(chunk)) controller.enqueue(one)
      },
    }),
  )
  return new Response(body ?? null, response)
}

/** The same number of bytes. */
function replaced(chunk: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.from(Buffer.from(chunk).toString('latin1').replaceAll(/~1(?!\d)/g, '~8'), 'latin1'))
}
