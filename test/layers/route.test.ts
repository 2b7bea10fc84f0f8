// Groups: whoever can answer does, whatever the strategy and whoever fails, and nobody asks more often than the budget says.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RelayError } from '../../src/errors.ts'
import type { Hub } from '../../src/hub.ts'
import type { GroupConfig, GroupMember, ModelConfig, RelayConfig } from '../../src/types/config.ts'
import type { EmbedResponse, RerankResponse } from '../../src/types/embed.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { FetchLike } from '../../src/types/runtime.ts'
import { makeClock, type Clock } from '../core/clock.ts'
import { answers, ask, done, failure, json, text, toy } from '../core/toy.ts'
import { groupHub, servers, versatile, type Deed } from './route-kit.ts'

const model = (alias: string, more: Partial<ModelConfig> = {}): ModelConfig => ({ target: `toy/${alias}`, ...more, params: { model: alias, ...more.params } })

function models(...aliases: string[]): { [alias: string]: ModelConfig } {
  return Object.fromEntries(aliases.map((alias) => [alias, model(alias)]))
}

const says = (alias: string): Parameters<typeof json>[0] => [text(`I am ${alias}`), done]

async function outcome(work: Promise<{ readonly text: string }>, time: Clock, ms = 700_000): Promise<string | RelayError> {
  const ended = work.then(
    ({ text }) => text,
    (error: unknown) => error as RelayError,
  )
  await time.pass(ms)
  return Promise.race([ended, new Promise<string>((resolve) => setTimeout(() => resolve('never ended'), 20))])
}

const NAMES = ['a', 'b', 'c', 'd']
/** What another try, or the time that was asked for, may mend. */
const PASSING: readonly Deed[] = ['refuse', 'throttle', 'throttle_long', 'fail', 'break']
const deed = fc.constantFrom<Deed>('ok', 'refuse', 'deny', 'throttle', 'throttle_long', 'fail', 'hang', 'break')

const group = fc.record(
  {
    strategy: fc.constantFrom('fallback', 'loadbalance', 'weighted', 'conditional', 'fastest', 'cheapest'),
    balance: fc.constantFrom('random', 'round_robin', 'least_busy'),
    hedge: fc.record({ after: fc.constantFrom(1, 30_000), max_extra: fc.constant(1) }),
    on_interrupt: fc.constant('continue'),
  },
  { requiredKeys: ['strategy'] },
) as fc.Arbitrary<Omit<GroupConfig, 'members'>>

/** A group in a group in a group. */
const LEVELS = ['outer', 'middle', 'inner'] as const
type Level = (typeof LEVELS)[number]

