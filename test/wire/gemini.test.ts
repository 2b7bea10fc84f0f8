// Gemini's generateContent, what comes back: parity, truncation, replay, sources, and what failures mean.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RelayError } from '../../src/errors.ts'
import { google } from '../../src/providers/google.ts'
import type { Raw } from './gemini-fixtures.ts'
import { bodyOf, encodingOf, events, fold, manner, parts, render, sent, streamed, targetOf, usageMetadata, whole } from './gemini-fixtures.ts'

const { wire } = google

describe('parity', () => {
  it('a stream folds to what the whole body folds to, however it is spread and its bytes are cut', () => {
    fc.assert(
      fc.property(parts, manner, fc.array(fc.nat(4000), { maxLength: 12 }), (content, how, cuts) => {
        const bytes = render(content, how)
        expect(streamed(bytes, cuts.map((cut) => cut % (bytes.length + 1)))).toEqual(whole(bodyOf(content)))
      }),
      { numRuns: 400 },
    )
  })

  it('at every single place', () => {
    const content = [
      { text: 'höm', thought: true },
      { text: '“quoted” 🙂' },
      { functionCall: { id: 'a1', name: 'look', args: { q: 'é', n: [1] } }, thoughtSignature: 'CiQB+/==' },
      { functionCall: { name: 'look', args: {} } },
      { text: '', thoughtSignature: 'end' },
    ]
    const bytes = render(content, { sizes: [2, 5], together: 2, late: true, newline: '\r\n' })
    const answer = whole(bodyOf(content))
    for (let cut = 0; cut <= bytes.length; cut++) expect(streamed(bytes, [cut])).toEqual(answer)
  })

  it('without its finish reason it is not whole, and with it it is', () => {
    fc.assert(
      fc.property(parts, manner, (content, how) => {
        const bytes = render(content, how)
        expect(streamed(bytes).done).toBe(true)
        // The last event says it. Up to its closing brace it is half an event, which is no JSON.
        const text = new TextDecoder().decode(bytes)
        const before = new TextEncoder().encode(text.slice(0, text.lastIndexOf('data: ')))
        expect(streamed(before).done).toBe(false)
        expect(() => streamed(bytes.subarray(0, bytes.length - 4 * how.newline.length))).toThrow(RelayError)
      }),
      { numRuns: 100 },
    )
  })
})

