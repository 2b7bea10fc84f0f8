// How calls end that do not end well: truncation, a walk away, an abort, a clock; and what is known by then.
import { StreamTruncatedError, TimeoutError, type ChatResponse, type Layer, type ModelConfig, type Outcome, type RelayConfig, type RelayError } from '@relay/core'
import type { Fault } from '@relay/core/testing'
import type { Cases } from '../kit.ts'
import { CATALOGUE, events, HELLO, stage } from '../stage.ts'

const WORDS = 'one two three four five six seven eight'

/** No retries, and the model's own clocks. */
function impatient(model: Partial<ModelConfig> = {}): RelayConfig {
  const models = Object.entries(CATALOGUE.models ?? {}).map(([alias, entry]) => [alias, { ...entry, ...model }])
  return { ...CATALOGUE, defaults: { max_retries: 0 }, models: Object.fromEntries(models) as NonNullable<RelayConfig['models']> }
}

/** A ring that keeps how calls ended. */
function witness(): { readonly layer: Layer; readonly outcomes: Outcome[] } {
  const outcomes: Outcome[] = []
  return {
    outcomes,
    layer: {
      stage: 'audit',
      wrap: (next) => async (call) => {
        const reply = await next(call)
        reply.settle.push((outcome) => void outcomes.push(outcome))
        return reply
      },
    },
  }
}

const CUTS: readonly Fault[] = [{ type: 'end' }, { type: 'end', content: 2 }, { type: 'end', at: 400 }]

interface ClockCase {
  readonly code: string
  readonly fault: Fault
  readonly model: Partial<ModelConfig>
}

const CLOCKS: readonly ClockCase[] = [
  { code: 'timeout_connect', fault: { type: 'hang' }, model: { connect_timeout: 0.05 } },
  { code: 'timeout_first_content', fault: { type: 'stall', content: 0 }, model: { first_content_timeout: 0.05 } },
  { code: 'timeout_idle', fault: { type: 'stall', content: 2 }, model: { idle_timeout: 0.05 } },
  { code: 'timeout_attempt', fault: { type: 'stall', content: 2 }, model: { timeout: 0.05 } },
]

const cases: Cases = (t) => {
  for (const alias of ['openai', 'anthropic']) {
    for (const [n, fault] of CUTS.entries()) {
      t.test(`${alias}: a stream that ends early is no success (${n + 1})`, async (assert) => {
        const { hub } = stage({ text: WORDS, fault }, impatient())
        const error = (await assert.rejects(events(hub.stream(alias, HELLO)), StreamTruncatedError)) as RelayError
        assert.equal(error.alias, alias)
        const text = error.partial?.text ?? ''
        assert.ok(WORDS.startsWith(text), `partial: ${text}`)
        if (text) assert.ok((error.partial?.usage.outputTokens ?? 0) > 0, 'the partial counts its tokens')
      })
    }

    t.test(`${alias}: a connection that breaks is a stream cut short, with what had arrived`, async (assert) => {
      const { hub } = stage({ text: WORDS, fault: { type: 'cut', content: 3 } }, impatient())
      const error = (await assert.rejects(events(hub.stream(alias, HELLO)), { code: 'stream_truncated' })) as RelayError
      assert.equal(error.partial?.text.trim(), 'one two three')
      assert.ok((error.partial?.costUsd ?? 0) > 0)
    })

    t.test(`${alias}: break closes the connection and books what had arrived`, async (assert) => {
      const seen = witness()
      const here = stage({ text: WORDS, fault: { type: 'stall', content: 4 } }, impatient(), { layers: [seen.layer] })
      const stream = here.hub.stream(alias, HELLO)
      let pieces = 0
      for await (const event of stream) if (event.type === 'text_delta' && ++pieces === 2) break
      const response: ChatResponse = await stream.response()
      assert.ok(WORDS.startsWith(response.text) && response.text !== '')
      assert.ok(response.usage.estimated === true || response.usage.outputTokens > 0)
      assert.deepEqual(seen.outcomes.map(({ status }) => status), ['cancelled'])
      assert.equal(here.requests[0]?.aborted, true)
    })

    t.test(`${alias}: an abort rejects with its own reason and settles once`, async (assert) => {
      const seen = witness()
      const here = stage({ text: WORDS, fault: { type: 'stall', content: 2 } }, impatient(), { layers: [seen.layer] })
      const control = new AbortController()
      const reason = new Error('the user pressed stop')
      const stream = here.hub.stream(alias, { ...HELLO, signal: control.signal })
      const thrown = await assert.rejects(async () => {
        for await (const event of stream) if (event.type === 'text_delta') control.abort(reason)
      })
      assert.equal(thrown, reason)
      assert.deepEqual(seen.outcomes.map(({ status }) => status), ['cancelled'])
      assert.equal(here.requests[0]?.aborted, true)
    })

    for (const { code, fault, model } of CLOCKS) {
      t.test(`${alias}: ${code}`, async (assert) => {
        const here = stage({ text: WORDS, fault }, impatient(model))
        const error = await assert.rejects(events(here.hub.stream(alias, HELLO)), TimeoutError)
        assert.equal((error as RelayError).code, code)
        assert.equal(here.requests[0]?.aborted, true)
      })
    }
  }

  t.test('an abort before anything is sent sends nothing', async (assert) => {
    const here = stage('never')
    const reason = new Error('never mind')
    assert.equal(await assert.rejects(here.hub.chat('openai', { ...HELLO, signal: AbortSignal.abort(reason) })), reason)
    assert.equal(here.requests.length, 0)
  })

  t.test('a call has a clock of its own', async (assert) => {
    const { hub } = stage({ text: WORDS, fault: { type: 'hang' } })
    await assert.rejects(hub.chat('openai', { ...HELLO, timeoutMs: 50 }), { code: 'timeout_total', name: 'TimeoutError' })
  })
}

export default cases
