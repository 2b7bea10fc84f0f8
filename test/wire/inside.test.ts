// Every failure that a provider is known for, told inside of a 200: its codes and its words mean what they mean beside the status.
import { describe, expect, it } from 'vitest'
import { Hub, RelayError } from '@relay/core'
import { errorCatalogue, simulator, type Answer } from '@relay/core/testing'
import { partners, type Partner } from '../testing/partners.ts'

/** What nothing but the status tells, and what is made of it without: by dialect and cause. */
const STATUS_ONLY: { readonly [row: string]: string } = {
  // Of a page only the status can be believed: any wall on the way may have written it.
  'openai request_too_large': 'invalid_response',
  'openai bad_gateway': 'invalid_response',
  'anthropic request_too_large_html': 'invalid_response',
  // Both say that somebody who is known may not. That it is the key is what the 401 says.
  'together permission': 'permission',
  'azure principal': 'permission',
}

async function codeOf({ provider, dialect, config }: Partner, answers: Answer, stream = false): Promise<string> {
  const { fetch } = simulator({ dialect, answers })
  const hub = new Hub({ models: { m: config }, defaults: { max_retries: 0 } }, { providers: [provider], fetch })
  const request = { messages: [{ role: 'user', content: 'hi' }] } as const
  const failure: unknown = await (stream ? hub.stream('m', request).response() : hub.chat('m', request)).catch((error: unknown) => error)
  return failure instanceof RelayError ? failure.code : 'no error'
}

/** Between the events these lose the code that the body has. */
const LOSSY = /openrouter by responses|claude on vertex/

describe.each(partners.map((partner) => [partner.name, partner] as const))('%s', (name, partner) => {
  const { dialect, wire } = partner
  const rows = errorCatalogue().filter((entry) => entry.wire === wire && entry.dialect === dialect)

  it.each(rows.map((row) => [row.cause, row] as const))('%s', async (cause, { means, status }) => {
    const fault = { type: 'json_error_200', cause } as const
    const told = STATUS_ONLY[`${dialect} ${cause}`]
    expect(await codeOf(partner, { error: cause })).toBe(means)
    expect(await codeOf(partner, { fault }), `inside of a 200, where ${status} is not`).toBe(told ?? means)
    // A page is no JSON: where a stream should be it is one that says nothing.
    if (told === 'invalid_response') return
    expect(await codeOf(partner, { fault }, true), 'where a stream was asked for').toBe(told ?? means)
    if (!LOSSY.test(name)) expect(await codeOf(partner, { fault: { type: 'error_event', cause, content: 0 } }, true), 'as an event').toBe(told ?? means)
  })

  it('has failures to tell', () => expect(rows.length).toBeGreaterThan(8))
})

it('lists no row that tells after all', () => {
  const known = new Set(errorCatalogue().map(({ dialect, cause }) => `${dialect} ${cause}`))
  expect(Object.keys(STATUS_ONLY).filter((row) => !known.has(row))).toEqual([])
})
