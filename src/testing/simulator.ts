// The simulator: a `fetch` behind which every provider answers by script, in its own words, and fails on demand.
import type { FetchLike } from '../types/runtime.ts'
import { work } from './answer.ts'
import type { CatalogueEntry, Endpoint, ErrorFacts, HttpCall, JsonObject, Mint, SimulatedWire } from './endpoint.ts'
import { broadcast, pause, play, refused, wholeBody } from './faults.ts'
import type { Broadcast } from './faults.ts'
import { mint } from './mint.ts'
import { recording } from './record.ts'
import type { Recording, SimulatedRequest } from './record.ts'
import { faultsOf, retryHeaders } from './script.ts'
import type { Answer, AnswerError, ErrorCause, Fault } from './script.ts'
import { anthropicMessages } from './wires/anthropic-messages.ts'
import { anthropicVertex } from './wires/anthropic-vertex.ts'
import { bedrockInvoke } from './wires/bedrock-invoke.ts'
import { bedrockMeasures } from './wires/bedrock-measures.ts'
import { cohere } from './wires/cohere.ts'
import { cohereEmbeddings, cohereRerank } from './wires/cohere-measures.ts'
import { converse } from './wires/converse.ts'
import { gemini } from './wires/gemini.ts'
import { geminiEmbeddings } from './wires/gemini-embeddings.ts'
import { openaiChat } from './wires/openai-chat.ts'
import { openaiEmbeddings } from './wires/openai-embeddings.ts'
import { openaiResponses } from './wires/openai-responses.ts'

/** An answer, or just its text. */
export type Scripted = Answer | string

/**
 * What is answered: one answer to everything; a list, one after the other, which fails the request after the last; or a
 * function of the request, where undefined is the echo. A list is read as it goes, so that a test may push to it.
 */
export type Script = Scripted | readonly Scripted[] | ((request: SimulatedRequest) => Scripted | undefined | Promise<Scripted | undefined>)

export interface SimulatorOptions {
  /** Default: the echo. */
  readonly answers?: Script
  /** Ids and signatures are made from it. Default 0. */
  readonly seed?: number | string
  /** Characters in each event of a stream. Default: a word. */
  readonly chunk?: number
  /** Who answers, whatever the address: `openai`, `groq`, `anthropic`… Default: the address says. */
  readonly dialect?: string
  /** The keys that are let in. Default: any that is not empty. */
  readonly keys?: readonly string[]
  /** Whether requests are checked as the providers check them. Default true. */
  readonly strict?: boolean
}

export interface Simulator {
  /** Give it to whatever takes a `fetch`. The wire is told from the path, the provider from the host. */
  readonly fetch: FetchLike
  /** What was asked, in order. */
  readonly requests: readonly SimulatedRequest[]
}

/** A provider that answers by script, for any base URL. */
export function simulator(options: SimulatorOptions = {}): Simulator {
  const { seed = 0, chunk, dialect } = options
  const wires = allWires()
  const requests: Recording[] = []
  const opaque = new Set<string>()
  const known = [...new Set(wires.flatMap((wire) => wire.dialects))]
  if (dialect !== undefined && !known.includes(dialect)) {
    throw new Error(`The simulator knows no dialect "${dialect}". It knows ${known.join(', ')}.`)
  }
  const next = teller(options.answers ?? {})
  const fetch: FetchLike = async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    signal?.throwIfAborted()
    const call = await callOf(new Request(input, init))
    const record = recording(requests.length, call)
    requests.push(record)
    const minting = mint({ seed: `${seed}:${record.index}`, chunk, opaque })
    try {
      return await respond({ call, record, signal, mint: minting, wires, next, options })
    } catch (error) {
      record.aborted = signal?.aborted === true
      record.ended = true
      throw error
    }
  }
  return { fetch, requests }
}

/** Every error that a provider is known to give, as it goes out. */
export function errorCatalogue(): readonly CatalogueEntry[] {
  return allWires().flatMap((wire) => wire.catalogue())
}

