// A wire whose frames are deltas themselves, and a provider that speaks it.
import { relayError, type ErrorCode } from '../../src/errors.ts'
import { sse } from '../../src/http/sse.ts'
import { Hub, type HubOptions } from '../../src/hub.ts'
import type { RelayConfig } from '../../src/types/config.ts'
import type { Delta } from '../../src/types/event.ts'
import type { Provider, Wire } from '../../src/types/provider.ts'
import type { FetchLike } from '../../src/types/runtime.ts'

type Frame = Delta | { readonly fault: ErrorCode }

function read(frame: Frame, details: object): readonly Delta[] {
  if ('fault' in frame) throw relayError(frame.fault, 'an error inside the answer', details)
  return [frame]
}

const FAULTS: { readonly [status: number]: ErrorCode } = { 401: 'authentication', 402: 'quota', 403: 'permission', 429: 'rate_limit' }

const toyWire: Wire = {
  name: 'toy',
  framing: sse,
  encode: ({ request, extra, mode }) => ({ path: '/ask', body: { ...extra, mode, ...request, signal: undefined } }),
  decode: (body, { details }) => (body as Frame[]).flatMap((frame) => read(frame, details)),
  decoder: ({ details }) => ({
    verbatim: true,
    frame(data) {
      let frame: Frame
      try {
        frame = JSON.parse(data) as Frame
      } catch (cause) {
        throw relayError('invalid_response', 'a frame is not JSON', { ...details, cause })
      }
      return read(frame, details)
    },
    end: () => [],
  }),
  fault: ({ status, text, details }) =>
    relayError(FAULTS[status] ?? (status < 500 ? 'invalid_request' : 'server_error'), text, details),
}

export const toy: Provider = {
  name: 'toy',
  wire: toyWire,
  baseUrl: 'https://toy.example/v1',
  env: ['TOY_KEY'],
  sign: (request, credential) => ({
    ...request,
    headers: { ...request.headers, authorization: `Bearer ${credential.type === 'key' ? credential.value : ''}` },
  }),
}

export const config: RelayConfig = {
  models: {
    one: { target: 'toy/one', cost: { input_per_1m: 1, output_per_1m: 10 } },
    two: { target: 'toy/two' },
    three: { target: 'toy/three' },
  },
  groups: { both: { members: ['one', 'two'] }, nested: { members: ['both', 'three'] } },
}

export const ask = { messages: [{ role: 'user' as const, content: 'hello there' }] }

export function makeHub(fetch: FetchLike, options: Partial<HubOptions> = {}, given: RelayConfig = config): Hub {
  return new Hub(given, { providers: [toy], env: { TOY_KEY: 'toy-secret-key' }, fetch, ...options })
}

export const text = (text: string, block = 0): Delta => ({ type: 'text_delta', block, text })
export const done: Delta = { type: 'done' }
export const usage: Delta = { type: 'usage', usage: { inputTokens: 100, outputTokens: 10 } }
export const hello: Frame[] = [
  { type: 'meta', id: 'r1', model: 'one-2026' },
  { type: 'thinking_delta', block: 0, text: 'hm' },
  text('Hel', 1),
  text('lo, "world"\n', 1),
  { type: 'tool_call_delta', block: 2, id: 't1', name: 'look', argumentsDelta: '{"a":' },
  { type: 'tool_call_delta', block: 2, argumentsDelta: '1}' },
  usage,
  { type: 'finish', reason: 'stop', raw: 'end' },
  done,
]

export function json(frames: readonly Frame[]): Response {
  return Response.json(frames)
}

export function failure(status: number, headers: { [name: string]: string } = {}, body = 'no'): Response {
  return new Response(body, { status, headers })
}

/** A stream that gives its pieces one for each pull, then ends, breaks, or stays open. */
export function stream(pieces: readonly (string | Uint8Array)[], then: 'end' | 'break' | 'hang' = 'end', onCancel?: (reason: unknown) => void): Response {
  let at = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[at++]
        if (piece !== undefined) return controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece)
        if (then === 'end') controller.close()
        else if (then === 'break') controller.error(new TypeError('terminated'))
        else return new Promise(() => undefined)
      },
      cancel: (reason) => onCancel?.(reason),
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

export function frames(list: readonly Frame[]): string[] {
  return list.map((frame) => `data: ${JSON.stringify(frame)}\n\n`)
}

/** Answers requests one after the other; the last answer again and again. */
export function answers(...list: (() => Response | Promise<Response>)[]): FetchLike & { readonly seen: { url: string; init: RequestInit }[] } {
  const seen: { url: string; init: RequestInit }[] = []
  const fetch: FetchLike = async (input, init = {}) => {
    seen.push({ url: String(input), init })
    const answer = list[Math.min(seen.length, list.length) - 1]
    if (!answer) throw new Error('nothing to answer with')
    return answer()
  }
  return Object.assign(fetch, { seen })
}
