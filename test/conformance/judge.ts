// Holds an answer against what the recording says of it, field by field.
import { isDeepStrictEqual } from 'node:util'
import { RelayError, scrub } from '../../src/errors.ts'
import type { ChatResponse } from '../../src/types/response.ts'
import { shown, strings, type Expectation, type Recorded, type RecordedCall } from './record.ts'

/** A field that was looked at, and what was wrong with it where something was. */
export interface Finding {
  readonly field: string
  readonly wrong?: string
  /** What came out instead, as an explanation has it. */
  readonly got?: unknown
}

/** What came out of a recording: an answer, or what there was of it when it failed. */
export interface Outcome {
  readonly response?: ChatResponse | undefined
  readonly complete: boolean
  readonly error?: unknown
}

export function same(field: string, got: unknown, want: unknown): Finding {
  return isDeepStrictEqual(got, want) ? { field } : { field, got, wrong: `${shown(got)} and not ${shown(want)}` }
}

export function holds(field: string, so: boolean, wrong: string): Finding {
  return so ? { field } : { field, wrong }
}

/** Everything that the recording says about the answer. */
export function judge(record: Recorded, outcome: Outcome): readonly Finding[] {
  const { expect } = record
  const { response, complete, error } = outcome
  if (expect.block_reason) return [blocked(expect, error)]
  if (expect.kind !== 'chat') return failed(record, outcome)
  if (unfinished(expect)) return cut(expect, outcome)
  if (error !== undefined || !response) return [{ field: 'decoding', got: error instanceof RelayError ? error.code : error, wrong: String(error) }]
  const refusal = response.content.map((block) => (block.type === 'refusal' ? block.text : '')).join('')
  const missing = opaque(expect).filter((secret) => !strings(response.content).has(secret))
  return [
    same('whole', complete, true),
    same('id', expect.id ? response.id : '', expect.id ?? ''),
    same('model', expect.model ? response.providerModel : '', expect.model ?? ''),
    same('text', response.text, expect.text ?? ''),
    thought(expect, response.thinking),
    same('refusal', refusal, expect.refusal ?? ''),
    same('finish reason', response.rawFinishReason || null, expect.finish_reason || null),
    ...callsOf(expect, response),
    holds('opaque', !missing.length, `${missing.length} lost, such as ${shown(missing[0])}`),
    ...usageOf(expect, response),
  ]
}

/** A recording that was cut short, or damaged, and must not be taken for an answer. */
function unfinished({ stream, finish_reason }: Expectation): boolean {
  return stream?.terminal === false && !finish_reason
}

function cut(expect: Expectation, { response, complete, error }: Outcome): readonly Finding[] {
  const code = error instanceof RelayError ? error.code : error === undefined ? 'stream_truncated' : String(error)
  const said = holds('cut', !complete && /^(stream_truncated|invalid_response)$/.test(code), complete ? 'taken for whole' : code)
  if (expect.stream?.bad_json_events) return [said]
  return [said, same('text', response?.text ?? '', expect.text ?? ''), thought(expect, response?.thinking ?? '')]
}

function blocked({ block_message: words }: Expectation, error: unknown): Finding {
  if (!(error instanceof RelayError) || error.code !== 'content_policy') return { field: 'error', wrong: `not blocked but ${String(error)}` }
  return holds('error', error.message.includes(words ?? ''), `the provider's words are lost: ${error.message}`)
}

/** An error, with what had arrived before it. */
function failed(record: Recorded, { response, error }: Outcome): readonly Finding[] {
  const { expect } = record
  const found = [classed(record, error)]
  if (expect.kind === 'error') return found
  const something = Boolean(expect.text || expect.thinking)
  return [...found, holds('partial', !something || response !== undefined, 'what had arrived is lost'), same('text', response?.text ?? '', expect.text ?? ''), thought(expect, response?.thinking ?? '')]
}

/** The recordings class by the status alone; a code that is finer, and of the same class of errors, is right too. */
const CODES: { readonly [advisory: string]: readonly string[] } = {
  auth: ['authentication', 'permission'],
  permission: ['permission', 'authentication'],
  not_found: ['not_found'],
  invalid_request: ['invalid_request', 'not_found', 'request_too_large', 'unsupported', 'tool_schema'],
  rate_limit: ['rate_limit', 'quota'],
  context_window: ['context_window'],
}

