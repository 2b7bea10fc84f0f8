// The Converse dialect, what comes back: parity, replay, truncation, and what failures mean.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RelayError } from '../../src/errors.ts'
import { encodeEvent, encodeException, encodeFrame } from '../../src/http/eventstream-encode.ts'
import { bedrock } from '../../src/providers/bedrock.ts'
import { answer, encodingOf, frames, joined, manner, sent, streamed, whole, type Raw } from './converse-fixtures.ts'

const { wire } = bedrock
const PLAIN = { sizes: [2, 5], padded: true, noise: false, metadata: true }

const RICH: Raw = {
  output: {
    message: {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: 'höm', signature: 'c2ln' } } },
        { reasoningContent: { redactedContent: 'aGlkZGVu' } },
        { text: '“quoted” 🙂' },
        { toolUse: { toolUseId: 'tooluse_1', name: 'look', input: { q: 'é', n: [1] } } },
        { toolUse: { toolUseId: 'tooluse_2', name: 'now', input: {} } },
      ],
    },
  },
  stopReason: 'tool_use',
  usage: { inputTokens: 2, outputTokens: 5, totalTokens: 1337, cacheReadInputTokens: 1322, cacheWriteInputTokens: 8, cacheDetails: [{ ttl: '1h', inputTokens: 8 }] },
}

describe('parity', () => {
  it('a stream folds to what the whole body folds to, however its bytes are cut', () => {
    const given = fc.record({ raw: answer, how: manner, cuts: fc.array(fc.nat(9000), { maxLength: 12 }) })
    fc.assert(
      fc.property(given, ({ raw, how, cuts }) => {
        const bytes = joined(frames(raw, how))
        const { response, types, truncated } = streamed(bytes, cuts.map((cut) => cut % (bytes.length + 1)))
        expect(response).toEqual(whole(raw))
        expect(truncated).toBe(false)
        expect(types.indexOf('done')).toBe(types.length - 1)
      }),
      { numRuns: 400 },
    )
  })

  it('at every single place, and cut short at any of them it is no answer', () => {
    const parts = frames(RICH, PLAIN)
    const bytes = joined(parts)
    const expected = whole(RICH)
    for (let at = 0; at <= bytes.length; at++) {
      expect(streamed(bytes, [at]).response).toEqual(expected)
      expect(streamed(bytes.subarray(0, at)).truncated).toBe(at !== bytes.length)
    }
  })
})

