// What answers are made of, whole and streamed: text, thinking, tools and their second turn, usage, cost.
import type { ChatRequest, ChatResponse, Message, StreamEvent } from '@relay/core'
import type { Cases } from '../kit.ts'
import { events, HELLO, stage, WEATHER, type Stage } from '../stage.ts'

const UNICODE = 'Grüße, 世界 👋🏽 — done.'

/** The same question both ways: a stream's response is its last event's. */
const WAYS: { readonly [way: string]: (stage: Stage, alias: string, request: ChatRequest) => Promise<ChatResponse> } = {
  chat: ({ hub }, alias, request) => hub.chat(alias, request),
  stream: async ({ hub }, alias, request) => {
    const last = (await events(hub.stream(alias, request))).at(-1)
    if (last?.type !== 'end') throw new Error(`the stream ended with ${last?.type}`)
    return last.response
  },
}

const cases: Cases = (t) => {
  for (const [way, ask] of Object.entries(WAYS)) {
    for (const alias of ['openai', 'anthropic', 'deepseek']) {
      t.test(`${alias} ${way}: text, usage and cost`, async (assert) => {
        const usage = { inputTokens: 1000, outputTokens: 200, cachedInputTokens: 400 }
        const here = stage({ text: UNICODE, usage })
        const response = await ask(here, alias, { ...HELLO, metadata: { trace: 'x' } })
        assert.equal(response.text, UNICODE)
        assert.equal(response.finishReason, 'stop')
        assert.equal(response.model, alias)
        assert.deepEqual(response.message, { role: 'assistant', content: response.content })
        assert.deepEqual([response.usage.inputTokens, response.usage.outputTokens, response.usage.cachedInputTokens, response.usage.totalTokens], [1000, 200, 400, 1200])
        // 600 at 3, 400 at 0.3, 200 at 15 dollars a million.
        assert.ok(Math.abs((response.costUsd ?? 0) - 0.00492) < 1e-12, `${response.costUsd}`)
        assert.equal(response.cost.source, 'user_override')
        assert.deepEqual(response.metadata['trace'], 'x')
        assert.deepEqual(response.attempts.map(({ alias, ok, kind }) => [alias, ok, kind]), [[alias, true, 'first']])
        assert.equal(here.requests.length, 1)
      })

      t.test(`${alias} ${way}: a tool, its result, and the answer`, async (assert) => {
        const thinking = alias === 'openai' ? undefined : 'Paris it is.'
        const here = stage([
          { ...(thinking ? { thinking } : undefined), toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] },
          { text: 'Sunny, 21 °C.' },
        ])
        const reasoning = alias === 'anthropic' ? { reasoning: 2048, maxTokens: 4096 } : undefined
        const messages: Message[] = [{ role: 'user', content: 'Weather in Paris?' }]
        const first = await ask(here, alias, { messages, tools: [WEATHER], ...reasoning })
        assert.equal(first.finishReason, 'tool_calls')
        assert.deepEqual(first.toolCalls.map(({ name, arguments: given }) => [name, given]), [['get_weather', { city: 'Paris' }]])
        assert.equal(first.thinking, thinking ?? '')
        const results = first.toolCalls.map(({ id }) => ({ type: 'tool_result', toolUseId: id, content: '21' }) as const)
        messages.push(first.message, { role: 'tool', content: results })
        // The simulator takes no second turn whose ids, signatures or reasoning are not what it sent out.
        const second = await ask(here, alias, { messages, tools: [WEATHER], ...reasoning })
        assert.equal(second.text, 'Sunny, 21 °C.')
        assert.equal(here.requests[1]?.neutral.turns.at(-1)?.toolResults?.[0]?.text, '21')
      })
    }

    t.test(`${way}: thinking that is signed, and thinking that nobody may see`, async (assert) => {
      const here = stage([{ content: [{ type: 'thinking', text: 'Hm.' }, { type: 'redacted_thinking' }, { type: 'text', text: 'Yes.' }] }, 'Still yes.'])
      const asked = { reasoning: 1024, maxTokens: 4096 } as const
      const first = await ask(here, 'anthropic', { ...HELLO, ...asked })
      assert.deepEqual(first.content.map(({ type }) => type), ['thinking', 'redacted_thinking', 'text'])
      const again = [...HELLO.messages, first.message, { role: 'user', content: 'Sure?' } as const]
      assert.equal((await ask(here, 'anthropic', { messages: again, ...asked })).text, 'Still yes.')
    })

    t.test(`${way}: a signature stays with the provider that made it`, async (assert) => {
      const here = stage([{ thinking: 'Hm.', text: 'Yes.' }, 'Fine.'])
      const { message } = await ask(here, 'anthropic', { ...HELLO, reasoning: 1024, maxTokens: 4096 })
      await ask(here, 'openai', { messages: [...HELLO.messages, message, { role: 'user', content: 'Sure?' }] })
      const signature = message.content[0]
      assert.ok(typeof signature === 'object' && signature.type === 'thinking' && signature.signature)
      assert.ok(!JSON.stringify(here.requests[1]?.body).includes(String(typeof signature === 'object' && 'signature' in signature && signature.signature)))
    })

    t.test(`${way}: arguments that are no JSON keep their place and are no call to run`, async (assert) => {
      const here = stage({ toolCalls: [{ name: 'get_weather', arguments: '{"city": "Par' }, { name: 'get_weather', arguments: { city: 'Rome' } }] })
      const { toolCalls } = await ask(here, 'openai', { ...HELLO, tools: [WEATHER] })
      assert.equal(toolCalls[0]?.invalid?.raw, '{"city": "Par')
      assert.equal(toolCalls[0]?.arguments, undefined)
      assert.deepEqual(toolCalls[1]?.arguments, { city: 'Rome' })
    })

    t.test(`${way}: an unknown price is null, never 0`, async (assert) => {
      const here = stage('Hi', { models: { free: { target: 'compatible/x', base_url: 'http://localhost:1/compatible/v1' } } })
      const { cost, costUsd } = await ask(here, 'free', HELLO)
      assert.equal(costUsd, null)
      assert.equal(cost.source, 'unknown')
    })
  }

  t.test('a stream is start, deltas, and one end', async (assert) => {
    const seen = await events(stage({ text: 'one two three' }).hub.stream('openai', HELLO))
    const types = seen.map(({ type }) => type)
    assert.equal(types[0], 'start')
    assert.equal(types.at(-1), 'end')
    assert.equal(types.filter((type) => type === 'end').length, 1)
    const text = seen.map((event: StreamEvent) => (event.type === 'text_delta' ? event.text : '')).join('')
    assert.equal(text, 'one two three')
  })

  t.test('a stream as text, and as a ReadableStream', async (assert) => {
    const { hub } = stage('one two three')
    let text = ''
    for await (const piece of hub.stream('anthropic', HELLO).textStream()) text += piece
    assert.equal(text, 'one two three')
    const reader = hub.stream('anthropic', HELLO).toReadableStream().getReader()
    const types: string[] = []
    for (let read = await reader.read(); !read.done; read = await reader.read()) types.push(read.value.type)
    assert.equal(types.at(-1), 'end')
  })

  t.test('response() reads what nobody else does, and nothing is sent before that', async (assert) => {
    const here = stage('all of it')
    const stream = here.hub.stream('openai', HELLO)
    await Promise.resolve()
    assert.equal(here.requests.length, 0)
    assert.equal((await stream.response()).text, 'all of it')
    await assert.rejects(events(stream), /read/)
  })
}

export default cases
