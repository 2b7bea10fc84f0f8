// Streams that break off and are gone on with: no character is lost or said twice, and it is one answer.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RelayError } from '../../src/errors.ts'
import { providers } from '../../src/providers/index.ts'
import { simulator } from '../../src/testing/simulator.ts'
import type { Layer, Outcome, Stage } from '../../src/types/call.ts'
import type { ModelConfig, RelayConfig } from '../../src/types/config.ts'
import type { Delta, StreamEvent } from '../../src/types/event.ts'
import type { ContentBlock, Message } from '../../src/types/message.ts'
import type { FetchLike } from '../../src/types/runtime.ts'
import { ask, done, failure, frames, stream, text } from '../core/toy.ts'
import { groupHub } from './route-kit.ts'

type Frame = Parameters<typeof frames>[0][number]

interface Part {
  readonly frames: readonly Frame[]
  readonly then: 'end' | 'break' | 'hang'
}

interface Body {
  readonly model: string
  readonly messages: readonly Message[]
  readonly maxTokens?: number
}

const cost = { input_per_1m: 1e6, output_per_1m: 1e6 }
const names = ['a', 'b', 'c']
const config: RelayConfig = {
  defaults: { max_retries: 0 },
  models: Object.fromEntries(names.map((name) => [name, { target: `toy/${name}`, params: { model: name }, cost }])),
  groups: { all: { on_interrupt: 'continue', members: names }, plain: { members: names } },
}

/** Each model answers with what `parts` makes of what it is shown. */
function serving(parts: (body: Body, n: number) => Part | Response): FetchLike & { readonly seen: Body[] } {
  const seen: Body[] = []
  const fetch: FetchLike = async (_, init = {}) => {
    const body = JSON.parse(String(init.body)) as Body
    seen.push(body)
    const part = parts(body, seen.length - 1)
    return part instanceof Response ? part : stream(frames(part.frames), part.then)
  }
  return Object.assign(fetch, { seen })
}

function witness(stage: Stage): Layer & { readonly outcomes: Outcome[] } {
  const outcomes: Outcome[] = []
  return {
    stage,
    outcomes,
    wrap: (next) => async (call) => {
      const reply = await next(call)
      reply.settle.push((outcome) => outcomes.push(outcome))
      return reply
    },
  }
}

async function read(events: AsyncIterable<StreamEvent>): Promise<{ readonly events: StreamEvent[]; readonly error?: unknown }> {
  const list: StreamEvent[] = []
  try {
    for await (const event of events) list.push(event)
  } catch (error) {
    return { events: list, error }
  }
  return { events: list }
}

/** What a reader who puts blocks together by their numbers ends up with. */
function blocks(events: readonly StreamEvent[]): string[] {
  const put: { [block: number]: string } = {}
  for (const event of events) {
    if (event.type === 'text_delta' || event.type === 'thinking_delta') put[event.block] = (put[event.block] ?? event.type.slice(0, 2)) + event.text
    if (event.type === 'tool_call_delta') put[event.block] = (put[event.block] ?? 'to') + event.argumentsDelta
  }
  return Object.values(put)
}

const words = (content: readonly ContentBlock[]): string[] =>
  content.map((block) => (block.type === 'text' || block.type === 'thinking' ? block.type.slice(0, 2) + block.text : `to${JSON.stringify('input' in block && block.input)}`))
const shown = (body: Body | undefined): unknown => body?.messages.slice(1)

