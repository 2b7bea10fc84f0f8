// Decodes a recorded answer whole and cut into pieces, and says which fields of it are not what they must be.
import { isDeepStrictEqual } from 'node:util'
import { RelayError } from '../../src/errors.ts'
import { assembler, type Assembler } from '../../src/core/assemble.ts'
import { repeating } from '../../src/core/repeat.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import type { ChatResponse } from '../../src/types/response.ts'
import type { Encoding, Provider, Target } from '../../src/types/provider.ts'
import type { Protocol } from './protocol.ts'
import type { Recorded } from './record.ts'

/** A field that was looked at, and what was wrong with it where something was. */
export interface Finding {
  readonly field: string
  readonly wrong?: string
}

export function encodingFor(record: Recorded, provider: Provider, { request, config }: { request: ChatRequest; config?: Protocol['configFor'] }): Encoding {
  const model = record.model ?? 'unknown'
  const target: Target = {
    alias: 'recorded',
    provider,
    model,
    baseUrl: 'https://recorded.example',
    config: { target: `${provider.name}/${model}`, ...config?.(record) },
  }
  const details = { provider: provider.name, model, alias: 'recorded', status: record.response.status }
  return { mode: record.streaming ? 'stream' : 'chat', request, extra: {}, target, note: () => undefined, details }
}

export const bodyOf = (record: Recorded): Uint8Array => new Uint8Array(Buffer.from(record.response.body_base64, 'base64'))

function start({ target, request }: Encoding): Assembler {
  return assembler({ alias: 'recorded', target, request, attempts: [], startedAt: 0, now: () => 1 })
}

interface Outcome {
  readonly response: ChatResponse
  readonly complete: boolean
  readonly error?: unknown
}

/** The whole body at once, as JSON. */
export function decodeWhole(bytes: Uint8Array, encoding: Encoding): Outcome {
  const answer = start(encoding)
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes))
    for (const delta of encoding.target.provider.wire.decode(json, encoding)) answer.fold(delta)
  } catch (error) {
    return { response: answer.response(), complete: false, error }
  }
  return { response: answer.response(), complete: answer.complete() }
}

/** The body as a stream that arrives in pieces of `size` bytes. `fast`: with events that repeat read without parsing. */
export function decodeStream(bytes: Uint8Array, encoding: Encoding, { size, fast }: { size: number; fast: boolean }): Outcome {
  const answer = start(encoding)
  const { wire } = encoding.target.provider
  let left = false
  try {
    const made = wire.decoder(encoding)
    const decoder = fast ? repeating(made) : made
    const framer = wire.framing.framer((data, event) => {
      if (!answer.complete()) for (const delta of decoder.frame(data, event)) answer.fold(delta)
    })
    for (let at = 0; at < bytes.length; at += size) framer.push(bytes.subarray(at, at + size))
    left = framer.end()
    if (!answer.complete()) for (const delta of decoder.end()) answer.fold(delta)
  } catch (error) {
    return { response: answer.response(), complete: false, error }
  }
  return { response: answer.response(), complete: answer.complete() && !left }
}

