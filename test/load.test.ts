// What the doors of the runtimes take: sources first, options last, and which is which.
import { expect, it } from 'vitest'
import { fromSources, split } from '../src/load.ts'
import { simulator } from '../src/testing/index.ts'

const BASE = '{ models: { a: { target: openai/gpt-5-mini }, b: { target: openai/gpt-5 } }, groups: { g: { members: [a] } } }'

it.each<readonly [string, object, boolean]>([
  ['options', { env: {}, fetch, store: undefined }, true],
  ['options with features of groups', { groups: [] }, true],
  ['no options at all', {}, true],
  ['an overlay', { models: { a: { timeout: 3 } } }, false],
  ['an overlay of groups alone', { groups: { g: { members: ['b'] } } }, false],
])('%s at the end', (_, last, options) => {
  expect(split(['a.yaml', last])).toEqual(options ? [['a.yaml'], last] : [['a.yaml', last], {}])
})

it('an overlay of groups alone is laid over the file', async () => {
  const { fetch, requests } = simulator()
  const [sources, options] = split([BASE, { groups: { g: { members: ['b'] } } }, { fetch, env: { OPENAI_API_KEY: 'any-key' } }])
  const hub = await fromSources(sources, options, async () => '')
  await hub.chat('g', { messages: [{ role: 'user', content: 'Hello' }] })
  expect(requests.map(({ neutral }) => neutral.model)).toEqual(['gpt-5'])
})
