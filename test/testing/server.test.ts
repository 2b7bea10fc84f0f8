// The loopback server: what goes wrong goes wrong on the socket, and a client that leaves is seen.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import OpenAI from 'openai'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { simulator } from '@relay/core/testing'
import type { Fault, SimulatorOptions } from '@relay/core/testing'
import { serve } from '@relay/core/testing/server'
import type { TestServer } from '@relay/core/testing/server'

let server: TestServer | undefined
afterEach(async () => server?.close())

async function start(options: SimulatorOptions = {}) {
  const sim = simulator(options)
  server = await serve(sim.fetch)
  return { sim, server, url: `${server.url}/v1/chat/completions` }
}

function ask(url: string, { stream = true, signal }: { stream?: boolean; signal?: AbortSignal } = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { authorization: 'Bearer key' },
    body: JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: 'Grüezi 🌦 zäme' }] }),
    ...(signal ? { signal } : {}),
  })
}

describe('a server', () => {
  it('serves the official client, by dialect in the path', async () => {
    const { sim, server } = await start({ answers: { thinking: 'Hm.', text: 'Grüezi 🌦' } })
    const openai = new OpenAI({ apiKey: 'sk-some-long-key-1234', baseURL: `${server.url}/groq/openai/v1` })
    const stream = openai.chat.completions.stream({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
    expect(await stream.finalContent()).toBe('Grüezi 🌦')
    expect(sim.requests[0]).toMatchObject({ dialect: 'groq', ended: true, aborted: false, headers: { authorization: 'Bearer …1234' } })
    expect(server.aborted).toBe(0)
  })

  it('sends the very bytes that the simulator does', async () => {
    const { url } = await start()
    const direct = await ask(url)
    const sim = simulator()
    const inside = await sim.fetch(url, { method: 'POST', headers: { authorization: 'Bearer key' }, body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Grüezi 🌦 zäme' }] }) })
    expect(await direct.text()).toBe(await inside.text())
    expect(direct.headers.get('x-request-id')).toBe(inside.headers.get('x-request-id'))
  })

  it('breaks the connection where the body is cut', async () => {
    const { sim, server, url } = await start({ answers: { fault: { type: 'cut', at: 30 } } })
    const response = await ask(url)
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow(TypeError)
    expect(sim.requests[0]).toMatchObject({ bytesSent: 30, aborted: false, ended: true })
    await vi.waitFor(() => expect(server.connections).toBe(0))
    expect(server.aborted).toBe(0)
  })

  it('keeps what a script threw, which the client cannot see', async () => {
    const { server, url } = await start({ answers: () => { throw new Error('a slip in the script') } })
    await expect(ask(url)).rejects.toThrow(TypeError)
    expect(server.errors.map(String)).toEqual(['Error: a slip in the script'])
  })

  it('hangs up without a word where the connection is refused', async () => {
    const { url } = await start({ answers: { fault: { type: 'refuse' } } })
    await expect(ask(url)).rejects.toThrow(TypeError)
  })

  it.each<[string, Fault, boolean]>([
    ['a stall', { type: 'stall', content: 1 }, true],
    ['a stall before the first byte', { type: 'stall', event: 0 }, true],
    ['silence', { type: 'hang' }, false],
  ])('sees the client leave during %s', async (_, fault, hasHead) => {
    const { sim, server, url } = await start({ answers: { fault } })
    const controller = new AbortController()
    const asked = ask(url, { signal: controller.signal })
    if (hasHead) expect((await asked).status).toBe(200)
    else await vi.waitFor(() => expect(sim.requests).toHaveLength(1))
    expect(sim.requests[0]?.ended).toBe(false)
    expect(server.connections).toBe(1)
    controller.abort()
    if (!hasHead) await expect(asked).rejects.toThrow()
    await vi.waitFor(() => expect(sim.requests[0]).toMatchObject({ aborted: true, ended: true }))
    await vi.waitFor(() => expect([server.aborted, server.connections]).toEqual([1, 0]))
  })

  it('sees the client leave in the middle of a slow stream, and sends no more', async () => {
    const { sim, url } = await start({ answers: { text: 'word '.repeat(5000), fault: { type: 'slow', ms: 1 } } })
    const controller = new AbortController()
    const reader = (await ask(url, { signal: controller.signal })).body!.getReader()
    await reader.read()
    controller.abort()
    await vi.waitFor(() => expect(sim.requests[0]?.aborted).toBe(true))
    expect(sim.requests[0]!.bytesSent).toBeLessThan(200_000)
  })

  it('tells a handler that the client has left, whatever was collected meanwhile', async () => {
    const { sim, url } = await start({ answers: { fault: { type: 'hang' } } })
    const controller = new AbortController()
    const asked = ask(url, { signal: controller.signal }).catch((error: unknown) => error)
    await vi.waitFor(() => expect(sim.requests).toHaveLength(1))
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    for (let n = 0; n < 5; n++) {
      collect()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    controller.abort()
    expect(await asked).toMatchObject({ name: 'AbortError' })
    await vi.waitFor(() => expect(sim.requests[0]).toMatchObject({ aborted: true, ended: true }))
  })

  it('takes any handler', async () => {
    server = await serve(async (request) => new Response(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`, { status: 201 }))
    const response = await fetch(`${server.url}/a/b?c`, { method: 'PUT', body: 'körper' })
    expect([response.status, await response.text()]).toEqual([201, 'PUT /a/b körper'])
    expect(await (await fetch(`${server.url}/x`)).text()).toBe('GET /x ')
  })

  it('closes with connections open, and may be closed twice', async () => {
    const { server, url } = await start({ answers: { fault: { type: 'stall', event: 0 } } })
    const response = await ask(url)
    await server.close()
    await server.close()
    await expect(response.text()).rejects.toThrow()
    await expect(ask(url)).rejects.toThrow()
    expect(server.aborted).toBe(0)
  })
})
