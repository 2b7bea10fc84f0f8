// The door `./groups`: what groups can do beyond `fallback`, `loadbalance` and `weighted`.
import { cheapest } from './cheapest.ts'
import { conditional } from './conditional.ts'
import { continuation } from './continuation.ts'
import { fastest } from './fastest.ts'
import type { GroupFeature } from './feature.ts'
import { hedge } from './hedge.ts'

export { cheapest, conditional, continuation, fastest, hedge }
export type { FeaturePart, GroupFeature, Line, Manner, Member, Open, Services, Sight, Visit } from './feature.ts'

/** All of them. */
export const groupFeatures: readonly GroupFeature[] = [conditional, fastest, cheapest, hedge, continuation]
