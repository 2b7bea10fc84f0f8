// What a server sends in the benches: as OpenAI does, with and without its padding.
import type { FetchLike } from '../src/index.ts'

const WORDS = 'The quick brown fox jumps over the lazy dog, and "then"\nsome more: 42 times.'.split(/(?<= )/)

/** Events of one streamed answer. `padded` adds the random padding that OpenAI sends by default. */
export function events(count: number, padded: boolean): string[] {
  const head = { id: 'chatcmpl-CkQyXw1Zp2vD', object: 'chat.completion.chunk', created: 1_790_000_000, model: 'gpt-5.4-mini-2026-03-17', service_tier: 'default', system_fingerprint: null }
  const list = Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      ...head,
      choices: [{ index: 0, delta: { content: WORDS[n % WORDS.length] }, logprobs: null, finish_reason: null }],
      usage: null,
      ...(padded ? { obfuscation: 'abcdefghij'.repeat(2).slice(n % 9, (n % 9) + 3 + (n % 7)) } : undefined),
    }),
  )
  const last = JSON.stringify({ ...head, choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }], usage: null })
  const usage = JSON.stringify({ ...head, choices: [], usage: { prompt_tokens: 20, completion_tokens: count, total_tokens: count + 20 } })
  return [...list, last, usage, '[DONE]'].map((data) => `data: ${data}\n\n`)
}

export const body = JSON.stringify({
  id: 'chatcmpl-X',
  object: 'chat.completion',
  created: 1_790_000_000,
  model: 'gpt-5.4-mini-2026-03-17',
  choices: [{ index: 0, message: { role: 'assistant', content: WORDS.join('').repeat(5), refusal: null, annotations: [] }, logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 90, total_tokens: 110, prompt_tokens_details: { cached_tokens: 0 }, completion_tokens_details: { reasoning_tokens: 0 } },
})

/** A `fetch` that answers without a network: what is measured is the client. */
export function streaming(list: readonly string[], perChunk: number): FetchLike {
  const chunks: Uint8Array[] = []
  for (let n = 0; n < list.length; n += perChunk) chunks.push(new TextEncoder().encode(list.slice(n, n + perChunk).join('')))
  return async () => {
    let at = 0
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      const chunk = chunks[at++]
      if (chunk) controller.enqueue(chunk.slice())
      else controller.close()
    }
    return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers: { 'content-type': 'text/event-stream' } })
  }
}

export const whole: FetchLike = async () => new Response(body, { headers: { 'content-type': 'application/json' } })
