// What must hold of each call, whatever happened to it: each law says what is wrong, or nothing.
import { RelayError, type ErrorCode } from '../../src/errors.ts'
import type { Attempt, ChatResponse } from '../../src/types/response.ts'
import { spentOn, sum } from './books.ts'
import { MAX_ATTEMPTS } from './models.ts'
import type { Exchange, LawSetting, Sent, Story } from './story.ts'
import { BLOW_NAMES } from './upstream.ts'

type Law = (story: Story, setting: LawSetting) => string | undefined

/** Whatever the servers did: a clock of Relay's own, or one of its rings, may always say no. */
const ALWAYS: readonly ErrorCode[] = [
  'timeout_connect', 'timeout_first_content', 'timeout_idle', 'timeout_attempt', 'timeout_total', 'circuit_open', 'limit', 'limit_reached',
]

/** Attempts that may have died before a server knew of them. */
const UNSEEN = /^(network|cancelled|timeout_.*|config|authentication|unsupported)$/

/** All that is wrong with a call. */
export function broken(story: Story, setting: LawSetting): string[] {
  return Object.entries(LAWS).flatMap(([name, law]) => {
    const wrong = law(story, setting)
    return wrong === undefined ? [] : [`${name}: ${wrong}`]
  })
}

const LAWS: { readonly [name: string]: Law } = {
  'it ends exactly once'({ audited, seen, budget }) {
    // Who is gone before the first event is asked for has asked nothing.
    const never = seen?.ending.how === 'unread' || (seen?.ending.how === 'walked' && !seen.ending.response && !budget)
    return audited.length === (never ? 0 : 1) ? undefined : `the outermost ring saw ${audited.length} ends`
  },
  'the rings and the client see the same end'({ audited: [end], seen }) {
    if (!end || !seen) return undefined
    const { how } = seen.ending
    const fits = { answered: ['ok'], failed: ['error', 'refused', 'cancelled'], walked: ['cancelled', 'ok', 'refused'], unread: [] }[how]
    if (!(fits as readonly string[]).includes(end.status)) return `${end.status} for the rings, ${how} for the client`
    if ('response' in seen.ending && seen.ending.response && seen.ending.response.text !== end.response?.text) return 'two different answers'
    if (how === 'walked' && end.status === 'refused' && seen.ending.response) return 'a response that no ring has seen'
    return undefined
  },
  'nothing is lost, doubled or mixed up'({ alias, exchanges, seen }, { joined }) {
    if (!seen) return undefined
    const said = arrived(seen.ending)
    const whole = seen.ending.how === 'answered'
    const most = joined.includes(alias) ? exchanges.length : 1
    if (said && !composed(said.text, exchanges, { most, whole })) return `no server said ${JSON.stringify(said.text)}`
    if (!composed(seen.text, exchanges, { most, whole: false })) return `no server said the events' ${JSON.stringify(seen.text)}`
    // What came as events is in the response: all of it when it is whole.
    if (said && seen.text && !(whole ? said.text === seen.text : said.text.startsWith(seen.text))) return 'the events and the response differ'
    return undefined
  },
  'an answer says what was served'({ exchanges, audited: [end], alias }, { joined, hedged }) {
    if (end?.status !== 'ok' || !end.response || joined.includes(alias)) return undefined
    const { text, usage, finishReason, toolCalls, costUsd } = end.response
    const { answer, fault, args, spoil } = exchanges.find(({ plan }) => matches(text, plan, true))?.plan ?? {}
    // Some say what was used when all is said, and that they ended before it: then it is an estimate, and says so.
    if (usage.estimated && fault === 'end') return undefined
    const { inputTokens = NaN, outputTokens = NaN } = answer?.usage ?? {}
    if (usage.estimated || usage.inputTokens !== inputTokens || usage.outputTokens !== outputTokens) return `usage ${JSON.stringify(usage)} of ${JSON.stringify(answer?.usage)}`
    // What the simulator bills where it bills less than was read.
    const { billedInputTokens = NaN } = usage
    if (!Number.isNaN(billedInputTokens) && billedInputTokens !== inputTokens - Math.floor(inputTokens / 3)) return `${billedInputTokens} tokens are billed of ${inputTokens}`
    if (JSON.stringify(toolCalls.map((call) => call.arguments)) !== JSON.stringify(args ? [args] : []) && spoil !== 'duplicate') return `it calls ${JSON.stringify(toolCalls)}`
    if (finishReason !== (args ? 'tool_calls' : 'stop')) return `it ended with ${finishReason}`
    return paid(costUsd, usage, hedged.includes(alias)) ? undefined : `it cost ${costUsd}`
  },
  'what is left of a broken answer is counted and priced'({ seen, alias }, { hedged }) {
    const said = seen && seen.ending.how !== 'answered' && arrived(seen.ending)
    if (!said || said.costUsd === null) return said ? 'no cost' : undefined
    const { inputTokens, outputTokens, totalTokens } = said.usage
    if (inputTokens + outputTokens !== totalTokens) return `usage ${JSON.stringify(said.usage)}`
    return paid(said.costUsd, said.usage, hedged.includes(alias)) ? undefined : `it cost ${said.costUsd}`
  },
  'the limits hold what each request used, once'({ sent, held }) {
    const used = sum(sent.map(spentOn))
    if (held.open) return `${held.open} reservations are open`
    return held.tokens === used.tokens && held.nano === used.nano ? undefined : `they hold ${JSON.stringify(held)} of ${JSON.stringify(used)}`
  },
  'what the client is told is what the limits hold'({ audited: [end], sent, held, alias }, { hedged }) {
    const { response } = end ?? {}
    if (!response) return undefined
    // Beside it there are requests that were lost, and tried again. Of a lost hedge the cost is told, and the tokens are not: they are no part of the answer.
    const lost = sent.filter((one) => !one.answered && !isTold(one, response))
    const over = sum(lost.filter(({ error }) => !isHedge(error)).map(spentOn))
    const [tokens, nano] = [response.usage.totalTokens + over.tokens, Math.round((response.costUsd ?? NaN) * 1e9) + over.nano]
    if (nano !== held.nano) return `${nano} billionths of a dollar, they hold ${held.nano}`
    const fits = hedged.includes(alias) ? tokens <= held.tokens : tokens === held.tokens
    return fits ? undefined : `${tokens} tokens, they hold ${held.tokens}`
  },
  'events come in order'({ seen }) {
    if (!seen) return undefined
    const { events, ending } = seen
    const { start = 0, end = 0 } = events
    const counted = Object.keys(events).length > 0
    if (start > 1 || end > 1 || events['after the end']) return JSON.stringify(events)
    if (counted && !start) return 'no start'
    return counted && ending.how === 'answered' && !end ? 'no end' : undefined
  },
  'errors are typed, or the client\'s own'({ seen, exchanges, budget }) {
    if (seen?.ending.how !== 'failed') return undefined
    const { error } = seen.ending
    if (seen.reason !== undefined && error === seen.reason) return undefined
    if (!(error instanceof RelayError)) return `it threw ${String(error)}`
    return explained(error, exchanges, budget?.attempts ?? []) ? undefined : `nothing that the servers did explains ${error.code}: ${error.message}`
  },
  'errors carry the attempts'({ seen, budget }) {
    if (seen?.ending.how !== 'failed' || !(seen.ending.error instanceof RelayError) || !budget) return undefined
    const { attempts } = seen.ending.error
    return attempts.length && attempts.every((attempt, i) => attempt === budget.attempts[i]) || !budget.attempts.length ? undefined : `${attempts.length} of ${budget.attempts.length}`
  },
  'the budget holds'({ budget }) {
    if (!budget) return undefined
    const { attempts, left } = budget
    return attempts.length <= MAX_ATTEMPTS && left >= 0 && left + attempts.length === MAX_ATTEMPTS ? undefined : `${attempts.length} attempts, ${left} left`
  },
  'every request is recorded as an attempt'({ exchanges, budget }) {
    const attempts = budget?.attempts ?? []
    for (const alias of new Set([...exchanges.map((exchange) => exchange.alias), ...attempts.map((attempt) => attempt.alias)])) {
      const made = attempts.filter((attempt) => attempt.alias === alias)
      const asked = exchanges.filter((exchange) => exchange.alias === alias).length
      const unseen = made.filter(({ cause = '' }) => UNSEEN.test(cause)).length
      if (asked > made.length || asked < made.length - unseen) return `${alias}: ${made.length} attempts, ${asked} requests`
    }
    return undefined
  },
  'every connection is let go'({ exchanges }) {
    const open = exchanges.filter(({ state }) => state === 'open')
    return open.length ? `${open.map(({ alias, n }) => `${alias} #${n}`).join(', ')} still open` : undefined
  },
}