const scene = fc.record({
  scripts: fc.array(fc.array(deed, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
  outer: group,
  middle: group,
  inner: group,
  /** Where each model stands: in one group or in several. */
  places: fc.array(fc.subarray([...LEVELS], { minLength: 1 }), { minLength: 4, maxLength: 4 }),
  /** Whether a group comes before the models beside it. */
  groupFirst: fc.boolean(),
  /** Models whose `when` does not fit, where there are conditions. */
  unfit: fc.subarray(NAMES, { maxLength: 2 }),
  /** Retries of a member's own. */
  own: fc.array(fc.option(fc.nat(2), { nil: undefined }), { minLength: 4, maxLength: 4 }),
  retries: fc.nat(2),
  budget: fc.integer({ min: 1, max: 14 }),
  mode: fc.constantFrom('chat', 'stream', 'embed', 'rerank'),
})
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never

/** The groups of a scene, and the models that the outermost may ask. */
function groupsOf(drawn: Scene): { readonly root: Level; readonly groups: NonNullable<RelayConfig['groups']>; readonly able: readonly string[] } {
  const { scripts, places, groupFirst, unfit, own } = drawn
  const groups: { [level: string]: GroupConfig } = {}
  const ableIn: { [level: string]: readonly string[] } = {}
  let root: Level | undefined
  for (const level of LEVELS.toReversed()) {
    const conditional = drawn[level].strategy === 'conditional'
    const here = NAMES.slice(0, scripts.length).filter((_, n) => places[n]?.includes(level))
    const asked = here.filter((name) => !conditional || !unfit.includes(name))
    const models = here.map((name): GroupMember => {
      const max_retries = own[NAMES.indexOf(name)]
      return { name, ...(conditional && { when: { 'metadata.wanted': asked.includes(name) } }), ...(max_retries !== undefined && { max_retries }) }
    })
    const further = root === undefined ? [] : [root]
    const members = groupFirst ? [...further, ...models] : [...models, ...further]
    if (!here.length) continue
    ableIn[level] = [...new Set([...asked, ...(root === undefined ? [] : (ableIn[root] ?? []))])]
    groups[level] = { ...drawn[level], members }
    root = level
  }
  return { root: root ?? 'outer', groups, able: ableIn[root ?? 'outer'] ?? [] }
}

/** Asks in one of the ways in which a hub is asked; whoever answers says its name. */
function asking(hub: Hub, alias: string, mode: Scene['mode']): Promise<{ readonly text: string }> {
  const metadata = { wanted: true }
  if (mode === 'chat') return hub.chat(alias, { ...ask, metadata })
  if (mode === 'stream') return hub.stream(alias, { ...ask, metadata }).response()
  const named = ({ attempts }: Pick<EmbedResponse, 'attempts'>): string => `I am ${attempts.find(({ ok }) => ok)?.alias}`
  if (mode === 'embed') return hub.embed(alias, { input: ['x', 'xx'], metadata }).then((it) => ({ text: it.embeddings.length === 2 ? named(it) : 'too few' }))
  return hub.rerank(alias, { query: 'x', documents: ['x', 'xx'], metadata }).then((it) => ({ text: it.results.length === 2 ? named(it) : 'too few' }))
}

/** Whether somebody must have answered: at once, or where what passes is tried again. */
function answerable({ scripts, own, retries, budget }: Scene, able: readonly string[]): boolean {
  const known = able.map((name) => ({ script: scripts[NAMES.indexOf(name)] ?? [], tries: Math.min(retries, own[NAMES.indexOf(name)] ?? retries) + 1 }))
  if (budget >= able.length && known.some(({ script: [first] }) => first === 'ok')) return true
  const inTime = known.some(({ script, tries }) => {
    const at = Array.from({ length: tries }, (_, n) => script[Math.min(n, script.length - 1)]).findIndex((it) => it === 'ok')
    return at >= 0 && script.slice(0, at).every((it) => PASSING.includes(it))
  })
  return inTime && budget >= able.length * (Math.max(retries, ...own.map((it) => it ?? 0)) + 1)
}

const plain = { strategy: 'fallback' } as const
/** What most of the scenes that were found once have in common. */
const usual = { middle: plain, inner: plain, groupFirst: true, unfit: [], own: [undefined, undefined, undefined, undefined], mode: 'chat' as const }
const within = (count: number): Level[][] => NAMES.map((_, n) => [n < count ? 'inner' : 'outer'])
const hedged = { hedge: { after: 1, max_extra: 1 } } as const

describe('whatever fails, and whatever the strategy', () => {
  it('whoever could answer within the budget does, and no more requests are made than it allows', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (drawn) => {
        const { scripts, retries, budget, mode } = drawn
        const names = NAMES.slice(0, scripts.length)
        const { root, groups, able } = groupsOf(drawn)
        const config: RelayConfig = { defaults: { max_retries: retries, max_attempts: budget }, models: models(...names), groups }
        const server = servers(Object.fromEntries(names.map((name, n) => [name, scripts[n] ?? []])), says)
        const time = makeClock()
        const result = await outcome(asking(groupHub(server, config, { runtime: time, providers: [versatile] }), root, mode), time)

        const asked = server.asked.map(({ model }) => model)
        expect(asked.length).toBeLessThanOrEqual(budget)
        expect(able).toEqual(expect.arrayContaining(asked))
        if (result instanceof RelayError) expect(result.attempts.map(({ alias }) => alias).sort()).toEqual(asked.sort())
        else expect(result).toMatch(/^I am [a-d]$/)
        if (answerable(drawn, able)) expect(result).toMatch(/^I am/)
      }),
      {
        numRuns: Number(process.env['RUNS'] ?? 400),
        examples: [
          // Found once: the last to be asked took all the time that the first, who had asked to be left alone, needed.
          [{ ...usual, scripts: [['throttle_long', 'ok'], ['hang']], outer: plain, places: within(0), retries: 1, budget: 4 }],
          // A hedge took a group whose first member said no, and with it those that would have answered.
          [{ ...usual, scripts: [['ok'], ['deny', 'ok'], ['ok'], ['hang', 'ok']], outer: { strategy: 'weighted', ...hedged }, inner: { strategy: 'weighted' }, places: within(3), retries: 0, budget: 4 }],
          // A hedge took the request that was kept for a member of the group that was being asked.
          [{ ...usual, scripts: [['ok'], ['throttle'], ['throttle']], outer: { ...plain, ...hedged }, inner: { strategy: 'loadbalance' }, places: within(2), retries: 1, budget: 4 }],
          // Whoever asked to be left alone for long was asked again before those who had not been asked at all.
          [{ ...usual, scripts: [['ok'], ['throttle_long'], ['ok'], ['fail', 'deny']], outer: { strategy: 'weighted', ...hedged }, inner: { strategy: 'loadbalance' }, places: within(3), retries: 1, budget: 5 }],
          // A hedge that was asked to come back later was forgotten.
          [{ ...usual, scripts: [['throttle_long', 'ok'], ['hang']], outer: { strategy: 'weighted', ...hedged }, places: within(0), retries: 1, budget: 4 }],
          // Whoever was asked again after the time that it wanted had all of its retries anew.
          [
            {
              ...usual,
              scripts: [['throttle_long', 'ok'], ['throttle_long'], ['throttle_long', 'fail'], ['hang', 'throttle_long', 'refuse']],
              outer: { strategy: 'loadbalance' },
              places: within(0),
              retries: 2,
              budget: 12,
              mode: 'stream',
            },
          ],
          // A request was kept twice for a model that stands in two of the groups further out.
          [{ ...usual, scripts: [['deny'], ['deny'], ['ok']], outer: plain, places: [['inner', 'outer'], ['middle', 'outer'], ['inner']], retries: 0, budget: 3 }],
        ],
      },
    )
  }, 120_000)
})

