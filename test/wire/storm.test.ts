// What a gateway says on its own, in front of whichever provider, means the same everywhere: ask again.
import { describe, expect, it } from 'vitest'
import { REMEDY, RelayError } from '../../src/errors.ts'
import { providers } from '../../src/providers/index.ts'
import { encodingOf, targetOf } from './gemini-fixtures.ts'

const STORM = [408, 409, 425, 429, 500, 502, 503, 504, 529]
const BODIES = ['', '<html><body>504 Gateway Time-out</body></html>', '{"detail":"no"}', '{"error":', '[]', 'null', 'upstream connect error']
/** With a status of 200. */
const NO_ANSWERS: readonly unknown[] = [
  null, {}, [], '', 'no', 0, { message: 'no' }, { detail: 'no' }, { error: 'no' }, { error: { message: 'no' } }, { errors: [{ message: 'no' }] },
  { code: 500, message: 'no' }, { message: null }, { status: 'error' },
]

describe.each(providers.map((provider) => [`${provider.name} ${provider.style ?? ''}`, provider] as const))('%s', (_, provider) => {
  const { wire } = provider

  it.each(STORM)('%i passes, whatever the body', (status) => {
    for (const text of BODIES) {
      const error = wire.fault({ status, text, json: parsed(text), headers: new Headers(), details: { status, raw: text } })
      expect([error.code, error.status, text], text).toEqual([expect.toSatisfy((code: typeof error.code) => REMEDY[code] === 'retry'), status, text])
    }
  })

  it.each([[401, 'authentication'], [402, 'quota'], [403, 'permission'], [404, 'not_found'], [413, 'request_too_large']] as const)('%i is %s', (status, code) => {
    for (const text of BODIES) {
      const error = wire.fault({ status, text, json: parsed(text), headers: new Headers(), details: { status, raw: text } })
      // Together says with a 403 that the context is too long.
      const means = provider.name === 'together' && status === 403 ? 'context_window' : code
      expect([error.code, error.status, text]).toEqual([means, status, text])
    }
  })

  it('takes nothing for an answer that is none', () => {
    const encoding = encodingOf({}, targetOf('some-model', provider))
    for (const body of NO_ANSWERS) {
      const read = (): unknown => wire.decode(body, encoding, new Headers())
      expect(read, JSON.stringify(body)).toThrow(RelayError)
    }
  })
})

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
