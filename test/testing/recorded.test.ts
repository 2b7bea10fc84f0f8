// The shapes of what the simulator sends against those of recorded traffic, where the recordings are at hand.
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { simulator } from '@relay/core/testing'
import type { AnswerBlock } from '@relay/core/testing'

const file = new URL('../../../shared/data/exchanges.jsonl.gz', import.meta.url)
const here = existsSync(file)

interface Exchange {
  readonly provider: string
  readonly protocol: string
  readonly expect: { readonly kind: string }
  readonly response: { readonly body_base64: string }
}

/** Every path that holds something, `[]` for any index, a leading `~` in a stream. Arguments are the model's own. */
function paths(value: unknown, at: string, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) paths(item, `${at}[]`, found)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      found.add(`${at}.${key}`)
      if (key !== 'input') paths(inner, `${at}.${key}`, found)
    }
  }
}

function shape(body: string): Set<string> {
  const found = new Set<string>()
  if (/^\s*\{/.test(body)) paths(JSON.parse(body), '', found)
  for (const [, data = ''] of body.matchAll(/^data: ?(\{.*)$/gm)) paths(JSON.parse(data), '~', found)
  return found
}

/** How often each path occurs in the recordings of each provider. `#` and `~#` count bodies and streams. */
function recorded(): Map<string, Map<string, number>> {
  const all = new Map<string, Map<string, number>>()
  const alias: { readonly [provider: string]: string } = { 'ollama-cloud': 'ollama', crusoe: 'vllm' }
  for (const line of gunzipSync(readFileSync(file)).toString().trim().split('\n')) {
    const { provider, protocol, expect: { kind }, response } = JSON.parse(line) as Exchange
    if ((protocol !== 'openai-chat' && protocol !== 'anthropic-messages') || kind !== 'chat') continue
    const body = Buffer.from(response.body_base64, 'base64').toString()
    const name = alias[provider] ?? provider
    const counts = all.get(name) ?? new Map<string, number>()
    for (const path of [...shape(body), /^\s*\{/.test(body) ? '#' : '~#']) counts.set(path, (counts.get(path) ?? 0) + 1)
    all.set(name, counts)
  }
  return all
}

async function simulated(dialect: string): Promise<Set<string>> {
  const text: AnswerBlock = { type: 'text', text: 'a b c', citations: [{ kind: '', url: 'https://example.com', title: 'T' }] }
  const content: AnswerBlock[] = [{ type: 'thinking', text: 'hm hm' }, { type: 'redacted_thinking' }, text]
  const call: AnswerBlock = { type: 'tool_use', name: 'f', arguments: { a: 1 } }
  const sim = simulator({
    dialect,
    strict: false,
    answers: ({ index }) => ({ content: index % 2 === 0 ? content : [...content, call], usage: { inputTokens: 9, cachedInputTokens: 1 } }),
  })
  const found = new Set<string>()
  for (const stream of [false, false, true, true]) {
    const response = await sim.fetch(`https://api.test/v1/${dialect === 'anthropic' ? 'messages' : 'chat/completions'}`, {
      method: 'POST',
      headers: { authorization: 'Bearer k' },
      body: JSON.stringify({ model: 'm', stream, stream_options: { include_usage: true }, messages: [{ role: 'user', content: 'x' }] }),
    })
    for (const path of shape(await response.text())) found.add(path)
  }
  return found
}

/** What the documentation has and the recordings happen not to, and the other way round. */
const documented = /annotations|prompt_tokens_details|usage\.reasoning_tokens/
const thin = /^\.choices\[\]\.(routed_experts)|^\.(metrics|prompt_text)|multimodal_tokens/
/** Too few recordings to judge by, or none with a call. */
const unjudged: { readonly [dialect: string]: RegExp } = { together: /tool_calls|reasoning/, ollama: /tool_calls/ }

describe.skipIf(!here)(`the shape of an answer${here ? '' : ' (skipped: no recordings here)'}`, () => {
  const all = here ? recorded() : new Map<string, Map<string, number>>()
  it.each(['openai', 'groq', 'together', 'deepseek', 'xai', 'mistral', 'perplexity', 'openrouter', 'ollama', 'vllm', 'anthropic'])(
    'of %s is that of its recordings',
    async (dialect) => {
      const real = all.get(dialect)!
      const mine = await simulated(dialect)
      const seen = (path: string): boolean => real.has(path[0] === '~' ? '~#' : '#')
      const invented = [...mine].filter((path) =>
        seen(path) && !real.has(path) && !documented.test(path) && !unjudged[dialect]?.test(path)
      )
      expect(invented).toEqual([])
      const usual = [...real].filter(([path, count]) => !path.endsWith('#') && count >= 0.9 * real.get(path[0] === '~' ? '~#' : '#')!)
      expect(usual.map(([path]) => path).filter((path) => !mine.has(path) && !thin.test(path))).toEqual([])
    },
  )
})