describe('a member', () => {
  it('has parameters, clocks and retries of its own, through groups in groups, the outermost last', async () => {
    const server = servers({ a: ['fail'] }, says)
    const time = makeClock()
    const config: RelayConfig = {
      models: { a: model('a', { params: { temperature: 1, top_p: 0.5 } }), b: model('b', { timeout: 9 }) },
      groups: {
        inner: { members: [{ name: 'a', params: { temperature: 0.1, seed: 3 }, max_retries: 0 }, { name: 'b', timeout: 1 }] },
        outer: { members: [{ name: 'inner', params: { temperature: 0.2 } }] },
      },
    }
    const response = await groupHub(server, config, { runtime: time }).chat('outer', ask)
    expect(response.text).toBe('I am b')
    expect(server.asked.map(({ body }) => body)).toMatchObject([{ temperature: 0.2, topP: 0.5, seed: 3 }, { temperature: 0.2 }])
    expect(response.attempts).toMatchObject([{ alias: 'a', kind: 'first' }, { alias: 'b', kind: 'fallback' }])
    const slow = outcome(groupHub(servers({ a: ['deny'], b: ['hang'] }, says), config, { runtime: time }).chat('outer', ask), time, 1000)
    expect(await slow).toMatchObject({ code: 'timeout_attempt', alias: 'b' })
  })

  it('that stands in two places is asked once', async () => {
    const server = servers({ a: ['deny'], b: ['deny'] }, says)
    const config: RelayConfig = { models: models('a', 'b'), groups: { inner: { members: ['a'] }, outer: { members: ['inner', 'a', 'b'] } } }
    await outcome(groupHub(server, config).chat('outer', ask), makeClock())
    expect(server.asked.map((it) => it.model)).toEqual(['a', 'b'])
  })

  it('leaves a request for each of those behind it, in groups in groups too', async () => {
    const config: RelayConfig = {
      defaults: { max_attempts: 4, max_retries: 5 },
      models: models('a', 'b', 'c', 'd'),
      groups: { inner: { members: ['a', 'b'] }, all: { members: ['inner', 'c', 'd'] } },
    }
    const server = servers({ a: ['fail'], b: ['fail'], c: ['fail'] }, says)
    const time = makeClock()
    expect(await outcome(groupHub(server, config, { runtime: time }).chat('all', ask), time)).toBe('I am d')
    expect(server.asked.map((it) => it.model).join('')).toBe('abcd')
  })

  it('that hangs has half of the time, whatever it streams afterwards', async () => {
    const time = makeClock()
    const config: RelayConfig = { models: models('a', 'b', 'c'), groups: { all: { members: ['a', 'b', 'c'] } } }
    const server = servers({ a: ['hang'], b: ['hang'], c: ['hang'] }, says)
    const work = outcome(groupHub(server, config, { runtime: time }).chat('all', { ...ask, timeoutMs: 8000 }), time, 4000)
    await work
    expect(server.asked).toHaveLength(2)
    await time.pass(1999)
    expect(server.asked).toHaveLength(2)
    await time.pass(1)
    expect(server.asked).toHaveLength(3)
  })

  it('that asked to be left alone for long is asked again when nobody else could answer', async () => {
    const time = makeClock()
    const config: RelayConfig = { models: models('a', 'b'), groups: { all: { members: ['a', 'b'] } } }
    const server = servers({ a: ['throttle_long', 'ok'], b: ['deny'] }, says)
    const work = groupHub(server, config, { runtime: time }).chat('all', ask)
    await time.pass(19_999)
    expect(server.asked).toHaveLength(2)
    await time.pass(1)
    expect((await work).attempts).toMatchObject([{ alias: 'a', kind: 'first' }, { alias: 'b', kind: 'fallback' }, { alias: 'a', kind: 'retry', ok: true }])
  })
})

