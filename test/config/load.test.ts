// What a catalogue becomes: overlays, references, compiling, and where each value came from.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Hub } from '../../src/hub.ts'
import { providers as every } from '../../src/providers/index.ts'
import { compile, load, warnings } from '../../src/yaml.ts'
import { mistakes, providers } from './kit.ts'

const BASE = `
defaults: { timeout: 60, max_retries: 2 }
models:
  fast:
    target: openai/gpt
    credential: $env.KEY
    params: { temperature: 0.5, stop: [a, b] }
    headers: { x-team: "team \${env:TEAM}" }
    cost: { input_per_1m: 1 }
  slow: { target: openai/gpt-slow }
groups:
  all: [fast]
`.replace('all: [fast]', 'all: { members: [fast, slow] }')

const env = { KEY: 'k-1', TEAM: 'blue' }

describe('overlays', () => {
  const overlaid = (overlay: string): ReturnType<typeof load> => load([BASE, overlay], { env, providers })

  test('mappings are merged deeply, lists and values replaced', () => {
    const config = overlaid(`
defaults: { timeout: 5 }
models: { fast: { params: { temperature: 1, stop: [c] } }, new: { target: openai/new } }
groups: { all: { members: [new] } }`)
    expect(config.defaults).toEqual({ timeout: 5, max_retries: 2 })
    expect(config.models?.['fast']?.params).toEqual({ temperature: 1, stop: ['c'] })
    expect(config.models?.['fast']?.cost).toEqual({ input_per_1m: 1 })
    expect(Object.keys(config.models ?? {})).toEqual(['fast', 'slow', 'new'])
    expect(config.groups?.['all']?.members).toEqual(['new'])
  })

  test('null takes away what an earlier source has set', () => {
    const config = overlaid('models: { slow: null, fast: { headers: null, params: { stop: null } } }\ngroups: { all: { members: [fast] } }')
    expect(Object.keys(config.models ?? {})).toEqual(['fast'])
    expect(config.models?.['fast']).not.toHaveProperty('headers')
    expect(config.models?.['fast']?.params).toEqual({ temperature: 0.5 })
  })

  test('a credential of another type takes the place of the first whole', () => {
    const config = load([
      'models: { a: { target: openai/a, credential: { type: env, var: KEY } } }',
      'models: { a: { credential: { type: literal, value: x } } }',
    ])
    expect(config.models?.['a']?.credential).toEqual({ type: 'literal', value: 'x' })
  })

  test('a mistake is where its value comes from', () => {
    const at = (overlay: string): unknown[] => {
      const sources = [{ text: BASE, file: 'base.yaml' }, { text: overlay, file: 'prod.yaml' }]
      return mistakes(() => load(sources, { env, providers })).findings.map(({ file, line }) => `${file}:${line}`)
    }
    expect(at('models:\n  fast:\n    timeout: -1')).toEqual(['prod.yaml:3'])
    expect(at('models:\n  fast:\n    target: null')).toEqual(['prod.yaml:3'])
    expect(at('models:\n  slow: null')).toEqual(['base.yaml:12'])
    expect(at('groups:\n  all:\n    members:\n      - fast\n      - nobody')).toEqual(['prod.yaml:5'])
    expect(at('groups:\n  all:\n    members: [{ weight: 1 }]')).toEqual(['prod.yaml:3'])
    expect(at('models:\n  fsat:\n    timeout: 1')).toEqual(['prod.yaml:2'])
  })

  test('data has no lines; text over data and data over text are one catalogue', () => {
    expect(load([{ models: { a: { target: 'openai/a' } } }, 'models: { a: { timeout: 3 } }'])).toEqual(
      load(['models: { a: { target: openai/a } }', { models: { a: { timeout: 3 } } }]),
    )
    const { findings } = mistakes(() => load(['models:\n  a: { target: openai/a }', { models: { a: { timeout: -3 } } }]))
    expect(findings).toEqual([{ path: ['models', 'a', 'timeout'], message: 'must be a number above 0, not -3' }])
  })

  test('every mistake of every file is told, in the order of files and lines', () => {
    const { message, findings } = mistakes(() =>
      load([
        { text: 'models:\n  a: { target: openai }\n  b: { target: openai/b, timeout: 0 }', file: 'one.yaml' },
        { text: 'models:\n  c: {}\nlimitz: 3', file: 'two.yaml' },
      ], { providers })
    )
    expect(message.split('\n')).toEqual([
      'the catalogue has 4 mistakes:',
      'one.yaml:2:16: models.a.target: must be provider/model',
      'one.yaml:3:35: models.b.timeout: must be a number above 0, not 0',
      'two.yaml:2:6: models.c.target: is missing: `provider/model`; the first slash splits.',
      expect.stringContaining('two.yaml:3:1: limitz: unknown field `limitz`: did you mean `limits`?'),
    ])
    expect(findings.map(({ line }) => line)).toEqual([2, 3, 2, 3])
  })
})

