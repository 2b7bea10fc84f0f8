// The strategy `cheapest`: members by what the request would cost there; whose price nobody knows comes last.
import { estimateInput } from '../../core/tokens.ts'
import type { Call } from '../../types/call.ts'
import type { Target } from '../../types/provider.ts'
import type { GroupFeature } from './feature.ts'

/** Tokens of an answer, where the request does not say how many there may be. */
const USUAL_OUTPUT = 512

/** For groups with `strategy: cheapest`. */
export const cheapest: GroupFeature = {
  name: 'cheapest',
  start: ({ costOf }) => ({
    order(members, { call }) {
      const usd = (target: Target): number => costOf(target, expected(call, target))?.totalUsd ?? Infinity
      const ranked = members.map((member) => [Math.min(...member.targets().map(usd)), member] as const)
      return ranked.sort(([a], [b]) => (a === b ? 0 : a - b)).map(([, member]) => member)
    },
  }),
}

function expected({ request, mode }: Call, { config }: Target): Parameters<Parameters<GroupFeature['start']>[0]['costOf']>[1] {
  const inputTokens = estimateInput(request)
  const most = request.maxTokens ?? config.params?.max_tokens ?? USUAL_OUTPUT
  const outputTokens = mode === 'chat' || mode === 'stream' ? Math.min(most, USUAL_OUTPUT) : 0
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 }
}
