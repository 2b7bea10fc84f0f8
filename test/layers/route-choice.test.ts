// The strategies that choose by the request, by pace and by price.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { predicate } from '../../src/layers/groups/predicate.ts'
import type { Call } from '../../src/types/call.ts'
import type { GroupConfig, GroupMember, ModelConfig, RelayConfig } from '../../src/types/config.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import { makeClock, type Clock } from '../core/clock.ts'
import { answers, ask, done, json, text } from '../core/toy.ts'
import { groupHub, servers, versatile } from './route-kit.ts'

const says = (alias: string): Parameters<typeof json>[0] => [text(alias), done]

function config(strategy: NonNullable<GroupConfig['strategy']>, members: readonly GroupMember[], models: { [alias: string]: Partial<ModelConfig> } = {}): RelayConfig {
  const entry = ({ name }: GroupMember): [string, ModelConfig] => [name, { target: `toy/${name}`, params: { model: name }, ...models[name] }]
  return { defaults: { max_retries: 0 }, models: Object.fromEntries(members.map(entry)), groups: { all: { strategy, members } } }
}

function complaining(): never {
  throw new Error('nothing is wrong with it')
}

/** A call as rings see it, as far as conditions look. */
function callOf(request: Partial<ChatRequest>, more: Partial<Call> = {}): Call {
  return { mode: 'chat', alias: 'all', scope: {}, request: { ...ask, ...request }, ...more } as Call
}

const user = (content: ChatRequest['messages'][number]['content']): Partial<ChatRequest> => ({ messages: [{ role: 'user', content }] })
const picture = user([{ type: 'text', text: 'look' }, { type: 'image', url: 'https://x.example/a.png' }])

