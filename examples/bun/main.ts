// An HTTP service on Bun: POST a prompt, get the answer as server-sent events.
import { fromYaml } from '@relay/core/bun'
import { sse } from '../sse.ts'

const hub = await fromYaml(Bun.env['MODELS'] ?? `${import.meta.dir}/../models.yaml`)

const server = Bun.serve({
  port: Number(Bun.env['PORT'] ?? 8787),
  async fetch(request) {
    const prompt = await request.text()
    return sse(hub.stream('fast', { messages: [{ role: 'user', content: prompt }] }))
  },
})
console.log(`listening on ${server.url}`)
