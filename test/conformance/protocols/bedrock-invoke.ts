// Claude through InvokeModel. What other models take and give there is no dialect of Relay's.
import { bedrockInvoke } from '../../../src/providers/bedrock-invoke.ts'
import { protocol as messages } from './anthropic-messages.ts'
import type { Protocol } from '../protocol.ts'

export const protocol: Protocol = {
  name: 'bedrock-invoke',
  providerFor: ({ request }) => ('anthropic_version' in Object(request.body) ? bedrockInvoke : undefined),
  readBody: messages.readBody,
}
