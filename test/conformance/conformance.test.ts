// A part of the recordings as part of the suite, and the harness itself: what it would let pass, and what not. `npm run conformance` is all of it.
import { describe, expect, test } from 'vitest'
import { compatible } from '../../src/providers/compatible.ts'
import { checkStream, type Ways } from './exchange.ts'
import { measure, NAMES } from './measure.ts'
import { recorded, type Expectation, type Recorded, type RecordedLoop } from './record.ts'
import { checked, count, tally, type Excuses } from './tally.ts'
import { through } from './through.ts'

const exchanges = recorded<Recorded>('exchanges.jsonl.gz')
const loops = recorded<RecordedLoop>('loops.jsonl.gz')

describe.skipIf(!exchanges || !loops)('one in six of the recordings (skipped where ../shared/data is not)', () => {
  test.each(NAMES)('%s', { timeout: 60_000 }, async (name) => {
    const { protocols } = await measure({ exchanges: exchanges ?? [], loops: loops ?? [] }, { names: [name], every: 6 })
    const faults = protocols.flatMap((one) => [...one.exchanges.faults, ...one.loops.faults])
    expect(faults).toEqual([])
    expect(protocols.map(({ exchanges }) => checked(exchanges.score) > 0)).toEqual([true])
  })
})

const CHUNKS = [
  { id: 'r1', model: 'm1', choices: [{ index: 0, delta: { role: 'assistant', reasoning_content: 'hm' } }] },
  { choices: [{ index: 0, delta: { content: 'Grüße' } }] },
  { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":' } }] } }] },
  { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '1}' } }] }, finish_reason: 'tool_calls' }] },
  { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
]

const EXPECT: Expectation = {
  kind: 'chat',
  id: 'r1',
  model: 'm1',
  text: 'Grüße',
  thinking: 'hm',
  tool_calls: [{ id: 'c1', name: 'f', arguments: { a: 1 }, arguments_raw: '{"a":1}', args_valid: true }],
  finish_reason: 'tool_calls',
  usage_norm: { input_total: 3, output_total: 2 },
  stream: { terminal: true },
}

function written(expectation: Partial<Expectation> = {}, chunks: readonly object[] = CHUNKS): Recorded {
  const body = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\n\n`).join('')
  return {
    id: 'by hand',
    provider: 'any',
    api: 'openai-compatible:any',
    protocol: 'openai-chat',
    streaming: true,
    model: 'm1',
    request: { url: '', body: {} },
    neutral: null,
    response: { status: 200, headers: { 'content-type': 'text/event-stream' }, body_base64: Buffer.from(body).toString('base64') },
    expect: { ...EXPECT, ...expectation },
  }
}

async function ways(record: Recorded): Promise<Ways> {
  const request = { messages: [{ role: 'user' as const, content: 'hi' }] }
  const { findings } = await through({ record, provider: compatible, request, mode: 'stream', size: 5 })
  return new Map([...checkStream(record, compatible), ['stream', findings]])
}

const wrong = (found: Ways): string[] => [...new Set([...found.values()].flat().flatMap(({ field, wrong }) => (wrong === undefined ? [] : [field])))].sort()

describe('the harness', () => {
  test('finds nothing wrong with what is right', async () => {
    expect(wrong(await ways(written()))).toEqual([])
  })

  test.each<[string, Partial<Expectation>]>([
    ['id', { id: 'r2' }],
    ['model', { model: 'm2' }],
    ['text', { text: 'Grüße ' }],
    ['thinking', { thinking: '' }],
    ['calls', { tool_calls: [] }],
    ['calls', { tool_calls: [{ id: 'c2', name: 'f', arguments: { a: 1 }, arguments_raw: null, args_valid: true }] }],
    ['arguments', { tool_calls: [{ id: 'c1', name: 'f', arguments: { a: 2 }, arguments_raw: null, args_valid: true }] }],
    ['arguments', { tool_calls: [{ id: 'c1', name: 'f', arguments: null, arguments_raw: '{', args_valid: false }] }],
    ['finish reason', { finish_reason: 'stop' }],
    ['refusal', { refusal: 'no' }],
    ['usage', { usage_norm: { input_total: 3, output_total: 2, cache_read: 1 } }],
    ['opaque', { redacted_thinking: ['lost'] }],
    ['error', { kind: 'error', error: { class_advisory: 'auth' } }],
    ['error', { block_reason: 'SAFETY' }],
    ['cut', { finish_reason: null, stream: { terminal: false } }],
  ])('finds a wrong %s', async (field, expectation) => {
    expect(wrong(await ways(written(expectation)))).toContain(field)
  })

  test('finds an error of the wrong kind, one in other words, and what had arrived before it', async () => {
    const chunks = [...CHUNKS.slice(0, 2), { error: { message: 'Too many, wait', type: 'rate_limit_exceeded', code: 429 } }]
    const told = { kind: 'stream-error', finish_reason: null, tool_calls: [], usage_norm: null }
    const fault = (class_advisory: string, message: string, text = 'Grüße') => ways(written({ ...told, text, error: { class_advisory, message } }, chunks)).then(wrong)
    expect(await fault('rate_limit', 'Too many, wait')).toEqual([])
    expect(await fault('auth', 'Too many, wait')).toEqual(['error'])
    expect(await fault('rate_limit', 'Too many, go away')).toEqual(['error'])
    expect(await fault('rate_limit', 'Too many, wait', 'Grüße an')).toEqual(['text'])
  })

  test('explains a field by what came out instead, and nothing else by it', () => {
    const findings: Ways = new Map([['whole', [{ field: 'text' }, { field: 'usage', got: { in: 1 }, wrong: 'so' }]]])
    const score = (field: string, got: unknown) => {
      const into = tally()
      const excuses: Excuses = { known: new Map([[`a ${field}`, { id: 'a', field, got, reason: 'because' }]]), needed: new Set() }
      count([into], { id: 'a', ways: findings }, excuses)
      return { ...into.score, needed: excuses.needed.size }
    }
    expect(score('usage', { in: 1 })).toEqual({ right: 0, explained: 1, wrong: 0, needed: 1 })
    expect(score('usage', { in: 2 })).toEqual({ right: 0, explained: 0, wrong: 1, needed: 0 })
    expect(score('text', undefined)).toEqual({ right: 0, explained: 0, wrong: 1, needed: 0 })
  })
})
