// Catalogues: what is wrong with one is said by name, and where keys come from.
import { ConfigError, Hub, type RelayConfig } from '@relay/core'
import { fromConfig, fromYaml } from '@relay/core/cloudflare'
import { simulator } from '@relay/core/testing'
import type { Cases } from '../kit.ts'
import { CATALOGUE, ENV, HELLO, stage } from '../stage.ts'

const model = (entry: object): RelayConfig => ({ models: { fast: { target: 'openai/gpt-4.1-mini', ...entry } } })

const WRONG: { readonly [name: string]: readonly [config: RelayConfig, message: RegExp] } = {
  'a target without a slash': [model({ target: 'gpt' }), /fast.*target.*provider\/model/s],
  'a variable that is not set': [model({ credential: '$env.NOWHERE' }), /fast.*NOWHERE.*not set/s],
  'a key in the catalogue': [model({ credential: 'sk-1234567890' }), /fast.*credential/s],
  'a member that is not there': [{ ...CATALOGUE, groups: { all: { members: ['openai', 'nobody'] } } }, /all.*nobody/s],
  'groups in a circle': [{ ...CATALOGUE, groups: { a: { members: ['b'] }, b: { members: ['a'] } } }, /circle/],
  'a group without members': [{ ...CATALOGUE, groups: { a: { members: [] } } }, /a.*members/s],
  'a key over plain http': [model({ base_url: 'http://example.com/v1' }), /fast.*https/s],
  'the address of a cloud’s metadata': [model({ base_url: 'https://169.254.169.254/v1' }), /fast.*allow_private_hosts/s],
}

const YAML = `
models:
  fast:
    target: openai/gpt-4.1-mini
    credential: $env.MY_KEY
    base_url: \${env:BASE}/v1
`

const cases: Cases = (t) => {
  for (const [name, [config, message]] of Object.entries(WRONG)) {
    t.test(`${name} is refused by name`, async (assert) => {
      const error = await assert.rejects(async () => stage('Hi', config).hub.chat(Object.keys(config.models ?? {})[0] ?? '', HELLO), ConfigError)
      assert.ok(message.test(String(error)), String(error))
      assert.ok(!String(error).includes('sk-1234567890'))
    })
  }

  t.test('an alias that is not there, a provider that was not handed in, a key that is not set', async (assert) => {
    const { hub } = stage('Hi')
    await assert.rejects(hub.chat('nobody', HELLO), /nobody.*openai/)
    await assert.rejects(async () => new Hub(CATALOGUE, { providers: [], env: ENV }).chat('openai', HELLO), /provider/)
    await assert.rejects(stage('Hi', CATALOGUE, { env: {} }).hub.chat('openai', HELLO), /OPENAI_API_KEY/)
  })

  t.test('keys come from a record, a function, or a binding that is asked when the key is needed', async (assert) => {
    let asked = 0
    const binding = { get: async () => `key-${++asked}` }
    const sources = [{ OPENAI_API_KEY: 'key-0' }, (name: string) => (name === 'OPENAI_API_KEY' ? 'key-0' : undefined), { OPENAI_API_KEY: binding }]
    for (const env of sources) {
      const { hub, requests } = stage('Hi', CATALOGUE, { env })
      await hub.chat('openai', HELLO)
      await hub.chat('openai', HELLO)
      assert.equal(requests.length, 2)
      assert.ok(requests.every(({ status }) => status === 200))
    }
    assert.equal(asked, 2)
  })

  t.test('one incoming request: its metadata, its signal, and work that outlives it', async (assert) => {
    const control = new AbortController()
    const { hub } = stage('Hi')
    const mine = hub.with({ metadata: { user: 'u1' }, signal: control.signal, defer: () => undefined })
    const { metadata } = await mine.chat('openai', { ...HELLO, metadata: { page: 2 } })
    assert.deepEqual([metadata['user'], metadata['page']], ['u1', 2])
    control.abort(new Error('gone'))
    await assert.rejects(mine.chat('openai', HELLO), /gone/)
    assert.equal((await hub.get('openai').chat(HELLO)).text, 'Hi')
  })

  t.test('a compiled catalogue needs no parser', async (assert) => {
    const { fetch } = simulator({ answers: 'From data.' })
    const hub = fromConfig(CATALOGUE, { env: ENV, fetch })
    assert.equal((await hub.chat('openai', HELLO)).text, 'From data.')
  })

  t.test('YAML, with references to variables', async (assert) => {
    const { fetch, requests } = simulator({ answers: 'From YAML.' })
    let hub: Hub
    try {
      hub = fromYaml(YAML, { env: { MY_KEY: 'key-0', BASE: 'https://api.openai.com' }, fetch })
    } catch (error) {
      // Deno lets the YAML parser see no variables unless it is told to, and this suite asks for no permission.
      assert.ok(/LOG_(TOKENS|STREAM)/.test((error as Error).message), String(error))
      return
    }
    assert.equal((await hub.chat('fast', HELLO)).text, 'From YAML.')
    assert.equal(requests[0]?.url, 'https://api.openai.com/v1/chat/completions')
    assert.throws(() => fromYaml(`${YAML}    oops: 1\n`, { env: { MY_KEY: 'k', BASE: 'https://x.y' } }), /oops/)
  })
}

export default cases
