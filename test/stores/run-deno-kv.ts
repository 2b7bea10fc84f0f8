// Runs in Deno: two stores on one database, as two isolates have them, told over HTTP what to do.
import { denoKvStore, type KvLike } from '../../src/stores/deno-kv.ts'
import type { LimitStore } from '../../src/types/limits.ts'

declare const Deno: {
  openKv(path: string): Promise<KvLike & { list(selector: { prefix: string[] }): AsyncIterable<{ key: unknown[] }> }>
  serve(options: object, handler: (request: Request) => Promise<Response>): unknown
}

const kv = await Deno.openKv(':memory:')
const stores: readonly LimitStore[] = [denoKvStore(kv), denoKvStore(kv)]
let n = 0

async function answer(request: Request): Promise<Response> {
  const { method, input } = (await request.json()) as { method: keyof LimitStore; input: never[] }
  const act = stores[n++ % 2]![method] as (...input: never[]) => Promise<unknown>
  const value = await act(...input)
  return new Response(JSON.stringify({ value }, (_, it: unknown) => (it === Infinity ? 'Infinity' : it)))
}

Deno.serve({ hostname: '127.0.0.1', port: 0, onListen: ({ port }: { port: number }) => console.log(`http://127.0.0.1:${port}`) }, (request) =>
  answer(request).catch((error: unknown) => new Response(String(error), { status: 500 })),
)
