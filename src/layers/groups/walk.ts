// A walk through a group, and the groups in it, from member to member until one answers.
import { timed } from '../../core/deadline.ts'
import { REMEDY, RelayError, relayError } from '../../errors.ts'
import type { Budget, Call, Next, Reply } from '../../types/call.ts'
import type { FallbackCause, GroupConfig, GroupMember, ParamsConfig, TimeoutsConfig } from '../../types/config.ts'
import type { Target } from '../../types/provider.ts'
import { PATIENCE_MS } from '../retry.ts'
import type { FeaturePart, GroupFeature, Line, Manner, Member, Open, Sight, Visit } from './feature.ts'
import { order, type Order } from './order.ts'

/** What routing needs of the catalogue. The first three throw a ConfigError where they cannot say. */
export interface Directory {
  readonly group: (alias: string) => GroupConfig | undefined
  readonly target: (alias: string) => Target
  /** All models of a group, or the model itself. */
  readonly targets: (alias: string) => readonly Target[]
  /** All groups, so that what they ask for is seen before the first call. */
  readonly groups: { readonly [alias: string]: GroupConfig }
}

/** What members of groups say of the models behind them. */
interface Settings extends TimeoutsConfig {
  readonly params?: ParamsConfig
  readonly max_retries?: number
}

/** What the groups above a model or group say of asking it. */
export interface Leg {
  readonly call: Call
  /** When its answer must have begun. */
  readonly until: number
  /** Whether others could answer. */
  readonly others: boolean
  readonly settings?: Settings | undefined
  readonly manner?: Manner | undefined
  /** Their names, the outermost first. */
  readonly groups?: readonly string[] | undefined
  /** The models behind it in those groups that were not asked yet: a request is left for each. */
  readonly behind?: () => readonly string[]
}

/** A model that asked to be left alone till a moment. */
export interface Postponed extends Pick<Leg, 'settings' | 'groups'> {
  readonly alias: string
  /** What the call went by. */
  readonly name: string
  readonly at: number
}

/** One call on its way. */
export interface Trip {
  readonly world: World
  readonly next: Next
  /** Models that are not asked, or not again. */
  readonly closed: Set<string>
  readonly asked: Set<string>
  readonly postponed: Postponed[]
  failed: boolean
}

/** What walks are made in. */
export interface Surroundings {
  readonly directory: Directory
  readonly parts: ReadonlyMap<string, FeaturePart>
  readonly retries: (target: Target) => number
  readonly max: number
}

export interface World extends Surroundings {
  readonly order: Order
  /** The models behind an alias, each once. */
  readonly models: (alias: string) => readonly string[]
}

/** Throws a ConfigError where a group asks for a feature that is not here. */
export function worldOf(surroundings: Surroundings): World {
  const { directory, parts } = surroundings
  const known = new Map<string, readonly string[]>()
  const models = (alias: string): readonly string[] => {
    let found = known.get(alias)
    if (!found) {
      const members = directory.group(alias)?.members
      known.set(alias, (found = members ? [...new Set(members.flatMap((member) => models(nameOf(member))))] : [alias]))
    }
    return found
  }
  for (const [alias, group] of Object.entries(directory.groups)) {
    const missing = wishes(group).find((wish) => !parts.has(wish))
    if (!missing) continue
    const todo = `import { ${missing} } from '@relay/core/groups' and add it to the hub's \`groups\``
    throw relayError('config', `group \`${alias}\` asks for what was not handed in: ${todo}`, { alias })
  }
  return { ...surroundings, order: order(), models }
}

function nameOf(member: string | GroupMember): string {
  return typeof member === 'string' ? member : member.name
}

/** What a group asks for that not every hub has. */
function wishes({ strategy, hedge, on_interrupt }: GroupConfig): GroupFeature['name'][] {
  const wishes: GroupFeature['name'][] = []
  if (strategy === 'conditional' || strategy === 'fastest' || strategy === 'cheapest') wishes.push(strategy)
  if (hedge) wishes.push('hedge')
  if (on_interrupt === 'continue') wishes.push('continuation')
  return wishes
}

/** Asks the members of a group, or those who were chosen for a call. Undefined where nobody could be asked. */
export async function start(leg: Leg, trip: Trip): Promise<Reply | undefined> {
  const { call } = leg
  const { alias, order } = call
  return order ? through({ alias, group: { members: order }, call }, leg, trip) : walk(alias, leg, trip)
}