describe('references', () => {
  test('become values, but for a credential, which goes on naming its variable', () => {
    const { models } = load(BASE, { env, providers })
    expect(models?.['fast']?.headers).toEqual({ 'x-team': 'team blue' })
    expect(models?.['fast']?.credential).toEqual({ type: 'env', var: 'KEY' })
    expect(JSON.stringify(models)).not.toContain('k-1')
  })

  test('a function or a record hands out values; what every object has is no variable', () => {
    const yaml = 'models: { a: { target: openai/a, credential: "${env:toString}" } }'
    expect(load(yaml, { env: (name) => `${name}!` }).models?.['a']?.credential).toEqual({ type: 'env', var: 'toString' })
    expect(mistakes(() => load(yaml, { env: {} })).message).toContain('the variable toString is not set')
  })

  test('a secret that is fetched later will do for a credential, and for nothing else', () => {
    const env = { KEY: { get: async () => 'later' } }
    expect(load('models: { a: { target: openai/a, credential: $env.KEY } }', { env }).models?.['a']?.credential)
      .toEqual({ type: 'env', var: 'KEY' })
    expect(mistakes(() => load('models: { a: { target: openai/a, headers: { x: $env.KEY } } }', { env })).message)
      .toContain('a secret binding can only stand in `credential`')
    expect(mistakes(() => load('models: { a: { target: openai/a, credential: $env.KEY } }', { env: { KEY: 3 } })).message)
      .toContain('holds no text')
  })

  test('stand anywhere that text does, and a target that comes out of one is checked', () => {
    const env = { HOST: 'api.example.com', MODEL: 'openai/gpt', BAD: 'gpt' }
    const { models } = load('models: { a: { target: $env.MODEL, base_url: "https://${env:HOST}/${env:BAD}" } }', { env, providers })
    expect(models?.['a']).toEqual({ target: 'openai/gpt', base_url: 'https://api.example.com/gpt' })
    expect(mistakes(() => load('models: { a: { target: $env.BAD } }', { env })).message).toContain('must be provider/model')
    expect(mistakes(() => load('models: { a: { target: openai/a, base_url: "https://${env:H}" } }', { env: { H: '169.254.169.254' } })).message)
      .toContain('allow_private_hosts')
  })

  test('a value is not read for references again', () => {
    const env = { A: '${env:B}', B: 'b' }
    expect(load('models: { a: { target: openai/a, headers: { x: "<${env:A}>" } } }', { env }).models?.['a']?.headers)
      .toEqual({ x: '<${env:B}>' })
  })
})

describe('compile', () => {
  test('keeps references, and gives plain data that loads the same', () => {
    const data = compile(BASE, { providers })
    expect(data.models?.['fast']?.credential).toBe('$env.KEY')
    const written = JSON.parse(JSON.stringify(data)) as object
    expect(written).toEqual(data)
    expect(compile(written)).toEqual(data)
    expect(load(written, { env, providers })).toEqual(load(BASE, { env, providers }))
  })

  test('refuses what load refuses, but for variables, and a broken reference too', () => {
    expect(mistakes(() => compile('models: { a: { target: openai/a, timeout: 0 } }')).message).toContain('above 0')
    expect(mistakes(() => compile('models: { a: { target: openai/a, credential: $env.NOT-THERE } }')).message)
      .toContain('broken reference')
    expect(compile('models: { a: { target: $env.MODEL, base_url: "http://${env:HOST}" } }', { providers }).models?.['a'])
      .toEqual({ target: '$env.MODEL', base_url: 'http://${env:HOST}' })
  })
})

