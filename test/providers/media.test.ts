// Pictures and documents at an address: every provider gets the address or the bytes, whichever it takes.
import { describe, expect, it } from 'vitest'
import { Hub, RelayError, type ContentBlock, type FetchLike, type HubOptions, type ModelConfig } from '@relay/core'
import { simulator } from '@relay/core/testing'
import { partners } from '../testing/partners.ts'

const PNG = Uint8Array.from([137, 80, 78, 71, 13, 10, 26, 10, 1, 2, 3, 255, 0, 254])
const IN_BASE64 = Buffer.from(PNG).toString('base64')
const PLACE = 'https://pictures.example/cat?sig=SIGNATURE'

interface World {
  readonly fetch: FetchLike
  readonly fetched: (readonly [url: string, init: RequestInit | undefined])[]
  readonly bodies: string[]
}

/** A provider, and a host of pictures beside it. */
function world(dialect: string, pictures: (url: string) => Response | Promise<Response>): World {
  const sim = simulator({ dialect, answers: 'A cat.' })
  const fetched: World['fetched'] = []
  const bodies: string[] = []
  const fetch: FetchLike = async (input, init) => {
    const url = String(input)
    if (!/pictures|169\.254|localhost/.test(url)) {
      bodies.push(String(init?.body))
      return sim.fetch(input, init)
    }
    fetched.push([url, init])
    return pictures(url)
  }
  return { fetch, fetched, bodies }
}

const picture = (type = 'image/png'): Response => new Response(PNG, { headers: { 'content-type': type } })

const ask = (content: ContentBlock) => ({ messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'What is it?' }, content] }] })

const image = (url = PLACE): ContentBlock => ({ type: 'image', url })

function hubOf(config: ModelConfig, { fetch }: World, options: Omit<HubOptions, 'fetch'>): Hub {
  return new Hub({ defaults: { max_retries: 0 }, models: { m: config } }, { ...options, fetch })
}

/** Those whose servers fetch nothing. */
const BYTES = /converse|bedrock-invoke|claude on vertex|ollama|lmstudio/

describe.each(partners.map((partner) => [partner.name, partner] as const))('%s', (name, { provider, dialect, config }) => {
  const providers = [provider]

  it('gets a picture, by its address or its bytes', async () => {
    for (const mode of ['chat', 'stream'] as const) {
      const here = world(dialect, () => picture())
      const hub = hubOf(config, here, { providers })
      const response = await (mode === 'chat' ? hub.chat('m', ask(image())) : hub.stream('m', ask(image())).response())
      expect(response.text).toBe('A cat.')
      const [body = ''] = here.bodies
      if (BYTES.test(name)) {
        expect(body).toContain(IN_BASE64)
        expect(body).toContain('png')
        expect(body).not.toContain('pictures.example')
        // No header of the call goes along, and no redirect is followed unseen.
        expect(here.fetched).toEqual([[PLACE, { redirect: 'manual', signal: expect.any(AbortSignal) }]])
      } else {
        expect(body).toContain(PLACE)
        expect(here.fetched).toEqual([])
      }
    }
  })

  it('explains without fetching', async () => {
    const here = world(dialect, () => picture())
    const [told] = await hubOf(config, here, { providers }).explain('m', ask(image()))
    expect(JSON.stringify(told?.body).includes(PLACE)).toBe(!BYTES.test(name))
    expect(told?.notes.some(({ why }) => why.includes('fetched when'))).toBe(BYTES.test(name))
    expect([here.fetched, here.bodies]).toEqual([[], []])
  })

  it('gets a document, or says that another model could', async () => {
    const here = world(dialect, () => picture('application/pdf'))
    const failure: unknown = await hubOf(config, here, { providers }).chat('m', ask({ type: 'document', url: 'https://pictures.example/report' })).catch((error: unknown) => error)
    const sent = here.bodies.join('')
    if (failure instanceof RelayError) expect([failure.code, sent]).toEqual(['unsupported', ''])
    else expect([sent.includes('pictures.example'), sent.includes(IN_BASE64)]).toContain(true)
  })
})

