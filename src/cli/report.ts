// What an answer took, in a line or two, and what is wrong with a catalogue.
import { pathText, type Finding } from '../config/place.ts'
import type { Attempt, ChatResponse, Cost } from '../types/response.ts'
import { usd, type Paint } from './paint.ts'

/** `models.yaml:3:13: error: models.fast.target: ...`. */
export function findingLine({ file, line, column, path, message }: Finding, label: string): string {
  const place = file === undefined ? '' : `${[file, line, column].filter((part) => part !== undefined).join(':')}: `
  return `${place}${label} ${path.length ? `${pathText(path)}: ` : ''}${message}\n`
}

const SAYS: { readonly [source in Cost['source']]: string } = {
  live_api: "the provider's own figure",
  snapshot: 'list price',
  user_override: 'your price',
  estimated: 'estimated',
  cache: 'cached',
  unknown: '',
}

/** `gpt-x · openai · 12 tokens in, 34 out · $0.000042 (list price) · 812 ms`. */
export function summaryLine(response: ChatResponse, { dim }: Paint): string {
  const { providerModel, provider, usage, cost, costUsd, latencyMs, finishReason } = response
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens, estimated } = usage
  const counted = [
    `${inputTokens} tokens in${cachedInputTokens ? ` (${cachedInputTokens} cached)` : ''}`,
    `${outputTokens} out${reasoningTokens ? ` (${reasoningTokens} reasoning)` : ''}${estimated ? ', estimated' : ''}`,
  ].join(', ')
  const price = costUsd === null ? 'cost unknown' : `${usd(costUsd)} (${SAYS[cost.source]})`
  const end = finishReason === 'stop' ? [] : [`ended by ${finishReason}`]
  return dim([providerModel, provider, counted, price, `${Math.round(latencyMs)} ms`, ...end].filter(Boolean).join(' · '))
}

/** `main openai rate_limit 429, 31 ms -> spare anthropic ok, 420 ms`. */
export function attemptsLine(attempts: readonly Attempt[], { dim, red, green }: Paint): string {
  const each = attempts.map(({ alias, provider, ok, cause, status, ms }) => {
    const outcome = ok ? green('ok') : red([cause, status].filter((fact) => fact !== undefined).join(' '))
    return `${dim(`${alias} (${provider})`)} ${outcome}${dim(`, ${Math.round(ms)} ms`)}`
  })
  return `${dim('attempts:')} ${each.join(dim(' -> '))}`
}