describe('YAML', () => {
  test('anchors and merges: own fields first, then earlier merges; `x-` is where anchors may stand', () => {
    const { models } = load(`
$schema: ./v1.json
x-base: &base { timeout: 5, max_retries: 1, params: { top_p: 1 } }
x-more: &more { max_retries: 9, idle_timeout: 7 }
models:
  a: { <<: *base, target: openai/a, timeout: 3 }
  b: { target: openai/b, <<: [*base, *more] }
  c: &c { target: openai/c }
  d: *c
`)
    expect(models).toEqual({
      a: { target: 'openai/a', timeout: 3, max_retries: 1, params: { top_p: 1 } },
      b: { target: 'openai/b', timeout: 5, max_retries: 1, idle_timeout: 7, params: { top_p: 1 } },
      c: { target: 'openai/c' },
      d: { target: 'openai/c' },
    })
  })

  test('a mistake in an anchor is where the anchor is', () => {
    const { findings } = mistakes(() => load('x-base: &base\n  timeout: -1\nmodels:\n  a: { <<: *base, target: openai/a }'))
    expect(findings).toMatchObject([{ path: ['models', 'a', 'timeout'], line: 2, column: 12 }])
  })

  test('names that YAML 1.1 read as something else are names', () => {
    const { models } = load('models: { yes: { target: openai/a }, on: { target: openai/b }, constructor: { target: openai/c }, 1e: { target: openai/d } }')
    expect(Object.keys(models ?? {})).toEqual(['yes', 'on', 'constructor', '1e'])
  })

  test.each([['', {}], ['# nothing\n', {}], ['---\n...\n', {}], ['{}', {}], ['\ufeffmodels: {}\r\n', { models: {} }], ['null', {}]])(
    '%j is a catalogue',
    (text, config) => expect(load(text)).toEqual(config),
  )

  test('JSON is YAML', () => {
    const config = { version: 1, models: { 'a b/c': { target: 'openai/a', params: { extra: { deep: [1, null, 'x'] } } } } }
    expect(load(JSON.stringify(config))).toEqual(config)
    expect(load(JSON.stringify(config, undefined, 2))).toEqual(config)
  })

  test('a field that is null may be left out, and is', () => {
    expect(load({ models: { a: { target: 'openai/a', base_url: null, capabilities: { tools: null, vision: true } } } })).toEqual({
      models: { a: { target: 'openai/a', capabilities: { vision: true } } },
    })
  })

  const bombs: readonly [string, string][] = [
    ['aliases of aliases', Array.from('abcdefghij', (c, i) => `x-${c}: &${c} [${Array(10).fill(i ? `*${'abcdefghij'[i - 1]}` : '1')}]`).join('\n')],
    ['merges of merges', Array.from('abcdefghij', (c, i) => `x-${c}: &${c} { ${Array.from('pqrstuvwxyz', (k) => `${k}: ${i ? `*${'abcdefghij'[i - 1]}` : 1}`)} }`).join('\n')],
    ['lists in lists', `x-a: ${'['.repeat(50_000)}`],
    ['mappings in mappings', `x-a: ${'{a: '.repeat(50_000)}`],
    ['dashes in dashes', `x-a:\n  ${'- '.repeat(50_000)}`],
    ['keys of keys', `${'? '.repeat(50_000)}`],
    ['an anchor deeper than each part', Array.from({ length: 40 }, (_, i) => `x-${i}: &a${i} [[[[${i ? `*a${i - 1}` : 1}]]]]`).join('\n')],
  ]
  test.each(bombs)('a bomb of %s is refused', (_, text) => {
    const { message, findings } = mistakes(() => load(text))
    expect(message).toMatch(/too large or too deep|nested deeper/)
    expect(findings.length).toBeLessThan(3)
  })

  test('many keys are no bomb', () => {
    const text = Array.from({ length: 3000 }, (_, i) => `  m${i}: { target: openai/m${i} }`).join('\n')
    expect(Object.keys(load(`models:\n${text}`).models ?? {})).toHaveLength(3000)
  })

  test('one object in a thousand places is no circle, a circle is refused', () => {
    const shared = { temperature: 1 }
    const models = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`m${i}`, { target: 'openai/a', params: shared }]))
    expect(Object.keys(load({ models }).models ?? {})).toHaveLength(1000)
    const params: Record<string, unknown> = {}
    params['self'] = params
    expect(mistakes(() => load({ models: { a: { target: 'openai/a', params } } })).message).toContain('goes in a circle')
  })
})

test('what has no effect is a warning', () => {
  const config = load(`
defaults: { http2: true, pool_max_connections: 5, timeout: 3 }
catalog: { fetch_live_pricing: true }
observability: { log_level: debug, otel_enabled: false }
models: { a: { target: openai/a }, b: { target: openai/b } }
groups: { g: { members: [a, { name: b, weight: 2 }] }, w: { strategy: weighted, members: [{ name: b, weight: 2 }] } }`)
  expect(warnings(config).map(({ path }) => path.join('.'))).toEqual([
    'defaults.http2', 'defaults.pool_max_connections', 'catalog.fetch_live_pricing', 'observability.log_level', 'groups.g.members.1.weight',
  ])
  expect(warnings(load(BASE, { env }))).toEqual([])
})