describe('what is fetched', () => {
  const partner = partners.find(({ name }) => name === 'converse')!
  const { provider, dialect, config } = partner
  const tried = async (pictures: (url: string) => Response | Promise<Response>, { url, model, ...options }: { url?: string; model?: Partial<ModelConfig> } & Partial<HubOptions> = {}) => {
    const here = world(dialect, pictures)
    const ended: unknown = await hubOf({ ...config, ...model }, here, { providers: [provider], ...options }).chat('m', ask(image(url))).catch((error: unknown) => error)
    return { ...here, ended, urls: here.fetched.map(([url]) => url) }
  }

  it.each([
    'http://pictures.example/a.png', 'https://localhost/a.png', 'https://127.0.0.1/pictures', 'https://169.254.169.254/latest', 'https://[::1]/pictures', 'https://10.0.0.7/pictures', 'https://2130706433/pictures',
  ])('is at a public https address: not %s, unless private hosts are allowed', async (url) => {
    const refused = await tried(() => picture(), { url })
    expect([refused.ended, refused.urls, refused.bodies]).toMatchObject([{ code: 'unsupported', message: expect.stringContaining('allow_private_hosts') }, [], []])
    const allowed = await tried(() => picture(), { url, model: { allow_private_hosts: true } })
    expect([allowed.ended, allowed.urls.length]).toMatchObject([{ text: 'A cat.' }, 1])
  })

  it('follows redirects, each held to the same rules, and not for ever', async () => {
    const to = (location: string) => new Response(null, { status: 302, headers: { location } })
    const moved = await tried((url) => (url.endsWith('/b') ? picture() : to('/b')))
    expect([moved.ended, moved.urls]).toMatchObject([{ text: 'A cat.' }, [PLACE, 'https://pictures.example/b']])
    const inside = await tried(() => to('https://169.254.169.254/latest/meta-data'))
    expect([inside.ended, inside.urls]).toMatchObject([{ code: 'unsupported' }, [PLACE]])
    const round = await tried(() => to(PLACE))
    expect([round.ended, round.urls.length]).toMatchObject([{ code: 'unsupported', message: expect.stringContaining('too often') }, 4])
  })

  it.each<[string, () => Response | Promise<Response>]>([
    ['a missing one', () => new Response('no', { status: 404 })],
    ['a host that is down', () => Promise.reject(new TypeError('fetch failed'))],
    ['one that breaks off', () => new Response(new ReadableStream({ pull: (controller) => controller.error(new TypeError('terminated')) }))],
  ])('%s is a failure that another model may be spared, and does not quote the address', async (_, pictures) => {
    const { ended, bodies } = await tried(pictures)
    expect([ended, bodies]).toMatchObject([{ code: 'unsupported', attempts: [{ cause: 'unsupported' }] }, []])
    expect(JSON.stringify([(ended as RelayError).message, (ended as RelayError).raw, (ended as RelayError).data])).not.toContain('SIGNATURE')
  })

  it('is of some size at most', async () => {
    const block = new Uint8Array(8 * 1024 * 1024)
    let cancelled = false
    const endless = (): Response => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(block), cancel: () => void (cancelled = true) }))
    const { ended } = await tried(endless)
    expect([ended, cancelled]).toMatchObject([{ code: 'unsupported', message: expect.stringContaining('larger') }, true])
  })

  it('ends with the call', async () => {
    const control = new AbortController()
    const here = world(dialect, () => (setTimeout(() => control.abort(new Error('enough'))), new Promise(() => undefined)))
    const work = hubOf(config, here, { providers: [provider] }).chat('m', { ...ask(image()), signal: control.signal })
    await expect(work).rejects.toThrow('enough')
    expect(here.fetched[0]?.[1]?.signal?.aborted).toBe(true)
  })

  it('is fetched in the way that the hub is given, or not at all', async () => {
    const own = await tried(() => expect.fail('not asked'), { fetchMedia: async () => picture('image/webp') })
    expect([own.ended, own.bodies.join('')]).toMatchObject([{ text: 'A cat.' }, expect.stringContaining('webp')])
    const none = await tried(() => expect.fail('not asked'), { fetchMedia: false })
    expect(none.ended).toMatchObject({ code: 'unsupported', message: expect.stringContaining('fetchMedia') })
  })

  it('also inside of a tool’s result, and once for all places of one address', async () => {
    const here = world(dialect, () => picture())
    const messages = [
      ...ask(image()).messages,
      { role: 'assistant' as const, content: [{ type: 'tool_use' as const, id: 't1', name: 'look', input: {} }] },
      { role: 'tool' as const, content: [{ type: 'tool_result' as const, toolUseId: 't1', content: [{ type: 'image' as const, url: PLACE }] }] },
    ]
    const tools = [{ name: 'look', parameters: { type: 'object' } }]
    await hubOf(config, here, { providers: [provider] }).chat('m', { messages, tools })
    expect(here.fetched).toHaveLength(1)
    expect(here.bodies[0]?.split(IN_BASE64)).toHaveLength(3)
  })

  it('a group falls back between one that takes addresses and one that takes bytes', async () => {
    const google = partners.find(({ name }) => name === 'gemini')!
    const here = world(dialect, () => picture())
    const fetch: FetchLike = async (input, init) => (String(input).includes('googleapis') ? new Response('{}', { status: 503 }) : here.fetch(input, init))
    const hub = new Hub(
      { defaults: { max_retries: 0 }, models: { a: google.config, b: config }, groups: { g: { members: ['a', 'b'] } } },
      { providers: [google.provider, provider], fetch },
    )
    expect(await hub.chat('g', ask(image()))).toMatchObject({ text: 'A cat.', attempts: [{ alias: 'a', ok: false }, { alias: 'b', ok: true }] })
  })
})
