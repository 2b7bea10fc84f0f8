// An HTTP service on Deno: POST a prompt, get the answer as server-sent events.
// deno run --allow-net --allow-read --allow-env=OPENAI_API_KEY,MODELS,PORT,LOG_TOKENS,LOG_STREAM examples/deno/main.ts
import { fromYaml } from '@relay/core/deno'
import { sse } from '../sse.ts'

const hub = await fromYaml(Deno.env.get('MODELS') ?? new URL('../models.yaml', import.meta.url))

Deno.serve({ port: Number(Deno.env.get('PORT') ?? 8787) }, async (request) => {
  const prompt = await request.text()
  return sse(hub.stream('fast', { messages: [{ role: 'user', content: prompt }] }))
})
