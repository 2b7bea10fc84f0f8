// The script, the echo, and what is remembered of a request.
import { describe, expect, it } from 'vitest'
import { errorCatalogue, simulator } from '@relay/core/testing'
import type { Script, SimulatorOptions } from '@relay/core/testing'
import { ask } from './ask.ts'

const OPENAI = 'https://api.openai.com/v1/chat/completions'

async function reply(options: SimulatorOptions, body: object, url = OPENAI): Promise<Record<string, unknown>> {
  const sim = simulator(options)
  return (await post(sim.fetch, body, url)).json() as Promise<Record<string, unknown>>
}

function post(fetch: ReturnType<typeof simulator>['fetch'], body: object, url = OPENAI): Promise<Response> {
  const init = { method: 'POST', headers: { authorization: 'Bearer sk-a-long-enough-key' } }
  return fetch(url, { ...init, body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hello there' }], ...body }) })
}

const content = (answer: Record<string, unknown>): unknown =>
  (answer as { choices: { message: { content: unknown } }[] }).choices[0]?.message.content

describe('a script', () => {
  it('is one answer, a list, or a function of the request', async () => {
    const told = async (answers: Script, times: number): Promise<unknown[]> => {
      const sim = simulator({ answers })
      const all: unknown[] = []
      for (let i = 0; i < times; i++) all.push(content(await (await post(sim.fetch, {})).json() as Record<string, unknown>))
      return all
    }
    expect(await told('Yes', 2)).toEqual(['Yes', 'Yes'])
    expect(await told(['One', { text: 'Two' }], 2)).toEqual(['One', 'Two'])
    expect(await told((request) => `${request.index}: ${request.neutral.text}`, 2)).toEqual(['0: Hello there', '1: Hello there'])
    expect(await told(({ index }) => (index ? 'Scripted' : undefined), 2)).toEqual(['Hello there', 'Scripted'])
    await expect(told(['One'], 2)).rejects.toThrow('The script has 1 answers, and this is request 2.')
  })

  it('may grow while it is told, and is not used up by a request that is refused', async () => {
    const answers = ['One']
    const sim = simulator({ answers })
    expect((await post(sim.fetch, { nonsense: 1 })).status).toBe(400)
    expect((await post(sim.fetch, {})).status).toBe(200)
    answers.push('Two')
    expect(content(await (await post(sim.fetch, {})).json() as Record<string, unknown>)).toBe('Two')
  })

  it('that names what nobody knows is told so', async () => {
    await expect(reply({ answers: { error: 'gremlins' } }, {})).rejects.toThrow(/knows no error "gremlins" of openai\. It knows authentication, /)
    expect(() => simulator({ dialect: 'nobody' })).toThrow(/knows no dialect "nobody"\. It knows openai, /)
  })

  it('says the same for the same seed, and other ids for another', async () => {
    const [a, b, c] = await Promise.all([reply({ seed: 1 }, {}), reply({ seed: 1 }, {}), reply({ seed: 2 }, {})])
    expect(a).toEqual(b)
    expect(a['id']).not.toBe(c['id'])
  })
})

describe('the echo', () => {
  const tools = [{ type: 'function', function: { name: 'find', parameters: { type: 'object', properties: { q: { type: 'string' }, n: { type: 'integer' } }, required: ['q', 'n'] } } }]

  it('calls the tool that it is made to call', async () => {
    const answer = await reply({}, { tools, tool_choice: 'required' })
    expect(answer).toMatchObject({ choices: [{ finish_reason: 'tool_calls', message: { content: null, tool_calls: [{ function: { name: 'find', arguments: '{"q":"Hello there","n":0}' } }] } }] })
  })

  it('fits the schema that it is given', async () => {
    const schema = {
      type: 'object',
      properties: { who: { $ref: '#/$defs/name' }, mood: { enum: ['glad', 'sad'] }, tags: { type: 'array', items: { type: 'string' }, minItems: 1 } },
      required: ['who', 'mood', 'tags'],
      additionalProperties: false,
      $defs: { name: { type: 'string', maxLength: 5 } },
    }
    const answer = await reply({}, { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })
    expect(JSON.parse(String(content(answer)))).toEqual({ who: 'Hello', mood: 'glad', tags: ['Hello there'] })
  })

  it('stops where the tokens run out', async () => {
    const answer = await reply({}, { max_completion_tokens: 1 })
    expect(answer).toMatchObject({ choices: [{ finish_reason: 'length', message: { content: 'Hell' } }], usage: { completion_tokens: 1 } })
  })

  it('counts four characters to a token', async () => {
    expect(await reply({}, {})).toMatchObject({ usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 } })
  })
})

describe('an address', () => {
  it.each([
    ['https://api.groq.com/openai/v1/chat/completions', 'groq'],
    ['https://openrouter.ai/api/v1/chat/completions', 'openrouter'],
    ['http://localhost:11434/v1/chat/completions', 'ollama'],
    ['http://127.0.0.1:4444/mistral/v1/chat/completions', 'mistral'],
    ['http://127.0.0.1:4444/v1/chat/completions', 'openai'],
    ['http://127.0.0.1:4444/anthropic/v1/messages', 'anthropic'],
    ['https://eu.api.openai.com/v1/chat/completions', 'openai'],
  ])('%s is %s', async (url, dialect) => {
    const sim = simulator({ strict: false })
    await post(sim.fetch, {}, url)
    expect(sim.requests[0]?.dialect).toBe(dialect)
  })

  it('of nobody is a 404 that says so', async () => {
    const response = await simulator().fetch('https://example.com/v1/poems', { method: 'POST', body: '{}' })
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('speaks no wire at POST /v1/poems')
  })
})

describe('what is remembered', () => {
  it('has no key in it', async () => {
    const sim = simulator()
    await sim.fetch(`${OPENAI}?key=AIzaSecretSecretSecret`, { method: 'POST', headers: { authorization: 'Bearer sk-secret-secret-1234', 'x-api-key': 'short' }, body: '{}' })
    const [request] = sim.requests
    expect(request?.headers).toMatchObject({ authorization: 'Bearer …1234', 'x-api-key': '…' })
    expect(JSON.stringify(sim.requests)).not.toMatch(/secret-|AIza|short/)
  })

  it('is what was asked, in neutral words', async () => {
    const sim = simulator({ answers: 'ok' })
    await post(sim.fetch, { messages: [{ role: 'system', content: 'Be brief' }, { role: 'user', content: [{ type: 'text', text: 'Hi' }] }], max_completion_tokens: 5 })
    await sim.fetch('https://api.anthropic.com/v1/messages', {
      method: 'POST',
      headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'm', max_tokens: 5, system: 'Be brief', messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }),
    })
    const [chat, messages] = sim.requests.map((request) => request.neutral)
    expect(chat).toEqual(messages)
    expect(chat).toMatchObject({ turns: [{ role: 'system', text: 'Be brief' }, { role: 'user', text: 'Hi' }], text: 'Hi', maxTokens: 5 })
  })
})

