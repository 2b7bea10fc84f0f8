// Routers: a pick and its alternates, by rules and by a service, whole and as a stream.
import type { FetchLike } from '@relay/core'
import { NoCandidatesError, routed, RouterAuthError, RouterTimeoutError, rowsOf, RuleBasedRouter, SemanticRouter, type RouteDecision } from '@relay/core/routing'
import type { Cases } from '../kit.ts'
import { CATALOGUE, HELLO, stage } from '../stage.ts'

const KEY = 'router-key-0123456789'
const DECISION = { alias: 'anthropic', confidence: 0.9, alternates: [['openai', 0.2]], source: 'hosted', ts: '2026-05-06T12:34:56Z', new_key: true }

/** A service that says one thing, and what it was asked. */
function service(answer: () => Response): { readonly router: SemanticRouter; readonly asked: RequestInit[] } {
  const asked: RequestInit[] = []
  const fetch: FetchLike = async (_, init = {}) => {
    asked.push(init)
    return answer()
  }
  return { router: new SemanticRouter({ endpoint: 'https://router.example', apiKey: KEY, fetch }), asked }
}

const cases: Cases = (t) => {
  t.test('rules pick among the models of a catalogue', async (assert) => {
    const known = [
      { provider: 'openai', model_id: 'gpt-4.1-mini', capabilities: ['tools'], benchmarks: { quality_index: 50 } },
      { provider: 'anthropic', model_id: 'claude-sonnet-4-5', capabilities: ['tools'], benchmarks: { quality_index: 70 } },
    ]
    const router = new RuleBasedRouter(rowsOf(CATALOGUE, known))
    const { hub } = stage(({ dialect }) => `from ${dialect}`)
    const { text, metadata } = await routed(hub, router, { constraints: { needs: ['tools'], budget: 'balanced' } }).chat(HELLO)
    assert.equal(text, 'from anthropic')
    assert.deepEqual((metadata['routing'] as RouteDecision).alternates, [['openai', 50]])
    await assert.rejects(routed(hub, router, { constraints: { needs: ['flight'] } }).chat(HELLO), NoCandidatesError)
  })

  t.test('a service picks, and the alternate answers where the pick fails', async (assert) => {
    const { hub } = stage(({ dialect }) => (dialect === 'anthropic' ? { error: 'authentication' } : 'from the other'))
    const { router, asked } = service(() => Response.json(DECISION))
    const { chat, stream } = routed(hub, router)
    for (const response of [await chat(HELLO), await stream(HELLO).response()]) {
      assert.equal(response.text, 'from the other')
      assert.equal((response.metadata['routing'] as RouteDecision).alias, 'anthropic')
      assert.deepEqual(response.attempts.map(({ alias, kind }) => [alias, kind]), [['anthropic', 'first'], ['openai', 'fallback']])
    }
    assert.deepEqual(asked.map(({ redirect }) => redirect), ['manual', 'manual'])
    assert.equal(new Headers(asked[0]?.headers).get('authorization'), `Bearer ${KEY}`)
  })

  t.test('a service that refuses, or says nothing in time', async (assert) => {
    const { router } = service(() => Response.json({ error_code: 'AUTH_FAILED', message: `not ${KEY}` }, { status: 401 }))
    const error = (await assert.rejects(router.route({ messages: HELLO.messages, candidates: [] }), RouterAuthError)) as Error
    assert.ok(!error.message.includes(KEY), error.message)
    const silent = new SemanticRouter({ endpoint: 'https://router.example', timeoutMs: 5, fetch: () => new Promise(() => undefined) })
    await assert.rejects(silent.route({ messages: HELLO.messages, candidates: [] }), RouterTimeoutError)
  })
}

export default cases