describe('replay', () => {
  /** What must come back: text that is one part is one part, summaries without a signature are of no use. */
  function echo(content: readonly Raw[]): Raw[] {
    const out: Raw[] = []
    let open = false
    for (const one of content) {
      if (typeof one['text'] !== 'string') {
        out.push(one)
        open = false
        continue
      }
      if (!one['text'] && !one['thoughtSignature']) continue
      const last = open ? out.at(-1) : undefined
      if (last && last['thought'] === one['thought']) out[out.length - 1] = { ...last, ...one, text: `${last['text']}${one['text']}` }
      else out.push(one)
      open = !one['thoughtSignature']
    }
    return out.filter((one) => !one['thought'] || one['thoughtSignature'])
  }

  it('every signature and id goes back on the part that it came with', () => {
    fc.assert(
      fc.property(parts, manner, (content, how) => {
        const answer = streamed(render(content, how))
        const results = answer.toolCalls.map(({ id }) => ({ type: 'tool_result' as const, toolUseId: id, content: '{"ok":true}' }))
        // Through JSON, as a history that was stored.
        const told = JSON.parse(JSON.stringify(answer.message)) as typeof answer.message
        const { body } = sent({ messages: [{ role: 'user', content: 'q' }, told, ...results.map((one) => ({ role: 'tool' as const, content: [one] }))] })
        const want = echo(content)
        const calls = content.flatMap(({ functionCall }) => (functionCall ? [functionCall as { readonly id?: string; readonly name: string }] : []))
        expect(body.contents).toEqual([
          { role: 'user', parts: [{ text: 'q' }] },
          ...(want.length ? [{ role: 'model', parts: want }] : []),
          // One content for all results.
          ...(calls.length ? [{ role: 'user', parts: calls.map(({ id, name }) => ({ functionResponse: { ...(id && { id }), name, response: { ok: true } } })) }] : []),
        ])
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['another model', targetOf('gemini-3-pro')],
    ['another platform', targetOf('gemini-3.6-flash', { ...google, name: 'vertex' })],
  ])('to %s no signature goes, but what stands in for one, on the first call of each step', (_, target) => {
    const { message } = whole(bodyOf([
      { text: 'Let me see.', thoughtSignature: 's0' },
      { executableCode: { code: '1' }, thoughtSignature: 's1' },
      { functionCall: { name: 'a', args: {} }, thoughtSignature: 's2' },
      { functionCall: { name: 'b', args: {} } },
    ]))
    const { body, notes } = sent({ messages: [message] }, target)
    expect(body.contents[0].parts).toMatchObject([
      { text: 'Let me see.' },
      { functionCall: { name: 'a' }, thoughtSignature: 'skip_thought_signature_validator' },
      { functionCall: { name: 'b' } },
    ])
    expect(JSON.stringify(body)).not.toMatch(/"s[012]"/)
    expect(body.contents[0].parts[2]).not.toHaveProperty('thoughtSignature')
    expect(notes).toContain('messages')
  })

  it('a model that does not check signatures gets none made up', () => {
    const call = { type: 'tool_use' as const, id: 'toolu_1', name: 'look', input: {} }
    const { body } = sent({ messages: [{ role: 'assistant', content: [call] }] }, targetOf('gemini-2.5-flash'))
    expect(body.contents[0].parts).toEqual([{ functionCall: { id: 'toolu_1', name: 'look', args: {} } }])
  })
})

describe('decoding', () => {
  it('counts thoughts as output and what built-in tools read as input', () => {
    const { usage } = whole({ ...bodyOf([{ text: 'a' }]), usageMetadata: { ...usageMetadata, toolUsePromptTokenCount: 100 } })
    expect(usage).toEqual({ inputTokens: 141, outputTokens: 69, cachedInputTokens: 8, cacheWriteTokens: 0, reasoningTokens: 57, totalTokens: 210 })
  })

  it('keeps a count that a later chunk leaves out', () => {
    const chunk = (fields: Raw, usage: Raw): Raw => ({ candidates: [{ content: { parts: [{ text: 'a' }] }, ...fields }], usageMetadata: usage })
    const bytes = events([chunk({}, { promptTokenCount: 5, cachedContentTokenCount: 4 }), chunk({ finishReason: 'STOP' }, { promptTokenCount: 7, candidatesTokenCount: 2 })])
    expect(streamed(bytes).usage).toMatchObject({ inputTokens: 7, cachedInputTokens: 4, outputTokens: 2 })
  })

  it.each([
    ['STOP', 'stop'], ['MAX_TOKENS', 'length'], ['CONTINUATION', 'length'], ['SAFETY', 'content_filter'], ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'], ['PROHIBITED_CONTENT', 'content_filter'], ['SPII', 'content_filter'], ['IMAGE_SAFETY', 'content_filter'],
    ['MODEL_ARMOR', 'content_filter'], ['MALFORMED_FUNCTION_CALL', 'error'], ['UNEXPECTED_TOOL_CALL', 'error'], ['LANGUAGE', 'other'], ['A_NEW_ONE', 'other'],
  ])('%s is %s', (raw, reason) => {
    expect(whole(bodyOf([], { finishReason: raw }))).toMatchObject({ finishReason: reason, rawFinishReason: raw, done: true })
  })

  it('a turn that calls tools says so, though the wire says STOP, and early reasons are not the last', () => {
    expect(whole(bodyOf([{ functionCall: { name: 'a' } }]))).toMatchObject({ finishReason: 'tool_calls', toolCalls: [{ name: 'a', arguments: {} }] })
    const chunk = (finishReason: string): Raw => ({ candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason }] })
    expect(streamed(events([chunk('STOP'), chunk('STOP'), { candidates: [{ finishReason: 'RECITATION' }] }]))).toMatchObject({ text: 'xx', finishReason: 'content_filter' })
  })

  it('numbers calls by their arrival, not by the chunk', () => {
    const chunk = (name: string): Raw => ({ candidates: [{ content: { parts: [{ functionCall: { name, args: { n: name } } }] } }] })
    const { toolCalls } = streamed(events([chunk('a'), chunk('b'), { candidates: [{ finishReason: 'STOP' }] }]))
    expect(toolCalls).toMatchObject([{ name: 'a', arguments: { n: 'a' } }, { name: 'b', arguments: { n: 'b' } }])
    expect(toolCalls[0]?.id).not.toBe(toolCalls[1]?.id)
  })

  it('puts arguments together that come as values at paths', () => {
    const call = (functionCall: Raw, more: Raw = {}): Raw => ({ candidates: [{ content: { parts: [{ functionCall, ...more }] } }] })
    const piece = (jsonPath: string, value: Raw, willContinue = true): Raw => call({ partialArgs: [{ jsonPath, ...value }], willContinue })
    const { content, finishReason } = streamed(events([
      call({ name: 'plan', willContinue: true }, { thoughtSignature: 's' }),
      piece('$.days[0].city', { stringValue: 'Os', willContinue: true }),
      piece('$.days[0].city', { stringValue: 'lo' }),
      piece('$.days[0].city', { stringValue: '' }),
      piece('$.days[1].nights', { numberValue: 0 }),
      piece('$.days[7].lost', { boolValue: true }),
      piece("$['a.b']", { boolValue: false }),
      piece('$.none', { nullValue: 'NULL_VALUE' }),
      piece('$.tags[]', {}),
      piece('$.__proto__.polluted', { stringValue: 'yes' }),
      call({ willContinue: true }),
      call({}),
      call({ name: 'stop' }),
      call({ name: 'open', willContinue: true }),
      piece('$.x', { stringValue: 'y' }),
      { candidates: [{ finishReason: 'STOP' }] },
    ]))
    expect(content).toMatchObject([
      { name: 'plan', input: { days: [{ city: 'Oslo' }, { nights: 0 }], 'a.b': false, none: null, tags: [] }, origin: { state: { thoughtSignature: 's' } } },
      { name: 'stop', input: {} },
      { name: 'open', input: { x: 'y' } },
    ])
    expect(finishReason).toBe('tool_calls')
    expect({}).not.toHaveProperty('polluted')
  })

  it('keeps pictures, code and the word of built-in tools as blocks', () => {
    const code = { executableCode: { language: 'PYTHON', code: 'print(1)' }, thoughtSignature: 's' }
    const sketch = { inlineData: { mimeType: 'image/png', data: 'AA==' }, thought: true }
    const { content } = whole(bodyOf([code, sketch, { inlineData: { mimeType: 'image/png', data: 'BB==' } }]))
    expect(content).toMatchObject([
      { type: 'native', kind: 'executableCode', data: code },
      { type: 'native', kind: 'inlineData', data: sketch },
      { type: 'image', mediaType: 'image/png', data: 'BB==' },
    ])
  })

  it('reads the first of several candidates', () => {
    const other = { index: 1, content: { parts: [{ text: 'other' }] }, finishReason: 'STOP' }
    expect(streamed(events([{ candidates: [other] }, { candidates: [{ content: { parts: [{ text: 'first' }] }, finishReason: 'MAX_TOKENS' }, other] }]))).toMatchObject({ text: 'first', finishReason: 'length' })
  })

  it('puts what else the answer says of itself into the metadata', () => {
    const body = bodyOf([], { finishReason: 'CONTINUATION', continuationToken: 'go on', finishMessage: 'more', safetyRatings: [] })
    const { metadata } = whole({ ...body, usageMetadata: { promptTokenCount: 1, trafficType: 'ON_DEMAND' } })
    expect(metadata).toEqual({ continuationToken: 'go on', finishMessage: 'more', safetyRatings: [], trafficType: 'ON_DEMAND' })
  })
})

describe('sources', () => {
  const text = 'Ünïcode 🙂 is fine. Oslo is in Norway.'
  const bytes = (part: string): { startIndex: number; endIndex: number; text: string } => {
    const start = new TextEncoder().encode(text.slice(0, text.indexOf(part))).length
    return { startIndex: start, endIndex: start + new TextEncoder().encode(part).length, text: part }
  }
  const groundingMetadata = {
    webSearchQueries: ['oslo'],
    searchEntryPoint: { renderedContent: '<div>' },
    groundingChunks: [{ web: { uri: 'https://a.test', title: 'A' } }, { retrievedContext: { uri: 'gs://b', title: 'B', text: 'Norway: Oslo' } }],
    groundingSupports: [{ segment: bytes('Oslo is in Norway.'), groundingChunkIndices: [0, 1] }, { segment: bytes('🙂'), groundingChunkIndices: [0] }],
  }

  it('grounding becomes citations at UTF-16 places, and a block of its own', () => {
    const { content } = whole(bodyOf([{ text }], { groundingMetadata, urlContextMetadata: { urlMetadata: [] } }))
    const [said, grounding, urls] = content
    expect(said).toMatchObject({
      citations: [
        { kind: 'web', url: 'https://a.test', title: 'A', start: text.indexOf('Oslo'), end: text.length },
        { kind: 'retrievedContext', url: 'gs://b', citedText: 'Norway: Oslo', start: text.indexOf('Oslo'), end: text.length },
        { kind: 'web', start: text.indexOf('🙂'), end: text.indexOf('🙂') + 2 },
      ],
    })
    expect(grounding).toMatchObject({ type: 'native', kind: 'groundingMetadata', data: groundingMetadata })
    // Chunk after chunk may say it anew.
    const chunks = [...text].map((letter) => bodyOf([{ text: letter }], { groundingMetadata, urlContextMetadata: { urlMetadata: [] } }))
    expect(streamed(events(chunks)).content).toEqual(content)
    expect(urls).toMatchObject({ type: 'native', kind: 'urlContextMetadata' })
  })

  it.each(['citations', 'citationSources'])('%s are citations, wherever their offsets lie', (field) => {
    const citationMetadata = { [field]: [{ startIndex: bytes('Oslo').startIndex, endIndex: bytes('Oslo').endIndex, uri: 'https://c.test', license: 'mit' }, { endIndex: 9999 }] }
    const { content } = whole(bodyOf([{ text }], { citationMetadata }))
    expect(content).toMatchObject([{ citations: [{ kind: 'citation', url: 'https://c.test', start: text.indexOf('Oslo'), end: text.indexOf('Oslo') + 4 }, { kind: 'citation' }] }])
    expect(content[0]).not.toHaveProperty('citations.1.start')
  })

  it('where nothing was searched there is no block', () => {
    expect(whole(bodyOf([{ text }], { groundingMetadata: {} })).content).toEqual([{ type: 'text', text }])
  })

  it('a segment is found in the block that says it', () => {
    const segment = { endIndex: 6, text: 'Second' }
    const grounded = { groundingChunks: [{ web: {} }], groundingSupports: [{ segment, groundingChunkIndices: [0] }] }
    const { content } = whole(bodyOf([{ text: 'First!' }, { executableCode: {} }, { text: 'Second.' }], { groundingMetadata: grounded }))
    expect(content.filter(({ type }) => type === 'text')).toMatchObject([{ text: 'First!' }, { text: 'Second.', citations: [{ start: 0, end: 6 }] }])
    expect(content[0]).not.toHaveProperty('citations')
  })

  it('in a stream as in a whole body', () => {
    fc.assert(
      fc.property(manner, (how) => {
        const candidate = { groundingMetadata, citationMetadata: { citations: [{ endIndex: 8, uri: 'u' }] } }
        expect(streamed(render([{ text }], how, candidate))).toEqual(whole(bodyOf([{ text }], candidate)))
      }),
    )
  })
})

interface FaultCase {
  readonly status: number
  readonly body: unknown
  readonly code: string
  readonly retryAfterMs?: number
}

const rpc = (code: number | null, status: string, message: string, details?: readonly Raw[]): Raw => ({ error: { code, status, message, details } })
const quota = (quotaId: string): Raw => ({ '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId, quotaValue: '10' }] })
const retryInfo = (retryDelay: string): Raw => ({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay })

const faults: readonly FaultCase[] = [
  { status: 400, body: rpc(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [{ reason: 'API_KEY_INVALID' }]), code: 'authentication' },
  { status: 403, body: rpc(403, 'PERMISSION_DENIED', "Method doesn't allow unregistered callers (callers without established identity)."), code: 'authentication' },
  { status: 401, body: rpc(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.', [{ reason: 'ACCESS_TOKEN_EXPIRED' }]), code: 'authentication' },
  { status: 403, body: rpc(403, 'PERMISSION_DENIED', 'The API has not been used in project 1 before.', [{ reason: 'SERVICE_DISABLED' }]), code: 'permission' },
  { status: 400, body: rpc(400, 'INVALID_ARGUMENT', 'The input token count (1300000) exceeds the maximum number of tokens allowed (1048575).'), code: 'context_window' },
  { status: 400, body: rpc(400, 'INVALID_ARGUMENT', 'The input token count exceeds the maximum number of tokens allowed 1048575.'), code: 'context_window' },
  { status: 400, body: rpc(400, 'INVALID_ARGUMENT', 'Function call is missing a thought_signature in functionCall parts.'), code: 'invalid_request' },
  { status: 400, body: rpc(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'), code: 'unsupported' },
  { status: 404, body: rpc(404, 'NOT_FOUND', 'models/x is not found for API version v1beta'), code: 'not_found' },
  { status: 429, body: rpc(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded', [quota('RequestsPerMinutePerProject'), retryInfo('34.074824224s')]), code: 'rate_limit', retryAfterMs: 34_075 },
  { status: 429, body: rpc(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded', [quota('GenerateRequestsPerDayPerProject'), retryInfo('48s')]), code: 'quota', retryAfterMs: 48_000 },
  { status: 429, body: [rpc(429, 'RESOURCE_EXHAUSTED', 'In a list')], code: 'rate_limit' },
  { status: 503, body: rpc(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'), code: 'overloaded' },
  { status: 500, body: rpc(500, 'INTERNAL', 'An internal error has occurred.'), code: 'server_error' },
  { status: 504, body: rpc(504, 'DEADLINE_EXCEEDED', 'Deadline expired'), code: 'server_error' },
  { status: 413, body: undefined, code: 'request_too_large' },
  { status: 502, body: '<html>', code: 'server_error' },
]

describe('failures', () => {
  it.each(faults)('$status $code', ({ status, body, code, retryAfterMs }) => {
    const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
    const error = wire.fault({ status, text, json: typeof body === 'object' ? body : undefined, details: { alias: 'm', raw: text } })
    expect(error).toMatchObject({ code, status, alias: 'm', retryAfterMs })
    const said = [body].flat()[0] as { readonly error?: { readonly message: string } } | undefined
    expect(error.message).toContain(said?.error?.message ?? '')
    expect(error.message).not.toBe('')
  })

  it.each(faults.filter(({ body }) => typeof body === 'object'))('inside a stream: $code', ({ body, code }) => {
    const bytes = events([bodyOf([{ text: 'half' }]), body])
    for (const cut of [0, bytes.length >> 1]) expect(() => streamed(bytes, [cut])).toThrow(expect.objectContaining({ code }))
  })

  it('without a number the status says what it is', () => {
    const decoder = wire.decoder(encodingOf({}, targetOf(), { details: { status: 200 } }))
    expect(() => decoder.frame(JSON.stringify(rpc(null, 'UNAVAILABLE', 'overloaded')), '')).toThrow(expect.objectContaining({ code: 'overloaded' }))
  })

  it('an error that follows the events as bare JSON is found, however it is cut', () => {
    const tail = JSON.stringify(rpc(503, 'UNAVAILABLE', 'Wegen Überlastung'), undefined, 2)
    const bytes = new TextEncoder().encode(`${new TextDecoder().decode(events([bodyOf([{ text: 'half' }])]))}${tail}\n`)
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(() => streamed(bytes, [cut])).toThrow(expect.objectContaining({ code: 'overloaded', message: 'Wegen Überlastung' }))
    }
  })

  it.each([
    [{ promptFeedback: { blockReason: 'SAFETY', safetyRatings: [] } }, 'SAFETY'],
    [{ promptFeedback: { blockReason: 'MODEL_ARMOR', blockReasonMessage: 'Jailbreak filters.' }, usageMetadata }, 'Jailbreak filters.'],
  ])('a blocked prompt is a ContentPolicyError', (body, words) => {
    for (const read of [() => whole(body), () => streamed(events([body]))]) {
      expect(read).toThrow(expect.objectContaining({ name: 'ContentPolicyError', message: expect.stringContaining(words) as string, data: body.promptFeedback }))
    }
  })

  it.each([[{}], [null], ['text'], [{ usageMetadata }]])('%j is no answer', (body) => {
    expect(() => whole(body)).toThrow(expect.objectContaining({ code: 'invalid_response' }))
  })

  it('an answer without content is one', () => {
    for (const content of [undefined, {}, { role: 'model' }]) {
      expect(whole({ candidates: [{ content, finishReason: 'MAX_TOKENS' }] })).toMatchObject({ text: '', finishReason: 'length', done: true })
    }
    expect(fold([]).done).toBe(false)
  })
})