function allWires(): readonly SimulatedWire[] {
  return [
    openaiChat, openaiResponses, anthropicMessages, anthropicVertex, converse, bedrockInvoke, gemini, cohere,
    openaiEmbeddings, geminiEmbeddings, cohereEmbeddings, cohereRerank, bedrockMeasures,
  ]
}

interface Visit {
  readonly call: HttpCall
  readonly record: Recording
  readonly signal: AbortSignal | undefined
  readonly mint: Mint
  readonly wires: readonly SimulatedWire[]
  readonly next: (request: SimulatedRequest) => Promise<Answer>
  readonly options: SimulatorOptions
}

async function respond(visit: Visit): Promise<Response> {
  const { call, record, signal, wires, options } = visit
  let endpoint: Endpoint | undefined
  for (const wire of wires) endpoint ??= wire.recognise(call, visit.mint, options.dialect)
  if (endpoint === undefined) {
    const message = `The simulator speaks no wire at ${call.method} ${call.url.pathname}.`
    return send(visit, { status: 404, headers: {}, show: wholeBody(json({ error: { message } }), []) })
  }
  record.wire = endpoint.wire
  record.dialect = endpoint.dialect
  const wrong = refusal(endpoint, visit)
  if (wrong !== undefined) return fail({ facts: wrong, answer: {} }, endpoint, visit)
  const answer = await visit.next(record)
  const faults = faultsOf(answer)
  const has = (type: Fault['type']): boolean => faults.some((fault) => fault.type === type)
  await pause(has('hang') ? Infinity : answer.delayMs ?? 0, signal)
  if (has('refuse')) throw refused()
  const status = faults.find((fault) => fault.type === 'status')
  const { error = status } = answer
  if (error !== undefined) return fail({ facts: factsOf(error, endpoint), answer }, endpoint, visit)
  const inside = faults.find((fault) => fault.type === 'json_error_200')
  if (inside === undefined) return tell(answer, endpoint, visit)
  return fail({ facts: { ...factsOf(inside, endpoint), inside: false }, answer, status: 200 }, endpoint, visit)
}

/** Why the provider would not even ask its model. */
function refusal(endpoint: Endpoint, visit: Visit): ErrorFacts | undefined {
  const { call, record, options: { keys, strict = true } } = visit
  const key = endpoint.key()
  if (key === undefined || (keys !== undefined && !keys.includes(key))) {
    const { authentication, missing_key: missing } = endpoint.errors
    return key === undefined || key === '' ? missing ?? authentication : authentication
  }
  if (call.body === undefined) return { ...endpoint.errors['invalid_request']!, message: 'The body of the request is no JSON object.' }
  record.neutral = endpoint.read()
  return strict ? endpoint.check(record.neutral) : undefined
}

/** The answer, whole or as a stream. */
function tell(answer: Answer, endpoint: Endpoint, visit: Visit): Response {
  const { record, mint } = visit
  const faults = faultsOf(answer)
  const reply = work(answer, { question: record.neutral, endpoint, mint })
  const headers = { ...endpoint.headers(true, reply), ...answer.headers }
  if (!record.neutral.stream) {
    return send(visit, { status: 200, headers, show: wholeBody(json(endpoint.whole(reply)), faults) })
  }
  const show = broadcast({
    frames: endpoint.frames(reply),
    encode: endpoint.encode,
    reindex: endpoint.reindex,
    failure: (fault, sent) => endpoint.failureFrames(factsOf({ cause: 'overloaded', ...fault }, endpoint), reply, sent),
    lines: hasLines(endpoint),
  }, faults)
  return send(visit, { status: 200, headers: { 'content-type': endpoint.contentType, ...headers }, show })
}

interface Failing {
  readonly facts: ErrorFacts
  readonly answer: Answer
  /** Default: the error's own. */
  readonly status?: number
}

