// An HTTP service on Node: POST a prompt, get the answer as server-sent events.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { RelayError } from '@relay/core'
import { fromYaml } from '@relay/core/node'

const hub = await fromYaml(process.env['MODELS'] ?? fileURLToPath(new URL('../models.yaml', import.meta.url)))

const server = createServer(async (request, response) => {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const send = (data: object): boolean => response.write(`data: ${JSON.stringify(data)}\n\n`)
  try {
    const prompt = await text(request)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    for await (const event of hub.stream('fast', { messages: [{ role: 'user', content: prompt }], signal: gone.signal })) {
      if (event.type === 'text_delta') send({ text: event.text })
      if (event.type === 'end') send({ end: event.finishReason, tokens: event.response.usage.totalTokens })
    }
  } catch (error) {
    if (!gone.signal.aborted) send({ error: error instanceof RelayError ? error.code : 'internal' })
  }
  response.end()
})

server.listen(Number(process.env['PORT'] ?? 8787), () => {
  const address = server.address()
  console.log(`listening on http://localhost:${typeof address === 'object' ? address?.port : address}`)
})