describe('members that cannot serve a request', () => {
  const image = { messages: [{ role: 'user' as const, content: [{ type: 'image' as const, url: 'https://x.example/a.png' }] }] }
  const shown = { messages: [{ role: 'tool' as const, content: [{ type: 'tool_result' as const, toolUseId: 't', content: image.messages[0]?.content ?? [] }] }] }
  const sound = { messages: [{ role: 'user' as const, content: [{ type: 'audio' as const, data: 'AAAA', mediaType: 'audio/wav' }] }] }
  const long = { messages: [{ role: 'user' as const, content: 'x'.repeat(4000) }] }
  const tools = { ...ask, tools: [{ name: 'look' }] }
  it.each([
    ['no_vision', { vision: false }, image],
    ['no_vision', { vision: false }, shown],
    ['no_audio_input', { audio_input: false }, sound],
    ['no_tools', { tools: false }, tools],
    ['context_window', { context_window: 900 }, long],
  ] as const)('are skipped, with the reason: %s', async (reason, capabilities, request) => {
    const server = servers({}, says)
    const config: RelayConfig = { models: { a: model('a', { capabilities }), b: model('b') }, groups: { all: { members: ['a', 'b'] } } }
    const response = await groupHub(server, config).chat('all', request)
    expect(response).toMatchObject({ text: 'I am b', metadata: { skipped: [{ alias: 'a', reason }] }, attempts: [{ alias: 'b', kind: 'first' }] })
    expect((await groupHub(server, config).chat('all', ask)).metadata).toEqual({})
    // Whoever is asked by name is asked.
    expect((await groupHub(server, config).chat('a', request)).text).toBe('I am a')
  })

  it.each(['embed', 'rerank'] as const)('are skipped where their provider cannot %s, whatever `on` says', async (mode) => {
    const config: RelayConfig = {
      models: { words: { target: 'mute/m' }, a: model('a') },
      groups: { all: { members: ['words', 'a'], on: ['rate_limit'] }, none: { members: ['words'] } },
    }
    const hub = groupHub(servers({}, says), config, { providers: [{ ...toy, name: 'mute' }, versatile] })
    const asked = (alias: string): Promise<EmbedResponse | RerankResponse> =>
      mode === 'embed' ? hub.embed(alias, { input: 'x' }) : hub.rerank(alias, { query: 'x', documents: ['x'] })
    expect(await asked('all')).toMatchObject({ attempts: [{ alias: 'a', kind: 'first' }], metadata: { skipped: [{ alias: 'words', reason: `no_${mode}` }] } })
    await expect(asked('none')).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining(`\`words\` (no_${mode})`) })
  })

  it('are asked after all where only an estimate speaks against it and nobody else is there', async () => {
    const config: RelayConfig = {
      models: { a: model('a', { capabilities: { context_window: 900 } }), b: model('b', { capabilities: { vision: false } }) },
      groups: { all: { members: ['a', 'b'] } },
    }
    const request = { messages: [...long.messages, ...image.messages] }
    const { text, metadata } = await groupHub(servers({}, says), config).chat('all', request)
    expect([text, metadata]).toEqual(['I am a', { skipped: [{ alias: 'b', reason: 'no_vision' }] }])
  })

  it('are an error with every reason where there is nobody else', async () => {
    const no = { vision: false, streaming: false }
    const config: RelayConfig = { models: { a: model('a', { capabilities: no }) }, groups: { inner: { members: ['a'] }, all: { members: ['inner'] } } }
    const server = servers({}, says)
    await expect(groupHub(server, config).chat('all', image)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('`a` (no_vision)') })
    await expect(groupHub(server, config).stream('all', ask).response()).rejects.toThrow('`a` (no_streaming)')
    expect(server.asked).toHaveLength(0)
  })
})

