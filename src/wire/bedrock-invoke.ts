// The Messages dialect as InvokeModel carries it: events in base64 inside event-stream frames, and failures in AWS's own words.
import { escaped } from '../auth/sigv4.ts'
import { eventStream } from '../http/eventstream.ts'
import { parsed } from '../json/event.ts'
import type { Decoder, Encoding, Framing, FrameSink, Wire } from '../types/provider.ts'
import { withBetas } from './anthropic-encode.ts'
import { anthropicMessages, type MessagesDialect } from './anthropic-messages.ts'
import { awsException, awsWire } from './aws-fault.ts'

/** Hands on what is inside of the frames named `chunk`, and failures. */
const chunks: Framing = {
  contentType: eventStream.contentType,
  framer: (sink: FrameSink) => {
    const text = new TextDecoder()
    return eventStream.framer((data, event) => {
      if (event !== 'chunk') return sink(data, event)
      const { bytes = '' } = Object(parsed(data)) as { readonly bytes?: string }
      sink(text.decode(Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0))), '')
    })
  },
}

export function bedrockInvoke(lacks: MessagesDialect['lacks']): Wire {
  const messages = anthropicMessages({
    path: ({ target, mode }) => `/model/${escaped(target.model)}/invoke${mode === 'stream' ? '-with-response-stream' : ''}`,
    version: ({ target }) => target.config.api_version ?? 'bedrock-2023-05-31',
    framing: chunks,
    ...(lacks ? { lacks } : undefined),
  })
  return {
    ...awsWire(messages),
    name: 'bedrock-invoke',
    encode: (encoding) => withBetas(messages.encode(encoding), encoding),
    decoder: (encoding) => guarded(messages.decoder(encoding), encoding),
  }
}

function guarded(decoder: Decoder, { details }: Encoding): Decoder {
  return {
    ...decoder,
    frame(data, event) {
      const failure = awsException(parsed(data), event, details)
      if (failure) throw failure
      // Frames of other kinds are not the model's.
      return event ? [] : decoder.frame(data, event)
    },
  }
}
