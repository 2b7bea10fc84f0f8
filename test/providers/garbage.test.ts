// Whatever a server says instead of an answer, every provider's model answers or fails with an error of Relay's.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RelayError } from '../../src/errors.ts'
import { Hub } from '../../src/hub.ts'
import { providers } from '../../src/providers/index.ts'
import { simulator } from '../../src/testing/index.ts'
import type { ModelConfig } from '../../src/types/config.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { FetchLike } from '../../src/types/runtime.ts'

const messages = [{ role: 'user', content: 'hi' }] as const
/** Those whose frames are text; AWS frames have checksums, and a suite of their own. */
const spoken = providers.filter(({ wire }) => wire.framing.contentType.startsWith('text/'))
const place: Partial<ModelConfig> = { base_url: 'https://api.test/v1', credential: { type: 'literal', value: 'a-key-of-20-letters.' }, project: 'p', region: 'eu-west-1', location: 'eu' }

function hubOf({ name, style }: Provider, fetch: FetchLike): Hub {
  const model: ModelConfig = { target: `${name}/some-model`, ...(style && { api_style: style }), max_retries: 0, ...place }
  return new Hub({ models: { m: model } }, { providers, fetch })
}

/** What the simulator answers, so that garbage begins as an answer. */
async function sample(provider: Provider, mode: 'chat' | 'stream'): Promise<string> {
  const { base_url: _, ...there } = place
  const { fetch } = simulator({ answers: { text: 'Hi there', thinking: 'hm', toolCalls: [] } })
  let text = ''
  const listening: FetchLike = async (url, init) => {
    const response = await fetch(url, init)
    text = await response.clone().text()
    return response
  }
  const own = provider.name === 'azure' ? { ...there, base_url: 'https://mine.openai.azure.com/openai/v1' } : provider.baseUrl === undefined ? place : there
  const { name, style } = provider
  const hub = new Hub({ models: { m: { target: `${name}/some-model`, ...(style && { api_style: style }), ...own } } }, { providers, fetch: listening })
  if (mode === 'chat') await hub.chat('m', { messages }).catch(() => undefined)
  else await hub.stream('m', { messages }).response().catch(() => undefined)
  return text
}

const junk = fc.oneof(fc.constantFrom<unknown>(null, true, 0, -1, '', 'x', [], {}, [null], [[]], [{}], { type: 'text' }), fc.jsonValue())

/** Puts junk in one place of a JSON value. */
function spoil(value: unknown, at: number, put: unknown): unknown {
  const places: [object, string][] = []
  const visit = (inner: unknown): void => {
    if (typeof inner !== 'object' || inner === null) return
    for (const [key, more] of Object.entries(inner)) {
      places.push([inner, key])
      visit(more)
    }
  }
  visit(value)
  const [holder, key] = places[at % Math.max(1, places.length)] ?? []
  if (!holder || key === undefined) return put
  Object.assign(holder, { [key]: put })
  return value
}

/** Spoils one line of a stream, or the whole body. */
function spoilt(text: string, at: number, put: unknown): string {
  const lines = text.split('\n')
  const data = lines.flatMap((line, i) => (/^data: ?\{/.test(line) ? [i] : []))
  if (!data.length) return JSON.stringify(spoil(JSON.parse(text), at, put))
  const n = data[at % data.length]!
  lines[n] = `data: ${JSON.stringify(spoil(JSON.parse(lines[n]!.replace(/^data: ?/, '')), Math.floor(at / data.length), put))}`
  return lines.join('\n')
}

async function ofRelay(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof RelayError)) throw error
  })
}

describe.each(spoken.map((provider) => [`${provider.name}, ${provider.wire.name}`, provider] as const))('%s', (_, provider) => {
  it.each(['chat', 'stream'] as const)('%s: junk in an answer is an answer, or an error of Relay\'s', async (mode) => {
    const text = await sample(provider, mode)
    expect(text).toMatch(mode === 'stream' ? /^(event|data|:)/m : /^\s*\{/)
    const type = mode === 'stream' ? 'text/event-stream' : 'application/json'
    await fc.assert(fc.asyncProperty(fc.nat(), junk, async (at, put) => {
      const body = spoilt(text, at, put)
      const hub = hubOf(provider, async () => new Response(body, { headers: { 'content-type': type } }))
      await ofRelay(mode === 'chat' ? hub.chat('m', { messages }) : hub.stream('m', { messages }).response())
    }), { numRuns: 400 })
  })

  it('junk for the body of a failure is an error of Relay\'s', async () => {
    await fc.assert(fc.asyncProperty(junk, fc.constantFrom(200, 400, 401, 429, 500, 503), async (put, status) => {
      const hub = hubOf(provider, async () => Response.json(put, { status }))
      await ofRelay(hub.chat('m', { messages }))
    }), { numRuns: 40 })
  })
})