export function classed({ expect, response }: Recorded, error: unknown): Finding {
  if (!(error instanceof RelayError)) return { field: 'error', wrong: `no RelayError but ${String(error)}` }
  const { class_advisory: advisory, message = '' } = expect.error ?? { class_advisory: null }
  const allowed = advisory === null ? undefined : CODES[advisory]
  if (allowed && !allowed.includes(error.code)) return { field: 'error', got: error.code, wrong: `${error.code}, not ${advisory}: ${error.message}` }
  if (!error.message.includes(scrub(message))) return { field: 'error', wrong: `the provider's words are lost: ${error.message}, not ${message}` }
  return holds('error', response.status < 400 || error.status === response.status, `the status ${error.status}, not ${response.status}`)
}

/** Parts of a summary may stand together, or apart by one or two ends of a line. */
function thought({ thinking = '', thinking_joiner, reasoning_items = [] }: Expectation, got: string): Finding {
  const parts = reasoning_items.flatMap(({ summary = [] }) => summary)
  if (!thinking_joiner || got === thinking || !parts.length) return same('thinking', got, thinking)
  let rest = got
  for (const part of parts) {
    rest = rest.replace(/^\n{0,2}/, '')
    if (!rest.startsWith(part)) return { field: 'thinking', wrong: `${shown(rest)} and not ${shown(part)}` }
    rest = rest.slice(part.length)
  }
  return same('thinking', rest, '')
}

function callsOf(expect: Expectation, { toolCalls: got }: ChatResponse): Finding[] {
  // What has no name is no call: some servers send empty ones.
  const want = (expect.tool_calls ?? []).filter(({ name }) => name)
  if (want.length !== got.length) return [{ field: 'calls', got: got.map(({ name }) => name), wrong: `${shown(got)} and not ${shown(want)}` }]
  return want.flatMap((call, index): Finding[] => {
    const made = got[index]
    if (!made) return []
    const named = made.name === call.name && (call.id ? made.id === call.id : made.id !== '')
    const args = argumentsOf(call)
    return [
      holds('calls', named, `${made.id} ${made.name} and not ${call.id} ${call.name}`),
      args ? same('arguments', made.arguments, args) : holds('arguments', Boolean(made.invalid) && made.arguments === undefined, 'invalid arguments passed for valid ones'),
    ]
  })
}

/** Undefined where they are none. */
function argumentsOf({ kind, input, args_valid, arguments: made }: RecordedCall): object | undefined {
  // Free text is the one argument of a tool that takes it.
  if (kind === 'custom') return { input }
  // A tool without parameters may be called with nothing at all, written as null.
  if (args_valid && made === null) return {}
  return args_valid && typeof made === 'object' ? (made as object) : undefined
}

function usageOf({ usage_norm: usage }: Expectation, response: ChatResponse): Finding[] {
  if (!usage) return []
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = response.usage
  const got = { in: inputTokens, out: outputTokens, read: cachedInputTokens, written: cacheWriteTokens, reasoning: reasoningTokens }
  const { input_total, output_total, cache_read, cache_write, reasoning, tool_use_prompt } = usage
  // What the provider's own tools read is input, and counted beside it.
  const input = input_total == null ? got.in : input_total + (tool_use_prompt ?? 0)
  return [same('usage', got, { in: input, out: output_total ?? got.out, read: cache_read ?? 0, written: cache_write ?? 0, reasoning: reasoning ?? 0 })]
}

/** Every opaque string that the recording says the answer carried. */
function opaque(expect: Expectation): readonly string[] {
  const found: (string | null | undefined)[] = [
    ...(expect.thinking_blocks ?? []).map(({ signature }) => signature),
    ...(expect.redacted_thinking ?? []),
    ...(expect.thought_signatures ?? []).map(({ sig }) => sig),
    ...(expect.reasoning_items ?? []).map(({ encrypted_content }) => encrypted_content),
    ...(expect.reasoning_details ?? []).flatMap(({ data, signature }) => [data, signature]),
  ]
  return found.filter((it): it is string => typeof it === 'string' && it !== '')
}
