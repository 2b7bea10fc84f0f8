// What the simulator remembers of a request, without the secrets that came with it.
import { scrub } from '../errors.ts'
import type { HttpCall, JsonObject, Question } from './endpoint.ts'

/** A request that the simulator has had, as far as it has come. */
export interface SimulatedRequest {
  /** 0 for the first. */
  readonly index: number
  /** `openai-chat`, `anthropic-messages`…; '' where no wire is spoken at the address. */
  readonly wire: string
  /** Whose way of speaking the wire it is. */
  readonly dialect: string
  readonly method: string
  /** Without what looks like a key. */
  readonly url: string
  /** Names in lower case. Of a secret, no more than the last four characters are left. */
  readonly headers: { readonly [name: string]: string }
  readonly body: JsonObject | undefined
  /** What it asks for, in the same words for every wire. */
  readonly neutral: Question
  /** The status that it was answered with; undefined until then, and where it never was. */
  readonly status: number | undefined
  /** True when the client went away before the end. */
  readonly aborted: boolean
  /** Bytes of the body that the client has taken. */
  readonly bytesSent: number
  /** True when the exchange is over, whichever way. */
  readonly ended: boolean
}

/** The same, while it changes. */
export type Recording = { -readonly [key in keyof SimulatedRequest]: SimulatedRequest[key] }

const NOTHING: Question = {
  model: '',
  stream: false,
  turns: [],
  text: '',
  tools: [],
  toolChoice: 'auto',
  thinking: false,
  format: undefined,
  maxTokens: undefined,
}

export function recording(index: number, call: HttpCall): Recording {
  return {
    index,
    wire: '',
    dialect: '',
    method: call.method,
    url: scrub(call.url.href),
    headers: masked(call.headers),
    body: call.body,
    neutral: NOTHING,
    status: undefined,
    aborted: false,
    bytesSent: 0,
    ended: false,
  }
}

function masked(headers: Headers): Record<string, string> {
  const shown: Record<string, string> = {}
  headers.forEach((value, name) => {
    shown[name] = /authorization|api-?key|token|secret|cookie/i.test(name) ? mask(value) : value
  })
  return shown
}

/** `Bearer …wxyz`: enough to tell two keys apart. */
function mask(value: string): string {
  const [, scheme = '', secret = ''] = /^(\w+ +)?(.*)$/s.exec(value) ?? []
  return `${scheme}…${secret.length >= 12 ? secret.slice(-4) : ''}`
}
