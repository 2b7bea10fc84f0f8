// The shapes of what the simulator sends against those of recorded traffic, where the recordings are at hand.
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { eventStream } from '../../src/http/eventstream.ts'
import { simulator } from '@relay/core/testing'
import type { AnswerBlock } from '@relay/core/testing'
import { ask } from './ask.ts'

const file = new URL('../../../shared/data/exchanges.jsonl.gz', import.meta.url)
const here = existsSync(file)

interface Exchange {
  readonly provider: string
  readonly protocol: string
  readonly model?: string
  readonly expect: { readonly kind: string }
  readonly response: { readonly body_base64: string }
}

/** Every path that holds something, `[]` for any index, a leading `~` and the event's name in a stream. Arguments are the model's own. */
function paths(value: unknown, at: string, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) paths(item, `${at}[]`, found)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      found.add(`${at}.${key}`)
      if (!/^(input|args|json|arguments|schema|parameters)$/.test(key)) paths(inner, `${at}.${key}`, found)
    }
  }
}

function shape(body: Buffer): Set<string> {
  const found = new Set<string>()
  const event = (data: string, name: string): void => {
    const value = JSON.parse(data) as { type?: string; bytes?: string }
    if (name === 'chunk') return event(Buffer.from(value.bytes ?? '', 'base64').toString(), '')
    paths(value, `~${name}${/^response\.|-/.test(value.type ?? '') ? value.type : ''}`, found)
  }
  if (body.includes(':event-type')) {
    eventStream.framer(event).push(body)
    return found
  }
  const text = body.toString()
  if (/^\s*\{/.test(text)) paths(JSON.parse(text), '', found)
  for (const [, data = ''] of text.matchAll(/^data: ?(\{.*)$/gm)) event(data, '')
  return found
}

const alias: { readonly [provider: string]: string } = { 'ollama-cloud': 'ollama', crusoe: 'vllm', 'google-vertex': 'vertex' }
const protocols: { readonly [protocol: string]: string } = { 'bedrock-converse': 'converse', 'cohere-v2': 'cohere' }

const judged: readonly (readonly [string, string])[] = [
  ...['openai', 'groq', 'together', 'deepseek', 'xai', 'mistral', 'perplexity', 'openrouter', 'ollama', 'vllm'].map((dialect) => ['openai-chat', dialect] as const),
  ['anthropic-messages', 'anthropic'],
  ['openai-responses', 'openai'],
  ['openai-responses', 'azure'],
  ['gemini', 'google'],
  ['gemini', 'vertex'],
  ['converse', 'bedrock'],
  ['bedrock-invoke', 'bedrock'],
  ['cohere', 'cohere'],
  ['openai-chat', 'azure'],
]

/** How often each path occurs in the recordings of each provider's wire. `#` and `~#` count bodies and streams. */
function recorded(): Map<string, Map<string, number>> {
  const all = new Map<string, Map<string, number>>()
  for (const line of gunzipSync(readFileSync(file)).toString().trim().split('\n')) {
    const { provider, protocol, model = '', expect: { kind }, response } = JSON.parse(line) as Exchange
    const old = /gemini-(1|2\.0)|claude-(2|3|instant)|titan-text/.test(model)
    const key = `${protocols[protocol] ?? protocol} ${alias[provider] ?? provider}`
    if (kind !== 'chat' || old || !judged.some((pair) => pair.join(' ') === key)) continue
    const body = Buffer.from(response.body_base64, 'base64')
    const counts = all.get(key) ?? new Map<string, number>()
    const whole = /^\s*\{/.test(body.toString('latin1'))
    for (const path of [...shape(body), whole ? '#' : '~#']) counts.set(path, (counts.get(path) ?? 0) + 1)
    all.set(key, counts)
  }
  return all
}

/** The body that asks for everything there is. */
const more: { readonly [wire: string]: object } = {
  'openai-chat': { stream_options: { include_usage: true } },
  'openai-responses': { include: ['reasoning.encrypted_content'], reasoning: { summary: 'auto' } },
  gemini: { generationConfig: { thinkingConfig: { includeThoughts: true } } },
}

async function simulated(wire: string, dialect: string): Promise<Set<string>> {
  const text: AnswerBlock = { type: 'text', text: 'a b c', citations: [{ kind: '', url: 'https://example.com', title: 'T' }] }
  const plain: AnswerBlock = { type: 'text', text: 'a b c' }
  const content: AnswerBlock[] = [{ type: 'thinking', text: 'hm hm' }, { type: 'redacted_thinking' }, text]
  const call: AnswerBlock = { type: 'tool_use', name: 'f', arguments: { a: 1 } }
  const answers: AnswerBlock[][] = [content, [...content, call], [plain, call], [plain]]
  const sim = simulator({
    dialect,
    strict: false,
    answers: ({ index }) => ({ content: answers[index % 4]!, usage: { inputTokens: 9, cachedInputTokens: 1 } }),
  })
  const found = new Set<string>()
  for (const stream of [false, false, false, false, true, true, true, true]) {
    const response = await ask(sim, wire, { dialect, stream, more: more[wire] ?? {} })
    for (const path of shape(Buffer.from(await response.arrayBuffer()))) found.add(path)
  }
  return found
}

/** What the documentation has and the recordings happen not to, and the other way round. */
const documented = /annotations|prompt_tokens_details|usage\.reasoning_tokens|citations|citation|[cC]ache|reasoningText|signature|redactedContent|grounding|reasoning_summary|summary\[\]/
const thin = /^\.choices\[\]\.(routed_experts)|^\.(metrics|prompt_text)|multimodal_tokens/
/** Too few recordings to judge by, or none with a call. */
const unjudged: { readonly [dialect: string]: RegExp } = {
  together: /tool_calls|reasoning/,
  ollama: /tool_calls/,
  vertex: /finishMessage/,
  azure: /delta\.tool_calls/,
  bedrock: /content.*\.(thinking|data|id|name|input)$|partial_json/,
}

describe.skipIf(!here)(`the shape of an answer${here ? '' : ' (skipped: no recordings here)'}`, () => {
  const all = here ? recorded() : new Map<string, Map<string, number>>()
  it.each(judged)('by %s of %s is that of its recordings', async (wire, dialect) => {
    const real = all.get(`${wire} ${dialect}`)!
    const mine = await simulated(wire, dialect)
    const seen = (path: string): boolean => real.has(path[0] === '~' ? '~#' : '#')
    const invented = [...mine].filter((path) => seen(path) && !real.has(path) && !documented.test(path) && !unjudged[dialect]?.test(path))
    expect(invented).toEqual([])
    const usual = [...real].filter(([path, count]) => !path.endsWith('#') && count >= 0.9 * real.get(path[0] === '~' ? '~#' : '#')!)
    expect(usual.map(([path]) => path).filter((path) => !mine.has(path) && !thin.test(path))).toEqual([])
  })
})
