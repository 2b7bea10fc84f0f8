import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RelayError } from '../../src/errors.ts'
import { compatible } from '../../src/providers/compatible.ts'
import { lmstudio } from '../../src/providers/lmstudio.ts'
import { mistral } from '../../src/providers/mistral.ts'
import { ollama } from '../../src/providers/ollama.ts'
import { openai } from '../../src/providers/openai.ts'
import { openrouter } from '../../src/providers/openrouter.ts'
import { perplexity } from '../../src/providers/perplexity.ts'
import { together } from '../../src/providers/together.ts'
import { vllm } from '../../src/providers/vllm.ts'
import { xai } from '../../src/providers/xai.ts'
import { chunk, encodingOf, events, streamed, whole } from './openai-chat-kit.ts'

const of = (provider: typeof openai) => encodingOf({}, { provider, mode: 'stream' })

/** A text in pieces, cut anywhere, also inside a character. */
const pieces = (text: string, cuts: readonly number[]): string[] => {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b)
  return [...places, text.length].map((place, index) => text.slice(places[index - 1] ?? 0, place))
}

describe('the parity law', () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 })
  const said = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.trimStart().startsWith('<'))
  const call = fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), arguments: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }).map((it) => JSON.parse(JSON.stringify(it)) as { [key: string]: unknown }) })
  const answer = fc.record({ thinking: said, text: said, refusal: said, calls: fc.array(call, { maxLength: 3 }), finish: fc.constantFrom('stop', 'length', 'tool_calls', 'eos') })

  test('a stream, cut into any pieces and its bytes anywhere, folds to what the whole body does', () => {
    fc.assert(
      fc.property(answer, cuts, cuts, ({ thinking, text, refusal, calls, finish }, fragments, cut) => {
        const usage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 }
        const made = calls.map((one, index) => ({ id: `c${index}`, type: 'function', function: { name: one.name, arguments: JSON.stringify(one.arguments) } }))
        const message = { role: 'assistant', content: text, reasoning: thinking, refusal, tool_calls: made }
        const body = { id: 'r1', model: 'm-1', created: 7, choices: [{ index: 0, message, finish_reason: finish }], usage }
        const deltas = [
          ...pieces(thinking, fragments).map((reasoning) => ({ reasoning })),
          ...pieces(text, fragments).map((content) => ({ content })),
          ...pieces(refusal, fragments).map((piece) => ({ refusal: piece })),
          ...made.flatMap((one, index) => [
            { tool_calls: [{ ...one, index, function: { name: one.function.name, arguments: '' } }] },
            ...pieces(one.function.arguments, fragments).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
          ]),
        ]
        const stream = events(...deltas.map((delta) => chunk(delta)), chunk({}, finish), { id: 'r1', model: 'm-1', choices: [], usage }, '[DONE]')
        expect(streamed(stream, of(compatible), cut)).toEqual(whole(body, of(compatible)))
      }),
    )
  })

  test('thinking in tags is split from the text wherever the tags are cut', () => {
    fc.assert(
      fc.property(said, said, cuts, (thinking, text, fragments) => {
        const content = `<think>\n${thinking.replaceAll('<', '')}</think>\n\n${text}`
        const stream = events(...pieces(content, fragments).map((piece) => chunk({ content: piece })), chunk({}, 'stop'), '[DONE]')
        const { response } = streamed(stream, of(together))
        expect(response).toEqual(whole({ id: 'r1', model: 'm-1', created: 7, choices: [{ message: { content }, finish_reason: 'stop' }] }, of(together)).response)
        expect(response.thinking).toBe(thinking.replaceAll('<', '').trimStart())
        expect(response.text).toBe(text.trimStart())
      }),
    )
  })

  test.each([together, vllm, lmstudio, ollama, perplexity])('what stands before a closing tag that nothing opened was thinking', (provider) => {
    fc.assert(
      fc.property(said, said, cuts, (thinking, text, fragments) => {
        const content = `a${thinking.replaceAll(/[<"'\`]/g, '')}.\n</think>\n\n${text.replace('<', '')}`
        const stream = events(...pieces(content, fragments).map((piece) => chunk({ content: piece })), chunk({}, 'stop'), '[DONE]')
        const { response } = streamed(stream, of(provider))
        expect(response).toEqual(whole({ id: 'r1', model: 'm-1', created: 7, choices: [{ message: { content }, finish_reason: 'stop' }] }, of(provider)).response)
        expect(response).toMatchObject({ thinking: `a${thinking.replaceAll(/[<"'\`]/g, '')}.`, text: text.replace('<', '').trimStart() })
      }),
    )
  })

  test('and no text is held back for such a tag', () => {
    fc.assert(
      fc.property(said, cuts, (text, fragments) => {
        const decoder = together.wire.decoder(of(together))
        for (const piece of pieces(`a${text} </thin`, fragments)) {
          const deltas = decoder.frame(JSON.stringify(chunk({ content: piece })), '')
          expect(deltas.flatMap((delta) => (delta.type === 'text_delta' ? delta.text : [])).join('')).toBe(piece)
        }
      }),
    )
  })

  test('text that only looks like a tag, or speaks of one, is text', () => {
    const texts = ['<thinker> here', 'a <think>b</think>', '<thi', 'It ends with `</think>`.', 'A "</think>", \'</think>\'', '```\n<think>\nHm\n</think>\n```', 'a </think']
    for (const content of texts) {
      const stream = events(...[...content].map((letter) => chunk({ content: letter })), chunk({}, 'stop'), '[DONE]')
      for (const { response } of [streamed(stream, of(together)), whole({ choices: [{ message: { content } }] }, of(together))]) {
        expect(response).toMatchObject({ text: content, thinking: '' })
      }
    }
  })

  test('a closing tag that comes first closes nothing', () => {
    const content = '\n</think>\n\nHello'
    const stream = events(...[...content].map((letter) => chunk({ content: letter })), chunk({}, 'stop'), '[DONE]')
    expect(streamed(stream, of(vllm)).response).toMatchObject({ text: 'Hello', thinking: '', content: [{ type: 'text' }] })
  })
})

