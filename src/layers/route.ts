// Chooses the model that answers: the one that was named, or the members of a group until one can.
import { REMEDY, RelayError, relayError } from '../errors.ts'
import type { Call, Layer, Next, Reply } from '../types/call.ts'
import type { Target } from '../types/provider.ts'
import type { GroupFeature, Services } from './groups/feature.ts'
import { TIGHT, unfit } from './groups/fitness.ts'
import { walker, type Directory, type Trip, type Walker } from './groups/walk.ts'
import { costOf, type PriceOf } from './price.ts'
import { sleep } from './retry.ts'

export interface RouteOptions {
  /** What groups can do beyond `fallback`, `loadbalance` and `weighted`. */
  readonly features?: readonly GroupFeature[] | undefined
  /** For `cheapest`, and for what a hedge that was lost has cost. */
  readonly priceOf?: PriceOf
  /** As `retry` has it: further attempts, by model. Default 2. */
  readonly retries?: (target: Target) => number
  /** As `retry` has it: the longest wait that a provider can ask for, in milliseconds. Default 30000. */
  readonly max?: number
}

/** Throws a ConfigError, when it is put around the rest, where a group asks for a feature that was not handed in. */
export function route(directory: Directory, options: RouteOptions = {}): Layer {
  const { features = [], priceOf, retries = ({ config }) => config.max_retries ?? 2, max = 30_000 } = options
  const services: Services = {
    target: directory.target,
    costOf(target, usage) {
      const found = priceOf?.(target)
      return found && costOf(usage, found)
    },
  }
  const parts = new Map(features.map(({ name, start }) => [name, start(services)]))
  const walk = walker({ directory, parts, retries, max })
  return {
    stage: 'route',
    wrap(next) {
      for (const alias of Object.keys(directory.groups ?? {})) walk.check(alias)
      return async (given) => {
        // Whoever answered before is asked for the rest.
        if (given.target) return next(given)
        const call = { ...given, ...(await given.decide?.(given)) }
        return walk.group(call) ? travel(call, walk, next) : next({ ...call, target: directory.target(call.alias) })
      }
    },
  }
}

async function travel(call: Call, walk: Walker, next: Next): Promise<Reply> {
  const { alias, budget } = call
  let skipped = walk.models(call).flatMap((model) => {
    const reason = unfit(walk.peek(model), call)
    return reason ? [{ alias: model, reason }] : []
  })
  const trip: Trip = { next, closed: new Set(skipped.map((it) => it.alias)), asked: new Set(), postponed: [], failed: false }
  const start = (): Promise<Reply | undefined> => walk.start({ call, until: budget.deadline, others: false }, trip)
  let reply: Reply | undefined
  try {
    reply = await start()
    if (!reply && skipped.some(({ reason }) => reason === TIGHT)) {
      // Nobody else is there, and how long a request is was only estimated: the provider may judge.
      skipped = skipped.filter(({ reason, alias }) => reason !== TIGHT || !trip.closed.delete(alias))
      reply = await start()
    }
  } catch (error) {
    reply = await later(error, call, { trip, walk })
  }
  if (!reply) throw nobody(alias, skipped)
  if (skipped.length) reply.finish.push((response) => ({ ...response, metadata: { ...response.metadata, skipped } }))
  return reply
}

/** Who asked to be left alone for longer than one waits while others could answer is asked again when none of them could. */
async function later(failure: unknown, call: Call, { trip, walk }: { readonly trip: Trip; readonly walk: Walker }): Promise<Reply> {
  const { runtime, budget, signal } = call
  for (;;) {
    const [first, ...others] = trip.postponed.sort((a, b) => a.at - b.at)
    const final = !(failure instanceof RelayError) || REMEDY[failure.code] === 'fail' || budget.left <= 0
    if (final || !first || first.at >= budget.deadline) throw failure
    trip.postponed.shift()
    await sleep(runtime, Math.max(0, first.at - runtime.now()), signal)
    const now = runtime.now()
    const until = others.length ? now + (budget.deadline - now) / 2 : budget.deadline
    try {
      const again: Call = { ...call, alias: first.name, kind: 'retry' }
      return await walk.one(first.alias, { ...first, call: again, until, others: others.length > 0 }, trip)
    } catch (error) {
      failure = error
    }
  }
}

function nobody(alias: string, skipped: readonly { readonly alias: string; readonly reason: string }[]): RelayError {
  const why = skipped.map((it) => `\`${it.alias}\` (${it.reason})`).join(', ') || 'no `when` fits, and there is no member without one'
  return relayError('unsupported', `no member of \`${alias}\` can serve this request: ${why}`, { alias })
}
