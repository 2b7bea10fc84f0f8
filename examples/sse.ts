// A stream of Relay's as server-sent events, for any runtime that answers with a Response.
import { RelayError, type ChatStream } from '@relay/core'

/** `data: {"text": …}` for each piece, then `{"end": …}` or `{"error": …}`. A client that leaves stops the model. */
export function sse(stream: ChatStream): Response {
  const events = stream[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const send = (data: object): void => controller.enqueue(encoder.encode(`data: ${JSON.stringify(data)}\n\n`))
      try {
        for (;;) {
          const { done, value } = await events.next()
          if (done) return controller.close()
          if (value.type === 'text_delta') return send({ text: value.text })
          if (value.type === 'end') return send({ end: value.finishReason, tokens: value.response.usage.totalTokens })
        }
      } catch (error) {
        // The status is out already, so the stream says it; the message may hold what is none of the client's business.
        send({ error: error instanceof RelayError ? error.code : 'internal' })
        controller.close()
      }
    },
    async cancel() {
      await events.return?.()
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' } })
}
