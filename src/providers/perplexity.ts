// Perplexity's Sonar: answers from the web. docs.perplexity.ai
import { bearer } from '../auth/bearer.ts'
import type { Provider } from '../types/provider.ts'
import { at } from '../wire/fields.ts'
import { sources } from '../wire/openai-chat-ears.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'
import type { ChatMessage, Part } from '../wire/openai-dialect.ts'
import { thinkTags } from '../wire/think-tags.ts'

export const perplexity: Provider = {
  name: 'perplexity',
  baseUrl: 'https://api.perplexity.ai',
  env: ['PERPLEXITY_API_KEY'],
  sign: bearer,
  prefill: false,
  wire: /* @__PURE__ */ openaiChatKin({
    fields: { seed: null, parallelToolCalls: null, name: null },
    streamOptions: false,
    formats: 'json_schema',
    efforts: [[/reasoning|research/, 'minimal low medium high']],
    // Base64 stands alone here, without `data:`.
    file: (url, name) => ({ type: 'file_url', file_url: { url: url.replace(/^data:.*?,/s, '') }, file_name: name }),
    adjust: (body, { note }) => {
      if (body['tools']) note('tools', 'these models call none: left out')
      for (const field of ['tools', 'tool_choice']) delete body[field]
      if (body.messages.some((turn) => turn['tool_calls'])) note('messages', 'calls of tools and their results are told in words')
      const turns = body.messages.map(inWords).reduce<ChatMessage[]>(alternate, [])
      if (turns.length < body.messages.length) note('messages', 'neighbours of one role are one message')
      body.messages = turns
    },
    reasoningApart: true,
    cost: ({ cost }) => at(cost, 'total_cost'),
    ears: [sources],
    splitter: thinkTags,
    endsWithBody: true,
  }),
}

/** What another model did with tools is a part of what was said: here there are none. */
function inWords({ tool_calls: calls, tool_call_id: id, ...turn }: ChatMessage): ChatMessage {
  const { role, content } = turn
  if (role === 'tool') return { role: 'user', content: `The result of the call ${id}: ${content}` }
  const made = (calls ?? []) as readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[]
  const words = made.map(({ id, function: { name, arguments: given } }) => `I call the tool ${name} (call ${id}) with ${given}`)
  return words.length ? { role, content: [content, ...words].filter(Boolean).join('\n\n') } : turn
}

/** Users and assistants must take turns: what one says in several messages becomes one. */
function alternate(turns: ChatMessage[], turn: ChatMessage): ChatMessage[] {
  const last = turns.at(-1)
  if (last?.role !== turn.role) return [...turns, turn]
  const both = [last.content, turn.content]
  const content = both.every((it) => typeof it === 'string') ? both.join('\n\n') : both.flatMap(parts)
  return [...turns.slice(0, -1), { ...last, content }]
}

function parts(content: ChatMessage['content']): readonly Part[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? [])
}
