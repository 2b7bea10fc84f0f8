// Every provider answers, whole and streamed, at its own address and with its own key.
import type { RelayConfig } from '@relay/core'
import type { Cases } from '../kit.ts'
import { COMPANIES, ENV, HELLO, stage, WEATHER } from '../stage.ts'

const cases: Cases = (t) => {
  for (const [provider, model] of COMPANIES) {
    const { name, env, baseUrl } = provider
    t.test(name, async (assert) => {
      const own = typeof baseUrl === 'string' ? baseUrl : undefined
      const config: RelayConfig = { models: { it: { target: `${name}/${model}`, ...(own === undefined ? { base_url: 'http://localhost:1/compatible/v1' } : undefined) } } }
      const here = stage(['Hello to you.', { text: 'Hello again.', fault: { type: 'split', bytes: 11 } }, { toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }] }], config)
      const whole = await here.hub.chat('it', HELLO)
      const streamed = await here.hub.stream('it', HELLO).response()
      assert.deepEqual([whole.text, streamed.text], ['Hello to you.', 'Hello again.'])
      assert.deepEqual([whole.finishReason, streamed.finishReason], ['stop', 'stop'])
      assert.equal(whole.provider, name)
      assert.ok(whole.usage.outputTokens > 0 && streamed.usage.outputTokens > 0 && streamed.usage.estimated === undefined)
      const asked = here.requests[0]
      assert.ok(asked?.url.startsWith(own ?? 'http://localhost:1/compatible/v1'), asked?.url)
      assert.equal(asked?.neutral.model, model)
      // The simulator keeps the last four characters of a key.
      const tail = ENV[env[0] ?? '']?.slice(-4)
      if (tail) assert.ok(Object.values(asked?.headers ?? {}).some((value) => value.endsWith(tail)), 'the key is sent')
      if (name === 'perplexity') return
      const { toolCalls } = await here.hub.chat('it', { ...HELLO, tools: [WEATHER] })
      assert.deepEqual(toolCalls.map((call) => call.arguments), [{ city: 'Oslo' }])
    })
  }
}

export default cases