describe('the catalogue', () => {
  it('holds what goes out, status, body and headers', async () => {
    const own = /"request_id":"req_[^"]*"/
    for (const { wire, dialect, cause, status, body, headers } of errorCatalogue()) {
      const sim = simulator({ dialect, answers: { error: cause }, strict: false })
      const response = await ask(sim, wire, { dialect })
      expect([wire, dialect, cause, response.status]).toEqual([wire, dialect, cause, status])
      expect((await response.text()).replace(own, '')).toBe(body.replace(own, ''))
      for (const [name, value] of Object.entries(headers)) {
        if (name !== 'request-id') expect(response.headers.get(name)?.replace(/; charset.*/, '')).toBe(value.replace(/; charset.*/, ''))
      }
    }
  })

  it('gives any status that is asked for, also one that a provider is not known to give', async () => {
    const places = new Map(errorCatalogue().map((entry) => [`${entry.wire} ${entry.dialect}`, entry]))
    for (const { wire, dialect } of places.values()) {
      for (let status = 400; status < 600; status++) {
        const response = await ask(simulator({ dialect, answers: { error: { status } }, strict: false }), wire, { dialect })
        expect([wire, dialect, response.status]).toEqual([wire, dialect, status])
        expect(await response.text()).not.toBe('')
      }
    }
  })

  it('has for every dialect what every provider says some day', () => {
    const always = ['authentication', 'rate_limit', 'context_window', 'invalid_request', 'not_found', 'overloaded', 'server_error']
    const dialects = new Set(errorCatalogue().map((entry) => entry.dialect))
    expect(dialects.size).toBeGreaterThanOrEqual(14)
    for (const dialect of dialects) {
      const causes = errorCatalogue().filter((entry) => entry.dialect === dialect).map((entry) => entry.cause)
      expect(causes).toEqual(expect.arrayContaining(always))
    }
  })
})
