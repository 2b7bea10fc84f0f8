// Every status from every provider, with a body that fits it, none, or somebody else's page: the status is what it means.
import { expect, it } from 'vitest'
import { Hub, RelayError } from '@relay/core'
import { simulator, type AnswerError } from '@relay/core/testing'
import { STATUSES, UNNAMED } from '../chaos/faults.ts'
import { partners } from '../testing/partners.ts'

const BODIES = [undefined, '', '<html><body>upstream</body></html>', '{"error":', { detail: 'no' }]

it.each(partners.map((partner) => [partner.name, partner] as const))('%s', async (_, { provider, dialect, config }) => {
  for (const [said, means] of Object.entries(STATUSES)) {
    const status = Number(said)
    for (const body of BODIES) {
      const error: AnswerError = { status, ...(UNNAMED.includes(status) && { cause: 'server_error' }), ...(body !== undefined && { body }) }
      const { fetch } = simulator({ dialect, answers: { error } })
      const hub = new Hub({ models: { m: config }, defaults: { max_retries: 0 } }, { providers: [provider], fetch })
      const request = { messages: [{ role: 'user', content: 'hi' }] } as const
      for (const ask of [() => hub.chat('m', request), () => hub.stream('m', request).response()]) {
        const failure: unknown = await ask().catch((reason: unknown) => reason)
        expect(failure).toBeInstanceOf(RelayError)
        const { code, status: told } = failure as RelayError
        expect([told, body, means], code).toEqual([status, body, expect.arrayContaining([code])])
      }
    }
  }
})
