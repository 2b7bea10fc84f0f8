// Bedrock through the hub: where a request goes, how it is signed, and what comes back, in both of its dialects.
import { describe, expect, it } from 'vitest'
import { encodeEvent, encodeException } from '../../src/http/eventstream-encode.ts'
import { Hub, type HubOptions } from '../../src/hub.ts'
import { bedrockInvoke } from '../../src/providers/bedrock-invoke.ts'
import { bedrock } from '../../src/providers/bedrock.ts'
import { sources } from '../../src/sources.ts'
import type { ModelConfig } from '../../src/types/config.ts'

const START = Date.UTC(2026, 10, 22, 12)
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const ASK = { messages: [{ role: 'user', content: 'hi' }] } as const
const WHOLE = { output: { message: { role: 'assistant', content: [{ text: 'Hello' }] } }, stopReason: 'end_turn', usage: { inputTokens: 1, outputTokens: 2 } }

interface Asked {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: any
}

interface Stage {
  readonly hub: Hub
  readonly asked: Asked[]
}

function stage(model: Partial<ModelConfig>, answers: readonly Response[], options: Partial<HubOptions> = {}): Stage {
  const asked: Asked[] = []
  let now = START
  const hub = new Hub({ models: { m: { target: `bedrock/${MODEL}`, region: 'us-east-1', ...model } } }, {
    providers: [bedrock, bedrockInvoke],
    env: KEYS,
    runtime: {
      now: () => now,
      random: () => 0,
      timer: (run, ms) => {
        // Waits of a second and less are over at once; the clocks of a call do not run out.
        if (ms <= 1000) queueMicrotask(run)
        return () => undefined
      },
    },
    fetch: async (input, init) => {
      const { headers = {}, body = '' } = init ?? {}
      asked.push({ url: String(input), headers: headers as Asked['headers'], body: JSON.parse(String(body)) })
      now += 60_000
      const answer = answers[Math.min(asked.length, answers.length) - 1]
      if (!answer) throw new Error('no answer')
      return answer.clone()
    },
    ...options,
  })
  return { hub, asked }
}

const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } })
const stream = (...frames: readonly Uint8Array[]): Response =>
  new Response(Uint8Array.from(frames.flatMap((frame) => [...frame])), { headers: { 'content-type': 'application/vnd.amazon.eventstream' } })

describe('address', () => {
  it.each<[Partial<ModelConfig>, string]>([
    [{}, 'bedrock-runtime.us-east-1.amazonaws.com'],
    [{ region: 'eusc-de-east-1' }, 'bedrock-runtime.eusc-de-east-1.amazonaws.eu'],
    [{ region: undefined as never, target: 'bedrock/arn:aws:bedrock:ap-south-1:1:application-inference-profile/x' }, 'bedrock-runtime.ap-south-1.amazonaws.com'],
    [{ region: undefined as never, credential: { type: 'aws_profile', region: 'eu-central-1' } }, 'bedrock-runtime.eu-central-1.amazonaws.com'],
    [{ credential: { type: 'aws_profile', region: 'eu-central-1' } }, 'bedrock-runtime.us-east-1.amazonaws.com'],
    [{ base_url: 'https://bedrock-runtime-fips.us-west-2.amazonaws.com/', region: 'us-west-2' }, 'bedrock-runtime-fips.us-west-2.amazonaws.com'],
  ])('%j', async (model, host) => {
    const { hub, asked } = stage(model, [json(WHOLE)], { secrets: sources() })
    expect((await hub.chat('m', ASK)).text).toBe('Hello')
    expect(new URL(asked[0]?.url ?? '').host).toBe(host)
  })

  it('signs for the region that an address of one\'s own names', async () => {
    const { hub, asked } = stage({ region: undefined as never, base_url: 'https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com' }, [json(WHOLE)])
    await hub.chat('m', ASK)
    expect(asked[0]?.headers['authorization']).toContain('/20261122/eu-west-1/bedrock/aws4_request')
  })

  it.each<[Partial<ModelConfig>, RegExp]>([
    [{ region: undefined as never }, /needs its `region`/],
    [{ region: 'evil.test' }, /is not an AWS region/],
  ])('%j is refused', async (model, message) => {
    const { hub, asked } = stage(model, [json(WHOLE)])
    await expect(hub.chat('m', ASK)).rejects.toThrow(message)
    expect(asked).toEqual([])
  })
})

