// Whatever is done to a catalogue, it is either right or a ConfigError.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { problems } from '../../src/config/check.ts'
import { resolveEnv } from '../../src/config/env.ts'
import { RelayError } from '../../src/errors.ts'
import { Hub } from '../../src/hub.ts'
import { groupFeatures } from '../../src/layers/groups/index.ts'
import { openai } from '../../src/providers/openai.ts'
import { vllm } from '../../src/providers/vllm.ts'
import type { RelayConfig } from '../../src/types/config.ts'
import { compile, load, warnings } from '../../src/yaml.ts'
import { mistakes, providers } from './kit.ts'

const CATALOGUE = {
  version: 1,
  defaults: { timeout: 60, max_retries: 2, max_attempts: 5, retry_initial_backoff: 0.5, http2: true },
  catalog: { offline: true },
  observability: { capture_messages: 'never' },
  pricing_profiles: { deal: { input_multiplier: 0.5, fixed_overrides: { 'openai/gpt': { input_per_1m: 1 } } } },
  models: {
    fast: {
      target: 'openai/gpt',
      credential: { type: 'env', var: 'KEY' },
      base_url: 'https://${env:HOST}/v1',
      params: { temperature: 1, stop: ['x'], reasoning: 'low', own: { deep: [1, null] } },
      headers: { 'x-a': 'b' },
      capabilities: { tools: true, context_window: 1000 },
      cost: { input_per_1m: 1 },
      pricing_profile: 'deal',
      tags: ['a'],
    },
    slow: { target: 'vllm/llama', base_url: 'http://localhost:8000', credential: '$env.KEY' },
  },
  groups: {
    all: { strategy: 'weighted', members: ['fast', { name: 'slow', weight: 2 }] },
    more: { members: ['all', 'slow'], retry_classifier: 'strict' },
  },
}
const env = { KEY: 'k', HOST: 'api.example.com' }

/** Parsing YAML costs milliseconds. */
const RUNS = 150

const KEYS = ['__proto__', 'constructor', 'toString', 'target', 'models', 'groups', 'type', 'members', 'name', 'weight', 'x-', '', '~1/a', '0', 'length']
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(null, undefined, true, 0, -1, NaN, Infinity, 1e21, '', 'x', 'fast', 'all', 'more', '$env.KEY', '${env:', '\0', [], {}, [[]], [null]) },
  { weight: 1, arbitrary: fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }) },
)
interface Change { readonly at: number; readonly key: string; readonly value: unknown; readonly how: 'set' | 'add' | 'drop' }
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(60),
  key: fc.oneof(fc.constantFrom(...KEYS), fc.string()),
  value,
  how: fc.constantFrom('set', 'add', 'drop'),
})

interface Holder { readonly in: Record<string, unknown>; readonly key: string }

/** Every place of a tree at which something can be put. */
function holders(tree: unknown): Holder[] {
  if (typeof tree !== 'object' || tree === null) return []
  return Object.keys(tree).flatMap((key) => {
    const object = tree as Record<string, unknown>
    return [{ in: object, key }, ...holders(object[key])]
  })
}

function changed(changes: readonly Change[]): Record<string, unknown> {
  const tree = structuredClone(CATALOGUE) as Record<string, unknown>
  for (const { at, key, value, how } of changes) {
    const all = holders(tree)
    const holder = all[at % Math.max(all.length, 1)]
    if (!holder) continue
    if (how === 'drop') delete holder.in[holder.key]
    else if (how === 'set') holder.in[holder.key] = value
    else if (!Array.isArray(holder.in)) Object.defineProperty(holder.in, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return tree
}

function ofRelay(error: unknown): { readonly text: string; readonly costUsd: null } {
  if (!(error instanceof RelayError)) throw error
  return { text: 'hi', costUsd: null }
}

describe('a catalogue that was changed', { timeout: 60_000 }, () => {
  test('is the one it was, unchanged', () => {
    expect(mistakes(() => load(CATALOGUE, { env, providers }))).toEqual({ message: '', findings: [] })
  })

  test('as data loads, or is a ConfigError', () => {
    let accepted = 0
    fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const tree = changed(changes)
      const { message } = mistakes(() => load(tree, { env, providers }))
      if (message) return
      accepted++
      // What was accepted is plain, and is accepted again as it is.
      const compiled = compile(tree, { providers })
      const text = JSON.stringify(compiled)
      expect(JSON.stringify(compile(JSON.parse(text) as object))).toBe(text)
      warnings(compiled)
    }), { numRuns: RUNS })
    expect(accepted).toBeGreaterThan(0)
  })

  test('and never was near a schema is safe to check', () => {
    fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const tree = changed(changes) as RelayConfig
      const { config } = resolveEnv(tree, (name) => (env as Record<string, string>)[name])
      for (const { path, message } of [...problems(config), ...problems(tree)]) {
        expect(path.length).toBeGreaterThan(0)
        expect(message).not.toBe('')
      }
    }), { numRuns: RUNS })
    fc.assert(fc.property(fc.anything(), (anything) => void problems(anything as RelayConfig)))
  })

  test('read from JSON and handed to a hub answers, or is an error of Relay\'s', async () => {
    const answer = { choices: [{ message: { content: 'hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 1 } }
    const fetch = async (): Promise<Response> => Response.json(answer)
    const messages = [{ role: 'user', content: 'hi' }] as const
    let answered = 0
    await fc.assert(fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      try {
        const data = JSON.stringify(changed(changes), (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))
        const hub = new Hub(JSON.parse(data) as RelayConfig, { providers: [openai, vllm], env, fetch, groups: groupFeatures })
        for (const alias of ['fast', 'slow', 'all', 'more']) {
          const { text, costUsd } = await hub.chat(alias, { messages }).catch((error: unknown) => ofRelay(error))
          expect(text).toBe('hi')
          expect(costUsd === null || costUsd >= 0).toBe(true)
          answered++
        }
      } catch (error) {
        ofRelay(error)
      }
    }), { numRuns: RUNS })
    expect(answered).toBeGreaterThan(0)
  })

  test('as text loads, or is a ConfigError with a line', () => {
    const text = JSON.stringify(CATALOGUE, undefined, 2).replaceAll('"', '')
    const piece = fc.constantFrom('\n', '\t', ' ', ':', '- ', '{', '}', '[', ']', '&a ', '*a', '!!', '!x ', '"', "'", '#', '|', '>', '%', '?', '<<: ', '---\n', 'null', '\0', '\u2028', '~')
    const edit = fc.record({ at: fc.nat(text.length), drop: fc.nat(6), put: fc.oneof(piece, fc.string({ maxLength: 4 })) })
    const lines = text.split('\n').length
    fc.assert(fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const edited = edits.reduce((all, { at, drop, put }) => all.slice(0, at) + put + all.slice(at + drop), text)
      for (const { line, column } of mistakes(() => load(edited, { env, providers })).findings) {
        expect(line).toBeGreaterThan(0)
        expect(line).toBeLessThanOrEqual(lines + 20)
        expect(column).toBeGreaterThan(0)
      }
    }), { numRuns: RUNS })
  })
})
