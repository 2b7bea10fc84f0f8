// Responses as others than OpenAI serve them: thoughts that are shown unasked, calls that come whole, prices.
import type { Usage } from '../../types/response.ts'
import type { JsonObject, Mint } from '../endpoint.ts'
import { openaiFailure } from '../wires/chat-dialect.ts'
import type { ChatDialect } from '../wires/chat-dialect.ts'
import type { ResponsesDialect } from '../wires/openai-responses-dialect.ts'
import { openrouter } from './openrouter.ts'
import { perplexity } from './perplexity.ts'
import { xai } from './xai.ts'

/** What a company's Responses have in common with its Chat Completions. */
function kin(chat: ChatDialect, more: Partial<ResponsesDialect>): ResponsesDialect {
  return {
    name: chat.name,
    at: (url) => chat.hosts.some((host) => url.host === host || url.host.endsWith(`.${host}`)),
    key: ({ headers }) => /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1],
    errors: chat.errors,
    headers: (mint: Mint) => chat.headers?.(mint) ?? {},
    failure: (facts) => facts.body ?? (chat.failure ?? openaiFailure)(facts),
    cached: ({ cachedInputTokens }: Usage): JsonObject => ({ cached_tokens: cachedInputTokens }),
    shown: true,
    ...more,
  }
}

export const xaiResponses: ResponsesDialect = kin(xai, {
  wholeCalls: true,
  // Ten thousand million of them are a dollar.
  spent: ({ totalTokens }) => ({ num_sources_used: 0, num_server_side_tools_used: 0, cost_in_usd_ticks: totalTokens * 10_000 }),
})

export const openrouterResponses: ResponsesDialect = kin(openrouter, {
  done: true,
  spent: ({ totalTokens }) => ({ cost: totalTokens / 1e6, is_byok: false }),
})

export const perplexityResponses: ResponsesDialect = kin(perplexity, {
  spent: ({ totalTokens }) => ({ cost: { currency: 'USD', total_cost: totalTokens / 1e6 } }),
})