describe('credentials', () => {
  const authorization = async (env: object): Promise<string | undefined> => {
    const { hub, asked } = stage({}, [json(WHOLE)], { env: { ...env } })
    await hub.chat('m', ASK)
    return asked[0]?.headers['authorization']
  }

  it('signs with keys, with a bearer key before them', async () => {
    expect(await authorization(KEYS)).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20261122\/us-east-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=[0-9a-f]{64}$/)
    expect(await authorization({ ...KEYS, AWS_SESSION_TOKEN: 'T' })).toContain('SignedHeaders=content-type;host;x-amz-date;x-amz-security-token')
    expect(await authorization({ ...KEYS, AWS_BEARER_TOKEN_BEDROCK: 'bedrock-api-key-x' })).toBe('Bearer bedrock-api-key-x')
    expect(await authorization({ AWS_ACCESS_KEY_ID: { get: async () => 'AKIDBOUND' }, AWS_SECRET_ACCESS_KEY: 's' })).toContain('Credential=AKIDBOUND/')
  })

  it('says what is missing', async () => {
    await expect(authorization({ AWS_ACCESS_KEY_ID: 'AKID' })).rejects.toThrow(/go together: one of them is not set/)
    await expect(authorization({})).rejects.toThrow(/no credential: set AWS_BEARER_TOKEN_BEDROCK/)
  })

  it('signs every attempt anew, and keeps the secret out of what a failure says', async () => {
    const echo = json({ message: `Too many requests for ${KEYS.AWS_SECRET_ACCESS_KEY}` }, 429)
    const { hub, asked } = stage({ max_retries: 1 }, [echo, echo])
    const error: unknown = await hub.chat('m', ASK).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'rate_limit', message: 'Too many requests for [redacted]' })
    expect(asked.map(({ headers }) => headers['x-amz-date'])).toEqual(['20261122T120000Z', '20261122T120100Z'])
    expect(new Set(asked.map(({ headers }) => headers['authorization'])).size).toBe(2)
  })
})

describe('failures', () => {
  it('are what the header says', async () => {
    const headers = { 'content-type': 'application/json', 'x-amzn-errortype': 'ServiceQuotaExceededException:http://x', 'x-amzn-requestid': 'r-1' }
    const { hub } = stage({}, [new Response('{"message":"no"}', { status: 400, headers })])
    await expect(hub.chat('m', ASK)).rejects.toMatchObject({ code: 'quota', requestId: 'r-1', data: { type: 'ServiceQuotaExceededException' } })
  })
})

const START_FRAME = encodeEvent('messageStart', { role: 'assistant' })
const FRAMES = [
  START_FRAME,
  encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hel' } }),
  encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'lo' } }),
  encodeEvent('contentBlockStop', { contentBlockIndex: 0 }),
  encodeEvent('messageStop', { stopReason: 'end_turn' }),
  encodeEvent('metadata', { usage: { inputTokens: 1, outputTokens: 2 }, metrics: { latencyMs: 3 } }),
]