describe('a stream that breaks off', () => {
  const piece = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), fc.constantFrom(' ', '\n\n', 'word ', ' word', '\t'))
  const scene = fc.record({
    pieces: fc.array(piece, { minLength: 1, maxLength: 12 }),
    /** After so many further pieces each of the first two members breaks. */
    cuts: fc.tuple(fc.nat(12), fc.nat(12)),
    how: fc.constantFrom<Part['then'] | 'fault'>('end', 'break', 'fault'),
  })

  it('is gone on with, wherever that was: no character of the text is lost or said twice', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ pieces, cuts, how }) => {
        const whole = pieces.join('')
        const server = serving(({ messages }, n) => {
          const last = messages.at(-1)
          // A model that goes on exactly from where what it is shown ends.
          const from = last?.role === 'assistant' ? String(last.content).length : 0
          const rest = whole.slice(from)
          const cut = cuts[n]
          const said = cut === undefined ? [rest] : [...rest].slice(0, cut)
          const list = said.filter(Boolean).map((it) => text(it, 3))
          if (cut === undefined) return { frames: [...list, done], then: 'end' }
          return { frames: how === 'fault' ? [...list, { fault: 'overloaded' }] : list, then: how === 'fault' ? 'hang' : how }
        })
        const answer = groupHub(server, config).stream('all', ask)
        const { events, error } = await read(answer)
        if (error) throw error
        const response = await answer.response()
        expect(response.text).toBe(whole)
        expect(events.flatMap((event) => (event.type === 'text_delta' ? [event.text] : [])).join('')).toBe(whole)
        expect(blocks(events)).toEqual(words(response.content))
        expect(events.filter(({ type }) => type === 'start' || type === 'end')).toHaveLength(2)
        expect(response.attempts.filter(({ kind }) => kind === 'continue').length).toBeLessThanOrEqual(2)
      }),
      { numRuns: 300 },
    )
  })

  it('is one answer: tokens, dollars and attempts of both, settled once in every ring', async () => {
    const [inner, outer] = [witness('trace'), witness('audit')]
    const server = serving((_, n) =>
      n === 0
        ? { frames: [{ type: 'meta', id: 'r1', model: 'a-1' }, { type: 'usage', usage: { inputTokens: 7 } }, text('Hello '), text('wor')], then: 'break' }
        : { frames: [{ type: 'meta', id: 'r2' }, text('ld'), { type: 'usage', usage: { inputTokens: 9, outputTokens: 2 } }, { type: 'finish', reason: 'stop', raw: 'end' }, done], then: 'end' },
    )
    const answer = groupHub(server, config, { layers: [inner, outer] }).stream('all', { ...ask, maxTokens: 50 })
    const { events } = await read(answer)
    const response = await answer.response()
    expect(response).toMatchObject({
      id: 'r1',
      model: 'all',
      providerModel: 'a-1',
      text: 'Hello world',
      content: [{ type: 'text', text: 'Hello world' }],
      message: { role: 'assistant', content: [{ type: 'text', text: 'Hello world' }] },
      finishReason: 'stop',
      usage: { inputTokens: 16, outputTokens: 5, totalTokens: 21, estimated: true },
      costUsd: 21,
      cost: { totalUsd: 21, confidence: 'estimated' },
      attempts: [{ alias: 'a', kind: 'first', ok: false, cause: 'stream_truncated' }, { alias: 'b', kind: 'continue', ok: true }],
    })
    expect(shown(server.seen[1])).toEqual([{ role: 'assistant', content: 'Hello wor' }])
    expect(server.seen.map(({ maxTokens }) => maxTokens)).toEqual([50, 47])
    expect(inner.outcomes).toMatchObject([{ status: 'error', response: { text: 'Hello wor' } }, { status: 'ok', response: { text: 'ld' } }])
    expect(outer.outcomes).toMatchObject([{ status: 'ok', response: { text: 'Hello world', costUsd: 21 } }])
    expect(events.findLast(({ type }) => type === 'usage')).toMatchObject({ usage: { inputTokens: 16, outputTokens: 5 } })
  })

  it('may be gone on with by thinking and a call', async () => {
    const call: Delta = { type: 'tool_call_delta', block: 2, id: 't', name: 'look', argumentsDelta: '{"a":1}' }
    const server = serving((_, n) =>
      n === 0
        ? { frames: [{ type: 'thinking_delta', block: 0, text: 'hm' }, text('I will ', 1)], then: 'end' }
        : { frames: [{ type: 'thinking_delta', block: 0, text: 'so' }, text('look', 1), call, done], then: 'end' },
    )
    const answer = groupHub(server, config).stream('all', ask)
    const { events } = await read(answer)
    const { content, text: said, thinking, toolCalls } = await answer.response()
    expect(words(content)).toEqual(['thhm', 'teI will look', 'thso', 'to{"a":1}'])
    expect(blocks(events)).toEqual(words(content))
    expect([said, thinking, toolCalls]).toMatchObject(['I will look', 'hmso', [{ name: 'look' }]])
  })

  it('is asked anew where nothing but thinking was there', async () => {
    const server = serving((_, n) => (n === 0 ? { frames: [{ type: 'thinking_delta', block: 0, text: 'hm' }], then: 'break' } : { frames: [text('all of it'), done], then: 'end' }))
    expect((await groupHub(server, config).stream('all', ask).response()).text).toBe('all of it')
    expect(shown(server.seen[1])).toEqual([])
  })

  it('goes on from the words that the caller has put into its mouth', async () => {
    const server = serving((_, n) => (n === 0 ? { frames: [text('lo')], then: 'break' } : { frames: [text(' world'), done], then: 'end' }))
    const given = (content: Message['content']): Promise<unknown> =>
      groupHub(server, config).stream('all', { messages: [...ask.messages, { role: 'assistant', content }] }).response()
    await given('Hel')
    expect(shown(server.seen[1])).toEqual([{ role: 'assistant', content: 'Hello' }])
    server.seen.length = 0
    await given([{ type: 'text', text: 'Hel' }])
    expect(shown(server.seen[1])).toEqual([{ role: 'assistant', content: [{ type: 'text', text: 'Hel' }, { type: 'text', text: 'lo' }] }])
  })
})

