// The Messages dialect, what comes back: parity, replay, and what failures mean.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RelayError } from '../../src/errors.ts'
import { anthropic } from '../../src/providers/anthropic.ts'
import type { Raw } from './anthropic-fixtures.ts'
import { encodingOf, fold, manner, message, render, sent, streamed, whole } from './anthropic-fixtures.ts'

const { wire } = anthropic

describe('parity', () => {
  it('a stream folds to what the whole body folds to, however its bytes are cut', () => {
    const given = fc.record({ raw: message, how: manner, cuts: fc.array(fc.nat(4000), { maxLength: 12 }) })
    fc.assert(
      fc.property(given, ({ raw, how, cuts }) => {
        const bytes = render(raw, how)
        expect(streamed(bytes, cuts.map((cut) => cut % (bytes.length + 1)))).toEqual(whole(raw))
      }),
      { numRuns: 400 },
    )
  })

  it('at every single place', () => {
    const content = [
      { type: 'thinking', thinking: 'höm', signature: 'c2ln' },
      { type: 'text', text: '“quoted” 🙂', citations: [{ type: 'page_location', cited_text: 'a', document_title: 'T' }] },
      { type: 'tool_use', id: 'toolu_1', name: 'look', input: { q: 'é', n: [1] } },
    ]
    const raw = { id: 'msg_1', model: 'claude-sonnet-4-5', content, stop_reason: 'tool_use', usage: { input_tokens: 1, output_tokens: 2 } }
    const bytes = render(raw, { sizes: [2, 5], noise: false, newline: '\r\n', named: true, early: false })
    const answer = whole(raw)
    for (let cut = 0; cut <= bytes.length; cut++) expect(streamed(bytes, [cut])).toEqual(answer)
  })

  it('a stream is whole with its last event, and not before', () => {
    fc.assert(
      fc.property(message, manner, (raw, how) => {
        const bytes = render(raw, { ...how, newline: '\n' })
        const decoder = wire.decoder(encodingOf())
        const types: string[] = []
        const framer = wire.framing.framer((data, event) => types.push(...decoder.frame(data, event).map(({ type }) => type)))
        framer.push(bytes)
        framer.end()
        expect(types.indexOf('done')).toBe(types.length - 1)
        expect(decoder.end()).toEqual([])
      }),
    )
  })
})

describe('replay', () => {
  it('what was decoded goes back byte for byte', () => {
    fc.assert(
      fc.property(message, manner, (raw, how) => {
        const answer = streamed(render(raw, how))
        const results = answer.toolCalls.map(({ id }) => ({ type: 'tool_result' as const, toolUseId: id, content: 'ok' }))
        // Through JSON, as a history that was stored.
        const told = JSON.parse(JSON.stringify(answer.message)) as typeof answer.message
        const { body } = sent({ messages: [{ role: 'user', content: 'q' }, told, { role: 'user', content: [...results, { type: 'text', text: 'and?' }] }] })
        const content = raw['content'] as readonly Raw[]
        const spoken = content.some(({ type, text }) => type === 'text' && String(text).trim())
        const kept = content.filter(({ type, text }) => type !== 'text' || spoken || String(text).trim())
        if (kept.length) expect(body.messages[1]).toEqual({ role: 'assistant', content: kept })
      }),
      { numRuns: 200 },
    )
  })

  it('thinking that is not shown keeps its signature', () => {
    const { content } = whole({ content: [{ type: 'thinking', thinking: '', signature: 'abc=' }], usage: {} })
    expect(content).toMatchObject([{ type: 'thinking', text: '', signature: 'abc=' }])
  })
})

describe('decoding', () => {
  const answered = (fields: Raw): ReturnType<typeof whole> => whole({ id: 'msg_1', model: 'claude-opus-4-8', content: [{ type: 'text', text: 'a' }], ...fields })

  it('counts what went through the cache as input', () => {
    const usage = {
      input_tokens: 5,
      output_tokens: 7,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      output_tokens_details: { thinking_tokens: 4 },
    }
    expect(answered({ usage }).usage).toEqual({
      inputTokens: 135,
      outputTokens: 7,
      cachedInputTokens: 100,
      cacheWriteTokens: 30,
      cacheWrite1hTokens: 20,
      reasoningTokens: 4,
      totalTokens: 142,
    })
  })

  it('later counts replace earlier ones, and null says nothing', () => {
    const events = [
      { type: 'message_start', message: { id: 'm', content: [], usage: { input_tokens: 1051, output_tokens: 3, cache_read_input_tokens: 8 } } },
      { type: 'message_delta', delta: { stop_reason: null }, usage: { output_tokens: 40, input_tokens: null } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 90, input_tokens: 4727 } },
      { type: 'message_stop' },
    ]
    const decoder = wire.decoder(encodingOf())
    const answer = fold(events.flatMap((event) => decoder.frame(JSON.stringify(event), '')))
    expect(answer.usage).toMatchObject({ inputTokens: 4735, outputTokens: 90, cachedInputTokens: 8 })
  })

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls'],
    ['refusal', 'content_filter'],
    ['pause_turn', 'other'],
    ['compaction', 'other'],
    ['of_next_year', 'other'],
  ])('%s is %s', (raw, reason) => {
    expect(answered({ stop_reason: raw })).toMatchObject({ finishReason: reason, rawFinishReason: raw })
  })

  it('keeps the facts that have no place elsewhere, and leaves out what is null', () => {
    const { metadata } = answered({
      stop_details: { type: 'refusal', category: 'bio' },
      container: { id: 'c1' },
      stop_sequence: null,
      usage: { server_tool_use: { web_search_requests: 2 }, service_tier: 'standard' },
    })
    expect(metadata).toEqual({
      stopDetails: { type: 'refusal', category: 'bio' },
      container: { id: 'c1' },
      serverToolUse: { web_search_requests: 2 },
      serviceTier: 'standard',
    })
  })

  it('a first event may hold the whole message', () => {
    const decoder = wire.decoder(encodingOf())
    const use = { type: 'tool_use', id: 'toolu_1', name: 'roll', input: { n: 2 }, caller: { type: 'code_execution_20250825', tool_id: 's1' } }
    const events = [{ type: 'message_start', message: { id: 'm', content: [use], stop_reason: 'tool_use', usage: {} } }, { type: 'message_stop' }]
    const { toolCalls, finishReason } = fold(events.flatMap((event) => decoder.frame(JSON.stringify(event), '')))
    expect(toolCalls).toEqual([{ id: 'toolu_1', name: 'roll', arguments: { n: 2 } }])
    expect(finishReason).toBe('tool_calls')
  })

  it('what ends twice is said once', () => {
    const decoder = wire.decoder(encodingOf())
    const events = [
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_stop', index: 0 },
    ]
    const { toolCalls } = fold(events.flatMap((event) => decoder.frame(JSON.stringify(event), '')))
    expect(toolCalls).toEqual([{ id: 't', name: 'f', arguments: {} }])
  })

  it('arguments that are cut keep their place and are no call', () => {
    const decoder = wire.decoder(encodingOf())
    const events = [
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"a":' } },
      { type: 'content_block_stop', index: 0 },
    ]
    const { toolCalls } = fold(events.flatMap((event) => decoder.frame(JSON.stringify(event), '')))
    expect(toolCalls).toEqual([{ id: 't', name: 'f', invalid: { raw: '{"a":', error: expect.any(String) } }])
  })
})