describe('Converse', () => {
  it('streams', async () => {
    const { hub, asked } = stage({}, [stream(...FRAMES)])
    const events = []
    for await (const event of hub.stream('m', ASK)) events.push(event)
    expect(events.flatMap((event) => (event.type === 'text_delta' ? [event.text] : []))).toEqual(['Hel', 'lo'])
    expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'stop', response: { text: 'Hello', usage: { totalTokens: 3 } } })
    expect(asked[0]?.url).toMatch(/\/model\/us\.anthropic\.claude-sonnet-4-5-20250929-v1%3A0\/converse-stream$/)
  })

  it('tries again after an exception before the first words, and not after them', async () => {
    const busy = encodeException('throttlingException', { message: 'Too many requests' })
    const again = stage({}, [stream(START_FRAME, busy), stream(...FRAMES)])
    expect((await again.hub.stream('m', ASK).response()).text).toBe('Hello')
    expect(again.asked).toHaveLength(2)
    const late = stage({}, [stream(...FRAMES.slice(0, 3), busy)])
    await expect(late.hub.stream('m', ASK).response()).rejects.toMatchObject({ code: 'rate_limit', status: 429, partial: { text: 'Hello' } })
    expect(late.asked).toHaveLength(1)
  })

  it.each([
    ['cut short', stream(...FRAMES.slice(0, 3)), 'stream_truncated'],
    ['cut inside a frame', stream(...FRAMES.slice(0, 5), (FRAMES[5] ?? START_FRAME).slice(0, 20)), 'stream_truncated'],
    ['corrupt', stream(...FRAMES.slice(0, 3), FRAMES[3]?.map((byte, at) => (at === 30 ? byte ^ 1 : byte)) ?? START_FRAME), 'invalid_response'],
  ])('a stream that is %s is an error, with what had come', async (_, answer, code) => {
    await expect(stage({}, [answer]).hub.stream('m', ASK).response()).rejects.toMatchObject({ code, partial: { text: 'Hello' } })
  })
})

describe('InvokeModel', () => {
  const chunk = (event: object): Uint8Array => encodeEvent('chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'abc' })
  const EVENTS = [
    { type: 'message_start', message: { id: 'msg_bdrk_1', model: 'claude-sonnet-4-5', usage: { input_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Grüße 🙂' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
    { type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 1 } },
  ]

  it('speaks the Messages body, without the model and the mode', async () => {
    const whole = { id: 'msg_bdrk_1', model: 'claude-sonnet-4-5', content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn', usage: { input_tokens: 1, output_tokens: 2 } }
    const { hub, asked } = stage({ api_style: 'invoke' }, [json(whole)])
    expect(await hub.chat('m', { ...ASK, maxTokens: 9, headers: { 'anthropic-beta': 'one, two' } })).toMatchObject({ text: 'Hello', id: 'msg_bdrk_1', provider: 'bedrock' })
    expect(asked[0]?.url).toMatch(/%3A0\/invoke$/)
    expect(asked[0]?.body).toEqual({ anthropic_version: 'bedrock-2023-05-31', anthropic_beta: ['one', 'two'], max_tokens: 9, messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] })
  })

  it('streams events out of their frames, whatever else is sent beside them', async () => {
    const { hub, asked } = stage({ api_style: 'invoke' }, [stream(...EVENTS.map(chunk), encodeEvent('of_tomorrow', {}))])
    const { text, usage, finishReason } = await hub.stream('m', ASK).response()
    expect({ text, total: usage.totalTokens, finishReason }).toEqual({ text: 'Grüße 🙂', total: 3, finishReason: 'stop' })
    expect(asked[0]?.url).toMatch(/\/invoke-with-response-stream$/)
    expect(asked[0]?.body).not.toHaveProperty('stream')
  })

  it.each([
    ['an exception', encodeException('modelTimeoutException', { message: 'slow' }), 'server_error'],
    ['an error event', chunk({ type: 'error', error: { type: 'overloaded_error', message: 'busy' } }), 'overloaded'],
  ])('%s inside a stream is an error', async (_, frame, code) => {
    const { hub } = stage({ api_style: 'invoke', max_retries: 0 }, [stream(...EVENTS.slice(0, 3).map(chunk), frame)])
    await expect(hub.stream('m', ASK).response()).rejects.toMatchObject({ code, partial: { text: 'Grüße 🙂' } })
  })

  it('asks for a shape in words where AWS refuses the schema', async () => {
    const shape = { responseFormat: { schema: { type: 'object' } } } as const
    const body = async (model: string): Promise<any> => {
      const { hub, asked } = stage({ api_style: 'invoke', target: `bedrock/${model}` }, [json({ content: [], usage: {} })])
      await hub.chat('m', { ...ASK, ...shape })
      return asked[0]?.body
    }
    expect(await body(MODEL)).toHaveProperty('output_config.format')
    expect(await body('us.anthropic.claude-opus-5')).not.toHaveProperty('output_config')
  })
})
