// Chooses the model that answers: the one that was named, or the members of a group until one can.
import { REMEDY, RelayError, relayError } from '../errors.ts'
import type { Call, Layer, Reply } from '../types/call.ts'
import type { Target } from '../types/provider.ts'
import type { GroupFeature, Services } from './groups/feature.ts'
import { TIGHT, unfit } from './groups/fitness.ts'
import { one, start, worldOf, type Directory, type Trip } from './groups/walk.ts'
import { costOf, type PriceOf } from './price.ts'
import { sleep } from './retry.ts'

export interface RouteOptions {
  /** What groups can do beyond `fallback`, `loadbalance` and `weighted`. */
  readonly features: readonly GroupFeature[]
  /** For `cheapest`, and for what a hedge that was lost has cost. */
  readonly priceOf: PriceOf
  /** As `retry` has it: further attempts, by model. */
  readonly retries: (target: Target) => number
  /** As `retry` has it: the longest wait that a provider can ask for, in milliseconds. */
  readonly max: number
}

/** Throws a ConfigError, when it is put around the rest, where a group asks for a feature that was not handed in. */
export function route(directory: Directory, { features, priceOf, ...rest }: RouteOptions): Layer {
  const services: Services = {
    target: directory.target,
    costOf(target, usage) {
      const found = priceOf(target)
      return found && costOf(usage, found)
    },
  }
  return {
    stage: 'route',
    wrap(next) {
      const world = worldOf({ directory, parts: new Map(features.map(({ name, start }) => [name, start(services)])), ...rest })
      return async (given) => {
        // Whoever answered before is asked for the rest.
        if (given.target) return next(given)
        const call = { ...given, ...(await given.decide?.(given)) }
        const { alias, order = directory.group(alias) && [alias] } = call
        return order ? travel(call, [...new Set(order.flatMap(world.models))], { world, next }) : next({ ...call, target: directory.target(alias) })
      }
    },
  }
}

async function travel(call: Call, models: readonly string[], way: Pick<Trip, 'world' | 'next'>): Promise<Reply> {
  const { alias, budget } = call
  let skipped = models.flatMap((model) => {
    const reason = unfit(peek(way.world.directory, model), call)
    return reason ? [{ alias: model, reason }] : []
  })
  const trip: Trip = { ...way, closed: new Set(skipped.map((it) => it.alias)), asked: new Set(), postponed: [], failed: false }
  const go = (): Promise<Reply | undefined> => start({ call, until: budget.deadline, others: false }, trip)
  let reply: Reply | undefined
  try {
    reply = await go()
    if (!reply && skipped.some(({ reason }) => reason === TIGHT)) {
      // Nobody else is there, and how long a request is was only estimated: the provider may judge.
      skipped = skipped.filter(({ reason, alias }) => reason !== TIGHT || !trip.closed.delete(alias))
      reply = await go()
    }
  } catch (error) {
    reply = await later(error, call, trip)
  }
  if (!reply) throw nobody(alias, skipped)
  if (skipped.length) reply.finish.push((response) => ({ ...response, metadata: { ...response.metadata, skipped } }))
  return reply
}

/** A model, where it can be asked at all: if not, that is told when it is asked. */
function peek({ target }: Directory, alias: string): Target | undefined {
  try {
    return target(alias)
  } catch {
    return undefined
  }
}

/** Who asked to be left alone for longer than one waits while others could answer is asked again when none of them could. */
async function later(failure: unknown, call: Call, trip: Trip): Promise<Reply> {
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
      return await one(first.alias, { ...first, call: again, until, others: others.length > 0 }, trip)
    } catch (error) {
      failure = error
    }
  }
}

function nobody(alias: string, skipped: readonly { readonly alias: string; readonly reason: string }[]): RelayError {
  const why = skipped.map((it) => `\`${it.alias}\` (${it.reason})`).join(', ') || 'no `when` fits, and there is no member without one'
  return relayError('unsupported', `no member of \`${alias}\` can serve this request: ${why}`, { alias })
}
