// Everything that can go wrong, seen from the client's side.
import Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { simulator } from '@relay/core/testing'
import type { Answer, Fault, Simulator } from '@relay/core/testing'

const addresses = { openai: 'https://api.openai.com/v1/chat/completions', anthropic: 'https://api.anthropic.com/v1/messages' } as const
type Where = keyof typeof addresses

function ask(sim: Simulator, where: Where, { stream = true, signal }: { stream?: boolean; signal?: AbortSignal } = {}): Promise<Response> {
  return sim.fetch(addresses[where], {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'm', max_tokens: 100, stream, messages: [{ role: 'user', content: 'Grüezi 🌦 zäme' }] }),
    ...(signal ? { signal } : {}),
  })
}

/** The bytes that came, and how it ended. */
async function drain(response: Response): Promise<{ chunks: Uint8Array[]; text: string; error: unknown }> {
  const chunks: Uint8Array[] = []
  const reader = response.body!.getReader()
  let error: unknown
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
    }
  } catch (e) {
    error = e
  }
  return { chunks, text: new TextDecoder().decode(Buffer.concat(chunks)), error }
}

const answered = async (where: Where, fault: Fault | Fault[], more: Answer = {}) =>
  drain(await ask(simulator({ answers: { ...more, fault } }), where))
const clean = async (where: Where): Promise<string> => (await drain(await ask(simulator(), where))).text

