import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RelayError, type ErrorCode } from '../../src/errors.ts'
import { openrouterResponses } from '../../src/providers/openrouter-responses.ts'
import { perplexityResponses } from '../../src/providers/perplexity-responses.ts'
import { xaiResponses } from '../../src/providers/xai-responses.ts'
import type { Provider } from '../../src/types/provider.ts'
import { streamed, whole } from './openai-chat-kit.ts'
import { asking, bodyOf, events, itemEvents, outputs, plain, streamOf, usage, type Item } from './openai-responses-kit.ts'

const cuts = fc.array(fc.nat(), { maxLength: 10 })
const text = (words: string): Item => ({ type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: words, annotations: [] }] })
const call = (more: object = {}): Item => ({ type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'wx', arguments: '{"city":"Oslo"}', status: 'completed', ...more })
const read = (output: readonly Item[], more: object = {}) => whole(bodyOf(output, more), asking()).response
const created = { type: 'response.created', response: { id: 'resp_1', model: 'm-1', created_at: 7, status: 'in_progress' } }

describe('the parity law', () => {
  test('a stream, cut into any pieces and its bytes anywhere, folds to what the whole body does', () => {
    fc.assert(
      fc.property(outputs, cuts, cuts, (output, fragments, cut) => {
        expect(streamed(streamOf(output, {}, { cuts: fragments }), asking(), cut)).toEqual(whole(bodyOf(output), asking()))
      }),
    )
  })

  test('so it does where the deltas never come, and where nothing comes before the end', () => {
    fc.assert(
      fc.property(outputs, (output) => {
        const { response, complete } = whole(bodyOf(output), asking())
        expect(streamed(streamOf(output, {}, { quiet: true }), asking())).toEqual({ response, complete })
        expect(streamed(events([created, { type: 'response.completed', response: bodyOf(output) } as { type: string }]), asking())).toEqual({ response, complete })
      }),
    )
  })

  test('so it does where items end in another order than they began', () => {
    const output = [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'sealed' }, text('hi'), call()] as const
    const parts = output.map((item, index) => itemEvents(item, index))
    const begins = parts.map((part) => part.slice(0, -1)).flat()
    const ends = parts.map((part) => part.slice(-1)).flat().reverse()
    const stream = events([created, ...begins, ...ends, { type: 'response.completed', response: bodyOf(output) } as { type: string }])
    expect(streamed(stream, asking())).toEqual(whole(bodyOf(output), asking()))
  })

  test('every stream that is cut short is no whole answer', () => {
    const stream = streamOf([text('hi'), call()])
    const last = stream.lastIndexOf('event: response.completed')
    for (let end = 0; end <= last; end += 7) {
      let complete = false
      try {
        ;({ complete } = streamed(stream.slice(0, end), asking()))
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid_response' })
      }
      expect(complete).toBe(false)
    }
  })
})

