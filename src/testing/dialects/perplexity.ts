// Perplexity: usage, citations and the whole message so far on every chunk, thinking in tags, and no `[DONE]`.
import { object, objects, text } from '../read.ts'
import { openaiUsage, said, uuid } from '../wires/chat-dialect.ts'
import type { ChatDialect, Rule } from '../wires/chat-dialect.ts'
import { rejects, wrong } from '../wires/openai-chat-rules.ts'
import type { Reply } from '../endpoint.ts'
import { plainErrors } from './compatible.ts'

const alternation: Rule = (body) => {
  const roles = objects(body['messages']).map((message) => text(message['role'])).filter((role) => role !== 'system')
  const same = roles.some((role, i) => role === roles[i - 1])
  if (!same && roles.at(-1) !== 'assistant') return undefined
  const rule = same
    ? 'After the (optional) system message(s), user or tool message(s) should alternate with assistant message(s).'
    : 'Last message must have role `user` or `tool`.'
  return { ...wrong(rule), type: 'invalid_message', code: 400 }
}

/** The sources, at the top of everything. */
function sources({ blocks }: Reply): { citations: string[]; search_results: object[] } {
  const cited = blocks.flatMap((block) => block.type === 'text' ? block.citations ?? [] : [])
  return {
    citations: cited.map((citation) => citation.url ?? ''),
    search_results: cited.map(({ title = '', url = '', citedText = '' }) => ({
      title, url, date: '2026-01-01', last_updated: '2026-01-02', snippet: citedText, source: 'web',
    })),
  }
}

export const perplexity: ChatDialect = {
  name: 'perplexity',
  hosts: ['api.perplexity.ai'],
  answerId: uuid,
  callId: (mint) => mint.id('call_', 24),
  thinkTags: true,
  calls: 'never',
  noLogprobs: true,
  usageAt: 'every',
  usage: (usage) => ({
    ...openaiUsage(usage),
    completion_tokens: usage.outputTokens - usage.reasoningTokens,
    total_tokens: usage.inputTokens + usage.outputTokens - usage.reasoningTokens,
    ...(usage.reasoningTokens > 0 ? { reasoning_tokens: usage.reasoningTokens } : {}),
    search_context_size: 'low',
    cost: { input_tokens_cost: 0.00001, output_tokens_cost: 0.00001, request_cost: 0.005, total_cost: 0.00502 },
  }),
  choice: ({ index, delta, finish_reason }, { soFar }) => ({
    index,
    message: { role: 'assistant', content: soFar },
    delta: { role: 'assistant', content: '', ...object(delta) },
    finish_reason,
  }),
  chunk: (chunk, { last, reply, soFar, usage }) => {
    // What has been counted so far, not what this chunk adds.
    const completion = last ? Number(usage['completion_tokens']) : Math.ceil(soFar.length / 4)
    const prompt = Number(usage['prompt_tokens'])
    return {
      ...chunk,
      usage: { ...usage, completion_tokens: completion, total_tokens: prompt + completion },
      ...sources(reply),
      object: last ? 'chat.completion.done' : 'chat.completion.chunk',
    }
  },
  message: (message, { blocks }) => ({ role: message['role'], content: said(blocks, 'text') }),
  body: (body, reply) => ({
    ...body,
    ...sources(reply),
    choices: objects(body['choices']).map((choice) => ({ ...choice, delta: { role: 'assistant', content: '' } })),
  }),
  noDone: true,
  errors: {
    ...plainErrors,
    authentication: {
      status: 401,
      message: 'Invalid API key provided. Ensure your API key is correct and active.',
      type: 'invalid_api_key',
      code: 401,
      means: 'authentication',
    },
    invalid_request: {
      status: 400,
      message: "Invalid model 'none'. Permitted models can be found in the documentation.",
      type: 'invalid_model',
      code: 400,
      means: 'invalid_request',
    },
    quota: {
      status: 401,
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      code: 401,
      means: 'quota',
    },
    rate_limit: { status: 429, message: 'Request rate limit exceeded, please try again later.', type: 'request_rate_limit_exceeded', code: 429, means: 'rate_limit' },
  },
  failure: ({ message, type, code, status }) => ({ error: { message, type: type ?? 'bad_request', code: code ?? status } }),
  rules: [
    alternation,
    rejects(['tools', 'tool_choice'], () => ({ ...wrong('Tool calling is not supported for this model'), type: 'bad_request', code: 400 })),
  ],
}