describe('decoding', () => {
  it('reads the blocks, the reason and the tokens', () => {
    const { content, toolCalls, thinking, text, finishReason, rawFinishReason, usage } = whole(RICH)
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'redacted_thinking', 'text', 'tool_use', 'tool_use'])
    expect({ thinking, text, finishReason, rawFinishReason }).toEqual({ thinking: 'höm', text: '“quoted” 🙂', finishReason: 'tool_calls', rawFinishReason: 'tool_use' })
    expect(toolCalls).toEqual([
      { id: 'tooluse_1', name: 'look', arguments: { q: 'é', n: [1] } },
      { id: 'tooluse_2', name: 'now', arguments: {} },
    ])
    expect(usage).toEqual({ inputTokens: 1332, outputTokens: 5, cachedInputTokens: 1322, cacheWriteTokens: 8, cacheWrite1hTokens: 8, reasoningTokens: 0, totalTokens: 1337 })
  })

  it('keeps what a provider\'s own tool did apart from calls, and quotations with their text', () => {
    const search = { toolUse: { toolUseId: 't', name: 'nova_grounding', type: 'server_tool_use', input: { query: 'x' } } }
    const found = { toolResult: { toolUseId: 't', type: 'nova_grounding_result', status: 'success', content: [{ text: 'y' }] } }
    const cites = { citationsContent: { content: [{ text: 'Paris.' }], citations: [{ title: 'T', sourceContent: [{ text: 'a' }, { text: 'b' }], location: { web: { url: 'https://a.test/', domain: 'a.test' } } }] } }
    const { content, toolCalls, text } = whole({ output: { message: { content: [search, found, cites, { video: { format: 'mp4' } }] } }, stopReason: 'end_turn' })
    expect(toolCalls).toEqual([])
    expect(text).toBe('Paris.')
    expect(content).toMatchObject([
      { type: 'native', kind: 'toolUse', data: search },
      { type: 'native', kind: 'toolResult', data: found },
      { type: 'text', text: 'Paris.', citations: [{ kind: 'web', url: 'https://a.test/', title: 'T', citedText: 'ab' }] },
      { type: 'native', kind: 'video', data: { video: { format: 'mp4' } } },
    ])
  })

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['guardrail_intervened', 'content_filter'],
    ['content_filtered', 'content_filter'],
    ['malformed_tool_use', 'error'],
    ['malformed_model_output', 'error'],
    ['of_tomorrow', 'other'],
  ])('%s is %s', (stopReason, reason) => {
    expect(whole({ output: { message: { content: [{ text: 'a' }] } }, stopReason })).toMatchObject({ finishReason: reason, rawFinishReason: stopReason })
  })

  it('joins pieces of what cannot be read', () => {
    const delta = (reasoningContent: Raw): Uint8Array => encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent } })
    const hidden = [delta({ redactedContent: btoa('ab') }), delta({ redactedContent: btoa('cde') })]
    expect(streamed(joined(hidden)).response.content).toMatchObject([{ type: 'redacted_thinking', data: btoa('abcde') }])
    const sealed = [delta({ text: 'a' }), delta({ signature: 'x' }), delta({ signature: 'y' })]
    expect(streamed(joined(sealed)).response.content).toMatchObject([{ type: 'thinking', text: 'a', signature: 'xy' }])
  })

  it('puts what guardrails saw, and the tier, where observers find them', () => {
    const facts = { trace: { guardrail: {} }, serviceTier: { type: 'flex' }, performanceConfig: { latency: 'optimized' }, additionalModelResponseFields: { a: 1 } }
    expect(whole({ ...RICH, ...facts }).metadata).toEqual(facts)
  })

  it.each([[null], ['text'], [{}], [{ Output: { __type: 'com.amazon.coral.service#UnknownOperationException' } }]])('%j is no answer', (body) => {
    expect(() => wire.decode(body, encodingOf())).toThrow(/no `output.message`/)
  })

  it('refuses an event that is not JSON', () => {
    expect(() => streamed(encodeFrame({ ':message-type': 'event', ':event-type': 'contentBlockDelta' }, '{'))).toThrow(/not JSON/)
  })
})

describe('replay', () => {
  it('what was decoded goes back as it came', () => {
    fc.assert(
      fc.property(answer, manner, (raw, how) => {
        const { response } = streamed(joined(frames(raw, how)))
        const results = response.toolCalls.map(({ id }) => ({ type: 'tool_result' as const, toolUseId: id, content: 'ok' }))
        // Through JSON, as a history that was stored.
        const told = JSON.parse(JSON.stringify(response.message)) as typeof response.message
        const { body } = sent({ messages: [{ role: 'user', content: 'q' }, told, { role: 'user', content: [...results, { type: 'text', text: 'and?' }] }] })
        const { content } = (raw['output'] as { message: { content: readonly Raw[] } }).message
        const kept = content.flatMap((block): Raw[] => {
          const { content: cited } = (block['citationsContent'] ?? {}) as { content?: readonly { text: string }[] }
          const text = cited ? cited.map((piece) => piece.text).join('') : block['text']
          // Pictures are taken from users alone.
          return block['image'] ? [] : text === undefined ? [block] : String(text).trim() ? [{ text }] : []
        })
        if (kept.length) expect(body.messages[1]).toEqual({ role: 'assistant', content: kept })
      }),
      { numRuns: 300 },
    )
  })
})

interface Thrown {
  readonly code: string
  readonly status: number | undefined
  readonly message: string
}