async function walk(name: string, given: Leg, trip: Trip): Promise<Reply | undefined> {
  const { directory } = trip.world
  // Whoever was chosen is asked by its own name.
  const leg = given.call.order ? { ...given, call: { ...given.call, alias: name, order: undefined } } : given
  const group = directory.group(name)
  if (group) return through({ alias: name, group, call: leg.call }, { ...leg, groups: [...(leg.groups ?? []), name] }, trip)
  if (trip.closed.has(name) || (leg.manner === 'onward' && answersAnew(directory.target(name)))) return undefined
  return one(name, leg, trip)
}

function answersAnew({ provider: { prefill, anew }, model }: Target): boolean {
  return prefill === false || !!anew?.test(model)
}

async function through(visit: Visit, leg: Leg, trip: Trip): Promise<Reply | undefined> {
  const { world } = trip
  const { directory, parts, models, order } = world
  const { group } = visit
  const members = group.members.map((member): Member => {
    const it = typeof member === 'string' ? { name: member } : member
    return { ...it, targets: () => directory.targets(it.name) }
  })
  const open = (list: readonly Member[]): string[] => [...new Set(list.flatMap(({ name }) => models(name)))].filter((model) => !trip.closed.has(model))
  // Turns and looks are not spent on those who cannot be asked.
  const able = members.filter((member) => open([member]).length > 0)
  const chosen = (able.length && (parts.get(group.strategy ?? '')?.order ?? order.arrange)(able, visit)) || []
  const { fallen } = visit.call
  const fresh = (list: readonly Member[]): string[] => open(list).filter((model) => !trip.asked.has(model) && !fallen?.has(model))
  // First whose failure is known, so that it is judged; whoever stands in line again comes after those who were not asked yet.
  const place = (member: Member): number => (models(member.name).some((model) => fallen?.has(model)) ? 0 : fresh([member]).length ? 1 : 2)
  const queue = [...chosen].sort((a, b) => place(a) - place(b))
  const movesOn = (error: unknown, call: Call, manner?: Manner): boolean => mayGoOn(error, call) && (manner === 'onward' || isCause(error, group))
  const ask: Line['ask'] = async (call, manner = leg.manner) => {
    // Whoever goes on from an answer that broke off comes when the time in which it had to begin may be over.
    const here: Leg = { ...leg, call, manner, ...(manner === 'onward' && { until: call.budget.deadline }) }
    let failure: { readonly error: unknown } | undefined
    for (let member = queue.shift(); member; member = queue.shift()) {
      const { name } = member
      const others = open(queue).length + trip.postponed.length > 0
      const next = onward(member, here, { others, fresh: () => fresh(queue) })
      try {
        const reply = await watched(name, { ...visit, call }, { world, ask: () => walk(name, next, trip) })
        if (reply) return reply
      } catch (error) {
        failure = { error }
        const once = manner === 'once'
        if (once && open([member]).length) queue.push(member)
        if ((once && error instanceof RelayError && passes(error)) || !movesOn(error, call, manner)) break
      }
    }
    if (failure) throw failure.error
    return undefined
  }
  const line = {
    ...visit,
    ask,
    first: queue[0]?.name,
    left: () => open(queue).length,
    fresh: () => fresh(members).length,
    movesOn: (error: unknown) => movesOn(error, visit.call),
  }
  const start = wishes(group).reduce<Open>((inner, wish) => {
    const own = parts.get(wish)?.open
    return own ? (call) => own({ ...line, call }, inner) : inner
  }, ask)
  return start(leg.call)
}

interface Behind {
  /** Whether others could answer after this one. */
  readonly others: boolean
  /** Those that were not asked yet, as it is by then. */
  readonly fresh: () => readonly string[]
}

/** What one member does leaves a request for each model behind it that was not asked yet, and half of the time. */
function onward({ name: _name, weight: _weight, when: _when, targets: _targets, ...own }: Member, leg: Leg, { others, fresh }: Behind): Leg {
  const { call, until, settings, behind = () => [] } = leg
  const { budget, runtime } = call
  const now = runtime.now()
  // Who stands behind in a group further out as well has a request left there.
  const spared = (): number => fresh().filter((model) => !behind().includes(model)).length
  const rest: Budget = {
    deadline: budget.deadline,
    attempts: budget.attempts,
    get left() {
      return budget.left - spared()
    },
    set left(left) {
      budget.left = left + spared()
    },
  }
  return {
    ...leg,
    call: others ? { ...call, budget: rest } : call,
    until: others ? now + (until - now) / 2 : until,
    others: leg.others || others,
    behind: () => [...behind(), ...fresh()],
    settings: { ...own, ...settings, params: { ...own.params, ...settings?.params } },
  }
}