describe('tool calls', () => {
  const calls = (...deltas: unknown[]) =>
    streamed(events(...deltas.map((delta) => chunk({ tool_calls: [delta] })), chunk({}, 'stop'), '[DONE]'), of(compatible)).response.toolCalls
  const part = (args: unknown, more: object = {}) => ({ function: { arguments: args }, ...more })

  test.each([
    ['by index, whatever it begins with', [
      { index: 1, id: 'x', function: { name: 'f', arguments: '' } }, { index: 3, id: 'y', function: { name: 'g', arguments: '{"b":' } },
      part('{"a":1}', { index: 1 }), part('2}', { index: 3 }),
    ]],
    ['without an index, by their order', [
      { id: 'x', function: { name: 'f', arguments: '{"a":' } }, part('1}', { id: '' }), { id: 'y', function: { name: 'g', arguments: '{"b"' } }, part(':2}'),
    ]],
    ['that all have index 0', [
      { index: 0, id: 'x', function: { name: 'f', arguments: '{"a":1}' } }, { index: 0, id: 'y', function: { name: 'g', arguments: '{"b":2}' } },
    ]],
    ['with the id again in every piece, and empty strings for what is absent', [
      { index: 0, id: 'x', function: { name: 'f', arguments: '{"a":' } }, { index: 0, id: 'x', type: '', function: { name: '', arguments: '1}' } },
      { index: 1, id: 'y', function: { name: 'g', arguments: '{"b":2}' } }, { index: 1, id: '', function: { name: 'g', arguments: '' } },
    ]],
    ['with the name after the first arguments, and arguments as objects', [
      { index: 0, id: 'x', function: { arguments: '{"a"' } }, { index: 0, function: { name: 'f', arguments: ':1}' } }, { index: 1, id: 'y', function: { name: 'g', arguments: { b: 2 } } },
    ]],
  ])('are found %s', (_, deltas) => {
    expect(calls(...deltas)).toEqual([{ id: 'x', name: 'f', arguments: { a: 1 } }, { id: 'y', name: 'g', arguments: { b: 2 } }])
  })

  test('without ids are apart, and get ids', () => {
    const made = calls({ function: { name: 'f', arguments: '{}' }, id: '' }, { function: { name: 'f', arguments: '' } })
    expect(made).toHaveLength(2)
    expect(new Set(made.map(({ id }) => id)).size).toBe(2)
  })

  test('without ids that all have index 0 are apart by their names', () => {
    const made = calls({ index: 0, function: { name: 'f', arguments: '{"a":' } }, { index: 0, function: { name: 'f', arguments: '1}' } }, { index: 0, id: '', function: { name: 'g', arguments: '{"b":2}' } })
    expect(made).toMatchObject([{ name: 'f', arguments: { a: 1 } }, { name: 'g', arguments: { b: 2 } }])
  })

  test('pieces that read the same belong to the call that was begun last', () => {
    const made = calls({ id: 'x', function: { name: 'f', arguments: '{"a":"' } }, part('q'), part('r'), part('"}'), { id: 'y', function: { name: 'g', arguments: '{"a":"' } }, part('q'), part('s'), part('"}'))
    expect(made.map((one) => one.arguments)).toEqual([{ a: 'qr' }, { a: 'qs' }])
  })

  test('that all have index 0 are apart, in pieces too', () => {
    const begin = (id: string) => ({ index: 0, id, function: { name: 'f', arguments: '' } })
    const made = calls(begin('x'), ...['{"a":"q', 'q', '"}'].map((it) => part(it, { index: 0 })), begin('y'), ...['{"a":"', 'r', '"}'].map((it) => part(it, { index: 0 })))
    expect(made.map(({ id, arguments: args }) => [id, args])).toEqual([['x', { a: 'qq' }], ['y', { a: 'r' }]])
  })

  test('that do not parse keep their place and are no calls', () => {
    const [made] = calls({ index: 0, id: 'x', function: { name: 'f', arguments: '{"a":' } })
    expect(made).toMatchObject({ id: 'x', invalid: { raw: '{"a":' } })
    expect(made).not.toHaveProperty('arguments')
  })

  test('of free text have one argument, whole and streamed', () => {
    const input = 'say "hi"\n'
    const piecewise = calls({ index: 0, id: 'x', type: 'custom', custom: { name: 'run', input: '' } }, { index: 0, custom: { input: 'say "' } }, { index: 0, custom: { input: 'hi"\n' } })
    const body = { choices: [{ message: { tool_calls: [{ id: 'x', type: 'custom', custom: { name: 'run', input } }] }, finish_reason: 'tool_calls' }] }
    expect(piecewise).toEqual([{ id: 'x', name: 'run', arguments: { input } }])
    expect(whole(body, of(openai)).response.toolCalls).toEqual(piecewise)
  })

  test('an empty list, null and empty objects are no calls', () => {
    for (const message of [{ content: 'a', tool_calls: [] }, { content: 'a', tool_calls: null, function_call: { name: '', arguments: '' } }]) {
      expect(whole({ choices: [{ message, finish_reason: '' }] }, of(compatible)).response).toMatchObject({ toolCalls: [], finishReason: 'stop', rawFinishReason: '' })
    }
  })
})