const caught = (run: () => unknown): RelayError => {
  try {
    run()
  } catch (error) {
    if (error instanceof RelayError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('failures', () => {
  const say = (type: string, message: string, error_code?: string): Raw => ({
    type: 'error',
    error: { type, message, ...(error_code ? { details: { error_code } } : undefined) },
    request_id: 'req_1',
  })

  it.each<readonly [number, Raw | string, string]>([
    [400, say('invalid_request_error', 'messages.0: all messages must have non-empty content'), 'invalid_request'],
    [400, say('invalid_request_error', 'prompt is too long: 219898 tokens > 200000 maximum'), 'context_window'],
    [400, say('invalid_request_error', 'input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000'), 'context_window'],
    [400, say('invalid_request_error', 'max_tokens: 128001 > 64000, which is the maximum allowed number of output tokens for m'), 'invalid_request'],
    [400, say('invalid_request_error', 'Your credit balance is too low to access the API.'), 'quota'],
    [400, say('invalid_request_error', 'Output blocked by content filtering policy'), 'content_policy'],
    [401, say('authentication_error', 'invalid x-api-key'), 'authentication'],
    [404, say('invalid_request_error', 'no such path'), 'not_found'],
    [402, say('billing_error', 'pay'), 'quota'],
    [403, say('permission_error', 'no'), 'permission'],
    [404, say('not_found_error', 'model: claude-9'), 'not_found'],
    [408, 'slow', 'server_error'],
    [409, say('conflict_error', 'again'), 'server_error'],
    [413, '<html><body>413 Request Entity Too Large</body></html>', 'request_too_large'],
    [413, say('request_too_large', 'too large'), 'request_too_large'],
    [429, say('rate_limit_error', 'This request would exceed the rate limit: see your usage limits'), 'rate_limit'],
    [429, say('rate_limit_error', 'Spend limit', 'enforced_spend_limit_reached'), 'quota'],
    [429, say('rate_limit_error', 'Slow down', 'ramp_limit_exceeded'), 'rate_limit'],
    [500, say('api_error', 'oops'), 'server_error'],
    [503, 'upstream connect error', 'overloaded'],
    [504, say('timeout_error', 'late'), 'server_error'],
    [529, say('overloaded_error', 'Overloaded'), 'overloaded'],
    [529, '', 'overloaded'],
    [418, say('teapot_error', 'short and stout'), 'invalid_request'],
    [502, '[]', 'server_error'],
  ])('%i %j is %s', (status, body, code) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      json = undefined
    }
    const error = wire.fault({ status, text, json, details: { alias: 'm', retryAfterMs: 7 } })
    expect(error).toMatchObject({ code, status, alias: 'm', retryAfterMs: 7 })
    expect(error.message).not.toMatch(/^\s*[<{]|^$/)
    if (typeof body === 'object') expect(error).toMatchObject({ requestId: 'req_1', message: (body['error'] as Raw)['message'] })
  })

  it.each([
    ['overloaded_error', 'overloaded', 529],
    ['rate_limit_error', 'rate_limit', 429],
    ['api_error', 'server_error', 500],
    ['invalid_request_error', 'invalid_request', 400],
    ['of_next_year', 'server_error', 500],
  ])('%s inside a stream is %s, with the status that it would have had', (type, code, status) => {
    const error = caught(() => wire.decoder(encodingOf()).frame(JSON.stringify(say(type, 'words')), 'error'))
    expect(error).toMatchObject({ code, status, message: 'words', requestId: 'req_1' })
  })

  it('an error in place of a message, a body that is none, and an event that is no JSON are errors', () => {
    expect(caught(() => wire.decode(say('overloaded_error', 'x'), encodingOf())).code).toBe('overloaded')
    for (const body of [null, 3, {}, [], { content: 'x' }]) {
      expect(caught(() => wire.decode(body, encodingOf())).code).toBe('invalid_response')
    }
    expect(caught(() => wire.decoder(encodingOf()).frame('{"type":', 'message_start')).code).toBe('invalid_response')
  })
})