/** Whether what there was of a request that failed is what the client has. */
function isTold({ error }: Sent, response: ChatResponse): boolean {
  return error instanceof RelayError && error.partial === response
}

/** Whether a request was given up because another member was faster. */
function isHedge(error: unknown): boolean {
  return error instanceof DOMException && error.message === 'another member began to answer first'
}

/** Of whatever end: the response, or what had arrived of it. */
function arrived(ending: NonNullable<Story['seen']>['ending']): ChatResponse | undefined {
  if (ending.how === 'failed') return ending.error instanceof RelayError ? ending.error.partial : undefined
  return 'response' in ending ? ending.response : undefined
}

/** All models cost the same. Where there was a hedge, what it lost is paid on top. */
function paid(usd: number | null, { inputTokens, billedInputTokens = inputTokens, outputTokens }: ChatResponse['usage'], hedged: boolean): boolean {
  const over = (usd ?? NaN) - (billedInputTokens * 1000 + outputTokens * 3000) / 1e6
  return hedged ? over > -1e-9 : Math.abs(over) < 1e-9
}

function explained({ code }: RelayError, exchanges: readonly Exchange[], attempts: readonly Attempt[]): boolean {
  if (ALWAYS.includes(code) || exchanges.some(({ plan }) => plan.explains.includes(code))) return true
  if (attempts.some(({ alias }) => alias === 'dead') && code === 'network') return true
  return exchanges.some(({ alias }) => alias === 'rough') && /^(network|invalid_response|stream_truncated|config)$/.test(code)
}