describe('`on` and `retry_classifier`', () => {
  const causes: [GroupConfig, number, boolean][] = [
    [{ members: [], on: ['auth'] }, 401, true],
    [{ members: [], on: ['auth'] }, 403, true],
    [{ members: [], on: ['rate_limit', 'timeout'] }, 401, false],
    [{ members: [], on: ['quota'] }, 402, true],
    [{ members: [], on: ['invalid_request'] }, 400, true],
    [{ members: [] }, 400, false],
    [{ members: [], retry_classifier: 'strict' }, 401, false],
    [{ members: [], retry_classifier: 'strict' }, 503, true],
    [{ members: [], retry_classifier: 'strict', on: ['auth'] }, 401, true],
  ]
  it.each(causes)('%j and %i', async (group, status, moves) => {
    const config: RelayConfig = { defaults: { max_retries: 0 }, models: models('a', 'b'), groups: { all: { ...group, members: ['a', 'b'] } } }
    const result = await outcome(groupHub(answers(() => failure(status), () => json(says('b'))), config).chat('all', ask), makeClock())
    if (moves) expect(result).toBe('I am b')
    else expect(result).toMatchObject({ status })
  })

  it('`timeout` is every clock but the last', async () => {
    const config: RelayConfig = { models: models('a', 'b'), groups: { all: { on: ['timeout'], members: [{ name: 'a', timeout: 2 }, 'b'] } } }
    const time = makeClock()
    expect(await outcome(groupHub(servers({ a: ['hang'] }, says), config, { runtime: time }).chat('all', ask), time, 2000)).toBe('I am b')
  })

  it('hold in a group, and the outer group decides for itself', async () => {
    const config: RelayConfig = {
      models: models('a', 'b', 'c'),
      groups: { inner: { on: ['rate_limit'], members: ['a', 'b'] }, outer: { members: ['inner', 'c'] } },
    }
    expect(await outcome(groupHub(servers({ a: ['deny'] }, says), config).chat('outer', ask), makeClock())).toBe('I am c')
  })
})