describe('conditions', () => {
  const cases: readonly [when: object, request: Partial<ChatRequest>, more: Partial<Call>, fits: boolean][] = [
    [{}, {}, {}, true],
    [{ tokens: { $gt: 100 } }, user('x'.repeat(404)), {}, true],
    [{ tokens: { $gt: 100 } }, user('x'.repeat(400)), {}, false],
    [{ tokens: { $gte: 100, $lt: 101 } }, user('x'.repeat(400)), {}, true],
    [{ max_tokens: { $lte: 5 } }, { maxTokens: 5 }, {}, true],
    [{ max_tokens: { $lte: 5 } }, {}, {}, false],
    [{ max_tokens: { $exists: false } }, {}, {}, true],
    [{ max_tokens: null }, {}, {}, true],
    [{ messages: 1 }, {}, {}, true],
    [{ tools: true }, { tools: [{ name: 'a' }] }, {}, true],
    [{ tools: true }, { tools: [] }, {}, false],
    [{ tools: false }, {}, {}, true],
    [{ tools: { $gt: 1 } }, { tools: [{ name: 'a' }, { name: 'b' }] }, {}, true],
    [{ images: true }, picture, {}, true],
    [{ images: true }, {}, {}, false],
    [{ audio: false, documents: false }, picture, {}, true],
    [{ documents: true }, user([{ type: 'document', text: 'x' }]), {}, true],
    [{ reasoning: { $in: ['high', 'xhigh'] } }, { reasoning: 'high' }, {}, true],
    [{ reasoning: { $gte: 1000 } }, { reasoning: 'high' }, {}, false],
    [{ reasoning: { $gte: 1000 } }, { reasoning: 2000 }, {}, true],
    [{ format: 'json_schema' }, { responseFormat: { schema: {} } }, {}, true],
    [{ format: { $ne: 'text' } }, {}, {}, false],
    [{ stream: true }, {}, { mode: 'stream' }, true],
    [{ mode: { $nin: ['embed', 'rerank'] } }, {}, { mode: 'embed' }, false],
    [{ tenant: 'acme' }, {}, { scope: { tenant: 'acme' } }, true],
    [{ 'metadata.plan': 'pro' }, { metadata: { plan: 'pro' } }, {}, true],
    [{ 'metadata.plan': 'pro' }, {}, { scope: { metadata: { plan: 'pro' } } }, true],
    [{ 'metadata.plan': 'pro' }, { metadata: { plan: 'free' } }, { scope: { metadata: { plan: 'pro' } } }, false],
    [{ 'metadata.user.plan': 'pro' }, { metadata: { user: { plan: 'pro' } } }, {}, true],
    [{ 'metadata.user.plan': 'pro' }, { metadata: { 'user.plan': 'pro' } }, {}, true],
    [{ 'metadata.toString': { $exists: true } }, {}, {}, false],
    [{ 'metadata.beta': true }, { metadata: { beta: 1 } }, {}, true],
    [{ 'metadata.beta': false }, {}, {}, true],
    [{ 'metadata.seats': { $gt: 5 } }, { metadata: { seats: '9' } }, {}, false],
    [{ tags: 'vip' }, { metadata: { tags: ['new', 'vip'] } }, {}, true],
    [{ tags: { $in: ['a', 'b'] } }, { metadata: { tags: ['b'] } }, {}, true],
    [{ tags: { $nin: ['a', 'b'] } }, { metadata: { tags: ['b'] } }, {}, false],
    [{ tags: { $regex: '^v' } }, { metadata: { tags: ['new', 'vip'] } }, {}, true],
    [{ text: { $regex: '\\bSQL\\b' } }, user('write sql'), {}, false],
    [{ text: { $regex: '(?i)\\bSQL\\b' } }, user('write sql'), {}, true],
    [{ text: { $regex: 'x' } }, { messages: [{ role: 'user', content: 'x' }, { role: 'assistant', content: 'x' }, { role: 'user', content: 'y' }] }, {}, false],
    [{ $or: [{ tools: true }, { images: true }] }, picture, {}, true],
    [{ $and: [{ tools: true }, { images: true }] }, picture, {}, false],
    [{ $not: { images: true } }, picture, {}, false],
    [{ images: true, text: 'look' }, picture, {}, true],
    [{ images: true, text: 'no' }, picture, {}, false],
  ]
  it.each(cases)('%j of %j %j: %s', (when, request, more, fits) => {
    expect(predicate(when, complaining)(callOf(request, more))).toBe(fits)
  })

  it('of any shape are read or complained about, and never break a call', () => {
    const key = fc.constantFrom('tokens', 'text', 'tags', 'metadata.a', '$and', '$or', '$not', '$eq', '$in', '$regex', '$gt', '__proto__', 'x')
    const shape = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 4 }, fc.constantFrom<unknown>('a', '(', 1, true, null, undefined, []), fc.array(tie('node')), fc.dictionary(key, tie('node'))),
    }))
    fc.assert(
      fc.property(shape.node, (when) => {
        expect(typeof predicate(when, () => undefined)(callOf({}))).toBe('boolean')
      }),
    )
  })

  it('choose members in order, and fall back on those that fit', async () => {
    const given = config('conditional', [
      { name: 'seer', when: { images: true } },
      { name: 'big', when: { tokens: { $gt: 50 } } },
      { name: 'usual' },
    ])
    const first = async (request: Partial<ChatRequest>): Promise<string> => (await groupHub(servers({}, says), given).chat('all', { ...ask, ...request })).text
    expect(await first(picture)).toBe('seer')
    expect(await first(user('x'.repeat(400)))).toBe('big')
    expect(await first({})).toBe('usual')
    const server = servers({ seer: ['deny'], big: ['deny'], usual: ['deny'] }, says)
    await groupHub(server, given).chat('all', { ...ask, ...picture }).catch(() => undefined)
    expect(server.asked.map(({ model }) => model)).toEqual(['seer', 'usual'])
  })

  it('hold for streams, and for vectors', async () => {
    const given = config('conditional', [{ name: 'words', when: { mode: { $in: ['chat', 'stream'] } } }, { name: 'vectors' }])
    expect((await groupHub(servers({}, says), given).stream('all', ask).response()).text).toBe('words')
    const hub = groupHub(servers({}, says), given, { providers: [versatile] })
    expect((await hub.embed('all', { input: 'x' })).attempts).toMatchObject([{ alias: 'vectors' }])
  })

  it('say so where none fits, and where one is wrong', async () => {
    const none = config('conditional', [{ name: 'seer', when: { images: true } }])
    await expect(groupHub(answers(), none).chat('all', ask)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('no `when` fits') })
    const wrong = config('conditional', [{ name: 'seer', when: { tokens: { $more: 1 } } }])
    await expect(groupHub(answers(), wrong).chat('all', ask)).rejects.toThrow(/groups.all: the `when` of `seer`: tokens: \$more: is no operator/)
  })
})