test('parameters in another library\'s spelling, and fields that Relay writes itself, are warnings', () => {
  const config = load('models: { a: { target: openai/a, params: { maxTokens: 5, model: b, verbosity: low, generationConfig: {} } } }')
  expect(warnings(config).map(({ path, message }) => [path.join('.'), message])).toEqual([
    ['models.a.params.maxTokens', 'is not known: did you mean `max_tokens`?'],
    ['models.a.params.model', 'takes the place of what Relay writes there'],
  ])
})

test('a model that its provider could not find is a warning, once it is known who the provider is', () => {
  const config = compile(`
models:
  nowhere: { target: bedrock/amazon.nova-lite-v1:0 }
  wrong: { target: bedrock/amazon.nova-lite-v1:0, region: nowhere }
  named: { target: bedrock/amazon.nova-lite-v1:0, region: $env.AWS_REGION }
  profiled: { target: bedrock/amazon.nova-lite-v1:0, credential: { type: aws_profile, region: eu-west-1 } }
  arn: { target: "bedrock/arn:aws:bedrock:eu-west-1:1:inference-profile/x" }
  own: { target: bedrock/amazon.nova-lite-v1:0, base_url: https://bedrock.example.com }
  express: { target: vertex/gemini-2.5-flash }
  other: { target: openai/gpt-5 }`, { providers: every })
  expect(warnings(config)).toEqual([])
  expect(warnings(config, every).map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
    'models.nowhere.region: amazon.nova-lite-v1:0 needs its `region`: set it to one such as us-east-1, or to $env.AWS_REGION',
    "models.wrong.region: 'nowhere' is not an AWS region, such as us-east-1",
  ])
})

test('a pattern that repeats what repeats is a warning', () => {
  const tell = (pattern: string): string[] => {
    const when = { $or: [{ tools: true }, { text: { $regex: pattern } }] }
    const members = [{ name: 'a', when }, 'b']
    const config = load({ models: { a: { target: 'openai/a' }, b: { target: 'openai/b' } }, groups: { g: { strategy: 'conditional', members } } })
    return warnings(config).map(({ path }) => path.join('.'))
  }
  for (const slow of ['(a+)+$', '^(\\w*\\s?)*$', '(?i)(x{2}y+){2,}']) expect(tell(slow)).toEqual(['groups.g.members.0.when.$or.1.text.$regex'])
  for (const fine of ['(?i)\\bsql\\b', '(foo|bar)+', '([+*]x)+', '(\\+x)*', 'a+b*']) expect(tell(fine)).toEqual([])
})

test('what is loaded is nobody else\'s', () => {
  const given = { models: { a: { target: 'openai/a', params: { stop: ['x'] } } } }
  const loaded = load(given)
  given.models.a.params.stop.push('y')
  expect(loaded.models?.['a']?.params?.stop).toEqual(['x'])
})

test('merging is associative, and a source over itself is itself', () => {
  const field = fc.record({
    timeout: fc.integer({ min: 1, max: 9 }),
    tags: fc.array(fc.constantFrom('a', 'b')),
    params: fc.record({ x: fc.integer(), y: fc.dictionary(fc.constantFrom('p', 'q'), fc.integer()) }, { requiredKeys: [] }),
  }, { requiredKeys: [] })
  const source = fc.dictionary(fc.constantFrom('m', 'n'), field).map((models) => ({
    models: Object.fromEntries(Object.entries(models).map(([alias, model]) => [alias, { target: 'openai/a', ...model }])),
  }))
  fc.assert(fc.property(source, source, source, (a, b, c) => {
    expect(load([load([a, b]), c])).toEqual(load([a, b, c]))
    expect(load([a, load([b, c])])).toEqual(load([a, b, c]))
    expect(load([a, a])).toEqual(load([a]))
  }))
})

test('a hub takes what was compiled, and looks its variables up', () => {
  const config = compile(BASE, { providers })
  expect(() => new Hub(config, { providers: [], env })).not.toThrow()
  expect(mistakes(() => new Hub(config, { providers: [], env: { KEY: 'k' } })).findings).toEqual([
    { path: ['models', 'fast', 'headers', 'x-team'], message: 'the variable TEAM is not set' },
  ])
})