describe('why it stopped', () => {
  const reason = (raw: string | null, message: object, provider = compatible) => whole({ choices: [{ message, finish_reason: raw }] }, of(provider)).response
  test.each([
    ['eos', { content: 'a' }, 'stop'],
    [null, { content: 'a' }, 'stop'],
    [null, {}, 'other'],
    ['model_length', { content: 'a' }, 'length'],
    ['stop', { tool_calls: [{ id: 'x', function: { name: 'f' } }] }, 'tool_calls'],
    ['length', { tool_calls: [{ id: 'x', function: { name: 'f' } }] }, 'length'],
    ['stop', { refusal: 'no' }, 'content_filter'],
    ['content-filter', { content: 'a' }, 'content_filter'],
    ['insufficient_system_resource', { content: 'a' }, 'error'],
    ['something_new', { content: 'a' }, 'other'],
  ])('%s with %j is %s', (raw, message, finishReason) => {
    expect(reason(raw, message)).toMatchObject({ finishReason, rawFinishReason: raw })
  })

  test('a window that is full, with nothing said, is an error', () => {
    expect(() => reason('model_context_window_exceeded', { content: '' })).toThrow(expect.objectContaining({ code: 'context_window' }))
  })

  test('a filter that strikes late counts, and a null after the reason does not', () => {
    const late = events(chunk({ content: 'a' }), chunk({}, 'stop'), { choices: [{ finish_reason: null }] }, { choices: [{ finish_reason: 'content_filter' }] }, '[DONE]')
    expect(streamed(late, of(openai)).response.finishReason).toBe('content_filter')
    const again = events(chunk({ content: 'a' }), chunk({}, 'length'), chunk({ content: '' }), '[DONE]')
    expect(streamed(again, of(openrouter)).response.rawFinishReason).toBe('length')
  })
})