describe('what is said', () => {
  test('several parts of a summary are one block, and one item on the way back', () => {
    const item = { type: 'reasoning', id: 'rs_1', status: 'completed', summary: [{ type: 'summary_text', text: 'a' }, { type: 'summary_text', text: 'b' }], encrypted_content: 'sealed' }
    const { status: _, ...kept } = item
    expect(read([item, text('hi')]).content).toMatchObject([{ type: 'thinking', text: 'a\n\nb', origin: { provider: 'nobody', state: { at: 0, item: kept } } }, { type: 'text', text: 'hi', origin: { state: { at: 1, thought: true } } }])
  })

  test('thoughts that are not shown keep their place', () => {
    expect(read([{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'sealed' }, text('hi')]).content.map(({ type }) => type)).toEqual(['thinking', 'text'])
  })

  test('the last word on sealed thoughts counts', () => {
    const sealed = (encrypted_content: string): Item => ({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content })
    const stream = events([created, ...itemEvents(sealed('first'), 0), { type: 'response.completed', response: bodyOf([sealed('last')]) } as { type: string }])
    expect(JSON.stringify(streamed(stream, asking()).response.content)).toContain('last')
  })

  test('a whole that has other items than the stream changes nothing', () => {
    const stream = events([created, ...itemEvents(text('hi'), 1), { type: 'response.completed', response: bodyOf([text('other'), call()]) } as { type: string }])
    expect(streamed(stream, asking()).response).toMatchObject({ text: 'hi', toolCalls: [] })
  })

  test('tools of the provider are kept whole', () => {
    const item = { type: 'mcp_call', id: 'mcp_1', name: 'f', arguments: '{}', output: '1', server_label: 's' }
    expect(read([item]).content).toMatchObject([{ type: 'native', kind: 'mcp_call', data: item, origin: { provider: 'nobody' } }])
    expect(read([item]).toolCalls).toEqual([])
  })

  test('citations of the web and of files', () => {
    const annotations = [
      { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 },
      { type: 'file_citation', file_id: 'f', filename: 'f.pdf', index: 2 },
    ]
    expect(read([{ type: 'message', content: [{ type: 'output_text', text: 'hi', annotations }] }]).content).toMatchObject([
      { citations: [{ kind: 'url_citation', url: 'https://a.example', title: 'A', start: 0, end: 2, raw: annotations[0] }, { kind: 'file_citation', title: 'f.pdf', raw: annotations[1] }] },
    ])
  })

  test('a call has the id that its result must name, wherever its arguments come', () => {
    expect(read([call(), call({ call_id: 'call_2', arguments: '' }), call({ call_id: 'call_3', arguments: '{"a"' })]).toolCalls).toMatchObject([
      { id: 'call_1', name: 'wx', arguments: { city: 'Oslo' } },
      { id: 'call_2', arguments: {} },
      { id: 'call_3', invalid: { raw: '{"a"' } },
    ])
  })

  const wrapper = (args: unknown): Item => call({ name: 'multi_tool_use.parallel', arguments: typeof args === 'string' ? args : JSON.stringify(args) })
  const uses = { tool_uses: [{ recipient_name: 'functions.f', parameters: { a: 1 } }, { recipient_name: 'g', parameters: { b: 2 } }] }
  test('calls inside a tool that the model made up are taken out, whole and streamed', () => {
    const expected = [{ id: 'call_1_0', name: 'f', arguments: { a: 1 } }, { id: 'call_1_1', name: 'g', arguments: { b: 2 } }]
    expect(read([wrapper(uses)]).toolCalls).toEqual(expected)
    expect(streamed(streamOf([wrapper(uses)], {}, { cuts: [3, 20] }), asking()).response.toolCalls).toEqual(expected)
  })

  test.each([['{"tool_uses":'], [{ tool_uses: [] }], [{}]])('where there are none inside, it stays a call: %j', (args) => {
    expect(read([wrapper(args)]).toolCalls).toMatchObject([{ id: 'call_1', name: 'multi_tool_use.parallel' }])
  })

  test('a tool of that name that was declared is just a tool', () => {
    const { response } = whole(bodyOf([wrapper(uses)]), asking({ tools: [{ name: 'multi_tool_use.parallel' }] }))
    expect(response.toolCalls).toMatchObject([{ arguments: uses }])
  })

  test('names, times, usage and facts', () => {
    const dropped = [{ type: 'reasoning', action: 'removed', reason: 'model_mismatch', id: 'rs_1' }]
    expect(read([text('hi')], { input_transformations: dropped })).toMatchObject({
      id: 'resp_1',
      providerModel: 'm-1',
      createdAt: 7000,
      usage: { inputTokens: 40, outputTokens: 22, cachedInputTokens: 10, cacheWriteTokens: 5, reasoningTokens: 8, totalTokens: 62 },
      metadata: { inputTransformations: dropped },
    })
  })

  test.each<[Provider, object, number | null]>([
    [xaiResponses, { cost_in_usd_ticks: 1_466_250 }, 0.000146625],
    [openrouterResponses, { cost: 0.5 }, 0.5],
    [perplexityResponses, { cost: { total_cost: 0.25 } }, 0.25],
    [plain, { cost: 1 }, null],
  ])('the price that is named, %#', (provider, more, usd) => {
    expect(whole(bodyOf([text('hi')], { usage: { ...usage, ...more } }), asking({}, { provider })).response.costUsd).toBe(usd)
  })
})