describe.each(['openai', 'anthropic'] as const)('on the wire of %s', (where) => {
  it('is cut at any byte, and says so with an error', async () => {
    const whole = new TextEncoder().encode(await clean(where))
    await fc.assert(fc.asyncProperty(fc.nat(whole.length), async (at) => {
      const { chunks, error } = await answered(where, { type: 'cut', at })
      expect(Buffer.concat(chunks)).toEqual(Buffer.from(whole.subarray(0, at)))
      expect(error).toBeInstanceOf(TypeError)
    }), { numRuns: 40 })
  })

  it('ends cleanly before what closes it, or where it is told to', async () => {
    const whole = await clean(where)
    const closing = where === 'openai' ? whole.search(/data: \{[^\n]*"finish_reason":"stop"/) : whole.indexOf('event: message_delta')
    expect(await answered(where, { type: 'end' })).toMatchObject({ text: whole.slice(0, closing), error: undefined })
    expect((await answered(where, { type: 'end', event: 1 })).text).toBe(`${whole.split('\n\n')[0]}\n\n`)
    expect((await answered(where, { type: 'end', content: 0 })).text).not.toContain('Gr')
    const one = (await answered(where, { type: 'end', content: 1 })).text
    expect(one).toContain('Grüezi')
    expect(one).not.toContain('🌦')
    expect((await answered(where, { type: 'end', at: 7 })).text).toBe(whole.slice(0, 7))
  })

  it('stalls, and stays open until the client has had enough', async () => {
    const sim = simulator({ answers: { fault: { type: 'stall', content: 1 } } })
    const controller = new AbortController()
    const response = await ask(sim, where, { signal: controller.signal })
    const reader = response.body!.getReader()
    let text = ''
    while (!text.includes('Grüezi')) text += new TextDecoder().decode((await reader.read()).value)
    if (where === 'anthropic') expect(text).not.toContain('content_block_stop')
    const next = reader.read()
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(next).rejects.toBe(reason)
    expect(sim.requests[0]).toMatchObject({ aborted: true, ended: true, status: 200 })
  })

  it('comes in pieces of any size, through characters and all, and with any line ends', async () => {
    const whole = await clean(where)
    const kinds: Fault['type'][] = ['crlf', 'cr', 'no_space']
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.subarray(kinds), async (bytes, lines) => {
      const faults = [{ type: 'split', bytes }, ...lines.map((type) => ({ type }))] as Fault[]
      const { chunks, text, error } = await answered(where, faults)
      expect(error).toBeUndefined()
      expect(chunks.slice(0, -1).every((chunk) => chunk.length === bytes)).toBe(true)
      const end = lines.includes('crlf') ? '\r\n' : lines.includes('cr') ? '\r' : '\n'
      const back = text.replaceAll(end, '\n')
      expect(lines.includes('no_space') ? back.replace(/^(data|event):/gm, '$1: ') : back).toBe(whole)
      if (end === '\r') expect(text).not.toContain('\n')
    }), { numRuns: 40 })
  })

  it('holds half a frame among the whole ones', async () => {
    const { text } = await answered(where, { type: 'garbage', content: 1 })
    const broken = [...text.matchAll(/^data: (.*)$/gm)].filter(([, data]) => {
      try {
        return data !== '[DONE]' && JSON.parse(data!) === undefined
      } catch {
        return true
      }
    })
    expect(broken).toHaveLength(1)
    expect(text.replace(`${broken[0]![0]}\n\n`, '')).toBe(await clean(where))
  })

  it('tells an error inside the 200, before any content and after some', async () => {
    for (const content of [0, 1]) {
      const { text, error } = await answered(where, { type: 'error_event', cause: 'rate_limit', content })
      expect(error).toBeUndefined()
      expect(text.includes('Grüezi')).toBe(content === 1)
      expect(text).toMatch(where === 'openai' ? /data: \{"error":\{[^\n]*rate_limit_exceeded[^\n]*\n\n$/ : /event: error\ndata: [^\n]*rate_limit_error[^\n]*\n\n$/)
    }
  })

  it('answers 200 with an error for a body', async () => {
    const response = await ask(simulator({ answers: { fault: { type: 'json_error_200', cause: 'overloaded' } } }), where)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await response.json()).toHaveProperty('error.message')
  })

  it('refuses the connection, or takes it and never answers', async () => {
    await expect(ask(simulator({ answers: { fault: { type: 'refuse' } } }), where)).rejects.toThrow(TypeError)
    const sim = simulator({ answers: { fault: { type: 'hang' } } })
    const controller = new AbortController()
    const waiting = ask(sim, where, { signal: controller.signal })
    controller.abort('tired')
    await expect(waiting).rejects.toBe('tired')
  })

  it('breaks a whole body as it breaks a stream', async () => {
    const whole = await (await ask(simulator(), where, { stream: false })).text()
    const broken = async (fault: Fault) => drain(await ask(simulator({ answers: { fault } }), where, { stream: false }))
    expect(await broken({ type: 'cut', at: 9 })).toMatchObject({ text: whole.slice(0, 9), error: expect.any(TypeError) })
    expect(Buffer.concat((await broken({ type: 'end' })).chunks)).toEqual(Buffer.from(whole).subarray(0, Buffer.byteLength(whole) >> 1))
    expect((await broken({ type: 'split', bytes: 5 })).text).toBe(whole)
  })
})

