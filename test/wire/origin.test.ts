// Whose a block is.
import { expect, it } from 'vitest'
import { google } from '../../src/providers/google.ts'
import type { Origin } from '../../src/types/message.ts'
import { isMintedBy } from '../../src/wire/origin.ts'

const made: Origin = { provider: 'google', model: 'm', endpoint: 'https://a.test/v1beta' }

it.each<[boolean, Origin | undefined]>([
  [true, made],
  [true, { provider: 'google', model: 'm' }],
  [true, { ...made, endpoint: 'https://a.test/v1' }],
  [false, { ...made, endpoint: 'https://b.test/v1beta' }],
  [false, { ...made, endpoint: 'https://a.test:444/v1beta' }],
  [false, { ...made, model: 'n' }],
  [false, { ...made, provider: 'vertex' }],
  [false, undefined],
])('%s: %j', (mine, origin) => {
  const target = { alias: 'x', provider: google, model: 'm', baseUrl: 'https://a.test/v1beta', config: { target: 'google/m' } }
  expect(isMintedBy({ type: 'text', text: '', ...(origin && { origin }) }, target)).toBe(mine)
})