/** Tells everyone who learns from it how a member does. */
async function watched(name: string, visit: Visit, { world, ask }: { readonly world: World; readonly ask: () => Promise<Reply | undefined> }): Promise<Reply | undefined> {
  const { call } = visit
  const { now } = call.runtime
  const from = now()
  const end = world.order.begin(name, visit)
  const tell = (outcome: Sight['outcome']): void => {
    for (const { saw } of world.parts.values()) saw?.({ call, name, ms: now() - from, outcome })
  }
  try {
    const reply = await ask()
    if (reply) tell('ok')
    if (reply) reply.settle.push(end)
    else end()
    return reply
  } catch (error) {
    end()
    if (call.signal?.aborted) tell('lost')
    else if (error instanceof RelayError && !NOT_ITS_OWN.test(error.code)) tell('error')
    throw error
  }
}

/** Failures that say nothing of how a member does: the request's own, and those of limits. */
const NOT_ITS_OWN = /^(config|invalid_request|request_too_large|context_window|content_policy|unsupported|tool_schema|structured_output|guardrail|limit(_reached)?)$/

/** Asks a model. */
export async function one(alias: string, leg: Leg, trip: Trip): Promise<Reply> {
  const { world } = trip
  const { call, until, others, settings, manner, groups } = leg
  const { budget, runtime, kind } = call
  const triesOf = (): number => budget.attempts.filter((attempt) => attempt.alias === alias).length
  trip.closed.add(alias)
  trip.asked.add(alias)
  const known = call.fallen?.get(alias)
  if (known) {
    trip.failed = true
    throw known
  }
  const usual: Target = { ...adapted(world.directory.target(alias), settings), groups }
  const most = world.retries(usual)
  const tries = triesOf()
  const target = tries ? adapted(usual, { max_retries: Math.max(0, most - tries) }) : usual
  const cut = until < budget.deadline ? timed(call, until, () => late(target)) : undefined
  try {
    return await trip.next({
      ...call,
      target,
      kind: trip.failed && kind === 'first' ? 'fallback' : kind,
      alternatives: others,
      ...(cut && { signal: cut.signal }),
    })
  } catch (error) {
    trip.failed = true
    const again = error instanceof RelayError && passes(error) && triesOf() <= most
    if (again && manner === 'once' && !isLong(error)) trip.closed.delete(alias)
    else if (again && (others || manner === 'once') && isLong(error)) {
      trip.postponed.push({ settings, groups, alias, name: call.alias, at: runtime.now() + Math.min(error.retryAfterMs ?? 0, world.max) })
    } else if (error instanceof RelayError) call.fallen?.set(alias, error)
    throw error
  } finally {
    cut?.stop()
  }
}

function adapted(target: Target, settings: Settings | undefined): Target {
  const params = settings?.params && { params: { ...target.config.params, ...settings.params } }
  return { ...target, config: { ...target.config, ...settings, ...params } }
}

/** Ends the wait for an answer that has not begun, so that there is time for others. */
function late({ alias, model, provider }: Target): RelayError {
  return relayError('timeout_attempt', 'no answer began within half of the time that was left, and others could answer', { alias, model, provider: provider.name })
}

function mayGoOn(error: unknown, { budget, runtime, signal }: Call): error is RelayError {
  return error instanceof RelayError && !signal?.aborted && budget.left > 0 && runtime.now() < budget.deadline
}

function passes({ code }: RelayError): boolean {
  return REMEDY[code] === 'retry'
}

/** Whether a provider asks to be left alone for longer than one waits while others could answer. */
function isLong({ retryAfterMs = 0 }: RelayError): boolean {
  return retryAfterMs > PATIENCE_MS
}

/** With `retry_classifier: strict`, only these move on to the next member: surely the provider's fault, and passing. */
const STRICT = /^(rate_limit|overloaded|server_error|network|timeout_(connect|first_content|attempt)|stream_truncated|circuit_open|limit)$/
/** The causes of `on` that are not codes themselves. */
const CAUSES: { readonly [cause in FallbackCause]?: RegExp } = { timeout: /^timeout_/, auth: /^(authentication|permission)$/ }

function isCause({ code }: RelayError, { on, retry_classifier }: GroupConfig): boolean {
  if (on) return on.some((cause) => CAUSES[cause]?.test(code) ?? cause === code)
  return retry_classifier === 'strict' ? STRICT.test(code) : REMEDY[code] !== 'fail'
}