describe('how a stream ends', () => {
  const text = events(chunk({ content: 'a' }), chunk({}, 'stop'))
  test('without [DONE] it is not whole, but for servers that are known not to send it', () => {
    expect(streamed(text, of(openai)).complete).toBe(false)
    expect(streamed(text, of(compatible)).complete).toBe(true)
    expect(streamed(events(chunk({ content: 'a' })), of(compatible)).complete).toBe(false)
    expect(streamed(text + events('[DONE]'), of(openai)).complete).toBe(true)
  })

  const codeOf = (read: () => unknown): unknown => {
    try {
      return read()
    } catch (error) {
      return error instanceof RelayError ? [error.code, error.message] : error
    }
  }
  test.each([
    ['an error frame', 'event: error\ndata: {"error":{"message":"bad call","code":"tool_use_failed","type":"invalid_request_error","status_code":400}}\n\n', ['invalid_request', 'bad call']],
    ['an error in a chunk', events({ error: { code: 429, message: 'slow' }, choices: [{ delta: {} }] }), ['rate_limit', 'slow']],
    ['an error that is text', events({ error: 'no room in the context window' }), ['context_window', 'no room in the context window']],
    ['an error in a choice', events({ choices: [{ error: { code: 502, message: 'upstream' } }] }), ['server_error', 'upstream']],
    ['a flat error', events({ object: 'error', message: 'gone', code: 404 }), ['not_found', 'gone']],
  ])('%s in it is thrown', (_, bytes, expected) => {
    expect(codeOf(() => streamed(text + bytes, of(compatible)))).toEqual(expected)
  })

  test('what is not JSON is an invalid response', () => {
    expect(codeOf(() => streamed(text + events('{"choices"'), of(openai)))).toEqual(['invalid_response', expect.stringContaining('{"choices"')])
  })

  test.each([[{ code: 'Client specified an invalid argument', error: 'no such thing' }, 'invalid_request'], [{ detail: 'x' }, 'server_error'], [{}, 'invalid_response'], [null, 'invalid_response'], [{ choices: [] }, 'invalid_response']])(
    'a whole body that is no answer is thrown: %j',
    (body, code) => {
      expect(codeOf(() => whole(body, of(xai)))).toEqual([code, expect.any(String)])
    },
  )
})

