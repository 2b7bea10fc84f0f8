// What each request of a call came to, as it is seen from further in than limits, and what the limits hold for the call.
import { AsyncLocalStorage } from 'node:async_hooks'
import { estimateInput } from '../../src/core/tokens.ts'
import { RelayError } from '../../src/errors.ts'
import type { Call, Layer } from '../../src/types/call.ts'
import type { LimitStore } from '../../src/types/limits.ts'
import type { Usage } from '../../src/types/response.ts'
import { CALL } from './upstream.ts'
import type { Sent, Spent, Story } from './story.ts'

/** In billionths: all models cost the same. */
const PRICE = { input: 1_000_000, output: 3_000_000 }
/** The rules that count everything, by what their keys begin with. */
const COUNTED: { readonly [prefix: string]: keyof Spent } = { 'tokens/': 'tokens', 'dollars/': 'nano' }

export interface Books {
  /** Further in than everything else: writes down each request, and what came of it. */
  readonly sent: Layer
  /** Around the ring of limits: its reservations are the call's. */
  readonly held: (limits: Layer) => Layer
  readonly store: LimitStore
}

export function books(stories: ReadonlyMap<number, Story>, store: LimitStore): Books {
  const of = ({ request }: Call): Story | undefined => stories.get(Number(request.headers?.[CALL]))
  const current = new AsyncLocalStorage<Story | undefined>()
  const holders = new Map<string, Story>()
  return {
    sent: { stage: 'trace', wrap: (next) => async (call) => written(next, call, of(call)) },
    held: ({ stage, wrap }) => ({
      stage,
      wrap(next) {
        const ring = wrap(next)
        return (call) => current.run(of(call), () => ring(call))
      },
    }),
    store: {
      async reserve(id, quotas, moment) {
        const story = current.getStore()
        const verdict = await store.reserve(id, quotas, moment)
        if (!verdict.ok || !story) return verdict
        holders.set(id, story)
        story.held.open++
        return verdict
      },
      async settle(id, used) {
        const story = holders.get(id)
        holders.delete(id)
        await store.settle(id, used)
        if (!story) return
        story.held.open--
        for (const [key, amount] of Object.entries(used)) {
          const what = Object.entries(COUNTED).find(([prefix]) => key.startsWith(prefix))?.[1]
          if (what) story.held[what] += amount
        }
      },
    },
  }
}

async function written(next: Parameters<Layer['wrap']>[0], call: Call, story: Story | undefined): ReturnType<typeof next> {
  // Nothing is sent for those.
  if (!story || call.signal?.aborted) return next(call)
  const sent: Sent = { input: estimateInput(call.request), answered: false }
  story.sent.push(sent)
  try {
    const reply = await next(call)
    sent.answered = true
    reply.finish.push((response) => {
      sent.usage = response.usage
      return response
    })
    return reply
  } catch (error) {
    sent.error = error
    if (error instanceof RelayError && error.partial) sent.usage = error.partial.usage
    throw error
  }
}

/** Some say what they bill besides what was read. */
type Billed = Pick<Usage, 'inputTokens' | 'outputTokens' | 'billedInputTokens' | 'billedOutputTokens'>

/** What a request has used, as far as anyone knows. */
export function spentOn({ input, usage, error }: Sent): Spent {
  const { inputTokens, outputTokens, ...billed }: Billed = usage ?? { inputTokens: wasRead(error) ? input : 0, outputTokens: 0 }
  const { billedInputTokens = inputTokens, billedOutputTokens = outputTokens } = billed
  return { tokens: inputTokens + outputTokens, nano: billedInputTokens * PRICE.input + billedOutputTokens * PRICE.output }
}

export function sum(parts: readonly Spent[]): Spent {
  return parts.reduce((a, b) => ({ tokens: a.tokens + b.tokens, nano: a.nano + b.nano }), { tokens: 0, nano: 0 })
}

/** Whether a provider has the request though nothing of an answer came: it answered with a success, or was silent, or its client left. */
function wasRead(error: unknown): boolean {
  if (!(error instanceof RelayError)) return true
  const { code, status } = error
  if (status !== undefined && (status < 200 || status > 299)) return false
  return code.startsWith('timeout_') || (status !== undefined && /^(stream_truncated|network|invalid_response)$/.test(code))
}