describe('fastest', () => {
  const three = config('fastest', [{ name: 'a' }, { name: 'b' }, { name: 'c' }])

  /** Servers that take their time. */
  function paced(time: Clock, ms: { [model: string]: number }): { asked: string[]; call: (mode?: 'chat' | 'stream') => Promise<string> } {
    const asked: string[] = []
    const hub = groupHub(
      async (_, init = {}) => {
        const { model } = JSON.parse(String(init.body)) as { model: string }
        asked.push(model)
        await new Promise<void>((resolve) => time.timer(resolve, ms[model] ?? 0))
        return json(says(model))
      },
      three,
      { runtime: time },
    )
    return {
      asked,
      async call(mode = 'chat') {
        const work = mode === 'chat' ? hub.chat('all', ask) : hub.stream('all', ask).response()
        await time.pass(20_000)
        return (await work).text
      },
    }
  }

  it('asks each once to see, then whoever has been fastest, and follows changes', async () => {
    const time = makeClock()
    const ms = { a: 3000, b: 500, c: 1000 }
    const { call } = paced(time, ms)
    expect([await call(), await call(), await call()]).toEqual(['a', 'b', 'c'])
    expect([await call(), await call()]).toEqual(['b', 'b'])
    ms.b = 9000
    const then = [await call(), await call(), await call()]
    expect(then).toEqual(['b', 'c', 'c'])
  })

  it('measures whole answers and streams apart', async () => {
    const time = makeClock()
    const { call } = paced(time, { a: 3000, b: 500, c: 1000 })
    await call()
    await call()
    expect(await call('stream')).toBe('a')
  })

  it('looks again after a while, one call at a time', async () => {
    const time = makeClock()
    const { call, asked } = paced(time, { a: 3000, b: 500, c: 1000 })
    for (let n = 0; n < 4; n++) await call()
    await time.pass(300_000)
    asked.length = 0
    await Promise.all([call(), call(), call()])
    expect([...asked].sort()).toEqual(['a', 'b', 'c'])
  })

  it('takes a failure for slowness', async () => {
    const server = servers({ a: ['deny', 'ok'] }, says)
    const hub = groupHub(server, three, { runtime: makeClock() })
    for (let n = 0; n < 4; n++) await hub.chat('all', ask)
    expect(server.asked.map(({ model }) => model)).toEqual(['a', 'b', 'c', 'b', 'b'])
  })

  it('does not take a request that is wrong for slowness, nor looks at who cannot be asked', async () => {
    const given = config('fastest', [{ name: 'blind' }, { name: 'a' }, { name: 'b' }], { blind: { capabilities: { vision: false } } })
    const time = makeClock()
    const server = servers({ a: ['ok', 'reject', 'ok'], b: ['slow'] }, says, time)
    const hub = groupHub(server, given, { runtime: time })
    for (let n = 0; n < 4; n++) {
      const work = hub.chat('all', { ...ask, ...picture }).catch(() => undefined)
      await time.pass(1000)
      await work
    }
    expect(server.asked.map(({ model }) => model).join('')).toBe('abaa')
  })
})

describe('cheapest', () => {
  it('asks whoever takes least for this request; whose price is unknown comes last', async () => {
    const given = config('cheapest', [{ name: 'unknown' }, { name: 'reader' }, { name: 'writer' }], {
      reader: { cost: { input_per_1m: 0.1, output_per_1m: 9 } },
      writer: { cost: { input_per_1m: 3, output_per_1m: 3 } },
    })
    const order = async (request: Partial<ChatRequest>): Promise<string[]> => {
      const server = servers({ unknown: ['deny'], reader: ['deny'], writer: ['deny'] }, says)
      await groupHub(server, given).chat('all', { ...ask, ...request }).catch(() => undefined)
      return server.asked.map(({ model }) => model)
    }
    expect(await order({})).toEqual(['writer', 'reader', 'unknown'])
    expect(await order({ ...user('x'.repeat(400_000)), maxTokens: 10 })).toEqual(['reader', 'writer', 'unknown'])
  })

  it('takes a group for its cheapest model', async () => {
    const given: RelayConfig = {
      models: Object.fromEntries([1, 2, 3].map((usd) => [`m${usd}`, { target: 'toy/m', params: { model: `m${usd}` }, cost: { input_per_1m: usd, output_per_1m: usd } }])),
      groups: { inner: { strategy: 'cheapest', members: ['m3', 'm1'] }, all: { strategy: 'cheapest', members: ['m2', 'inner'] } },
    }
    expect((await groupHub(servers({}, says), given).chat('all', ask)).text).toBe('m1')
  })
})