/** The answer that is an error, with its status or inside a 200. */
function fail({ facts, answer, status = facts.status }: Failing, endpoint: Endpoint, visit: Visit): Response {
  const faults = faultsOf(answer)
  const headers = { ...endpoint.headers(false), ...facts.headers, ...answer.headers }
  if (facts.inside && visit.record.neutral.stream) {
    const reply = work({ content: [] }, { question: visit.record.neutral, endpoint, mint: visit.mint })
    const { encode, reindex, contentType } = endpoint
    const frames = endpoint.failureFrames(facts, reply, 0)
    const show = broadcast({ frames, encode, reindex, failure: () => [], lines: hasLines(endpoint) }, faults)
    return send(visit, { status: 200, headers: { 'content-type': contentType, ...headers }, show })
  }
  const body = endpoint.failure(facts)
  const type: Record<string, string> = typeof body === 'string' ? { 'content-type': 'text/html; charset=utf-8' } : {}
  const show = wholeBody(typeof body === 'string' ? new TextEncoder().encode(body) : json(body), faults)
  return send(visit, { status, headers: { ...type, ...headers }, show })
}

function hasLines({ contentType }: Endpoint): boolean {
  return contentType.startsWith('text/event-stream')
}

interface Sending {
  readonly status: number
  readonly headers: Record<string, string>
  readonly show: Broadcast
}

function send(visit: Visit, { status, headers, show }: Sending): Response {
  const { record, signal } = visit
  record.status = status
  const body = play(show, {
    signal,
    sent: (bytes) => void (record.bytesSent += bytes),
    aborted: () => void (record.aborted = !record.ended),
    ended: () => void (record.ended = true),
  })
  return new Response(body, { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers } })
}

/** What the provider says about an error that the script only names. */
function factsOf(error: ErrorCause | AnswerError, endpoint: Endpoint): ErrorFacts {
  const wanted: AnswerError = typeof error === 'string' ? { cause: error } : error
  const cause = wanted.cause ?? causeOf(wanted.status)
  // A provider that is not known to give a status may give it all the same: something stands in front of it.
  const unnamed = wanted.cause === undefined ? endpoint.errors['invalid_request'] : undefined
  const known = endpoint.errors[cause] ?? (unnamed && { ...unnamed, message: `Request failed with status ${wanted.status}` })
  if (known === undefined) {
    const causes = Object.keys(endpoint.errors).join(', ')
    throw new Error(`The simulator knows no error "${cause}" of ${endpoint.dialect}. It knows ${causes}.`)
  }
  return {
    ...known,
    status: wanted.status ?? known.status,
    message: wanted.message ?? known.message,
    body: wanted.body ?? (wanted.message === undefined ? known.body : undefined),
    headers: { ...known.headers, ...wanted.headers, ...retryHeaders(wanted.retry) },
    ...(wanted.retry?.delay === undefined ? {} : { delay: wanted.retry.delay }),
  }
}

function causeOf(status = 500): ErrorCause {
  const causes: { readonly [status: number]: ErrorCause } = {
    400: 'invalid_request',
    401: 'authentication',
    402: 'quota',
    403: 'permission',
    404: 'not_found',
    408: 'timeout',
    413: 'request_too_large',
    422: 'invalid_request',
    429: 'rate_limit',
    503: 'overloaded',
    504: 'timeout',
    529: 'overloaded',
  }
  return causes[status] ?? (status < 500 ? 'invalid_request' : 'server_error')
}

/** The script, told one request after the other. */
function teller(script: Script): (request: SimulatedRequest) => Promise<Answer> {
  let told = 0
  const list = (answers: readonly Scripted[]): Scripted => {
    const answer = answers[told++]
    if (answer === undefined) throw new Error(`The script has ${answers.length} answers, and this is request ${told}.`)
    return answer
  }
  return async (request) => {
    const answer = typeof script === 'function' ? (await script(request)) ?? {} : isList(script) ? list(script) : script
    return typeof answer === 'string' ? { text: answer } : answer
  }
}

function isList(script: Scripted | readonly Scripted[]): script is readonly Scripted[] {
  return Array.isArray(script)
}

async function callOf(request: Request): Promise<HttpCall> {
  const text = await request.text()
  return { method: request.method, url: new URL(request.url), headers: request.headers, body: objectOf(text) }
}

function objectOf(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as JsonObject : undefined
  } catch {
    return undefined
  }
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