describe('what is kept', () => {
  test('opaque reasoning is put together as it came, and one of the fields that hold the same text is read', () => {
    const delta = (detail: object, reasoning?: string) => chunk({ content: '', reasoning, reasoning_details: [detail] })
    const stream = events(
      delta({ type: 'reasoning.text', text: 'Hm', index: 0, format: 'f' }, 'Hm'),
      delta({ type: 'reasoning.text', text: 'm.', index: 0, format: null }, 'm.'),
      delta({ type: 'reasoning.text', signature: 'sig', index: 0 }),
      delta({ type: 'reasoning.encrypted', data: 'opaque', id: 'e1', index: 0 }),
      chunk({ content: 'ok' }, 'stop'),
      '[DONE]',
    )
    const { response } = streamed(stream, of(openrouter))
    expect(response).toMatchObject({ thinking: 'Hmm.', text: 'ok' })
    expect(response.content[0]?.origin?.state).toEqual({
      with: { reasoning_details: [{ type: 'reasoning.text', text: 'Hmm.', index: 0, format: 'f', signature: 'sig' }, { type: 'reasoning.encrypted', data: 'opaque', id: 'e1', index: 0 }] },
    })
  })

  test('thinking in parts of the content, and text after it', () => {
    const stream = events(
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] }),
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'm' }] }, { type: 'text', text: 'a' }] }),
      chunk({ content: 'b' }, 'stop'),
      '[DONE]',
    )
    expect(streamed(stream, of(mistral)).response).toMatchObject({ thinking: 'Hmm', text: 'ab' })
  })

  test('citations, pictures and annotations', () => {
    const annotations = [{ type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 1, content: 'words' } }, { type: 'file', file: { hash: 'h' } }]
    const message = { content: 'a', annotations, images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] }
    const { response } = whole({ choices: [{ message, finish_reason: 'stop' }] }, of(openrouter))
    expect(response.content).toMatchObject([
      { type: 'text', citations: [{ kind: 'url_citation', url: 'https://a.example', title: 'A', start: 0, end: 1, citedText: 'words', raw: annotations[0]?.url_citation }] },
      { type: 'image', url: 'data:image/png;base64,AA==' },
      { type: 'native', kind: 'annotation', data: annotations[1] },
    ])
  })

  test('sources that are said with every chunk are kept once', () => {
    const found = { search_results: [{ url: 'https://a.example', title: 'A' }], citations: ['https://a.example'] }
    const stream = events({ ...found, choices: [{ delta: { content: 'a' } }] }, { ...found, choices: [{ delta: { content: 'b' }, message: { content: 'ab' }, finish_reason: 'stop' }] })
    const { response, complete } = streamed(stream, of(perplexity))
    expect(complete).toBe(true)
    expect(response.content).toMatchObject([{ type: 'text', text: 'ab', citations: [{ kind: 'search_result', url: 'https://a.example', title: 'A' }] }])
  })

  test('sound, in pieces that are padded each for itself', () => {
    const encoding = encodingOf({ providerOptions: { audio: { format: 'pcm16' } } }, { provider: openai })
    const stream = events(chunk({ audio: { id: 'au', data: btoa('a') } }), chunk({ audio: { data: btoa('bc'), transcript: 'hi' } }), chunk({ audio: { expires_at: 1 } }, 'stop'), '[DONE]')
    const message = { content: null, audio: { id: 'au', data: btoa('abc'), transcript: 'hi', expires_at: 1 } }
    const { response } = streamed(stream, encoding)
    expect(response.content).toMatchObject([{ type: 'audio', data: btoa('abc'), transcript: 'hi', mediaType: 'audio/pcm16', origin: { state: { with: { audio: { id: 'au' } } } } }])
    expect(response.content).toEqual(whole({ choices: [{ message, finish_reason: 'stop' }] }, encoding).response.content)
  })

  test('only the first of several choices is read', () => {
    const stream = events({ choices: [{ index: 1, delta: { content: 'x' } }] }, chunk({ content: 'a' }), { choices: [{ index: 1, delta: {}, finish_reason: 'length' }] }, chunk({}, 'stop'), '[DONE]')
    expect(streamed(stream, of(openai)).response).toMatchObject({ text: 'a', rawFinishReason: 'stop' })
  })

  test('names come from whichever chunk has them, and times in milliseconds', () => {
    const first = { id: '', model: '', created: 0, choices: [], prompt_filter_results: [] }
    expect(streamed(events(first, chunk({ content: 'a' }, 'stop'), '[DONE]'), of(openai)).response).toMatchObject({ id: 'r1', providerModel: 'm-1', createdAt: 7000 })
  })
})