interface Manner {
  /** How many answers it may be put together from. */
  readonly most: number
  /** Whether the last of them must be there to its end. */
  readonly whole: boolean
}

/** Whether a text is what one server said, or the beginnings of what several said, one after the other. */
function composed(text: string, exchanges: readonly Exchange[], { most, whole }: Manner): boolean {
  if (text === '') return !whole
  if (exchanges.some(({ plan }) => matches(text, plan, whole))) return true
  if (most <= 1) return false
  return exchanges.some(({ plan }, i) => {
    let shared = 0
    while (shared < text.length && text[shared] === plan.text[shared]) shared++
    const others = exchanges.toSpliced(i, 1)
    // What comes next may begin as this would have gone on.
    for (; shared > 0; shared--) if (composed(text.slice(shared), others, { most: most - 1, whole })) return true
    return false
  })
}

/** Whether a text is what the plan serves, or a beginning of it. Of a frame that comes twice the text may come twice. */
export function matches(text: string, { text: served, spoil }: Exchange['plan'], whole: boolean): boolean {
  if (whole ? text === served : served.startsWith(text)) return true
  if (spoil !== 'duplicate') return false
  for (let at = 0; at <= served.length; at++) {
    for (let size = 1; size <= Math.min(at, 16); size++) {
      const twice = served.slice(0, at) + served.slice(at - size)
      if (whole ? text === twice : twice.startsWith(text)) return true
    }
  }
  return false
}

/** What a fault is called in the ledger: the rough server has its own. */
export function faultOf({ alias, plan }: Exchange): string {
  return alias === 'rough' ? BLOW_NAMES[plan.frame % BLOW_NAMES.length]! : plan.fault
}
