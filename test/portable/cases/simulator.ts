// The simulator itself, on every runtime: the same bytes, real aborts, and errors where the line breaks.
import { simulator, type Answer, type Fault, type Simulator } from '@relay/core/testing'
import type { Cases } from '../kit.ts'

function ask(sim: Simulator, path: 'chat/completions' | 'messages', signal?: AbortSignal): Promise<Response> {
  return sim.fetch(`https://api.test/v1/${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', max_tokens: 50, stream: true, messages: [{ role: 'user', content: 'Grüezi 🌦 zäme' }] }),
    ...(signal ? { signal } : {}),
  })
}

const answered = (answers: Answer, path: 'chat/completions' | 'messages' = 'chat/completions'): Promise<Response> =>
  ask(simulator({ answers }), path)

const cases: Cases = (t) => {
  t.test('speaks both wires, in chunks that cut characters', async (assert) => {
    for (const path of ['chat/completions', 'messages'] as const) {
      const whole = await (await answered({}, path)).text()
      assert.ok(whole.includes('Grüezi') && whole.includes('🌦'))
      for (const bytes of [1, 2, 3, 7]) {
        assert.equal(await (await answered({ fault: { type: 'split', bytes } }, path)).text(), whole)
      }
    }
  })

  t.test('breaks the body where it is cut', async (assert) => {
    const response = await answered({ fault: { type: 'cut', at: 40 } })
    assert.equal(response.status, 200)
    const reader = response.body!.getReader()
    assert.equal((await reader.read()).value?.length, 40)
    await assert.rejects(reader.read(), TypeError)
  })

  t.test('refuses as a network does', async (assert) => {
    await assert.rejects(answered({ fault: { type: 'refuse' } }), TypeError)
  })

  t.test('rejects with the reason of the signal, before the head and after it', async (assert) => {
    for (const fault of [{ type: 'hang' }, { type: 'stall', event: 0 }] as Fault[]) {
      const sim = simulator({ answers: { fault } })
      const controller = new AbortController()
      const reason = new Error('enough')
      const response = ask(sim, 'messages', controller.signal)
      // Not by `text()`: Chromium throws an error of its own there.
      const body = fault.type === 'hang' ? response : (await response).body!.getReader().read()
      controller.abort(reason)
      assert.equal(await assert.rejects(body), reason)
      assert.equal(sim.requests[0]?.aborted, true)
    }
  })

  t.test('sees a body cancelled', async (assert) => {
    const sim = simulator({ answers: 'one two three' })
    const response = await ask(sim, 'chat/completions')
    await response.body!.cancel()
    assert.equal(sim.requests[0]?.aborted, true)
    assert.equal(sim.requests[0]?.bytesSent, 0)
  })

  t.test('says the same for the same seed', async (assert) => {
    const bodies = await Promise.all([1, 2].map(async () => (await ask(simulator({ seed: 'x' }), 'messages')).text()))
    assert.equal(bodies[0], bodies[1])
  })
}

export default cases