describe('loadbalance', () => {
  const config = (balance: GroupConfig['balance'], ...members: (string | GroupMember)[]): RelayConfig => ({
    models: models('a', 'b', 'c'),
    groups: { all: { strategy: 'loadbalance', ...(balance && { balance }), members: members.length ? members : ['a', 'b', 'c'] } },
  })

  it('round_robin takes turns, and falls back in turn', async () => {
    const server = servers({ b: ['deny'] }, says)
    const hub = groupHub(server, config('round_robin'))
    for (let n = 0; n < 6; n++) await hub.chat('all', ask)
    expect(server.asked.map((it) => it.model).join('')).toBe('abccabcc')
  })

  it('round_robin takes turns among those that can be asked', async () => {
    const given = config('round_robin')
    const server = servers({}, says)
    const hub = groupHub(server, { ...given, models: { ...given.models, a: model('a', { capabilities: { tools: false } }) } })
    for (let n = 0; n < 6; n++) await hub.chat('all', { ...ask, tools: [{ name: 'look' }] })
    expect(server.asked.map((it) => it.model).join('')).toBe('bcbcbc')
  })

  it('least_busy asks whoever has the fewest calls under way, streams that are read included', async () => {
    const server = servers({}, (name) => [text('x'), text(name), done])
    const hub = groupHub(server, config('least_busy'))
    const reading = []
    for (let n = 0; n < 6; n++) {
      const events = hub.stream('all', ask)[Symbol.asyncIterator]()
      await events.next()
      reading.push(events)
    }
    const count = (name: string): number => server.asked.filter((it) => it.model === name).length
    expect(NAMES.slice(0, 3).map(count)).toEqual([2, 2, 2])
    const free = server.asked[4]?.model
    await reading[4]?.return?.()
    await hub.chat('all', ask)
    expect(server.asked.at(-1)?.model).toBe(free)
  })

  it('least_busy forgets a stream that nobody ever reads once its time is over', async () => {
    const time = makeClock()
    const server = servers({}, (name) => [text('x'), text(name), done])
    const hub = groupHub(server, config('least_busy', 'a', 'b'), { runtime: time })
    await hub.stream('all', { ...ask, timeoutMs: 1000 })[Symbol.asyncIterator]().next()
    const [{ model: first } = { model: '' }] = server.asked
    await hub.chat('all', ask)
    expect(server.asked.at(-1)?.model).not.toBe(first)
    await time.pass(1000)
    await hub.chat('all', ask)
    await hub.chat('all', ask)
    expect(server.asked.slice(2).some((it) => it.model === first)).toBe(true)
  })

  it('random draws all alike', async () => {
    const server = servers({}, says)
    let n = 0
    const hub = groupHub(server, config(undefined), { runtime: { random: () => ((n++ * 7) % 30) / 30 } })
    for (let n = 0; n < 30; n++) await hub.chat('all', ask)
    for (const name of ['a', 'b', 'c']) expect(server.asked.filter((it) => it.model === name).length).toBeGreaterThan(5)
  })
})

describe('vectors', () => {
  it('fall back, are hedged and counted as answers are', async () => {
    const vectors: Provider = {
      ...toy,
      embed: {
        limit: () => 2,
        encode: ({ input, extra }) => ({ path: '/embed', body: { ...extra, input } }),
        decode: ({ body }) => ({ embeddings: body as number[][], inputTokens: 2 }),
      },
    }
    const asked: string[] = []
    const time = makeClock()
    const fetch: FetchLike = async (_, init = {}) => {
      const { model = '', input } = JSON.parse(String(init.body)) as { model?: string; input: string[] }
      asked.push(model)
      if (model === 'a') return failure(401)
      if (model === 'b') await new Promise<void>((resolve) => time.timer(resolve, 5000))
      return Response.json(input.map((it) => [it.length]))
    }
    const config: RelayConfig = { models: models('a', 'b', 'c'), groups: { all: { members: ['a', 'b', 'c'], hedge: { after: 100, max_extra: 1 } } } }
    const work = groupHub(fetch, config, { runtime: time, providers: [vectors] }).embed('all', { input: ['x', 'xx', 'xxx'] })
    await time.pass(10_000)
    const { embeddings, attempts } = await work
    expect(embeddings).toEqual([[1], [2], [3]])
    // One model's vectors: who answered the first request answers the rest.
    expect(asked).toEqual(['a', 'b', 'c', 'c'])
    expect(attempts.map(({ alias, kind }) => `${alias} ${kind}`).sort()).toEqual(['a first', 'b fallback', 'c first', 'c hedge'])
  })
})

describe('what was not handed in', () => {
  it.each([
    ['conditional', { strategy: 'conditional' }],
    ['hedge', { hedge: {} }],
    ['continuation', { on_interrupt: 'continue' }],
  ] as const)('%s is an error that says what to import, before any call', (name, group) => {
    const config: RelayConfig = { models: models('a'), groups: { all: { ...group, members: ['a'] } } }
    const words = `import { ${name} } from '@relay/core/groups' and add it to the hub's \`groups\``
    expect(() => groupHub(answers(), config, { groups: [] })).toThrow(words)
  })
})