function thrown(bytes: Uint8Array): Thrown & { readonly type: unknown } {
  try {
    streamed(bytes)
  } catch (error) {
    if (error instanceof RelayError) return { code: error.code, status: error.status, message: error.message, type: Object(error.data).type }
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('failures', () => {
  it.each([
    [400, 'ValidationException', 'Malformed input request', 'invalid_request'],
    [400, 'ValidationException', 'Input is too long for requested model.', 'context_window'],
    [400, 'ValidationException', 'prompt is too long: 219898 tokens > 200000 maximum', 'context_window'],
    [400, 'ValidationException', 'The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length.', 'context_window'],
    [400, '', 'Too many input tokens. Max input tokens: 8192, request input token count: 9000', 'context_window'],
    [400, 'ValidationException', 'The maximum tokens you requested exceeds the model limit of 4096.', 'invalid_request'],
    [400, '', 'The provided model identifier is invalid.', 'not_found'],
    [400, 'ValidationException', "Invocation of model ID x with on-demand throughput isn’t supported. Retry your request with an inference profile", 'not_found'],
    [400, 'ServiceQuotaExceededException', 'You have exceeded your quota', 'quota'],
    [400, 'ConflictException', 'busy', 'invalid_request'],
    [403, 'AccessDeniedException', "You don't have access to the model with the specified model ID.", 'permission'],
    [403, 'UnrecognizedClientException:http://internal.amazon.com/coral/com.amazon.coral.service/', 'The security token included in the request is invalid.', 'authentication'],
    [403, 'InvalidSignatureException', 'Signature expired: 20261122T120000Z is now earlier than', 'authentication'],
    [403, 'com.amazon.coral.service#ExpiredTokenException', 'The security token included in the request is expired', 'authentication'],
    [403, '', 'The security token included in the request is invalid.', 'authentication'],
    [403, '', 'Forbidden', 'permission'],
    [401, '', 'Unauthorized', 'authentication'],
    [404, 'ResourceNotFoundException', 'This model version has reached the end of its life.', 'not_found'],
    [408, 'ModelTimeoutException', 'slow', 'server_error'],
    [413, '', 'too big', 'request_too_large'],
    [424, 'ModelErrorException', 'The model failed', 'server_error'],
    [429, 'ThrottlingException', 'Too many requests, please wait before trying again.', 'rate_limit'],
    [429, 'ThrottlingException', 'Too many tokens per day, please wait before trying again.', 'quota'],
    [429, 'ModelNotReadyException', 'Model is not ready for inference.', 'overloaded'],
    [429, '', 'slow down', 'rate_limit'],
    [500, 'InternalServerException', 'oops', 'server_error'],
    [502, '', 'bad gateway', 'server_error'],
    [503, 'ServiceUnavailableException', 'Bedrock is unable to process your request.', 'overloaded'],
  ])('%i %s: %s', (status, type, message, code) => {
    const answers = [
      { json: { message }, headers: new Headers(type ? { 'x-amzn-errortype': type } : {}) },
      // A proxy may drop headers; some services put the type into the body.
      { json: { Message: message, __type: type }, headers: new Headers() },
    ]
    for (const { json, headers } of answers) {
      const error = wire.fault({ status, text: JSON.stringify(json), json, headers, details: { alias: 'm' } })
      expect(error).toMatchObject({ code, status, message, alias: 'm', raw: JSON.stringify(json) })
    }
  })

  it('says the status where a proxy answers with a page', () => {
    expect(wire.fault({ status: 502, text: '<html>…', json: undefined, details: {} })).toMatchObject({ code: 'server_error', message: 'HTTP 502' })
  })

  const started = (): Uint8Array[] => frames(RICH, PLAIN).slice(0, 4)

  it.each([
    ['throttlingException', 'rate_limit', 429],
    ['internalServerException', 'server_error', 500],
    ['modelStreamErrorException', 'server_error', 500],
    ['serviceUnavailableException', 'overloaded', 503],
    ['validationException', 'invalid_request', 400],
    ['modelTimeoutException', 'server_error', 500],
    ['somethingNewException', 'server_error', 500],
  ])('%s inside a stream', (type, code, status) => {
    expect(thrown(joined([...started(), encodeException(type, { message: 'no' })]))).toEqual({ code, status, message: 'no', type })
    expect(thrown(encodeException(type, { message: 'no', originalStatusCode: 418 })).status).toBe(418)
  })

  it('an error frame has its words in headers', () => {
    const error = encodeFrame({ ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'boom' }, '')
    expect(thrown(joined([...started(), error]))).toEqual({ code: 'server_error', status: 500, message: 'boom', type: 'InternalFailure' })
  })
})
