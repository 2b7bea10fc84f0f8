// Catalogues as data, straight to `new Hub`, which has no schema: each mistake is refused there, by its path.
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { Hub } from '../../src/hub.ts'
import { openai } from '../../src/providers/openai.ts'
import type { RelayConfig } from '../../src/types/config.ts'

const model = (fields: object): object => ({ models: { m: { target: 'openai/gpt', ...fields } } })
const group = (fields: unknown): object => ({ models: { a: { target: 'openai/a' }, b: { target: 'openai/b' } }, groups: { g: fields } })

const mistakes: readonly (readonly [name: string, config: unknown, path: string, message: RegExp])[] = [
  ['nothing', undefined, '', /is a mapping/],
  ['null', null, '', /is a mapping/],
  ['YAML that nobody parsed', 'models: {}', '', /is a mapping/],
  ['a list', [], '', /is a mapping/],
  ['a version that is to come', { version: 2 }, 'version', /must be 1/],
  ['a list of models', { models: [{ target: 'openai/gpt' }] }, 'models', /must be a mapping/],
  ['null for groups', { models: {}, groups: null }, 'groups', /must be a mapping/],
  ['null for defaults', { defaults: null }, 'defaults', /must be a mapping/],
  ['no attempt at all', { defaults: { max_attempts: 0 } }, 'defaults.max_attempts', /1 or more/],
  ['a text for a model', { models: { m: 'openai/gpt' } }, 'models.m.target', /provider\/model/],
  ['a text for a number', model({ timeout: '30' }), 'models.m.timeout', /seconds above 0/],
  ['no number', model({ cost: { input_per_1m: NaN } }), 'models.m.cost.input_per_1m', /0 or more/],
  ['no keys in a list of keys', model({ credentials: [] }), 'models.m.credentials', /not empty/],
  ['a text for a list of keys', model({ credentials: 'K' }), 'models.m.credentials', /a list/],
  ['a key', model({ credential: 'sk-abcdefghijkl' }), 'models.m.credential', /no place in a catalogue/],
  ['a strategy that is none', group({ strategy: 'random', members: ['a'] }), 'groups.g.strategy', /one of fallback/],
  ['null for a group', group(null), 'groups.g.members', /at least one/],
  ['null for a member', group({ members: ['a', null] }), 'groups.g.members.1.name', /is missing/],
  ['a weight below 0', group({ members: ['a', { name: 'b', weight: -1 }] }), 'groups.g.members.1.weight', /0 or more/],
  ['a member that is nobody', group({ members: ['a', 'c'] }), 'groups.g.members.1', /no key of models/],
  ['a number that is null', { defaults: { timeout: null }, models: {} }, 'defaults.timeout', /above 0/],
]

describe('a hub refuses', () => {
  it.each(mistakes)('%s', (_, config, path, message) => {
    let thrown: unknown
    try {
      new Hub(config as RelayConfig, { providers: [openai] })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ConfigError)
    const { data } = thrown as { readonly data: readonly { readonly path: readonly unknown[]; readonly message: string }[] }
    expect(data).toEqual([{ path: path === '' ? [] : path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step)), message: expect.stringMatching(message) as string }])
    expect((thrown as Error).message).not.toContain('sk-abcdefghijkl')
  })
})