describe('how it ends', () => {
  const refusal: Item = { type: 'message', content: [{ type: 'refusal', refusal: 'no' }] }
  test.each<[string, object, readonly Item[], string, string]>([
    ['completed', {}, [text('hi')], 'stop', 'completed'],
    ['completed', {}, [text('hi'), call()], 'tool_calls', 'completed'],
    ['completed', {}, [refusal], 'content_filter', 'completed'],
    ['incomplete', { incomplete_details: { reason: 'max_output_tokens' } }, [text('hi')], 'length', 'max_output_tokens'],
    ['incomplete', { incomplete_details: { reason: 'max_output_tokens' } }, [call({ arguments: '{"ci' })], 'length', 'max_output_tokens'],
    ['incomplete', { incomplete_details: { reason: 'content_filter' } }, [], 'content_filter', 'content_filter'],
    ['incomplete', { incomplete_details: { reason: 'steered' } }, [text('hi')], 'other', 'steered'],
    ['cancelled', {}, [text('hi')], 'error', 'cancelled'],
  ])('%s with %j, whole and streamed', (status, more, output, finishReason, rawFinishReason) => {
    const { response, complete } = whole(bodyOf(output, { status, ...more }), asking())
    expect(complete).toBe(true)
    expect(response).toMatchObject({ finishReason, rawFinishReason })
    expect(streamed(streamOf(output, { status, ...more }), asking()).response).toEqual(response)
  })

  test('an answer that is still to come says so', () => {
    expect(read([], { status: 'queued', usage: null })).toMatchObject({ finishReason: 'other', rawFinishReason: 'queued', content: [] })
  })

  test('an end that says [DONE] besides is the same end', () => {
    expect(streamed(`${streamOf([text('hi')])}data: [DONE]\n\n`, asking()).response.text).toBe('hi')
    expect(streamed('data: [DONE]\n\n', asking()).complete).toBe(false)
  })
})

const thrown = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error instanceof RelayError ? [error.code, error.message] : error
  }
}

describe('failures after the 200', () => {
  const error = (code: string, message: string) => ({ type: code, code, message, param: null })
  test.each<[string, readonly { type: string }[], ErrorCode, string]>([
    ['nested', [{ type: 'error', error: error('insufficient_quota', 'no money') } as { type: string }], 'quota', 'no money'],
    ['flat', [{ type: 'error', code: 'context_length_exceeded', message: 'too long', param: 'input' } as { type: string }], 'context_window', 'too long'],
    ['of a response', [{ type: 'response.failed', response: bodyOf([], { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'slow down' } }) } as { type: string }], 'rate_limit', 'slow down'],
    ['of a response that says no more', [{ type: 'response.failed', response: { status: 'failed' } } as { type: string }], 'server_error', 'does not say why'],
    ['for reasons of policy', [{ type: 'response.failed', response: bodyOf([], { status: 'failed', error: { code: 'bio_policy', message: 'no' } }) } as { type: string }], 'content_policy', 'no'],
    ['because of a picture', [{ type: 'response.failed', response: bodyOf([], { status: 'failed', error: { code: 'image_too_small', message: 'no' } }) } as { type: string }], 'invalid_request', 'no'],
  ])('%s', (_, frames, code, message) => {
    expect(thrown(() => streamed(events([created, ...frames]), asking()))).toEqual([code, expect.stringContaining(message)])
  })

  test.each<[unknown, ErrorCode]>([
    [bodyOf([], { status: 'failed', error: { code: 'server_error', message: 'x' } }), 'server_error'],
    [bodyOf([], { status: 'failed', error: null }), 'server_error'],
    [{ code: 'Client specified an invalid argument', error: 'no such thing' }, 'invalid_request'],
    [{ id: 'resp_1' }, 'invalid_response'],
    [null, 'invalid_response'],
  ])('in a whole body, %#', (body, code) => {
    expect(thrown(() => whole(body, asking()))).toEqual([code, expect.any(String)])
  })

  test('what is not JSON is an invalid response', () => {
    expect(thrown(() => streamed('data: {"type"\n\n', asking()))).toEqual(['invalid_response', expect.stringContaining('{"type"')])
  })

  test.each<[number, object, ErrorCode]>([
    [400, { error: { message: "Item 'rs_1' of type 'reasoning' was provided without its required following item.", type: 'invalid_request_error' } }, 'invalid_request'],
    [400, { error: { message: 'Your input exceeds the context window of this model.', type: 'invalid_request_error', code: 'context_length_exceeded' } }, 'context_window'],
    [400, { error: { message: 'flagged', code: 'invalid_prompt' } }, 'content_policy'],
    [401, { error: { message: 'Incorrect API key provided', code: 'invalid_api_key' } }, 'authentication'],
    [503, { error: { message: 'busy', code: 'server_is_overloaded' } }, 'overloaded'],
  ])('before it, %s %j', (status, body, code) => {
    expect(plain.wire.fault({ status, text: JSON.stringify(body), json: body, headers: new Headers(), details: { status } }).code).toBe(code)
  })
})
