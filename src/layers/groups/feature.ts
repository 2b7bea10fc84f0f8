// What a group can do beyond `fallback`, `loadbalance` and `weighted`: handed in, so that only those who use it pay for it.
import type { Call, Reply } from '../../types/call.ts'
import type { GroupConfig, GroupMember } from '../../types/config.ts'
import type { Target } from '../../types/provider.ts'
import type { Cost, Usage } from '../../types/response.ts'

/** A model or a group that may be asked. */
export interface Member extends GroupMember {
  /** The models behind it: itself, or those of the group that it names. */
  readonly targets: () => readonly Target[]
}

/** One call to one group. */
export interface Visit {
  /** The group's. */
  readonly alias: string
  readonly group: GroupConfig
  readonly call: Call
}

/** The members of a group for one call. Whoever is asked leaves the line. */
export interface Line extends Visit {
  /** The name of the member that is asked next. */
  readonly first: string | undefined
  /** Asks one after the other until one answers. Undefined where nobody is left that can be asked. */
  readonly ask: (call: Call, manner?: Manner) => Promise<Reply | undefined>
  /** How many models can still be asked. */
  readonly left: () => number
  /** How many models of the group were not asked yet. */
  readonly fresh: () => number
  /** Whether a failure moves on to the next member, and there is time and a request left for it. */
  readonly movesOn: (error: unknown) => boolean
}

/**
 * How members are asked, where that is not as usual. `once`: one alone, which stands in line again where it could answer
 * another time, or others in it could. `onward`: only who goes on from the beginning of an answer, till one does, whatever
 * the failures.
 */
export type Manner = 'once' | 'onward'

/** What came of asking a member. */
export interface Sight {
  readonly call: Call
  /** The member's. */
  readonly name: string
  /** Till the answer began, or the failure. */
  readonly ms: number
  /** `lost`: nobody waited for it any longer. */
  readonly outcome: 'ok' | 'error' | 'lost'
}

/** What a feature is told of the hub. */
export interface Services {
  readonly target: (alias: string) => Target
  /** Undefined where nobody knows the model's price. */
  readonly costOf: (target: Target, usage: Usage) => Cost | undefined
}

/** Something that groups can do. */
export interface GroupFeature {
  /** A strategy, or what `hedge` and `on_interrupt: continue` ask for. */
  readonly name: 'conditional' | 'fastest' | 'cheapest' | 'hedge' | 'continuation'
  /** Begins a hub's own: what it learns is that hub's. */
  readonly start: (services: Services) => FeaturePart
}

/** A feature at work in one hub. It keeps values, never promises: requests of a Worker may not share those. */
export interface FeaturePart {
  /** The members in the order in which they are asked; whoever is left out is not. */
  readonly order?: (members: readonly Member[], visit: Visit) => readonly Member[]
  /** Asks the line in its own way. `open` is the way so far. */
  readonly open?: (line: Line, open: Open) => Promise<Reply | undefined>
  /** Is told what came of each member. */
  readonly saw?: (sight: Sight) => void
}

export type Open = (call: Call) => Promise<Reply | undefined>
