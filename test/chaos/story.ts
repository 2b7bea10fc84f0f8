// What is written down of a call while it lasts: what the servers were asked and said, what the rings saw, what the client got.
import type { Call } from '../../src/types/call.ts'
import type { ChatResponse, Usage } from '../../src/types/response.ts'
import type { RequestPlan } from './faults.ts'

/** One request that a server has seen. */
export interface Exchange {
  readonly alias: string
  /** 0 for the first of the call to this model. */
  readonly n: number
  readonly plan: RequestPlan
  /** `open`: neither side has let go yet. `left`: the client went away. `over`: the server said all that it meant to say. */
  state: 'open' | 'left' | 'over'
}

/** How a call looked from outside. */
export type Ending =
  | { readonly how: 'answered'; readonly response: ChatResponse }
  | { readonly how: 'failed'; readonly error: unknown }
  /** The reader walked away. `response` is what there was by then; undefined where nothing had begun. */
  | { readonly how: 'walked'; readonly response: ChatResponse | undefined }
  | { readonly how: 'unread' }

export interface Seen {
  readonly ending: Ending
  /** The text of the events, joined. */
  readonly text: string
  /** How often an event of each type came. */
  readonly events: { readonly [type: string]: number }
  /** The client's own reason, where it aborted. */
  readonly reason?: unknown
}

/** What the outermost ring saw: each call must come to exactly one end. */
export interface Audited {
  readonly status: 'ok' | 'error' | 'cancelled' | 'refused'
  readonly response?: ChatResponse
  readonly error?: unknown
}

/** Tokens, and billionths of a dollar. */
export interface Spent {
  tokens: number
  nano: number
}

/** One request, as it is seen right before it goes out. */
export interface Sent {
  /** Tokens of its input, as limits estimate them. */
  readonly input: number
  /** Whether an answer has begun. */
  answered: boolean
  /** Of the answer, or of what there was when it failed. */
  usage?: Usage
  error?: unknown
}

export interface Story {
  readonly id: number
  readonly alias: string
  readonly client: string
  readonly mode: 'chat' | 'stream'
  /** Whether it asks with a tool, which every answer then calls. */
  readonly tools: boolean
  readonly exchanges: Exchange[]
  readonly audited: Audited[]
  readonly sent: Sent[]
  /** What the limits have settled, and how many of its reservations they have not. */
  readonly held: Spent & { open: number }
  budget?: Call['budget']
  seen?: Seen
}

/** What laws must know of the catalogue. */
export interface LawSetting {
  /** Groups that may put an answer together from several. */
  readonly joined: readonly string[]
  /** Groups that may pay for more than the answer. */
  readonly hedged: readonly string[]
}

/** A story as people read it. */
export function told({ id, alias, client, exchanges, audited, budget, seen, sent, held }: Story): string {
  const lines = [`call ${id}: ${client} of ${alias}`]
  for (const { alias, n, plan, state } of exchanges) {
    lines.push(`  ${alias} #${n}: ${plan.fault}${plan.detail ? ` ${plan.detail}` : ''}${plan.whole ? ', whole' : ''}, ${state}; serves ${JSON.stringify(plan.text)} ${JSON.stringify(plan.answer.usage)}`)
  }
  for (const attempt of budget?.attempts ?? []) lines.push(`  attempt ${JSON.stringify(attempt)}`)
  for (const { input, usage, error, answered } of sent) lines.push(`  sent ~${input}${answered ? ', answered' : ''} ${usage ? JSON.stringify(usage) : ''} ${words(error)}`)
  lines.push(`  held ${JSON.stringify(held)}`)
  for (const { status, response, error } of audited) lines.push(`  audited ${status} ${brief(response)} ${words(error)}`)
  if (seen) {
    const { ending, text, events } = seen
    lines.push(`  ended ${ending.how} ${'response' in ending ? brief(ending.response) : ''} ${'error' in ending ? words(ending.error) : ''}`)
    lines.push(`  events ${JSON.stringify(events)} ${JSON.stringify(text)}`)
  }
  return lines.join('\n')
}

function brief(response: ChatResponse | undefined): string {
  return response ? JSON.stringify({ text: response.text, finish: response.finishReason, usage: response.usage }) : ''
}

function words(error: unknown): string {
  if (error === undefined) return ''
  const { code = '', partial, cause } = Object(error) as { code?: string; partial?: ChatResponse; cause?: unknown }
  return `${code} ${String(error)} ${partial ? `partial ${brief(partial)}` : ''} ${cause ? `because of ${String(cause)}` : ''}`
}