describe('the error is thrown, with all that was said,', () => {
  const half: Part = { frames: [text('half')], then: 'break' }
  const thrown = async (server: FetchLike, alias = 'all', more: object = {}): Promise<RelayError> => {
    const { error } = await read(groupHub(server, config, more).stream(alias, ask))
    if (!(error instanceof RelayError)) throw new Error('should have failed')
    return error
  }

  it('by default', async () => {
    const server = serving(() => half)
    expect(await thrown(server, 'plain')).toMatchObject({ code: 'stream_truncated', partial: { text: 'half' } })
    expect(server.seen).toHaveLength(1)
  })

  it('where nobody goes on, whatever they say to it', async () => {
    const outer = witness('audit')
    const server = serving((_, n) => (n === 0 ? half : failure(n === 1 ? 400 : 503)))
    const error = await thrown(server, 'all', { layers: [outer] })
    expect(error).toMatchObject({ code: 'stream_truncated', partial: { text: 'half', costUsd: 4 } })
    expect(error.attempts.map(({ kind, cause }) => [kind, cause])).toEqual([['first', 'stream_truncated'], ['continue', 'invalid_request'], ['continue', 'server_error']])
    expect(outer.outcomes).toMatchObject([{ status: 'error', response: { text: 'half' } }])
  })

  it('where whoever goes on breaks off too, and there is nobody left', async () => {
    const server = serving((_, n) => ({ frames: [text(String(n))], then: 'break' }))
    expect(await thrown(server)).toMatchObject({ partial: { text: '012', finishReason: 'error' } })
    expect(server.seen.slice(1).map(shown)).toEqual([[{ role: 'assistant', content: '0' }], [{ role: 'assistant', content: '01' }]])
  })

  it('where a call was begun', async () => {
    const server = serving(() => ({ frames: [text('x'), { type: 'tool_call_delta', block: 1, id: 't', name: 'n', argumentsDelta: '{' }], then: 'break' }))
    expect((await thrown(server)).partial?.toolCalls).toHaveLength(1)
    expect(server.seen).toHaveLength(1)
  })

  it('where the budget is used up', async () => {
    const server = serving(() => half)
    const { error } = await read(groupHub(server, { ...config, defaults: { max_attempts: 1 } }).stream('all', ask))
    expect(error).toMatchObject({ code: 'stream_truncated', partial: { text: 'half' } })
    expect(server.seen).toHaveLength(1)
  })
})

describe('a ring that fails', () => {
  it('keeps nobody else from being told', async () => {
    const [failing, told] = [witness('trace'), witness('price')]
    const layer: Layer = {
      stage: 'trace',
      wrap: (next) => async (call) => {
        const reply = await failing.wrap(next)(call)
        reply.settle.push(({ status }) => {
          if (status === 'ok') throw new Error('the observer fell over')
        })
        return reply
      },
    }
    const server = serving((_, n) => (n === 0 ? { frames: [text('one ')], then: 'break' } : { frames: [text('two'), done], then: 'end' }))
    const { error } = await read(groupHub(server, config, { layers: [layer, told] }).stream('all', ask))
    expect(error).toMatchObject({ message: 'the observer fell over' })
    expect([failing, told].map(({ outcomes }) => outcomes.map(({ status }) => status))).toEqual([['error', 'ok'], ['error', 'ok']])
  })
})

