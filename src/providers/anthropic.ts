// Anthropic: Claude, through the Messages API that it made.
import { header } from '../auth/header.ts'
import type { Provider } from '../types/provider.ts'
import { anthropicMessages } from '../wire/anthropic-messages.ts'
import { anew } from '../wire/anthropic-models.ts'

export const anthropic: Provider = {
  name: 'anthropic',
  wire: /* @__PURE__ */ anthropicMessages(),
  baseUrl: 'https://api.anthropic.com',
  env: ['ANTHROPIC_API_KEY'],
  sign: /* @__PURE__ */ header('x-api-key'),
  anew,
}
