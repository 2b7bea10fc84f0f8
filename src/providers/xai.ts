// Grok, xAI's models. docs.x.ai
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { drop, REFUSED } from '../wire/fields.ts'
import { sources } from '../wire/openai-chat-ears.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'
import { cost, efforts } from './facts/xai.ts'

const REASONS = /^(?!.*non-reasoning)grok-(3-mini|4|5|code|build)/

export const xai: Provider = {
  name: 'xai',
  style: 'chat_completions',
  baseUrl: 'https://api.x.ai/v1',
  env: ['XAI_API_KEY'],
  sign: bearer,
  prefill: false,
  wire: /* @__PURE__ */ openaiChatKin({
    ears: [sources],
    fields: { topK: null, name: null },
    efforts,
    adjust: (body, { target, note }) => {
      if (REASONS.test(target.model)) drop(body, note, ['stop presence_penalty frequency_penalty', REFUSED])
    },
    cost,
  }),
}
