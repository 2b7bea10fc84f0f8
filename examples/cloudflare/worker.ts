// A Worker that streams answers to the page in public/. The key is a secret: `wrangler secret put OPENAI_API_KEY`.
import { fromConfig } from '@relay/core/cloudflare'
import { sse } from '../sse.ts'
import { config } from './models.ts'

interface Env {
  /** A secret, or a binding of the Secrets Store. */
  readonly OPENAI_API_KEY: string | { get(): Promise<string> }
  readonly OPENAI_BASE_URL: string
}

interface Context {
  waitUntil(work: Promise<unknown>): void
}

export default {
  async fetch(request: Request, env: Env, ctx: Context): Promise<Response> {
    if (request.method !== 'POST' || new URL(request.url).pathname !== '/chat') return new Response('not found', { status: 404 })
    const { prompt } = (await request.json()) as { prompt: string }
    const hub = fromConfig(config, { env, ctx })
    return sse(hub.stream('fast', { messages: [{ role: 'user', content: prompt }] }))
  },
}
