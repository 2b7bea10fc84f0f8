// The kit itself, and the two platform promises everything else rests on: WebCrypto and streaming UTF-8.
import type { Cases } from '../kit.ts'
import { assert as inner, run } from '../kit.ts'

const cases: Cases = (t) => {
  t.test('equality tells what differs', (assert) => {
    inner.deepEqual({ a: [1, { b: undefined }] }, { a: [1, { b: undefined }] })
    assert.throws(() => inner.deepEqual({ a: [1] }, { a: [2] }), /at \.a\.0: got/)
    assert.throws(() => inner.deepEqual({ a: 1 }, { a: 1, b: undefined }))
    assert.throws(() => inner.equal(0, -0))
  })

  t.test('errors are matched by class, message or fields', async (assert) => {
    inner.throws(() => JSON.parse('{'), SyntaxError)
    await inner.rejects(async () => Promise.reject(Object.assign(new Error('no'), { code: 'x' })), { code: 'x' })
    assert.throws(() => inner.throws(() => 1), /none was thrown/)
    await assert.rejects(inner.rejects(Promise.resolve(1)), /expected a rejection/)
    await assert.rejects(inner.rejects(Promise.reject(new Error('no')), /yes/), /expected a message/)
  })

  t.test('a failing and a hanging case are counted, and the next one still runs', async (assert) => {
    const names = ['fails', 'hangs', 'passes'] as const
    const report = await run(
      [
        { name: names[0], run: () => inner.ok(false) },
        { name: names[1], run: () => new Promise<void>(() => {}) },
        { name: names[2], run: () => {} },
      ],
      20,
    )
    assert.equal(report.passed, 1)
    assert.deepEqual(report.failures.map((failure) => failure.name), ['fails', 'hangs'])
  })

  t.test('WebCrypto knows the SHA-256 of abc', async (assert) => {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc')))
    const hex = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    assert.equal(hex, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  t.test('a character cut between two chunks survives', (assert) => {
    const bytes = new TextEncoder().encode('a€b')
    const decoder = new TextDecoder()
    const text = decoder.decode(bytes.slice(0, 2), { stream: true }) + decoder.decode(bytes.slice(2))
    assert.equal(text, 'a€b')
  })
}

export default cases
