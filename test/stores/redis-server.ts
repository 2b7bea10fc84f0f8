// A real Redis on a port of its own, behind the part of Upstash's REST protocol that the store speaks.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createServer as createHttp, type Server } from 'node:http'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export const TOKEN = 'upstash-token-of-the-test'

export interface Redis {
  readonly url: string
  /** Commands, in the order in which they came. */
  readonly seen: string[][]
  readonly command: (...command: string[]) => Promise<unknown>
  readonly close: () => Promise<void>
}

export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0
}

export async function startRedis(): Promise<Redis> {
  const port = await freePort()
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
  const socket = await reached(port, server)
  const command = client(socket)
  const seen: string[][] = []
  const bridge = createHttp((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = (status: number, body: object): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      if (request.method !== 'POST' || request.url !== '/') return answer(404, { error: 'ERR not found' })
      if (request.headers.authorization !== `Bearer ${TOKEN}`) return answer(401, { error: 'WRONGPASS invalid or missing auth token' })
      const given = (JSON.parse(Buffer.concat(chunks).toString()) as unknown[]).map(String)
      seen.push(given)
      command(...given).then((result) => answer(200, { result }), (error: Error) => answer(400, { error: error.message }))
    })
  })
  await new Promise<void>((resolve) => bridge.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(bridge.address() as AddressInfo).port}`, seen, command, close: () => closed(bridge, socket, server) }
}

async function closed(bridge: Server, socket: Socket, server: ChildProcess): Promise<void> {
  bridge.closeAllConnections()
  bridge.close()
  socket.destroy()
  await new Promise((resolve) => server.once('exit', resolve).kill())
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function reached(port: number, server: ChildProcess): Promise<Socket> {
  while (server.exitCode === null) {
    const socket = connect(port, '127.0.0.1')
    const open = await new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)))
    if (open) return socket
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('redis-server did not start')
}

/** RESP2, as much of it as EVAL, GET and their like answer with. */
function client(socket: Socket): (...command: string[]) => Promise<unknown> {
  const waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = []
  let buffer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    buffer = Buffer.concat([buffer, chunk])
    for (let read = parse(buffer, 0); read; read = parse(buffer, 0)) {
      buffer = buffer.subarray(read.end)
      const next = waiting.shift()
      if (read.value instanceof Error) next?.reject(read.value)
      else next?.resolve(read.value)
    }
  })
  return (...command) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject })
      socket.write(`*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`)
    })
}

function parse(buffer: Buffer, at: number): { readonly value: unknown; readonly end: number } | undefined {
  const stop = buffer.indexOf('\r\n', at)
  if (stop < 0) return undefined
  const line = buffer.toString('utf8', at + 1, stop)
  const end = stop + 2
  const size = Number(line)
  switch (String.fromCharCode(buffer[at]!)) {
    case '+':
      return { value: line, end }
    case '-':
      return { value: new Error(line), end }
    case ':':
      return { value: size, end }
    case '$':
      if (size < 0) return { value: null, end }
      return buffer.length < end + size + 2 ? undefined : { value: buffer.toString('utf8', end, end + size), end: end + size + 2 }
    default:
      return list(buffer, end, size)
  }
}

function list(buffer: Buffer, at: number, size: number): { readonly value: unknown[]; readonly end: number } | undefined {
  const value: unknown[] = []
  for (let n = 0; n < size; n++) {
    const item = parse(buffer, at)
    if (!item) return undefined
    value.push(item.value)
    at = item.end
  }
  return { value, end: at }
}
