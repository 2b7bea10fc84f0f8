// The servers: loopback sockets behind which the simulator answers each request by its plan, and a rough one that breaks HTTP itself.
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { simulator } from '../../src/testing/simulator.ts'
import { serve } from '../../runtimes/testing-server.ts'
import type { RequestPlan } from './faults.ts'
import type { Exchange } from './story.ts'

export interface Upstream {
  /** Without a slash at the end. */
  readonly url: string
  /** Where HTTP itself is broken. */
  readonly rough: string
  /** Where nobody listens. */
  readonly dead: string
  readonly connections: () => number
  readonly close: () => Promise<void>
}

/** Told of each request; says how to answer it. */
export type Visit = (call: number, alias: string) => Exchange

/** The headers by which a server knows whose request it has. */
export const CALL = 'x-chaos-call'
export const MODEL = 'x-chaos-model'

export async function upstream(visit: Visit): Promise<Upstream> {
  const server = await serve((request) => answer(request, visit))
  const rough = await brute(visit)
  const dead = await nobody()
  return {
    url: server.url,
    rough: rough.url,
    dead,
    connections: () => server.connections + rough.connections(),
    async close() {
      await server.close()
      await rough.close()
    },
  }
}

/** A simulator of its own for each request: nothing that it remembers may pile up. */
async function answer(request: Request, visit: Visit): Promise<Response> {
  const exchange = visit(Number(request.headers.get(CALL)), request.headers.get(MODEL) ?? '')
  const { plan, alias, n } = exchange
  const { chunk } = plan
  const sim = simulator({ answers: plan.answer, seed: `${alias}${n}`, ...(chunk === undefined ? {} : { chunk }) })
  try {
    const response = await sim.fetch(request)
    return new Response(spoilt(response.body, exchange), response)
  } catch (error) {
    exchange.state = request.signal.aborted ? 'left' : 'over'
    throw error
  }
}

/** What comes behind an answer that has said that it is over. Not all of them say it. */
const JUNK = 'data: {"choices":[{"delta":{"content":"never to be seen"}}]}\n\nevent: error\ndata: {"type":"error"}\n\ndata: {'
const NOISE = ': and good night\n\n\n\r\n: '
const SAYS_IT_IS_OVER = /^(openai|anthropic|groq|mistral|openrouter)/

/** The body as it goes out, and what became of it. */
function spoilt(body: ReadableStream<Uint8Array> | null, exchange: Exchange): ReadableStream<Uint8Array> | null {
  const reader = body?.getReader()
  if (!reader) return null
  const { spoil, frame } = exchange.plan
  let n = 0
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let step: ReadableStreamReadResult<Uint8Array>
      try {
        step = await reader.read()
      } catch (error) {
        exchange.state = exchange.state === 'left' ? 'left' : 'over'
        return controller.error(error)
      }
      if (!step.done) {
        controller.enqueue(step.value)
        if (spoil === 'duplicate' && n === frame) controller.enqueue(step.value)
        n++
        return
      }
      if (spoil === 'trailing') controller.enqueue(new TextEncoder().encode(SAYS_IT_IS_OVER.test(exchange.alias) ? JUNK : NOISE))
      // Nothing more comes, and it does not end: whoever reads to the end of the body waits until it goes away.
      if (spoil === 'stay_open') return new Promise<void>(() => {})
      exchange.state = 'over'
      controller.close()
    },
    cancel(reason) {
      exchange.state = 'left'
      return reader.cancel(reason)
    },
  }, { highWaterMark: 0 })
}

interface Brute {
  readonly url: string
  readonly connections: () => number
  readonly close: () => Promise<void>
}

/** What the rough server does with a request, by the plan's frame. */
const BLOWS: readonly ((socket: Socket, whole: string) => void)[] = [
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(),
  (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
  (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-ty', () => socket.resetAndDestroy()),
  (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{"id":'),
  (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\nzz\r\ndata: x\r\n'),
  (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 7\r\nconnection: close\r\n\r\nnot zip'),
  (socket) => socket.end('HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
  (socket) => socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'),
  (socket, whole) => socket.end(whole),
]
/** What each of them is called. */
export const BLOW_NAMES: readonly string[] = [
  'rst', 'fin', 'other_protocol', 'cut_head', 'short_body', 'bad_chunk', 'bad_gzip', 'redirect', 'no_content', 'healthy_rough',
]

/** A server that reads a request and answers with bytes that are not quite HTTP. */
async function brute(visit: Visit): Promise<Brute> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let head = ''
    socket.on('data', (bytes) => {
      if (head.includes('\r\n\r\n')) return
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      const header = (name: string): string => new RegExp(`^${name}: (.*)\r$`, 'im').exec(head)?.[1] ?? ''
      const exchange = visit(Number(header(CALL)), header(MODEL))
      exchange.state = 'over'
      BLOWS[exchange.plan.frame % BLOWS.length]?.(socket, whole(exchange.plan))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** A whole answer, in the words of Chat Completions, to a client that asked for a stream too. */
function whole({ text, answer }: RequestPlan): string {
  const { inputTokens: prompt_tokens = 0, outputTokens: completion_tokens = 0 } = answer.usage ?? {}
  const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
  const body = JSON.stringify({ id: 'rough', model: 'rough', choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }], usage })
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
}

/** An address where no connection is let in: below the ports that systems hand out, so that nobody takes it meanwhile. */
async function nobody(): Promise<string> {
  for (let port = 20_011; ; port += 7) {
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (free) return `http://127.0.0.1:${port}`
  }
}
