// What a gateway says on its own, in front of whichever provider, means the same everywhere: ask again.
import { describe, expect, it } from 'vitest'
import { REMEDY } from '../../src/errors.ts'
import { providers } from '../../src/providers/index.ts'

const STORM = [408, 409, 425, 429, 500, 502, 503, 504, 529]
const BODIES = ['', '<html><body>504 Gateway Time-out</body></html>', '{"detail":"no"}', '{"error":', '[]', 'null', 'upstream connect error']

describe.each(providers.map((provider) => [`${provider.name} ${provider.style ?? ''}`, provider] as const))('%s', (_, { wire }) => {
  it.each(STORM)('%i passes, whatever the body', (status) => {
    for (const text of BODIES) {
      const error = wire.fault({ status, text, json: parsed(text), headers: new Headers(), details: { status, raw: text } })
      expect([error.code, error.status, text], text).toEqual([expect.toSatisfy((code: typeof error.code) => REMEDY[code] === 'retry'), status, text])
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
