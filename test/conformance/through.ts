// Asks a hub whose network is one recorded answer: what comes out, and what was sent.
import { Hub } from '../../src/hub.ts'
import { RelayError } from '../../src/errors.ts'
import type { StreamEvent } from '../../src/types/event.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import type { ChatResponse } from '../../src/types/response.ts'
import type { FetchLike } from '../../src/types/runtime.ts'
import { holds, judge, same, type Finding, type Outcome } from './judge.ts'
import { ALIAS, catalogueOf } from './place.ts'
import { bodyOf, type Recorded } from './record.ts'
import { isStream } from './exchange.ts'

export interface Sent {
  readonly url: string
  readonly body: unknown
}

/** A hub that answers every request with what `answer` gives next, and tells what was sent. */
export function hubOf(record: Recorded, provider: Provider, answer: () => Response): { readonly hub: Hub; readonly sent: Sent[] } {
  const sent: Sent[] = []
  const fetch: FetchLike = async (url, init) => {
    sent.push({ url: String(url), body: JSON.parse(String(init?.body)) })
    return answer()
  }
  const hub = new Hub(catalogueOf(record, provider), {
    providers: [provider],
    env: (name) => (provider.env.includes(name) ? 'a-key-of-the-test' : undefined),
    fetch,
    // Nothing here waits, and a clock that stands still makes answers comparable.
    runtime: { now: () => 1, timer: () => () => undefined },
    prices: () => ({ rates: { input_per_1m: 1, output_per_1m: 2, cached_input_per_1m: 0.5 }, source: 'snapshot', confidence: 'list_price' }),
  })
  return { hub, sent }
}

/** The recorded answer, in pieces of `size` bytes. */
export function answerOf(record: Recorded, provider: Provider, size: number): Response {
  const { status, headers } = record.response
  const bytes = bodyOf(record)
  const type = headers['content-type']
  const known = type && type.includes('/') ? type : isStream(record, provider) ? provider.wire.framing.contentType : 'application/json'
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      for (let n = 0; n < 256 && at < bytes.length; n++, at += size) controller.enqueue(bytes.subarray(at, at + size))
      if (at >= bytes.length) controller.close()
    },
  })
  return new Response(body, { status, headers: { ...headers, 'content-type': known } })
}

export interface Asking {
  readonly record: Recorded
  readonly provider: Provider
  readonly request: ChatRequest
  readonly mode: 'chat' | 'stream'
  /** How many bytes come at a time. */
  readonly size: number
}

export interface Through {
  readonly findings: readonly Finding[]
  readonly sent: Sent | undefined
}

/** One record through `hub.chat` or `hub.stream`. */
export async function through({ record, provider, request, mode, size }: Asking): Promise<Through> {
  const { hub, sent } = hubOf(record, provider, () => answerOf(record, provider, size))
  const events: StreamEvent[] = []
  const outcome = await asked(hub, request, { mode, events }).then(whole, failed)
  const { response, error } = outcome
  const findings = [...judge(record, outcome)]
  if (response && error === undefined) findings.push(...priced(response))
  if (mode === 'stream') findings.push(...told(events, outcome))
  if (error instanceof RelayError) findings.push(same('attempts', error.attempts.map(({ ok, cause }) => ({ ok, cause })), attempts(error)))
  return { findings, sent: sent[0] }
}

/** One failed, unless it had begun to answer. */
function attempts({ code, attempts }: RelayError): unknown {
  return attempts[0]?.ok ? [{ ok: true, cause: undefined }] : [{ ok: false, cause: code }]
}

async function asked(hub: Hub, request: ChatRequest, { mode, events }: { mode: 'chat' | 'stream'; events: StreamEvent[] }): Promise<ChatResponse> {
  if (mode === 'chat') return hub.chat(ALIAS, request)
  const stream = hub.stream(ALIAS, request)
  for await (const event of stream) events.push(event)
  return stream.response()
}

const whole = (response: ChatResponse): Outcome => ({ response, complete: true })

function failed(error: unknown): Outcome {
  return { response: error instanceof RelayError ? error.partial : undefined, complete: false, error }
}

/** A price is set on every answer, and its parts are its sum. */
function priced({ cost, costUsd, usage }: ChatResponse): readonly Finding[] {
  const { inputUsd, outputUsd, cachedInputUsd, cacheWriteUsd, totalUsd, source } = cost
  const parts = [inputUsd, outputUsd, cachedInputUsd, cacheWriteUsd].map((part) => part ?? 0)
  const sum = parts.reduce((all, part) => all + part, 0)
  const adds = source === 'live_api' || Math.abs(sum - (totalUsd ?? NaN)) < 1e-12
  const sound = costUsd === totalUsd && totalUsd !== null && totalUsd >= 0 && parts.every((part) => part >= 0)
  return [
    holds('cost', adds && sound, `${JSON.stringify(cost)}`),
    holds('total', usage.totalTokens === usage.inputTokens + usage.outputTokens && usage.cachedInputTokens + usage.cacheWriteTokens <= usage.inputTokens, JSON.stringify(usage)),
  ]
}

/** The events say what the response says, and end once. */
function told(events: readonly StreamEvent[], { response, error }: Outcome): readonly Finding[] {
  const [first] = events
  const ends = events.filter(({ type }) => type === 'end').length
  if (error !== undefined) return [holds('events', ends === 0, 'an end, and an error')]
  const joined = (kind: string): string => events.map((event) => (event.type === kind && 'text' in event ? event.text : '')).join('')
  const calls = events.filter((event) => event.type === 'tool_call_delta')
  const made = (response?.toolCalls ?? []).map((call, index) => ({
    name: call.name,
    said: calls.filter((event) => event.index === index).some(({ name }) => name === call.name),
  }))
  return [
    holds('events', ends === 1 && events.at(-1)?.type === 'end' && first?.type === 'start' && first.id === response?.id, events.map(({ type }) => type).join(' ').slice(0, 200)),
    same('events', { text: joined('text_delta'), thinking: joined('thinking_delta') }, { text: response?.text, thinking: response?.thinking }),
    same('events', made, made.map(({ name }) => ({ name, said: true }))),
  ]
}
