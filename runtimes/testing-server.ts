// The door `./testing/server`: a `fetch` on a loopback port, where a broken body is a broken connection.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** Anything that answers a request: a simulator's `fetch`, or a worker's handler. */
export type Handler = (input: Request) => Promise<Response> | Response

export interface ServeOptions {
  /** Default 0: any that is free. */
  readonly port?: number
}

export interface TestServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
  /** Sockets that are open now. */
  readonly connections: number
  /** Requests whose client went away before their answer was over. */
  readonly aborted: number
  /** What the handler threw: each time the connection was closed without a word. */
  readonly errors: readonly unknown[]
  /** Breaks every connection and closes the port. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Serves on 127.0.0.1. What goes wrong in a body goes wrong on the socket: an error breaks the connection, a stall
 * leaves it open, a rejected handler closes it without a word. A client that leaves aborts the request's signal, and
 * cancels the body.
 */
export async function serve(handler: Handler, { port = 0 }: ServeOptions = {}): Promise<TestServer> {
  const sockets = new Set<Socket>()
  const errors: unknown[] = []
  let aborted = 0
  let closing = false
  const server = createServer((request, response) => {
    void answer(handler, { request, response, gone: () => void (aborted += closing ? 0 : 1), threw: (error) => void errors.push(error) })
  })
  server.on('connection', (socket) => {
    socket.setNoDelay(true)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const close = async (): Promise<void> => {
    if (closing) return
    closing = true
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return sockets.size
    },
    get aborted() {
      return aborted
    },
    errors,
    close,
    [Symbol.asyncDispose]: close,
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly gone: () => void
  readonly threw: (error: unknown) => void
}

async function answer(handler: Handler, { request, response, gone, threw }: Exchange): Promise<void> {
  const leaving = new AbortController()
  let broken = false
  // Node's requests hear of their signal through a weak reference: one that nobody holds is collected, and never hears.
  const held: Request[] = []
  response.once('close', () => {
    held.length = 0
    if (response.writableFinished || leaving.signal.aborted) return
    if (!broken) gone()
    leaving.abort(new DOMException('The client closed the connection', 'AbortError'))
  })
  try {
    const made = await asked(request, leaving.signal)
    held.push(made)
    const answered = await Promise.resolve().then(() => handler(made)).catch((error: unknown) => {
      // A client that has left aborts the handler: that is no mistake of the handler's.
      if (!leaving.signal.aborted) threw(error)
      throw error
    })
    response.writeHead(answered.status, [...answered.headers].flat())
    // The head is out before the first byte of the body, so that a stall is one of the body.
    response.flushHeaders()
    await pump(answered.body, response, leaving.signal)
    response.end()
  } catch {
    broken = true
    response.destroy()
  }
}

async function asked(request: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { method = 'GET', url = '/', headers } = request
  const pairs = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]]
  )
  const body = method === 'GET' || method === 'HEAD' ? null : new Uint8Array(Buffer.concat(chunks))
  return new Request(new URL(url, `http://${headers.host ?? '127.0.0.1'}`), { method, headers: pairs, body, signal })
}

/** Chunk by chunk, as fast as the client reads. */
async function pump(body: ReadableStream<Uint8Array> | null, response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (body === null) return
  const reader = body.getReader()
  const cancel = (): void => void reader.cancel(signal.reason).catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  for (;;) {
    const { done, value } = await reader.read()
    if (signal.aborted) throw signal.reason
    if (done) return
    // Each chunk is its own write: the way in which the bytes are cut is what is being tested.
    await new Promise<void>((resolve) => response.write(value, () => resolve()))
  }
}
