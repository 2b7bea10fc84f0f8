// Hubs whose groups can do everything, and servers that fail by script.
import type { Hub, HubOptions } from '../../src/hub.ts'
import { groupFeatures } from '../../src/layers/groups/index.ts'
import type { RelayConfig } from '../../src/types/config.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { FetchLike } from '../../src/types/runtime.ts'
import type { Clock } from '../core/clock.ts'
import { failure, frames, json, makeHub, stream, toy } from '../core/toy.ts'

export function groupHub(fetch: FetchLike, config: RelayConfig, options: Partial<HubOptions> = {}): Hub {
  return makeHub(fetch, { groups: groupFeatures, ...options }, config)
}

/** Says, embeds and ranks: what it answers with stands under what was asked. */
export const versatile: Provider = {
  ...toy,
  embed: {
    limit: () => 100,
    encode: ({ input, extra }) => ({ path: '/embed', body: { ...extra, input } }),
    decode: ({ body }) => ({ embeddings: body as number[][], inputTokens: 2 }),
  },
  rerank: {
    encode: ({ request: { documents }, extra }) => ({ path: '/rerank', body: { ...extra, documents } }),
    decode: ({ body }) => ({ results: body as { index: number; score: number }[] }),
  },
}

/** What a server does with a request. */
export type Deed = 'ok' | 'slow' | 'refuse' | 'reject' | 'deny' | 'throttle' | 'throttle_long' | 'fail' | 'hang' | 'break'

export type Frames = Parameters<typeof frames>[0]

export interface Asked {
  readonly model: string
  readonly body: { readonly [field: string]: unknown }
}

/** Each model does one deed after the other, the last again and again, and answers with what it says. */
export function servers(scripts: { readonly [model: string]: readonly Deed[] }, says: (model: string) => Frames, time?: Clock): FetchLike & { readonly asked: Asked[] } {
  const asked: Asked[] = []
  const fetch: FetchLike = async (_, init = {}) => {
    const body = JSON.parse(String(init.body)) as Asked['body']
    const model = String(body['model'])
    const script = scripts[model] ?? ['ok']
    const deed = script[Math.min(asked.filter((it) => it.model === model).length, script.length - 1)]
    asked.push({ model, body })
    const streams = body['mode'] === 'stream'
    if (deed === 'slow') await new Promise<void>((resolve) => time?.timer(resolve, 500))
    if (deed === 'reject') return failure(400)
    if (deed === 'refuse') throw new TypeError('fetch failed')
    if (deed === 'deny') return failure(401)
    if (deed === 'throttle') return failure(429)
    if (deed === 'throttle_long') return failure(429, { 'retry-after': '20' })
    if (deed === 'fail') return failure(503)
    if (deed === 'hang') return new Promise<Response>(() => undefined)
    if (deed === 'break') return streams ? stream(frames([{ type: 'meta', id: 'r' }]), 'break') : Promise.reject(new TypeError('terminated'))
    const { input, documents } = body as { readonly input?: readonly string[]; readonly documents?: readonly string[] }
    if (input) return Response.json(input.map((text) => [text.length]))
    if (documents) return Response.json(documents.map((text, index) => ({ index, score: text.length })))
    return streams ? stream(frames(says(model))) : json(says(model))
  }
  return Object.assign(fetch, { asked })
}