describe('walking away', () => {
  it.each(['break', 'abort'])('by %s from the part that was gone on with settles once, with all that was said', async (how) => {
    const outer = witness('audit')
    const control = new AbortController()
    const server = serving((_, n) => (n === 0 ? { frames: [text('one ')], then: 'break' } : { frames: [text('two')], then: 'hang' }))
    const answer = groupHub(server, config, { layers: [outer] }).stream('all', { ...ask, signal: control.signal })
    const reading = (async () => {
      for await (const event of answer) {
        if (event.type !== 'text_delta' || event.text !== 'two') continue
        if (how === 'break') break
        control.abort('gone')
      }
    })()
    await reading.catch((error: unknown) => expect(error).toBe('gone'))
    expect(outer.outcomes).toMatchObject([{ status: 'cancelled', response: { text: 'one two' } }])
  })

  it('while nobody has gone on yet closes that request too', async () => {
    const outer = witness('audit')
    const server = serving((_, n) => (n === 0 ? { frames: [text('one')], then: 'break' } : { frames: [], then: 'hang' }))
    const events = groupHub(server, config, { layers: [outer] }).stream('all', ask)[Symbol.asyncIterator]()
    await events.next()
    await events.next()
    const waiting = events.next()
    while (server.seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 1))
    await events.return?.()
    expect(await waiting).toMatchObject({ done: true })
    expect(outer.outcomes).toMatchObject([{ status: 'cancelled', response: { text: 'one' } }])
  })
})

describe('whoever, shown the beginning of an answer,', () => {
  /** Who was asked after the first had broken off, and with which body. */
  async function after(second: ModelConfig): Promise<{ readonly asked: string; readonly said: string; readonly body: { readonly [field: string]: unknown } }> {
    const { fetch, requests } = simulator({ answers: [{ text: 'Hello, world.', fault: { type: 'cut', content: 1 } }, ' world.'] })
    const models = {
      one: { target: 'together/meta-llama/Llama-3.3-70B-Instruct-Turbo' },
      two: { credential: { type: 'literal', value: 'any-key' }, ...second },
      three: { target: 'together/Qwen/Qwen2.5-7B-Instruct-Turbo' },
    } as const
    const given: RelayConfig = { defaults: { max_retries: 0 }, models, groups: { all: { members: ['one', 'two', 'three'], on_interrupt: 'continue' } } }
    const response = await groupHub(fetch, given, { providers, env: () => 'any-key' }).stream('all', ask).response()
    return { asked: response.attempts.map(({ alias }) => alias).join(), said: response.text, body: requests[1]?.body as { readonly [field: string]: unknown } }
  }

  it.each([
    'openai/gpt-4.1', 'xai/grok-4', 'perplexity/sonar', 'mistral/mistral-large', 'deepseek/deepseek-chat', 'cohere/command-a-03-2025',
    'groq/openai/gpt-oss-120b', 'together/openai/gpt-oss-20b', 'openrouter/openai/gpt-5', 'openrouter/openai/o3', 'openrouter/x-ai/grok-4', 'openrouter/mistralai/mixtral-8x7b',
    'anthropic/claude-sonnet-4-6', 'bedrock/eu.anthropic.claude-opus-4-7', 'vertex/claude-opus-4-8',
  ])('answers anew is passed over: %s', async (target) => {
    expect(await after({ target })).toMatchObject({ asked: 'one,three', said: 'Hello, world.' })
  })

  it.each(['groq/llama-3.3-70b-versatile', 'openrouter/meta-llama/llama-3.3-70b-instruct', 'openrouter/anthropic/claude-3.5-haiku', 'anthropic/claude-haiku-4-5'])('goes on is asked: %s', async (target) => {
    expect(await after({ target })).toMatchObject({ asked: 'one,two', said: 'Hello, world.' })
  })

  it('goes on when it is asked to is asked to', async () => {
    const { asked, said, body } = await after({ target: 'vllm/qwen3' })
    expect([asked, said]).toEqual(['one,two', 'Hello, world.'])
    expect(body).toMatchObject({ add_generation_prompt: false, continue_final_message: true, messages: [{ role: 'user' }, { role: 'assistant', content: 'Hello,' }] })
  })
})
