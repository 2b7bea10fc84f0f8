// Claude through InvokeModel. What other models take and give there is no dialect of Relay's: Converse speaks to them.
import { bedrockInvoke } from '../../../src/providers/bedrock-invoke.ts'
import type { Protocol } from '../protocol.ts'
import { readBody } from './anthropic-messages.ts'

export const protocol: Protocol = {
  name: 'bedrock-invoke',
  slack: 0,
  providerFor: ({ request }) => ('anthropic_version' in Object(request.body) ? bedrockInvoke : undefined),
  readBody,
}