describe('indexes', () => {
  const toolCalls = [{ name: 'a', arguments: { x: 1 } }, { name: 'b', arguments: { x: 2 } }]
  const indexes = (text: string): unknown[] => [...text.matchAll(/"tool_calls":\[\{(?:"index":(\d+))?/g)].map((match) => match[1])

  it('are missing, or all the same, where that is the fault', async () => {
    const right = indexes((await answered('openai', [], { toolCalls })).text)
    expect(new Set(right)).toEqual(new Set(['0', '1']))
    expect(new Set(indexes((await answered('openai', { type: 'no_index' }, { toolCalls })).text))).toEqual(new Set([undefined]))
    expect(new Set(indexes((await answered('openai', { type: 'duplicate_index' }, { toolCalls })).text))).toEqual(new Set(['0']))
    expect((await answered('anthropic', { type: 'no_index' }, { toolCalls })).text).not.toContain('"index"')
  })
})

describe('a status', () => {
  it.each([
    ['seconds', { seconds: 7 }, { 'retry-after': '7' }],
    ['an HTTP date', { date: new Date(0) }, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }],
    ['milliseconds', { ms: 250 }, { 'retry-after-ms': '250' }],
    ['a duration', { reset: '6m0s' }, { 'x-ratelimit-reset-requests': '6m0s', 'x-ratelimit-reset-tokens': '6m0s' }],
    ['a moment', { resetAt: new Date(0) }, { 'anthropic-ratelimit-requests-reset': '1970-01-01T00:00:00Z' }],
    ['whether at all', { shouldRetry: false }, { 'x-should-retry': 'false' }],
  ] as const)('hints at a retry with %s', async (_, retry, headers) => {
    for (const answers of [{ error: { cause: 'rate_limit', retry } }, { fault: { type: 'status', status: 429, retry } }] as const) {
      const response = await ask(simulator({ answers }), 'openai')
      expect(response.status).toBe(429)
      expect(Object.fromEntries(response.headers)).toMatchObject(headers)
      expect(await response.json()).toHaveProperty('error.code', 'rate_limit_exceeded')
    }
  })

  it('comes with the body and the words that the script has for it', async () => {
    const page = await ask(simulator({ answers: { error: { status: 502, body: '<h1>Bad gateway</h1>' } } }), 'openai')
    expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([502, 'text/html; charset=utf-8', '<h1>Bad gateway</h1>'])
    const own = await ask(simulator({ answers: { error: { status: 418, message: 'short and stout' } } }), 'anthropic')
    expect([own.status, await own.json()]).toMatchObject([418, { error: { type: 'invalid_request_error', message: 'short and stout' } }])
  })

  it('is retried by the official clients when, and only when, they are told to', async () => {
    const fast = { seconds: 0.001, ms: 1 }
    const sim = simulator({ answers: [{ error: { cause: 'rate_limit', retry: fast } }, 'At last', { error: { cause: 'rate_limit', retry: { shouldRetry: false } } }] })
    const openai = new OpenAI({ apiKey: 'k', fetch: sim.fetch, maxRetries: 1 })
    const create = () => openai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
    expect((await create()).choices[0]?.message.content).toBe('At last')
    await expect(create()).rejects.toBeInstanceOf(OpenAI.RateLimitError)
    expect(sim.requests).toHaveLength(3)
  })
})

describe('the official clients', () => {
  it('read a stream through any cut of its bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 25 }), fc.constantFrom('crlf' as const, 'no_space' as const), async (bytes, type) => {
      const sim = simulator({ answers: { thinking: 'So…', text: 'Grüezi 🌦 zäme', fault: [{ type: 'split', bytes }, { type }] } })
      const openai = new OpenAI({ apiKey: 'k', fetch: sim.fetch })
      const stream = openai.chat.completions.stream({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
      expect(await stream.finalContent()).toBe('Grüezi 🌦 zäme')
      const anthropic = new Anthropic({ apiKey: 'k', fetch: sim.fetch })
      const message = anthropic.messages.stream({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] })
      expect(await message.finalText()).toBe('Grüezi 🌦 zäme')
    }), { numRuns: 20 })
  })

  it('call a refused connection what it is', async () => {
    const sim = simulator({ answers: { fault: { type: 'refuse' } } })
    const openai = new OpenAI({ apiKey: 'k', fetch: sim.fetch, maxRetries: 0 })
    await expect(openai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'x' }] }))
      .rejects.toBeInstanceOf(OpenAI.APIConnectionError)
  })
})

describe('a client that leaves', () => {
  it('cancels the body, and what it has not taken is not sent', async () => {
    const sim = simulator({ answers: 'one two three four five' })
    const response = await ask(sim, 'openai')
    const reader = response.body!.getReader()
    const first = await reader.read()
    await reader.cancel()
    expect(sim.requests[0]).toMatchObject({ aborted: true, ended: true, bytesSent: first.value!.length })
  })

  it('is not said to have left when it has read to the end', async () => {
    const sim = simulator()
    const { chunks } = await drain(await ask(sim, 'anthropic'))
    expect(sim.requests[0]).toMatchObject({ aborted: false, ended: true, bytesSent: Buffer.concat(chunks).length })
  })

  it('is answered with its own reason where it had left before', async () => {
    const sim = simulator()
    await expect(ask(sim, 'openai', { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
    expect(sim.requests).toHaveLength(0)
  })
})
