// A route of a Next.js app on Vercel's edge: POST a prompt, get the answer as server-sent events.
import { fromConfig } from '@relay/core/vercel'
import { sse } from '../../../../sse.ts'
import { config } from '../../../models.ts'

export const runtime = 'edge'

const hub = fromConfig(config)

export async function POST(request: Request): Promise<Response> {
  const { prompt } = (await request.json()) as { prompt: string }
  return sse(hub.stream('fast', { messages: [{ role: 'user', content: prompt }] }))
}