export function isStream(record: Recorded, { wire }: Provider): boolean {
  const type = record.response.headers['content-type'] ?? ''
  if (type.startsWith(wire.framing.contentType)) return true
  return record.streaming && !/^\s*[[{]/.test(new TextDecoder().decode(bodyOf(record).subarray(0, 64)))
}

/** Everything that the recording says about the answer, field by field. */
export function checkExchange(record: Recorded, protocol: Protocol, provider: Provider): readonly Finding[] {
  const encoding = encodingFor(record, provider, { request: { messages: [] }, config: protocol.configFor })
  const bytes = bodyOf(record)
  if (record.response.status >= 400) return [failure(record, encoding, bytes)]
  if (!isStream(record, provider)) return judge(record, decodeWhole(bytes, encoding))
  const pieces = [bytes.length, 64, 7, 1].map((size) => decodeStream(bytes, encoding, { size, fast: size !== 7 }))
  const [first] = pieces
  if (!first) return []
  const alike = pieces.every((it) => isDeepStrictEqual(told(it), told(first)))
  const findings: Finding[] = [...judge(record, first), alike ? { field: 'parity' } : { field: 'parity', wrong: 'depends on how the bytes are cut' }]
  const half = decodeStream(bytes.subarray(0, bytes.length >> 1), encoding, { size: bytes.length, fast: false })
  findings.push(half.complete ? { field: 'truncation', wrong: 'half of the stream is taken for the whole' } : { field: 'truncation' })
  return findings
}

function told({ response, complete, error }: Outcome): unknown {
  return { ...response, complete, error: String(error) }
}

const CLASSES: { readonly [advisory: string]: readonly string[] } = {
  auth: ['authentication', 'permission'],
  permission: ['permission', 'authentication'],
  not_found: ['not_found'],
  invalid_request: ['invalid_request', 'request_too_large', 'unsupported', 'tool_schema'],
  rate_limit: ['rate_limit', 'quota'],
  context_window: ['context_window'],
}

function failure(record: Recorded, encoding: Encoding, bytes: Uint8Array): Finding {
  const text = new TextDecoder().decode(bytes)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  const { headers, status } = record.response
  const error = encoding.target.provider.wire.fault({ status, text, json, headers: new Headers(headers), details: { ...encoding.details, raw: text } })
  return classed(record, error)
}

function classed({ expect }: Recorded, error: unknown): Finding {
  if (!(error instanceof RelayError)) return { field: 'error', wrong: `no RelayError but ${String(error)}` }
  const { class_advisory: advisory, message = '' } = expect.error ?? { class_advisory: null }
  const allowed = advisory === null ? undefined : CLASSES[advisory]
  if (allowed && !allowed.includes(error.code)) return { field: 'error', wrong: `${error.code}, not ${advisory}: ${error.message}` }
  return error.message.includes(message.slice(0, 40)) ? { field: 'error' } : { field: 'error', wrong: `the provider's words are lost: ${error.message}` }
}

function judge(record: Recorded, { response, complete, error }: Outcome): Finding[] {
  const { expect } = record
  if (expect.block_reason) {
    const code = error instanceof RelayError ? error.code : String(error)
    return [code === 'content_policy' ? { field: 'blocked' } : { field: 'blocked', wrong: code }]
  }
  // A recording that was cut short must not be taken for whole.
  if (expect.stream?.terminal === false && !complete && error === undefined) return [{ field: 'cut' }]
  const fails = expect.kind === 'error' || expect.kind === 'stream-error'
  if (error !== undefined && !fails) return [{ field: 'decoding', wrong: String(error) }]
  const findings: Finding[] = []
  const same = (field: string, got: unknown, want: unknown): void => {
    findings.push(isDeepStrictEqual(got, want) ? { field } : { field, wrong: `${shown(got)} and not ${shown(want)}` })
  }
  if (fails) findings.push(classed(record, error))
  else same('whole', complete, true)
  if (expect.kind === 'error') return findings
  same('text', response.text, expect.text ?? '')
  same('thinking', response.thinking, expect.thinking ?? '')
  if (fails) return findings
  const refusal = response.content.map((block) => (block.type === 'refusal' ? block.text : '')).join('')
  same('refusal', refusal, expect.refusal ?? '')
  same('finish', response.rawFinishReason || null, expect.finish_reason || null)
  findings.push(...callsOf(record, response))
  const missing = opaque(record).filter((secret) => !strings(response.content).has(secret))
  findings.push(missing.length ? { field: 'opaque', wrong: `${missing.length} lost, such as ${shown(missing[0])}` } : { field: 'opaque' })
  const usage = expect.usage_norm
  if (usage) {
    const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = response.usage
    const got = { in: inputTokens, out: outputTokens, read: cachedInputTokens, written: cacheWriteTokens, reasoning: reasoningTokens }
    const { input_total, output_total, cache_read, cache_write, reasoning, tool_use_prompt } = usage
    // What the provider's own tools read is input, and counted beside it.
    const want = { in: input_total == null ? got.in : input_total + (tool_use_prompt ?? 0), out: output_total ?? got.out, read: cache_read ?? 0, written: cache_write ?? 0, reasoning: reasoning ?? 0 }
    same('usage', got, want)
  }
  return findings
}

function callsOf({ expect }: Recorded, response: ChatResponse): Finding[] {
  // What has no name is no call: some servers send empty ones.
  const want = (expect.tool_calls ?? []).filter(({ name }) => name)
  const got = response.toolCalls
  const shape = { id: (want: { id: string | null }, got: { id: string }) => (want.id ? got.id === want.id : got.id !== '') }
  if (want.length !== got.length) return [{ field: 'calls', wrong: `${shown(got)} and not ${shown(want)}` }]
  return want.flatMap((call, index): Finding[] => {
    const made = got[index]
    if (!made) return []
    const valid = call.args_valid && typeof call.arguments === 'object' && call.arguments !== null
    return [
      shape.id(call, made) && made.name === call.name ? { field: 'calls' } : { field: 'calls', wrong: `${made.id} ${made.name} and not ${call.id} ${call.name}` },
      valid
        ? isDeepStrictEqual(made.arguments, call.arguments) ? { field: 'arguments' } : { field: 'arguments', wrong: `${shown(made)} and not ${shown(call.arguments)}` }
        : made.invalid && made.arguments === undefined ? { field: 'arguments' } : { field: 'arguments', wrong: 'invalid arguments passed for valid ones' },
    ]
  })
}

/** Every opaque string that the recording says the answer carried. */
function opaque({ expect }: Recorded): readonly string[] {
  const found: (string | null | undefined)[] = [
    ...(expect.thinking_blocks ?? []).map(({ signature }) => signature),
    ...(expect.redacted_thinking ?? []),
    ...(expect.thought_signatures ?? []).map(({ sig }) => sig),
    ...(expect.reasoning_items ?? []).map(({ encrypted_content }) => encrypted_content),
    ...(expect.reasoning_details ?? []).flatMap(({ data, signature }) => [data, signature]),
  ]
  return found.filter((it): it is string => typeof it === 'string' && it !== '')
}

/** All strings that stand anywhere in a value. */
export function strings(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof value === 'string') found.add(value)
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) strings(inner, found)
  return found
}

export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}
