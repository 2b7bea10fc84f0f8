// Calls and replies for rings on their own: no hub, no wire, no waiting.
import { RelayError } from '../../src/errors.ts'
import type { Call, Next, Outcome, Reply } from '../../src/types/call.ts'
import type { ModelConfig } from '../../src/types/config.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import type { ChatResponse, Usage } from '../../src/types/response.ts'
import { calm, type Clock } from '../core/clock.ts'
import { toy } from '../core/toy.ts'

export interface Asked {
  readonly time: Clock
  readonly alias?: string
  readonly config?: Partial<ModelConfig>
  readonly request?: Partial<ChatRequest>
  readonly signal?: AbortSignal
  readonly tenant?: string
  readonly deadlineMs?: number
}

export function makeCall({ time, alias = 'one', config, request, signal, tenant, deadlineMs = 600_000 }: Asked): Call {
  const { now } = time
  return {
    mode: 'chat',
    alias,
    request: { messages: [{ role: 'user', content: 'x'.repeat(40) }], ...request },
    scope: tenant === undefined ? {} : { tenant },
    runtime: { ...time, fetch: async () => Promise.reject(new Error('no network here')) },
    signal,
    startedAt: now(),
    budget: { left: 10, deadline: now() + deadlineMs, attempts: [] },
    target: { alias, provider: toy, model: alias, baseUrl: 'https://toy.example/v1', config: { target: `toy/${alias}`, ...config } },
    kind: 'first',
  }
}

export function responseOf(usage: Partial<Usage> = {}, costUsd: number | null = null): ChatResponse {
  const { inputTokens = 0, outputTokens = 0 } = usage
  return { usage: { ...usage, inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }, costUsd } as ChatResponse
}

/** One attempt that is under way, and what a test makes of it. */
export interface Attempted {
  readonly call: Call
  readonly at: number
  open(): Promise<void>
  fail(error: unknown): Promise<void>
  end(outcome: Outcome): Promise<void>
}

/** The inside of a ring: notes each call, and waits for the test to say what becomes of it. */
export function inside(): { readonly next: Next; readonly attempts: Attempted[] } {
  const attempts: Attempted[] = []
  const next: Next = (call) =>
    new Promise((resolve, reject) => {
      const { target, budget, runtime } = call
      const { alias = '', model = '' } = target ?? {}
      const settle: Reply['settle'] = []
      const note = (more: object): void => void budget.attempts.push({ alias, model, provider: 'toy', kind: 'first', ok: true, ms: 0, ...more })
      budget.left--
      attempts.push({
        call,
        at: runtime.now(),
        async open() {
          note({})
          resolve({ settle, finish: [], target } as unknown as Reply)
          await calm()
        },
        async fail(error) {
          const { code: cause = 'cancelled', status } = error instanceof RelayError ? error : {}
          note({ ok: false, cause, ...(status && { status }) })
          reject(error)
          await calm()
        },
        async end(outcome) {
          for (const one of settle) one(outcome)
          await calm()
        },
      })
    })
  return { next, attempts }
}
