// Tries a model again after a failure that may pass.
import { REMEDY, RelayError, type ErrorCode } from '../errors.ts'
import { backoff, type Backoff } from '../http/backoff.ts'
import type { Keyring } from '../secrets/pool.ts'
import type { Layer } from '../types/call.ts'
import type { Target } from '../types/provider.ts'
import type { Runtime } from '../types/runtime.ts'

export interface RetryOptions extends Pick<Backoff, 'initial' | 'max'> {
  /** Further attempts, by model. */
  readonly retries: (target: Target) => number
  /** For models with several keys. */
  readonly keys?: Keyring
}

/** A server that asks for longer than this is not waited for while another member could answer. */
export const PATIENCE_MS = 1000

/** What forbids another try is not what went wrong. */
const IN_THE_WAY: readonly ErrorCode[] = ['limit', 'limit_reached', 'circuit_open']

export function retry({ retries, initial, max, keys }: RetryOptions): Layer {
  return {
    stage: 'retry',
    wrap: (next) => async (call) => {
      const { runtime, budget, alternatives, signal, again, lost } = call
      const most = call.target ? retries(call.target) : 0
      // The failure that is being tried again.
      let failure: RelayError | undefined
      for (let n = 0; ;) {
        const kind = failure ? 'retry' : call.kind
        const target = call.target && (keys?.pick(call.target, runtime.now()) ?? call.target)
        try {
          if (failure) await again?.()
          const reply = await next({ ...call, kind, ...(target && { target }) })
          if (target) keys?.report(target, undefined, runtime.now())
          return reply
        } catch (error) {
          if (!(error instanceof RelayError)) throw error
          const other = target && keys?.report(target, error, runtime.now())
          if (IN_THE_WAY.includes(error.code)) {
            // Nothing was sent: the circuit of one key says nothing of another.
            if (other) continue
            throw failure ?? error
          }
          lost?.(error)
          if (budget.left <= 0) throw error
          failure = error
          if (other) continue
          if (!(error.retryable ?? REMEDY[error.code] === 'retry') || n >= most) throw error
          const wait = backoff(n++, runtime.random, { initial, max, asked: error.retryAfterMs })
          if (alternatives && (error.retryAfterMs ?? 0) > PATIENCE_MS) throw error
          if (runtime.now() + wait >= budget.deadline) throw error
          await sleep(runtime, wait, signal)
        }
      }
    },
  }
}

/** Waits, or throws the signal's reason as soon as it is aborted. */
export function sleep(runtime: Runtime, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = runtime.timer(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
