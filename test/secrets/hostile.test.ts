// Every kind of credential, asked for by a hub, and every request of it met with whatever a service or somebody in its place may answer.
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { RelayError } from '../../src/errors.ts'
import { Hub } from '../../src/hub.ts'
import { providers } from '../../src/providers/index.ts'
import { sources } from '../../src/sources.ts'
import { HOUR, KINDS, type Asked, type Kind } from './kinds.ts'
import { START } from './stage.ts'

type Deed = (asked: Asked, usual: Response) => Response | Promise<Response>

interface Stand {
  readonly chat: () => Promise<unknown>
  readonly services: Asked[]
  readonly models: Asked[]
  now: number
}

/** `deed` meets the `nth` request to a service, the model refuses and quotes all that it was sent where that is `quoting`. */
function stand(kind: Kind, { nth = -1, deed, quoting }: { readonly nth?: number; readonly deed?: Deed; readonly quoting?: boolean } = {}): Stand {
  const files: { [path: string]: string } = { ...kind.files }
  const env = { HOME: '/home/me', ...kind.env }
  const [services, models]: Asked[][] = [[], []]
  const fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    expect(init.redirect).toBe('manual')
    const asked: Asked = { url: new URL(String(input)), method: init.method ?? 'GET', headers: new Headers(init.headers), body: String(init.body ?? '') }
    if (/bedrock|api\.openai|openai\.azure|aiplatform/.test(asked.url.hostname)) {
      models?.push(asked)
      return quoting ? quoted(403)(asked, Response.error()) : Response.json({ message: 'no' }, { status: 400 })
    }
    services?.push(asked)
    const [, answer] = Object.entries(kind.services).find(([start]) => asked.url.href.startsWith(start)) ?? []
    if (!answer) throw new TypeError('fetch failed')
    const said = answer(asked, self.now)
    const usual = said instanceof Response ? said : new Response(typeof said === 'string' ? said : JSON.stringify(said))
    return deed && services?.length === nth + 1 ? deed(asked, usual) : usual
  }
  const secrets = sources({
    readFile: async (path) => files[path] ?? Promise.reject(new Error(`ENOENT ${path}`)),
    writeFile: async (path, text) => void (files[path] = text),
  })
  const hub = new Hub({ defaults: { max_retries: 0 }, models: { one: kind.model } }, { providers, env, fetch, secrets, runtime: { now: () => self.now } })
  const self: Stand = { chat: () => hub.chat('one', { messages: [{ role: 'user', content: 'hello' }] }).catch((error: unknown) => error), services: services ?? [], models: models ?? [], now: START }
  return self
}

const all = ({ headers, body }: Asked): string => JSON.stringify([Object.fromEntries(headers), body, decodeURIComponent(body.replace(/\+/g, ' '))])

const quoted = (status: number): Deed => (asked) => {
  const text = all(asked)
  return Response.json({ error: 'bad', error_description: text, message: text, Message: text, errors: [text] }, { status })
}
const cut: Deed = async (_, usual) => {
  const text = await usual.text()
  return new Response(text.slice(0, -1) + '…', { headers: usual.headers })
}

const DEEDS: { readonly [name: string]: Deed } = {
  ...Object.fromEntries([301, 302, 303, 307, 308].map((status) => [`a redirect, ${status}`, () => new Response('', { status, headers: { location: 'https://elsewhere.test/' } })])),
  ...Object.fromEntries([400, 401, 403, 404, 429, 500, 503].map((status) => [`a refusal that quotes the question, ${status}`, quoted(status)])),
  'the same in XML': (asked) => new Response(`<E><Code>Odd</Code><Message>${all(asked)}</Message></E>`, { status: 403 }),
  'the same as an object': (asked) => Response.json({ error: { code: 400, message: all(asked) } }, { status: 400 }),
  'a page that quotes it': (asked) => new Response(`<html>${all(asked)}`),
  'an answer that is cut': cut,
  'an empty answer': () => new Response(''),
  'an empty object': () => new Response('{}'),
  'values of other types': () => Response.json({ access_token: 5, accessToken: [], AccessKeyId: 1, auth: 3, value: {}, data: 7, payload: 4, SecretString: 5, roleCredentials: 'x' }),
  'a broken line': () => Promise.reject(new TypeError('fetch failed: secret')),
}

/** In every way in which an error may be looked at, but for the one that says that it is unsafe. */
function seen(error: unknown): string {
  const { stack, cause, raw, data, attempts } = error as RelayError
  return [String(error), stack, inspect(error, { depth: 9, showHidden: true }), JSON.stringify([error, raw, data, attempts]), cause === undefined ? '' : seen(cause)].join('\n')
}

const named = (kind: Kind, text: string): string[] => kind.secrets.filter((secret) => text.includes(secret))

describe.each(Object.entries(KINDS))('%s', (_, kind) => {
  it('goes to the model, and stands in no address and in no error', async () => {
    const { chat, services, models } = stand(kind, { quoting: true })
    const error = await chat()
    expect(models[0]?.headers.get('authorization')).toMatch(kind.sent)
    expect(named(kind, [...services, ...models].map(({ url }) => url.href).join())).toEqual([])
    expect(named(kind, seen(error))).toEqual([])
  })

  it('is kept until shortly before it expires', async () => {
    const { ms = HOUR - 300_000 } = kind
    const self = stand(kind)
    await self.chat()
    const { length } = self.services
    self.now = START + ms - 1
    await self.chat()
    expect(self.services).toHaveLength(length)
    self.now = START + ms + 1
    await self.chat()
    if (length) expect(self.services.length).toBeGreaterThan(length)
  })

  it.each(Object.entries(DEEDS))('comes with %s, wherever that is met: nobody follows, and nobody says what was asked', async (_, deed) => {
    const usual = stand(kind)
    await usual.chat()
    for (const nth of usual.services.keys()) {
      const { chat, services, models } = stand(kind, { nth, deed })
      const error = await chat()
      expect(services.filter(({ url }) => url.hostname === 'elsewhere.test')).toEqual([])
      expect(error).toBeInstanceOf(RelayError)
      expect((error as RelayError).message).not.toMatch(/cannot be sent|undefined|NaN/)
      expect(named(kind, seen(error))).toEqual([])
      expect(named(kind, services.map(({ url }) => url.href).join())).toEqual([])
      for (const { headers } of models) expect(headers.get('authorization')).toMatch(kind.sent)
    }
  })
})
