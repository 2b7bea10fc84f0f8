// Calls, replies and a clock for rings on their own: no hub, no wire, no waiting.
import { RelayError } from '../../src/errors.ts'
import type { Call, Next, Outcome, Reply } from '../../src/types/call.ts'
import type { ModelConfig } from '../../src/types/config.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import type { ChatResponse, Usage } from '../../src/types/response.ts'
import type { Runtime } from '../../src/types/runtime.ts'
import { toy } from '../core/toy.ts'

export interface Time extends Pick<Runtime, 'now' | 'timer' | 'random' | 'defer'> {
  /** Lets time pass, timers included, and what follows from them. */
  pass(ms: number): Promise<void>
  /** Sets the clock without letting time pass. */
  set(now: number): void
}

/** Whatever is ready to run has run. */
export async function calm(): Promise<void> {
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve))
}

export function time(start = 1_764_000_000_000): Time {
  let now = start
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  return {
    now: () => now,
    random: () => 0.5,
    defer: (work) => void work,
    set: (to) => void (now = to),
    timer(run, ms) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async pass(ms) {
      const until = now + ms
      await calm()
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
        if (!next) break
        timers.delete(next)
        now = Math.max(now, next.at)
        next.run()
        await calm()
      }
      now = until
      await calm()
    },
  }
}

export interface Asked {
  readonly time: Time
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