describe('usage', () => {
  const usage = (raw: object, provider = compatible) => whole({ choices: [{ message: { content: 'a' } }], usage: raw }, of(provider)).response
  test.each([
    ['reasoning that is inside', openai, { prompt_tokens: 13, completion_tokens: 238, total_tokens: 251, completion_tokens_details: { reasoning_tokens: 192 } }, [13, 238, 0, 0, 192]],
    ['reasoning that is outside', xai, { prompt_tokens: 12, completion_tokens: 1, total_tokens: 241, completion_tokens_details: { reasoning_tokens: 228 } }, [12, 229, 0, 0, 228]],
    ['reasoning that is only in the total', compatible, { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 }, [35, 74, 0, 0, 62]],
    ['reasoning that is in no total', perplexity, { prompt_tokens: 5, completion_tokens: 10, total_tokens: 15, reasoning_tokens: 90 }, [5, 100, 0, 0, 90]],
    ['reasoning of more than all', compatible, { prompt_tokens: 43, completion_tokens: 10, total_tokens: 53, completion_tokens_details: { reasoning_tokens: 11 } }, [43, 10, 0, 0, 10]],
    ['sound that is only in the total', mistral, { prompt_tokens: 9, completion_tokens: 248, total_tokens: 632, prompt_tokens_details: { audio_tokens: 375 } }, [384, 248, 0, 0, 0]],
    ['cache reads and writes', openrouter, { prompt_tokens: 100, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 } }, [100, 1, 60, 30, 0]],
    ['cache hits', compatible, { prompt_tokens: 100, completion_tokens: 1, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 }, [100, 1, 64, 0, 0]],
    ['more from the cache than went in', xai, { prompt_tokens: 24, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 161 } }, [24, 2, 24, 0, 0]],
    ['nulls', compatible, { prompt_tokens: 24, completion_tokens: null, total_tokens: null, prompt_tokens_details: null, completion_tokens_details: null }, [24, 1, 0, 0, 0]],
  ] as const)('counts %s', (_, provider, raw, [inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens]) => {
    expect(usage(raw, provider).usage).toMatchObject({ inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens, totalTokens: inputTokens + outputTokens })
  })

  test('the last that is said counts, and nothing is added up', () => {
    const said = (completion: number) => ({ choices: [{ delta: { content: 'a' } }], usage: { prompt_tokens: 8, completion_tokens: completion } })
    const stream = events(said(1), said(2), { choices: [{ delta: {}, finish_reason: 'stop', usage: { prompt_tokens: 8, completion_tokens: 5 } }] }, '[DONE]')
    expect(streamed(stream, of(compatible)).response.usage).toMatchObject({ inputTokens: 8, outputTokens: 5 })
  })

  test.each([
    [openrouter, { cost: 0.00093 }, 0.00093],
    [openrouter, { cost: 0 }, 0],
    [openrouter, { cost: 0.5, is_byok: true, cost_details: { upstream_inference_cost: 1 } }, 1.5],
    [openrouter, { cost: 0.5, is_byok: false, cost_details: { upstream_inference_cost: 0.5 } }, 0.5],
    [xai, { cost_in_usd_ticks: 1_466_250 }, 0.000146625],
    [perplexity, { cost: { total_cost: 0.00501 } }, 0.00501],
    [compatible, { cost: 1 }, null],
  ] as const)('takes the price that is named, %#', (provider, raw, usd) => {
    expect(usage({ prompt_tokens: 1, completion_tokens: 1, ...raw }, provider).costUsd).toBe(usd)
  })
})
