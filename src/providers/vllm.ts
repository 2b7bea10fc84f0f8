// A vLLM server of your own. docs.vllm.ai
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { cohereReranking } from '../wire/cohere-embeddings.ts'
import { embeddings } from '../wire/embeddings.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'
import { thinkTags } from '../wire/think-tags.ts'

export const vllm: Provider = {
  name: 'vllm',
  baseUrl: 'http://localhost:8000/v1',
  env: ['VLLM_API_KEY'],
  keyless: true,
  sign: bearer,
  optional: ['stream_options'],
  embed: embeddings(),
  rerank: cohereReranking,
  wire: openaiChatKin({
    fields: { name: null },
    // Whether a model thinks is a matter of its chat template.
    effort: (level) => (level === 'none' ? { chat_template_kwargs: { enable_thinking: false } } : { reasoning_effort: level }),
    splitter: thinkTags,
    // Or it ends the answer that was begun, and begins another.
    adjust: (body) => {
      const last = body.messages.at(-1)
      if (last?.role === 'assistant' && !last['tool_calls']) Object.assign(body, { add_generation_prompt: false, continue_final_message: true })
    },
  }),
}
