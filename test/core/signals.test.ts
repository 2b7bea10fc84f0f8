// Signals that live longer than calls: each is listened to once, however many calls hang on it, and let go when they end.
import { describe, expect, it, vi } from 'vitest'
import type { Hub } from '../../src/hub.ts'
import { groupFeatures } from '../../src/layers/groups/index.ts'
import { routed, type Router } from '../../src/routing/routers.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import type { FetchLike } from '../../src/types/runtime.ts'
import { answers, ask, config, failure, frames, hello, json, makeHub, stream, text, toy } from './toy.ts'

interface Watched {
  readonly signal: AbortSignal
  readonly control: AbortController
  readonly listeners: () => number
  readonly most: () => number
}

function watched(): Watched {
  const control = new AbortController()
  const { signal } = control
  const held = new Set<unknown>()
  let most = 0
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
  signal.addEventListener = (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
    held.add(listener)
    most = Math.max(most, held.size)
    add(type, listener, options)
  }
  signal.removeEventListener = (type: string, listener: EventListener) => {
    held.delete(listener)
    remove(type, listener)
  }
  return { signal, control, listeners: () => held.size, most: () => most }
}

/** A request for each text. */
const provider: Provider = {
  ...toy,
  embed: {
    limit: () => 1,
    encode: ({ input }) => ({ path: '/embed', body: { input } }),
    decode: ({ body }) => ({ embeddings: body as number[][], inputTokens: 1 }),
  },
}
const router: Router = {
  route: async () => ({ alias: 'one', confidence: 1, alternates: [], source: 'rule', ts: '2026-01-01T00:00:00.000Z' }),
}
const whole = (): Response => json(hello)
const streamed = (): Response => stream(frames(hello))
const hanging = (): Promise<Response> => new Promise(() => undefined)
const vectors: FetchLike = async (_, init) => Response.json((JSON.parse(String(init?.body)) as { input: string[] }).input.map(() => [1]))

type Deed = (hub: Hub, request: ChatRequest, control: AbortController) => Promise<unknown>

const chat: Deed = (hub, request) => hub.chat('one', request)
const read: Deed = (hub, request) => hub.stream('one', request).response()
const first: Deed = async (hub, request) => {
  for await (const _ of hub.stream('one', request)) break
}
const aborted = (work: Deed): Deed => (hub, request, control) => {
  const ended = work(hub, request, control)
  control.abort(new Error('enough'))
  return ended
}

const DEEDS: readonly (readonly [string, FetchLike, Deed])[] = [
  ['a chat', answers(whole), chat],
  ['a chat that fails', answers(() => failure(400)), chat],
  ['a chat that is refused', answers(whole), (hub) => hub.chat('nobody', ask)],
  ['a chat that is aborted', answers(hanging), aborted(chat)],
  ['a stream', answers(streamed), read],
  ['a stream that breaks', answers(() => stream(frames([text('half')]), 'break')), read],
  ['a stream that is left', answers(() => stream(frames([text('half')]), 'hang')), first],
  ['a stream that nobody reads', answers(streamed), async (hub, request) => hub.stream('one', request)],
  ['a stream that is aborted', answers(hanging), aborted(read)],
  ['a group that hedges', answers(hanging, whole), (hub, request) => hub.chat('raced', request)],
  ['a stream of a group that hedges', answers(hanging, streamed), (hub, request) => hub.stream('raced', request).response()],
  ['vectors, in several requests', vectors, (hub, request) => hub.embed('one', { ...request, input: ['a', 'b', 'c'] })],
  ['vectors that fail', answers(() => failure(400)), (hub, request) => hub.embed('one', { ...request, input: ['a', 'b', 'c'] })],
  ['a routed chat', answers(whole), (hub, request) => routed(hub, router).chat(request)],
  ['a routed stream', answers(streamed), (hub, request) => routed(hub, router).stream(request).response()],
  ['a routed stream that fails', answers(() => failure(400)), (hub, request) => routed(hub, router).stream(request).response()],
]

describe.each(['scope', 'request', 'scope and request', 'scope around a scope'])('the signal of a %s', (where) => {
  it.each(DEEDS)('is let go by %s', async (_, fetch, deed) => {
    const { signal, control, listeners, most } = watched()
    const groups = { ...config.groups, raced: { members: ['one', 'two'], hedge: { after: 1, max_extra: 1 } } }
    const hub = makeHub(fetch, { groups: groupFeatures, providers: [provider] }, { ...config, groups, defaults: { max_retries: 0 } })
    const outer = where.includes('scope') ? hub.with({ signal }) : hub
    const scoped = (): Hub => (where.includes('around') ? outer.with({ signal: new AbortController().signal }) : outer)
    // With it a signal of Node 20 remembers for good whoever has followed it.
    const any = vi.spyOn(AbortSignal, 'any')
    await Promise.allSettled(Array.from({ length: 12 }, () => deed(scoped(), where.includes('request') ? { ...ask, signal } : ask, control)))
    expect(any).not.toHaveBeenCalled()
    expect(listeners()).toBe(0)
    expect(most()).toBeLessThanOrEqual(1)
  })
})
