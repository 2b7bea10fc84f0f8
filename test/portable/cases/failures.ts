// Failures before the first content: what each provider's own errors mean, when to come back, and who is asked next.
import { REMEDY, type ErrorCode, type RelayConfig, type RelayError } from '@relay/core'
import { errorCatalogue, type Answer, type RetryHint } from '@relay/core/testing'
import type { Cases } from '../kit.ts'
import { CATALOGUE, COMPANIES, events, HELLO, stage } from '../stage.ts'

/** Every company as a model of its own name; those without an address get one. */
function everyone(defaults: NonNullable<RelayConfig['defaults']>): RelayConfig {
  const models = COMPANIES.map(([{ name }, model]) => [name, { target: `${name}/${model}`, ...(name === 'compatible' ? { base_url: 'http://localhost:1/compatible/v1' } : undefined) }])
  return { defaults, models: Object.fromEntries(models) as NonNullable<RelayConfig['models']> }
}

const HINTS: readonly (readonly [name: string, hint: RetryHint, ms: number])[] = [
  ['seconds', { seconds: 3 }, 3000],
  ['milliseconds, which are finer', { seconds: 3, ms: 1250 }, 1250],
]

/** What may go wrong before the first content. All of it lets the next member answer. */
const SETBACKS: { readonly [name: string]: Answer } = {
  'a 500': { error: 'server_error' },
  'a wrong key': { error: 'authentication' },
  'no quota': { error: 'quota' },
  'too busy': { error: 'overloaded' },
  'no connection': { fault: { type: 'refuse' } },
  'a connection that breaks before the first content': { text: 'never', fault: { type: 'cut', content: 0 } },
  'a body that ends before the first content': { text: 'never', fault: { type: 'end', content: 0 } },
  'an error inside a 200': { text: 'never', fault: { type: 'error_event', content: 0 } },
}

const cases: Cases = (t) => {
  const once = everyone({ max_retries: 0 })
  for (const [{ name, wire }] of COMPANIES) {
    t.test(`${name}: each of its errors is known`, async (assert) => {
      const known = errorCatalogue().filter((entry) => entry.dialect === name && entry.wire === wire.name)
      assert.ok(known.length > 8, `${known.length} errors`)
      for (const { cause, means, status } of known) {
        const { hub } = stage({ error: cause }, once)
        const error = (await assert.rejects(hub.chat(name, HELLO))) as RelayError
        assert.deepEqual({ cause, code: error.code, provider: error.provider, alias: error.alias }, { cause, code: means, provider: name, alias: name })
        assert.deepEqual({ cause, status: error.status, attempts: error.attempts.map((attempt) => attempt.cause) }, { cause, status, attempts: [means] })
        assert.ok(error.message, `${cause} says nothing`)
      }
    })
  }

  for (const [name, hint, ms] of HINTS) {
    t.test(`a 429 says when to come back: ${name}`, async (assert) => {
      const { hub } = stage({ error: { cause: 'rate_limit', retry: hint } }, once)
      await assert.rejects(hub.chat('openai', HELLO), { code: 'rate_limit', retryAfterMs: ms })
    })
  }

  t.test('a 429 says when to come back: a date', async (assert) => {
    const now = Date.UTC(2030, 0, 1)
    const retry = { date: new Date(now + 60_000) }
    const { hub } = stage({ error: { cause: 'rate_limit', retry } }, once, { runtime: { now: () => now } })
    await assert.rejects(hub.chat('openai', HELLO), { code: 'rate_limit', retryAfterMs: 60_000 })
  })

  t.test('what may pass is tried again, what will not is not', async (assert) => {
    const again = stage([{ error: 'overloaded' }, { fault: { type: 'refuse' } }, 'At last.'])
    const response = await again.hub.chat('openai', HELLO)
    assert.equal(response.text, 'At last.')
    assert.deepEqual(response.attempts.map(({ kind, cause }) => [kind, cause]), [['first', 'overloaded'], ['retry', 'network'], ['retry', undefined]])
    const never = stage(['unused'].map(() => ({ error: 'invalid_request' })))
    await assert.rejects(never.hub.chat('openai', HELLO), { code: 'invalid_request' })
    assert.equal(never.requests.length, 1)
  })

  for (const [name, answer] of Object.entries(SETBACKS)) {
    t.test(`${name}: the next member answers`, async (assert) => {
      const config: RelayConfig = { ...CATALOGUE, defaults: { max_retries: 0 } }
      const { hub } = stage(({ dialect }) => (dialect === 'openai' ? answer : 'From the other.'), config)
      const seen = await events(hub.stream('both', HELLO))
      const last = seen.at(-1)
      assert.ok(last?.type === 'end')
      if (last?.type !== 'end') return
      assert.equal(last.response.text, 'From the other.')
      assert.equal(last.response.provider, 'anthropic')
      assert.deepEqual(last.response.attempts.map(({ alias, ok, kind }) => [alias, ok, kind]), [['openai', false, 'first'], ['anthropic', true, 'fallback']])
      assert.equal(seen.filter(({ type }) => type === 'start').length, 1)
    })
  }

  t.test('after the first content nobody else is asked', async (assert) => {
    const here = stage({ text: 'one two three', fault: { type: 'error_event', content: 1 } })
    const error = (await assert.rejects(events(here.hub.stream('both', HELLO)))) as RelayError
    assert.equal(error.partial?.text.trim(), 'one')
    assert.equal(here.requests.length, 1)
  })

  t.test('one budget of attempts for retries and fallbacks together', async (assert) => {
    const here = stage({ error: 'server_error' }, { ...CATALOGUE, defaults: { max_attempts: 3, max_retries: 5, retry_initial_backoff: 0.001 } })
    await assert.rejects(here.hub.chat('both', HELLO), { code: 'server_error' })
    assert.equal(here.requests.length, 3)
  })

  t.test('no key is in an error', async (assert) => {
    const key = 'sk-proj-Abcdefgh12345678'
    const { hub } = stage({ error: { cause: 'authentication', message: `Incorrect API key provided: ${key}` } }, CATALOGUE, { env: { OPENAI_API_KEY: key } })
    const error = (await assert.rejects(hub.chat('openai', HELLO), { code: 'authentication', status: 401 })) as RelayError
    assert.ok(!`${error.message}${error.raw}${JSON.stringify(error)}${error.stack}`.includes(key))
    assert.ok(error.rawUnsafe()?.includes(key))
  })

  t.test('every code has a remedy', (assert) => {
    const codes = new Set<ErrorCode>(errorCatalogue().map(({ means }) => means))
    assert.ok(codes.size > 8)
    for (const code of codes) assert.ok(['retry', 'fallback', 'fail'].includes(REMEDY[code]), code)
  })
}

export default cases
